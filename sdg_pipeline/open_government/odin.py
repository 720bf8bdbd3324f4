"""Elements of the Open Data Inventory: a record gets 0, 0.5 or 1 for each, an indicator the best of its records.

A category gets the mean of its indicators, and whatever lies between 0 and 1 is 0.5. What belongs here: these rules,
as pure functions. What does not: where the figures of a record come from (facts).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

COVERAGE = ("c1", "c2", "c3", "c4", "c5")
HALF = 0.5


@dataclass(frozen=True)
class Record:
    """The figures of an indicator from one place: years, levels, and whether groups are there besides the total."""

    years: frozenset[int]
    states: bool = False
    municipalities: bool = False
    groups: bool = False


def coverage(record: Record, newest: int) -> dict[str, float]:
    """C1 to C5 of a record, the last years counted back from ``newest``; C2 to C5 never exceed C1."""
    present = 0.0 if not record.years else 1.0 if record.groups else HALF
    five, ten = (len([y for y in record.years if newest - back < y <= newest]) for back in (5, 10))
    others = {
        "c2": 1.0 if five >= 3 else HALF if five else 0.0,
        "c3": 1.0 if ten >= 6 else HALF if ten >= 3 else 0.0,
        "c4": float(record.states),
        "c5": float(record.municipalities),
    }
    return {"c1": present} | {name: min(value, present) for name, value in others.items()}


def best(records: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """An indicator: the highest score of its records, element by element."""
    rows = list(records)
    return {name: max((row[name] for row in rows), default=0.0) for name in COVERAGE}


def category(indicators: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """A category: the mean of its indicators; anything between 0 and 1 becomes 0.5."""
    means = {name: sum(row[name] for row in indicators) / len(indicators) for name in COVERAGE}
    return {name: value if value in (0.0, 1.0) else HALF for name, value in means.items()}


def downloads(ways: Collection[str]) -> float:
    """O3 of the ways ``bulk``, ``api`` and ``selected``: all three, or two with a selection by the user, are 1."""
    if len(ways) == 3 or (len(ways) == 2 and "selected" in ways):
        return 1.0
    return HALF if ways else 0.0


def metadata(kinds: int) -> float:
    """O4 of the number of kinds of metadata."""
    return 1.0 if kinds >= 3 else HALF if kinds else 0.0


TERMS = {"open": 1.0, "semi": HALF, "none": 0.0}
"""O5 of terms of use."""
