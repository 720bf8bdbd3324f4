"""How long and how often a server is asked: attempts, waits between them, and the end of patience.

What belongs here: the loop of attempts. What does not: what one attempt does (download, probe).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from sdg_pipeline.errors import FetchError
from sdg_pipeline.ingest.answered import Answers
from sdg_pipeline.ingest.web import MIRROR_REMEDY, Pace, Passing, Turns, require_time
from sdg_pipeline.settings import USER_AGENT

if TYPE_CHECKING:
    from urllib3 import Retry


@dataclass(frozen=True)
class Patience:
    """How often, how long and under which name to try; a server that asks for a longer wait is given up.

    ``whole_seconds`` bounds a download with all its attempts and waits, ``head_seconds`` the head of one answer.
    ``stretch_seconds`` is the time over which the least rate is taken. ``distance_seconds`` lie between two downloads
    from a host. ``intermediate`` is a certificate.
    """

    attempts: int = 5
    connect_seconds: float = 10
    read_seconds: float = 60
    head_seconds: float = 180
    first_wait_seconds: float = 1
    longest_wait_seconds: float = 60
    whole_seconds: float = 7200
    least_bytes_a_second: float = 1000
    stretch_seconds: float = 60
    distance_seconds: float = 0
    agent: str = USER_AGENT
    intermediate: str | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    turns: Turns = field(default_factory=Turns, compare=False)
    answers: Answers = field(default_factory=Answers, compare=False)

    @property
    def timeout(self) -> tuple[float, float]:
        """Seconds to connect, and to the next bytes."""
        return self.connect_seconds, self.read_seconds

    def named(self, agent: str, intermediate: str | None = None) -> Patience:
        """The same under a name, with a certificate that servers forget to send."""
        return replace(self, agent=agent, intermediate=intermediate)

    def retries(self) -> Retry:
        """The retries of one download, whose waits double and have jitter, so that clients do not come in step.

        urllib3 would repeat a request, but not go on in the middle of a file: ``download`` makes the attempts.
        """
        from urllib3 import Retry

        return Retry(
            total=self.attempts - 1,
            backoff_factor=self.first_wait_seconds / 2,
            backoff_jitter=self.first_wait_seconds,
            backoff_max=self.longest_wait_seconds,
        )

    def pace(self, url: str, deadline: float) -> Pace:
        """The pace at which the body of an answer has to come."""
        return Pace(url, deadline, self.least_bytes_a_second, self.stretch_seconds, self.clock)

    def left(self, deadline: float) -> float:
        """Seconds until the time of all attempts is over."""
        return deadline - self.clock()

    def wait(self, retries: Retry, asked: float | None) -> float:
        """Seconds before the next attempt; urllib3 has no wait before the first, and a server may ask for more."""
        return max(retries.get_backoff_time() or self.first_wait_seconds, asked or 0.0)


PATIENCE = Patience(distance_seconds=1)
T = TypeVar("T")


def persistently(url: str, patience: Patience, attempt: Callable[[float], T]) -> T:
    """The result of the first attempt that does not fail; FetchError where patience ends before.

    An attempt is told when the time of all attempts is over.
    """
    from urllib3.exceptions import MaxRetryError

    deadline = patience.clock() + patience.whole_seconds
    retries = patience.retries()
    patience.turns.wait(url, patience.distance_seconds, patience.clock, patience.sleep)
    while True:
        try:
            return attempt(deadline)
        except Passing as passing:
            failure = passing
        if failure.wait is not None and failure.wait > patience.longest_wait_seconds:
            remedy = "run again later, or use a mirror (SDG_MIRROR)"
            raise FetchError(url, f"{failure}; the server asks to wait {failure.wait:.0f} seconds", remedy=remedy)
        try:
            retries = retries.increment(url=url, error=failure)
        except MaxRetryError:
            break
        wait = patience.wait(retries, failure.wait)
        require_time(url, deadline, patience.clock() + wait)
        patience.sleep(wait)
    message = f"could not be downloaded in {patience.attempts} attempts; the last one: {failure}"
    raise FetchError(url, message, remedy=MIRROR_REMEDY)
