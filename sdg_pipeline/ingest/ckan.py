"""Asks a portal that speaks the API of CKAN: ``package_search`` and ``package_show`` (``/api/3/action/…``).

Nothing that a portal says or does stops the caller: what is no sound answer is an ``Answer`` without a result, with
its reason. What belongs here: requests, their distance in time, and what counts as an answer. What does not: keeping
answers, and what follows from one (open_government).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode

from sdg_pipeline.clock import now
from sdg_pipeline.errors import FetchError
from sdg_pipeline.ingest import robots
from sdg_pipeline.ingest.download import ABSENT, REFUSED, StatusError, download
from sdg_pipeline.ingest.patience import Patience

Reason = Literal["robots", "refused", "absent", "failing", "not_json", "malformed", "other_dataset", "too_large"]
"""Why nothing is known. ``refused``: 401 or 403. ``absent``: 404 or 410, or withdrawn. ``failing``: any other failure
of the server or the connection. ``malformed``: JSON that is no answer of CKAN."""
PATIENCE = Patience(attempts=2, first_wait_seconds=5, longest_wait_seconds=60)
MAX_BYTES = 2_000_000
MAX_DEPTH, MAX_VALUES, MAX_TEXT = 20, 50_000, 500
ROWS = 20
"""Datasets that a search gives at most."""


@dataclass(frozen=True)
class Answer:
    """What a portal answered: ``result`` as CKAN gives it, or why there is none, with ``detail`` in words."""

    url: str
    result: Mapping[str, Any] | None = None
    reason: Reason | None = None
    detail: str = ""


@dataclass
class Reader:
    """Asks one portal, politely: by its robots.txt, and never twice within ``interval_seconds``.

    ``permitted``: its operator allows more than robots.txt does. ``clock`` gives seconds.
    """

    address: str
    scratch: Path
    interval_seconds: float
    permitted: bool = False
    patience: Patience = PATIENCE
    clock: Callable[[], float] = lambda: now().timestamp()
    sleep: Callable[[float], None] = time.sleep
    _asked: float = field(default=float("-inf"), init=False)

    def show(self, dataset: str) -> Answer:
        """``package_show`` of a dataset by its name or id."""
        answer = self._ask("package_show", {"id": dataset})
        return answer if answer.result is None else _of_dataset(answer, answer.result, dataset)

    def search(self, words: str) -> Answer:
        """``package_search``: the datasets that fit words best; ``count`` and ``results``."""
        answer = self._ask("package_search", {"q": words, "rows": str(ROWS)})
        if answer.result is None or _are_records(answer.result.get("results")):
            return answer
        return replace(answer, result=None, reason="malformed", detail="the answer has no list of datasets")

    def page(self, dataset: str) -> str:
        """Page of a dataset for people."""
        return f"{self.address.rstrip('/')}/dataset/{quote(dataset, safe='')}"

    @cached_property
    def _robots(self) -> robots.Robots:
        self._wait(0)
        return robots.read(self.address, self.scratch, self.patience)

    def _ask(self, action: str, parameters: Mapping[str, str]) -> Answer:
        url = f"{self.address.rstrip('/')}/api/3/action/{action}?{urlencode(parameters)}"
        if not self.permitted and not self._robots.allow(url):
            return Answer(url, reason="robots", detail=plain(self._robots.why or "robots.txt keeps programs away"))
        self._wait(self._robots.delay_seconds)
        try:
            got = download(url, self.scratch, max_bytes=MAX_BYTES, patience=self.patience)
        except FetchError as error:
            return Answer(url, reason=_reason(error), detail=plain(error.problem.message))
        assert got is not None  # without validators nothing is "not modified"
        content = got.path.read_bytes()
        got.path.unlink()
        return _read(url, content)

    def _wait(self, delay: float) -> None:
        wait = self._asked + max(self.interval_seconds, delay) - self.clock()
        if wait > 0:
            self.sleep(wait)
        self._asked = self.clock()


def plain(value: object, longest: int = MAX_TEXT) -> str:
    """A text of somebody else on one line: without control signs, half characters and changes of direction."""
    text = value if isinstance(value, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * longest]).split())[:longest]


def _reason(error: FetchError) -> Reason:
    if isinstance(error, StatusError):
        return "refused" if error.status in REFUSED else "absent" if error.status in ABSENT else "failing"
    return "too_large" if "is larger than the limit" in error.problem.message else "failing"


def _read(url: str, content: bytes) -> Answer:
    """The result of an envelope of CKAN: ``{"success": true, "result": {…}}``."""
    try:
        data = json.loads(content.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        begins = plain(content[:60].decode("utf-8", errors="replace"), 40)
        return Answer(url, reason="not_json", detail=f"the answer is no JSON; it begins with {begins!r}")
    if (excess := _excess(data)) is not None:
        return Answer(url, reason="malformed", detail=excess)
    result = data.get("result") if isinstance(data, dict) and data.get("success") is True else None
    if isinstance(result, dict):
        return Answer(url, result)
    error = data.get("error") if isinstance(data, dict) else None
    said = plain(error.get("__type")) if isinstance(error, dict) else ""
    return Answer(url, reason="malformed", detail=f"the answer has no result{'; error: ' if said else ''}{said}")


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _excess(data: object) -> str | None:
    """What of an answer is more than any dataset needs: its depth, or how many values it has."""
    level, values = [data], 0
    for _ in range(MAX_DEPTH):
        values += len(level)
        if values > MAX_VALUES:
            return f"the answer has more than {MAX_VALUES:,} values"
        below: list[object] = []
        for item in level:
            below += item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        if not below:
            return None
        level = below
    return f"the answer is nested deeper than {MAX_DEPTH} levels"


def _of_dataset(answer: Answer, result: Mapping[str, Any], dataset: str) -> Answer:
    """The answer, where it is about the dataset, and that is in force with a list of files."""
    if dataset not in (result.get("name"), result.get("id")):
        other = plain(result.get("name"), 100)
        return Answer(answer.url, reason="other_dataset", detail=f"the answer is about {other!r}")
    if result.get("state", "active") != "active":
        return Answer(answer.url, reason="absent", detail=f"the dataset is {plain(result['state'], 20)}")
    if not _are_records(result.get("resources")):
        return Answer(answer.url, reason="malformed", detail="the answer has no list of files (resources)")
    return answer


def is_about(result: Mapping[str, Any], dataset: str) -> bool:
    """Whether a result describes a dataset, with a list of its files."""
    return dataset in (result.get("name"), result.get("id")) and _are_records(result.get("resources"))


def _are_records(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
