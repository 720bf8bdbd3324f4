"""The door of the desk: an ASGI wrapper that lets in its own pages and programs, and no page of another origin.

Dagster's webserver takes mutations by GET, as any content type, with any Host and Origin. What belongs here: which
requests pass. What does not: what is behind the door (webserver).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from assets.login import Login

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HOSTS = "SDG_UI_HOSTS"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
OWN_SITES = ("same-origin", "none")
"""What a browser says of a request of our own pages, and of an address that a person typed."""
POLICY_VIOLATION = 1008
"""Code with which a websocket is closed."""


@dataclass(frozen=True)
class Refusal:
    """Why a request does not pass: its HTTP status, and what to do."""

    status: int
    reason: str


def own_hosts(port: int, named: str = "") -> frozenset[str]:
    """Hosts by which a desk on this port is reached: those of the machine itself, and those named (comma between)."""
    local = {f"{name}:{port}" for name in LOOPBACK} | (set(LOOPBACK) if port == 80 else set())
    return frozenset(local | {name.strip().lower() for name in named.split(",") if name.strip()})


@dataclass(frozen=True)
class Request:
    """What a request says of itself, by lower-case header."""

    kind: str
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def from_scope(cls, scope: Scope) -> Request:
        headers = tuple((key.decode("latin-1").lower(), text.decode("latin-1")) for key, text in scope["headers"])
        query = scope.get("query_string", b"").decode("latin-1")
        return cls(scope["type"], scope.get("method", "GET"), scope["path"], query, headers)

    def every(self, name: str) -> list[str]:
        return [text for key, text in self.headers if key == name]

    def first(self, name: str) -> str:
        return next(iter(self.every(name)), "")


def refusal(request: Request, hosts: Iterable[str]) -> Refusal | None:
    """Why a request does not pass the door; None where it does.

    - Host is one of ours. A foreign name that points to this machine (DNS rebinding) is not.
    - Origin, which browsers send with what a page posts and with websockets, is one of ours.
    - Sec-Fetch-Site, where there is one, says that our own page asks. A link of another page may open the desk in a
      window, never in a frame.
    - GraphQL is posted as JSON, which no form can and which another origin may not. A GET executes nothing.
    """
    own = frozenset(hosts)
    if [host.lower() in own for host in request.every("host")] != [True]:
        return Refusal(421, f"this desk is not {request.first('host')!r}; remedy: name the host in {HOSTS}")
    for origin in request.every("origin"):
        parts = urlsplit(origin.lower())
        if parts.scheme not in ("http", "https") or parts.netloc not in own:
            return Refusal(403, f"a page of {origin!r} may not use this desk; remedy: name its host in {HOSTS}")
    if set(request.every("sec-fetch-site")) - set(OWN_SITES) and not _opens_a_window(request):
        return Refusal(403, "a page of another site may not use this desk; remedy: open it in a window of its own")
    return _unsafe_graphql(request) if request.path.rstrip("/").endswith("/graphql") else None


def _opens_a_window(request: Request) -> bool:
    navigates = (request.first("sec-fetch-mode"), request.first("sec-fetch-dest")) == ("navigate", "document")
    return request.kind == "http" and request.method == "GET" and navigates


def _unsafe_graphql(request: Request) -> Refusal | None:
    """GraphQL in an address, or posted as a form or text can be."""
    if request.kind != "http":
        return None
    if request.method == "POST":
        kind = request.first("content-type").partition(";")[0].strip().lower()
        if kind == "application/json" and len(request.every("content-type")) == 1:
            return None
        return Refusal(415, "GraphQL is posted as application/json")
    shown_as_page = "text/html" in request.first("accept")
    if request.method in ("GET", "HEAD") and (shown_as_page or "query" not in parse_qs(request.query, True)):
        return None
    return Refusal(405, "GraphQL is not executed by GET; remedy: post it as application/json")


class Door:
    """An ASGI application that passes to another what may pass, and answers the rest itself.

    With a log-in passes only what the proxy sends for an account.
    """

    def __init__(self, app: App, hosts: Iterable[str], login: Login | None = None) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._login = login

    def _refusal(self, request: Request) -> Refusal | None:
        if self._login is not None and self._login.account(request.every) is None:
            return Refusal(401, "nobody is logged in; remedy: open the desk by the address of its proxy")
        return refusal(request, self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, websocket, or the start and end of the server."""
        refused = None if scope["type"] == "lifespan" else self._refusal(Request.from_scope(scope))
        if refused is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()  # the request to connect
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": refused.reason[:100]})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
            await send({"type": "http.response.start", "status": refused.status, "headers": headers})
            await send({"type": "http.response.body", "body": f"{refused.reason}\n".encode()})
