"""Whether a file on the web is another than when we last looked, asked politely: nothing is downloaded.

A look is a conditional request that ends with the headers. Each address is asked at most once in a while, and the
requests to one host keep their distance. What belongs here: asking. What does not: fetching (fetch, download), and what
is done about a change (assets).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from sdg_pipeline.clock import now
from sdg_pipeline.ingest.web import Passing, answered
from sdg_pipeline.settings import USER_AGENT

if TYPE_CHECKING:
    from requests import Response, Session

Status = Literal["first", "same", "changed", "untold", "failed"]
"""Never seen before; as it was; another; the server gives no sign by which to tell; no useful answer."""
TIMEOUT_SECONDS, HEAD_SECONDS = (10.0, 20.0), 60.0
LONGEST_WAIT_SECONDS = 7 * 86_400.0


@dataclass(frozen=True)
class Manners:
    """How often one address is asked, how far apart requests to a host are, and how many a round makes."""

    again_after_seconds: float = 86_400.0
    between_requests_seconds: float = 5.0
    requests_a_round: int = 10


@dataclass(frozen=True)
class Seen:
    """What a server said of a file: its signs, and when it may be asked again (seconds since the epoch)."""

    etag: str | None = None
    modified: str | None = None
    bytes: str | None = None
    next_look: float = 0.0

    @property
    def signs(self) -> tuple[str | None, str | None, str | None]:
        return self.etag, self.modified, self.bytes

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


@dataclass(frozen=True)
class Look:
    """One look at an address."""

    url: str
    status: Status
    seen: Seen
    why: str = ""

    @property
    def sign(self) -> str:
        """What tells this version from others."""
        return self.seen.etag or self.seen.modified or self.seen.bytes or ""


def round_of(
    urls: Iterable[str],
    seen: Mapping[str, Seen],
    manners: Manners = Manners(),
    clock: Callable[[], float] = lambda: now().timestamp(),
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Look]:
    """Look at the addresses whose time has come, those that waited longest first."""
    import requests

    due = sorted((seen.get(url, Seen()).next_look, url) for url in dict.fromkeys(urls))
    chosen = [url for when, url in due if when <= clock()][: manners.requests_a_round]
    asked: dict[str, float] = {}
    with requests.Session() as session:
        session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
        for url in chosen:
            host = urlsplit(url).netloc
            wait = asked.get(host, float("-inf")) + manners.between_requests_seconds - clock()
            if wait > 0:
                sleep(wait)
            yield _look(session, url, seen.get(url), clock(), manners.again_after_seconds)
            asked[host] = clock()


def _look(session: Session, url: str, before: Seen | None, asked: float, again_after: float) -> Look:
    import requests

    old, next_look = before or Seen(), asked + again_after
    conditions = {"If-None-Match": old.etag, "If-Modified-Since": old.modified}
    headers = {name: value for name, value in conditions.items() if value}
    later = Seen(*old.signs, next_look=next_look)
    try:
        ask = partial(session.get, url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS)
        with answered(ask, HEAD_SECONDS, HEAD_SECONDS) as response:
            if response.status_code == 304:
                return Look(url, "same", later)
            if response.status_code != 200:
                return _refused(url, response, old, asked, next_look)
            answer = response.headers
    except (requests.RequestException, Passing) as error:
        return Look(url, "failed", later, f"no answer ({type(error).__name__})")
    seen = Seen(answer.get("ETag"), answer.get("Last-Modified"), answer.get("Content-Length"), next_look)
    if not any(seen.signs):
        return Look(url, "untold", seen, "the server sends neither ETag nor Last-Modified nor a length")
    if before is None or not any(before.signs):
        return Look(url, "first", seen)
    return Look(url, "same" if seen.signs == before.signs else "changed", seen)


def _refused(url: str, response: Response, old: Seen, asked: float, next_look: float) -> Look:
    """An answer that is no file; where the server says when to come back, that is obeyed."""
    wait = response.headers.get("Retry-After", "")
    if wait.isdecimal():
        next_look = max(next_look, asked + min(float(wait), LONGEST_WAIT_SECONDS))
    return Look(url, "failed", Seen(*old.signs, next_look=next_look), f"the server answered {response.status_code}")
