"""Which source should have a newer edition by now.

Pure: the day is an argument and no clock is read. What belongs here: the next edition of a source, when it is
expected, and how late it is. What does not: fetching it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from sdg_pipeline.specs.calendar import Calendar
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.source import Edition, Source

STEP = {"decennial": 120, "quinquennial": 60, "biennial": 24, "annual": 12, "quarterly": 3, "monthly": 1}
"""Months between two editions; ``once`` has no next one."""
CALENDAR = "expected"
"""Id of the calendar."""
Status = Literal["current", "due", "late", "published", "complete"]
"""The next period is not over; it is, and we wait; we waited long enough; its edition is out; there is none."""


@dataclass(frozen=True)
class Expected:
    """The next edition of a source: no clock was read for it.

    ``reaches`` is the last month of its newest edition, ``next_reaches`` that of the next one (both ``2024-12``).
    ``expected_by`` is the day from which it is late. ``published_on`` is the day on which it came out, if known.
    """

    source: str
    title: str
    periodicity: str
    edition: str
    reaches: str
    next_reaches: str | None = None
    expected_by: date | None = None
    published_on: date | None = None
    cite: str | None = None


@dataclass(frozen=True)
class Freshness:
    """A source on a day: ``days_late`` counts from the day on which its next edition was expected."""

    expected: Expected
    status: Status
    days_late: int

    @property
    def wanting(self) -> bool:
        """Whether somebody should look for a newer edition."""
        return self.status in ("late", "published")

    def summary(self) -> str:
        """One line for people."""
        e = self.expected
        if self.status == "published":
            return f"{e.source}: {e.edition} reaches {e.reaches}; a newer edition is out since {e.published_on}"
        if self.status == "late":
            waited = f"that of {e.next_reaches} was expected by {e.expected_by}, {self.days_late} days ago"
            return f"{e.source}: {e.edition} reaches {e.reaches}; {waited}"
        return f"{e.source}: {e.edition} reaches {e.reaches}"


def of_catalog(catalog: Catalog, on: date) -> list[Freshness]:
    """All sources on a day, those that are late longest first; empty where the specs have no calendar."""
    judged = (judge(expected, on) for expected in expectations(catalog))
    return sorted(judged, key=lambda f: (-f.days_late, f.expected.source))


def expectations(catalog: Catalog) -> Iterable[Expected]:
    """The next edition of each source that has one which a run may read, by id."""
    calendar = catalog.calendars.get(CALENDAR)
    sources = [source for _, source in sorted(catalog.sources.items()) if source.probed]
    return [expect(source, calendar) for source in sources] if calendar else []


def expect(source: Source, calendar: Calendar) -> Expected:
    """The next edition of a source."""
    edition, reaches = max(((name, reach(e)) for name, e in source.probed.items()), key=lambda pair: pair[1])
    out = next((p for p in calendar.published if p.source == source.id and p.period > _month(reaches)[:4]), None)
    now = Expected(source.id, source.title.en, source.periodicity, edition, _month(reaches))
    if out is not None:
        now = replace(now, published_on=date.fromisoformat(out.on), cite=out.cite)
    patience = calendar.patience_months.get(source.periodicity)
    if source.periodicity not in STEP or patience is None:
        return now
    following = _later(reaches, STEP[source.periodicity])
    return replace(now, next_reaches=_month(following), expected_by=_last_day(_later(following, patience)))


def judge(expected: Expected, on: date) -> Freshness:
    """Whether a newer edition should be there on a day."""
    if expected.published_on is not None and expected.published_on <= on:
        return Freshness(expected, "published", (on - expected.published_on).days)
    if expected.expected_by is None or expected.next_reaches is None:
        return Freshness(expected, "complete", 0)
    late = (on - expected.expected_by).days
    if late > 0:
        return Freshness(expected, "late", late)
    over = on > _last_day((int(expected.next_reaches[:4]), int(expected.next_reaches[5:])))
    return Freshness(expected, "due" if over else "current", 0)


def reach(edition: Edition) -> tuple[int, int]:
    """Year and month that an edition reaches."""
    until = edition.until or f"{edition.period}-12"
    return int(until[:4]), int(until[5:])


def _later(month: tuple[int, int], by: int) -> tuple[int, int]:
    years, rest = divmod(month[0] * 12 + month[1] - 1 + by, 12)
    return years, rest + 1


def _last_day(month: tuple[int, int]) -> date:
    return date(*month, monthrange(*month)[1])


def _month(month: tuple[int, int]) -> str:
    return f"{month[0]:04d}-{month[1]:02d}"
