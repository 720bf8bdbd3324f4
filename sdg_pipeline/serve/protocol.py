"""A connection with time-outs: for the head of a request, for a client that reads nothing, and for a head too large.

uvicorn closes idle connections; these it would keep. What belongs here: connections. What does not: answers.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


@dataclass(frozen=True)
class Limits:
    """Connections at once, seconds for a head, seconds without a byte read by the client, and bytes of a head.

    Beyond ``connections`` the answer is 503. A client reads about 1 KB a second at least.
    """

    connections: int = 2000
    head_seconds: float = 20.0
    stall_seconds: float = 60.0
    idle_seconds: int = 15
    head_bytes: int = 64 * 1024


class Guarded(HttpToolsProtocol):
    """uvicorn's connection, which ends where a client does not do its part in time."""

    limits = Limits()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._head_bytes = 0
        self._in_head = True

    def _begin(self, name: str, seconds: float) -> None:
        self._end(name)
        self._timers[name] = self.loop.call_later(seconds, self._abort)

    def _end(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _abort(self) -> None:
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin("head", self.limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        for name in tuple(self._timers):
            self._end(name)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.head_bytes + 64 * 1024:  # what came along of a body is no head
                self._abort()
                return
            if "head" not in self._timers:
                self._begin("head", self.limits.head_seconds)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._end("head")
        self._in_head = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        self._in_head, self._head_bytes = True, 0
        if not self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._begin("drain", self.limits.stall_seconds)
        super().on_response_complete()

    def pause_writing(self) -> None:
        self._begin("stall", self.limits.stall_seconds)
        super().pause_writing()

    def resume_writing(self) -> None:
        self._end("stall")
        super().resume_writing()
