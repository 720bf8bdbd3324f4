"""A web server of a test: replies whole or cut short, on an address of this machine."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer


@dataclass
class Reply:
    """One answer; ``cut`` ends it after so many bytes, ``length`` says in a header how many there would be."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    length: bool = True
    trickle: Callable[[], object] | None = None
    """Called before each byte of the head and of the body, where these come one by one."""


class _Slow(io.BufferedIOBase):
    """Writes byte by byte, and waits before each."""

    def __init__(self, write: Callable[[bytes], object], wait: Callable[[], object]) -> None:
        self._write, self._wait = write, wait

    def write(self, content: Buffer) -> int:
        for byte in bytes(content):
            self._wait()
            self._write(bytes([byte]))
        return len(bytes(content))


class Replying(BaseHTTPRequestHandler):
    """A handler that sends replies, quietly."""

    def send(self, reply: Reply) -> None:
        with suppress(ConnectionError):  # a client that has seen enough hangs up
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.length:
            self.send_header("Content-Length", str(len(reply.body)))
        if reply.trickle:
            self.wfile, self.close_connection = _Slow(self.wfile.write, reply.trickle), True
        self.end_headers()
        self.wfile.write(reply.body[: reply.cut])

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def serving(handler: type[Replying]) -> Iterator[str]:
    """The address of a server, while the block lasts."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
