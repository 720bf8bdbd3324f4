"""Answers: status, headers and a body of bytes, sent as a request wants them (HEAD, gzip, a copy that is still valid).

What belongs here: what every answer has. What does not: files (``serve.files``), which addresses there are.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from starlette.datastructures import Headers
from starlette.types import Scope, Send

CHUNK_BYTES = 128 * 1024
"""What is read and sent at once: with 64 KB of the transport, what a slow client costs."""
SMALL_BYTES = 1400
"""Below this gzip saves no packet."""
LARGE_BYTES = 1024 * 1024
SMALLEST, FAST = 6, 1
"""Levels of gzip: of a text that is small or kept, and of one that somebody waits for."""
COMMON = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Content-Range, Content-Length, Accept-Ranges"),
    (b"x-content-type-options", b"nosniff"),
)
NO_CACHE = "no-cache"
READING = ("GET", "HEAD")
TEXT = "text/plain; charset=utf-8"

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Answer:
    """A whole answer. Without an ``etag`` nobody may ask whether a copy is still valid."""

    body: bytes
    media_type: str = TEXT
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None


def tag(content: bytes) -> str:
    """An ETag of bytes that no seal names."""
    return hashlib.sha256(content).hexdigest()[:32]


def page(status: int, title: str, text: str) -> Answer:
    """A short page for people, and for programs that read its first line."""
    body = (
        f"<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{html.escape(title)}</title>\n"
        f"<h1>{html.escape(title)}</h1>\n<p>{html.escape(text)}</p>\n</html>\n"
    )
    return Answer(body.encode(), "text/html; charset=utf-8", status, {"cache-control": NO_CACHE})


def raw(headers: Mapping[str, str]) -> RawHeaders:
    """Headers as ASGI wants them, with those that every answer has."""
    return [*COMMON, *((name.encode("latin-1"), text.encode("latin-1")) for name, text in headers.items())]


def takes_gzip(request: Headers) -> bool:
    """Whether Accept-Encoding admits gzip."""
    for item in request.get("accept-encoding", "").lower().split(","):
        coding, *parameters = (part.strip() for part in item.split(";"))
        if coding in ("gzip", "*"):
            return not any(p.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000") for p in parameters)
    return False


def unchanged(request: Headers, etags: Iterable[str]) -> bool:
    """Whether If-None-Match names the answer. The date of a file says nothing: a release put back in force is older."""
    header = request.get("if-none-match")
    if header is None:
        return False
    named = {text.strip().removeprefix("W/") for text in header.split(",")}
    return "*" in named or not named.isdisjoint(etags)


def packed(answer: Answer, request: Headers) -> Answer:
    """An answer in gzip, where that helps and the request takes it; of another ETag then."""
    if len(answer.body) <= SMALL_BYTES or "content-encoding" in answer.headers:
        return answer
    vary = ", ".join(filter(None, (answer.headers.get("vary"), "Accept-Encoding")))
    if not takes_gzip(request):
        return replace(answer, headers={**answer.headers, "vary": vary})
    return replace(
        answer,
        body=gzipped(answer.body, FAST if len(answer.body) > LARGE_BYTES else SMALLEST),
        headers={**answer.headers, "vary": vary, "content-encoding": "gzip"},
        etag=None if answer.etag is None else f"{answer.etag}-gzip",
    )


async def deliver(scope: Scope, send: Send, answer: Answer) -> None:
    """Send an answer: without its body to HEAD, 304 where the asker has it."""
    headers = {"content-type": answer.media_type, **answer.headers}
    if answer.etag is not None:
        headers["etag"] = f'"{answer.etag}"'
        if answer.status == 200 and unchanged(Headers(scope=scope), [headers["etag"]]):
            await start(send, 304, {k: t for k, t in headers.items() if k not in ("content-type", "content-encoding")})
            return
    await start(send, answer.status, {**headers, "content-length": str(len(answer.body))}, more=True)
    await chunks(send, b"" if scope["method"] == "HEAD" else answer.body)


async def start(send: Send, status: int, headers: Mapping[str, str], more: bool = False) -> None:
    """Send status and headers; the end as well where there is no more."""
    await send({"type": "http.response.start", "status": status, "headers": raw(headers)})
    if not more:
        await send({"type": "http.response.body", "body": b""})


async def chunks(send: Send, body: bytes) -> None:
    """Send a body in pieces, so that others have their turn and a slow client fills no buffer."""
    for begin in range(0, len(body), CHUNK_BYTES):
        more = begin + CHUNK_BYTES < len(body)
        await send({"type": "http.response.body", "body": body[begin : begin + CHUNK_BYTES], "more_body": more})
        if more:
            await asyncio.sleep(0)
    if not body:
        await send({"type": "http.response.body", "body": b""})


def gzipped(body: bytes, level: int = SMALLEST) -> bytes:
    """Bytes in gzip, alike on any day."""
    packer = zlib.compressobj(level, wbits=31)
    return packer.compress(body) + packer.flush()
