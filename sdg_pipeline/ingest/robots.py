"""What ``robots.txt`` of a host lets this program ask for, and how long it wants to be left alone in between.

RFC 9309: without such a file everything may be asked for; where the file cannot be had, nothing. A host that refuses
the file (401, 403) is taken to refuse the rest. What belongs here: that reading. What does not: requests (ckan).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

from sdg_pipeline.errors import FetchError
from sdg_pipeline.ingest.download import StatusError, download
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.settings import PRODUCT

MAX_BYTES = 500 * 1024
LONGEST_DELAY_SECONDS = 3600.0
ABSENT = (404, 410)


@dataclass(frozen=True)
class Robots:
    """The rules of a host; ``why`` says what keeps this program from everything, where something does."""

    rules: RobotFileParser
    why: str = ""

    def allow(self, url: str) -> bool:
        return not self.why and self.rules.can_fetch(PRODUCT, url)

    @property
    def delay_seconds(self) -> float:
        """Least time between two requests, by ``Crawl-delay`` or ``Request-rate``; 0 where the host names none."""
        rate = self.rules.request_rate(PRODUCT)
        asked = (float(self.rules.crawl_delay(PRODUCT) or 0), rate.seconds / rate.requests if rate else 0.0)
        return min(max(asked), LONGEST_DELAY_SECONDS)


def read(address: str, scratch: Path, patience: Patience) -> Robots:
    """Ask a host for its rules."""
    url = urljoin(address, "/robots.txt")
    rules = RobotFileParser(url)
    text = ""
    try:
        got = download(url, scratch, max_bytes=MAX_BYTES, patience=patience)
        assert got is not None  # without validators nothing is "not modified"
        text = got.path.read_text(encoding="utf-8", errors="replace")
        got.path.unlink()
    except StatusError as error:
        if error.status not in ABSENT:
            return Robots(rules, f"robots.txt: {error.problem.message}")
    except FetchError as error:
        return Robots(rules, f"robots.txt: {error.problem.message}")
    rules.parse(text.splitlines())
    return Robots(rules)
