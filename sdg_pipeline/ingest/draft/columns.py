"""What the cells of each column look like: how many are empty, whole numbers, decimals, years, and which they are.

What belongs here: facts of a column. What does not: what the column is for (roles).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.ingest.reading import Reading

MAX_CONTENTS = 12
MAX_TOKENS = 3
LEAST_NUMBERS = 0.8
"""Share of numbers among the cells from which on a column is one of numbers; the others are tokens."""
NUMBER = r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"
GROUPED = r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?"

FACTS = (
    "cells", "distinct", "numbers", "decimals", "negatives", "grouped", "shortest", "longest", "lowest", "highest",
)  # fmt: skip
"""What the query counts of a column, in its order."""


@dataclass(frozen=True)
class Profile:
    """A column: its cells that are not empty, and those that are numbers; with thousands a comma stands between them.

    ``contents`` are its texts where it has twelve or fewer, ``tokens`` those of a column of numbers that are none.
    """

    name: str
    cells: int
    distinct: int
    numbers: int
    decimals: int
    negatives: int
    grouped: int
    shortest: int
    longest: int
    lowest: float | None
    highest: float | None
    contents: tuple[str, ...]
    tokens: tuple[str, ...]

    @property
    def is_numeric(self) -> bool:
        return bool(self.cells) and self.numbers >= LEAST_NUMBERS * self.cells and len(self.tokens) <= MAX_TOKENS

    @property
    def is_key(self) -> bool:
        """Whether all cells are digits only."""
        return bool(self.cells) and self.numbers == self.cells and not (self.decimals or self.negatives or self.grouped)

    @property
    def measure(self) -> str:
        """Type of a measure: counts are whole and not negative."""
        return "amount" if self.decimals or self.negatives else "count"


def profiles(reading: Reading, view: str, header: Sequence[str]) -> dict[str, Profile]:
    """The profile of each column, by name."""
    return {profile.name: profile for profile in _profiles(reading, view, header)}


def _profiles(reading: Reading, view: str, header: Sequence[str]) -> Iterator[Profile]:
    for name in header:
        cell = quoted(name)
        plain = f"regexp_full_match({cell}, '{NUMBER}')"
        grouped = f"regexp_full_match({cell}, '{GROUPED}')"
        number = f"({plain} OR {grouped})"
        value = f"try_cast(replace({cell}, ',', '') AS DOUBLE)"
        tests = (number, f"{number} AND regexp_matches({cell}, '[.eE]')", f"{value} < 0", grouped)
        counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in tests)
        lengths = f"coalesce(min(length({cell})), 0), coalesce(max(length({cell})), 0), min({value}), max({value})"
        query = f"SELECT count(*), count(DISTINCT {cell}), {counts}, {lengths} FROM {view} WHERE {cell} <> ''"
        facts: dict[str, Any] = dict(zip(FACTS, reading.rows(query)[0], strict=True))
        contents = _texts(reading, view, cell, "true") if facts["distinct"] <= MAX_CONTENTS else ()
        tokens = (
            _texts(reading, view, cell, f"NOT {number}") if facts["numbers"] >= LEAST_NUMBERS * facts["cells"] else ()
        )
        yield Profile(name=name, contents=contents, tokens=tokens, **facts)


def _texts(reading: Reading, view: str, cell: str, test: str) -> tuple[str, ...]:
    query = f"SELECT DISTINCT {cell} FROM {view} WHERE {cell} <> '' AND {test} ORDER BY 1 LIMIT {MAX_CONTENTS}"
    return tuple(text for (text,) in reading.rows(query))
