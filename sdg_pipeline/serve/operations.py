"""What an address that is no file needs: how it is asked, and what describes it in the OpenAPI page.

Answers are computed in threads, a few at a time. What they hold in memory until a slow client has it is bounded.
What belongs here: that frame. What does not: any one address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

import anyio
import anyio.to_thread
from starlette.datastructures import Headers, QueryParams
from starlette.types import Receive, Scope, Send

from sdg_pipeline.serve.answers import Answer, deliver, packed

AT_ONCE = 4
"""Answers that are computed at once."""
MOST_BYTES = 512 * 1024 * 1024
"""Bytes of answers that wait for their clients."""


@dataclass(frozen=True)
class Question:
    """What a request asks: parts of the path, parameters and headers."""

    path: Mapping[str, str]
    parameters: QueryParams
    headers: Headers


@dataclass(frozen=True)
class Described:
    """A parameter as OpenAPI has it: where it stands, what it means, an example."""

    place: str
    meaning: str
    example: str
    required: bool = False


@dataclass(frozen=True)
class Operation:
    """An address (in the form of starlette), what answers it, and its description."""

    path: str
    answer: Callable[[Question], Answer]
    summary: str
    types: tuple[str, ...]
    parameters: Mapping[str, Described] = field(default_factory=dict)
    errors: Mapping[int, str] = field(default_factory=dict)


class Desk:
    """Computes answers in threads and delivers them, within bounds."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(AT_ONCE)
        self._waiting_bytes = 0

    async def answer(self, scope: Scope, send: Send, compute: Callable[[], Answer]) -> None:
        """Compute an answer and deliver it; 503 where too much waits for clients already."""
        request = Headers(scope=scope)
        answer = await anyio.to_thread.run_sync(lambda: packed(compute(), request), limiter=self._limiter)
        size = len(answer.body)
        if self._waiting_bytes + size > MOST_BYTES:
            busy = Answer(b"too many answers wait for their clients; remedy: ask again in a minute\n", status=503)
            await deliver(scope, send, replace(busy, headers={"retry-after": "60"}))
            return
        self._waiting_bytes += size
        try:
            await deliver(scope, send, answer)
        finally:
            self._waiting_bytes -= size

    def endpoint(self, operation: Operation) -> Endpoint:
        return Endpoint(self, operation)


@dataclass(frozen=True)
class Endpoint:
    """An operation as an ASGI application."""

    desk: Desk
    operation: Operation

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        question = Question(scope["path_params"], QueryParams(scope["query_string"]), Headers(scope=scope))
        return self.desk.answer(scope, send, lambda: self.operation.answer(question))
