"""The door of the desk: which requests pass, by what they say of themselves."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from assets.door import Door, Receive, Scope, Send, own_hosts

HOSTS = own_hosts(3000, "desk.example.org, Other.example:8443")
OWN = "127.0.0.1:3000"
JSON = {"content-type": "application/json"}
MUTATION = "query=mutation%7Bx%7D"
PAGE = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
FORM = {"content-type": "application/x-www-form-urlencoded"}

PASSES = {
    "a page that a person opens": ("GET", "/", "", {"sec-fetch-site": "none", **PAGE}),
    "a link of another site": ("GET", "/runs", "", {"sec-fetch-site": "cross-site", **PAGE}),
    "a picture of our page": ("GET", "/favicon.svg", "", {"sec-fetch-site": "same-origin"}),
    "our page asks": ("POST", "/graphql", "", {**JSON, "origin": f"http://{OWN}", "sec-fetch-site": "same-origin"}),
    "with a character set": ("POST", "/graphql", "", {"content-type": "application/json; charset=utf-8"}),
    "a program": ("POST", "/graphql", "", JSON),
    "by name": ("POST", "/graphql", "", {**JSON, "host": "localhost:3000", "origin": "http://localhost:3000"}),
    "by IPv6": ("GET", "/", "", {"host": "[::1]:3000"}),
    "behind a proxy": ("POST", "/graphql", "", {**JSON, "host": "desk.example.org", "origin": "https://desk.example.org"}),
    "a proxy with a port": ("GET", "/", "", {"host": "other.example:8443"}),
    "the page of GraphQL": ("GET", "/graphql", MUTATION, {"accept": "text/html"}),
}  # fmt: skip
REFUSED = {
    "a foreign name for this machine": (421, "GET", "/", "", {"host": "evil.example:3000"}),
    "another port": (421, "GET", "/", "", {"host": "127.0.0.1:4000"}),
    "a name with ours in it": (421, "GET", "/", "", {"host": "127.0.0.1:3000.evil.example"}),
    "no host": (421, "GET", "/", "", {"host": None}),
    "a foreign origin": (403, "POST", "/graphql", "", {**JSON, "origin": "http://evil.example"}),
    "another port of this machine": (403, "POST", "/graphql", "", {**JSON, "origin": "http://127.0.0.1:8000"}),
    "no origin to speak of": (403, "POST", "/graphql", "", {**JSON, "origin": "null"}),
    "a file": (403, "POST", "/graphql", "", {**JSON, "origin": "file://"}),
    "our host with another scheme": (403, "POST", "/graphql", "", {**JSON, "origin": f"ftp://{OWN}"}),
    "ours before an at sign": (403, "POST", "/graphql", "", {**JSON, "origin": f"http://{OWN}@evil.example"}),
    "a form of another site": (403, "POST", "/graphql", MUTATION, {**FORM, **PAGE, "sec-fetch-site": "cross-site"}),
    "a picture on another site": (403, "GET", "/graphql", MUTATION, {"sec-fetch-site": "cross-site"}),
    "a frame on another site": (
        403, "GET", "/", "", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}
    ),
    "another port, as its page says": (403, "GET", "/server_info", "", {"sec-fetch-site": "same-site"}),
    "a preflight": (403, "OPTIONS", "/graphql", "", {"origin": "http://evil.example"}),
    "a report of another site": (403, "POST", "/report_asset_materialization/x", "", {"origin": "http://evil.example"}),
    "a mutation by GET": (405, "GET", "/graphql", MUTATION, {}),
    "a mutation by GET of our page": (405, "GET", "/graphql", MUTATION, {"sec-fetch-site": "same-origin"}),
    "a mutation by GET with a slash": (405, "GET", "/graphql/", MUTATION, {}),
    "a mutation by GET below a prefix": (405, "GET", "/sdg/graphql", MUTATION, {}),
    "a mutation by GET in capitals": (405, "GET", "/graphql", "%71uery=mutation%7Bx%7D", {}),
    "a link to a mutation": (405, "GET", "/graphql", MUTATION, {"accept": "*/*", "sec-fetch-site": "cross-site", **PAGE}),
    "another method": (405, "PUT", "/graphql", "", JSON),
    "a form": (415, "POST", "/graphql", MUTATION, FORM),
    "no type": (415, "POST", "/graphql", MUTATION, {}),
    "text that says JSON": (415, "POST", "/graphql", "", {"content-type": "text/plain; application/json"}),
    "GraphQL as text": (415, "POST", "/graphql", "", {"content-type": "application/graphql"}),
}  # fmt: skip


def answered(scope: Scope) -> tuple[list[MutableMapping[str, Any]], bool]:
    """What the door sends, and whether it let the request through to the application."""
    sent: list[MutableMapping[str, Any]] = []
    passed: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(Door(app, HOSTS)(scope, receive, send))
    return sent, bool(passed)


def request(method: str, path: str, query: str, headers: dict[str, Any], kind: str = "http") -> Scope:
    sent = {"host": OWN, **headers}
    raw = [(key.title().encode(), text.encode()) for key, text in sent.items() if text is not None]
    return {"type": kind, "method": method, "path": path, "query_string": query.encode(), "headers": raw}


@pytest.mark.parametrize(("method", "path", "query", "headers"), PASSES.values(), ids=PASSES)
def test_what_passes(method: str, path: str, query: str, headers: dict[str, Any]) -> None:
    assert answered(request(method, path, query, headers)) == ([], True)


@pytest.mark.parametrize(("status", "method", "path", "query", "headers"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_pass(status: int, method: str, path: str, query: str, headers: dict[str, Any]) -> None:
    (start, body), passed = answered(request(method, path, query, headers))
    assert (start["status"], passed) == (status, False)
    assert body["body"].endswith(b"\n")


def test_a_second_host_does_not_pass() -> None:
    scope = request("GET", "/", "", {})
    scope["headers"].append((b"host", b"evil.example"))
    (start, _), passed = answered(scope)
    assert (start["status"], passed) == (421, False)


def test_websockets_of_our_page_and_of_a_program_pass() -> None:
    assert answered(request("GET", "/graphql", "", {"origin": f"http://{OWN}"}, "websocket"))[1]
    assert answered(request("GET", "/graphql", "", {}, "websocket"))[1]


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"host": "evil.example:3000"}])
def test_a_websocket_of_another_origin_is_closed_before_it_opens(headers: dict[str, Any]) -> None:
    (close,), passed = answered(request("GET", "/graphql", "", headers, "websocket"))
    assert (close["type"], close["code"], passed) == ("websocket.close", 1008, False)


def test_the_start_of_the_server_passes() -> None:
    assert answered({"type": "lifespan"}) == ([], True)


def test_a_refusal_says_what_to_do() -> None:
    (_, body), _ = answered(request("GET", "/", "", {"host": "evil.example"}))
    assert body["body"].decode() == "this desk is not 'evil.example'; remedy: name the host in SDG_UI_HOSTS\n"


def test_the_default_port_has_no_number_in_an_address() -> None:
    assert {"127.0.0.1", "localhost:80"} <= own_hosts(80)
    assert "127.0.0.1" not in own_hosts(3000)
