"""What the pipeline's SQL must give, computed again in plain Python on rows of dicts: no SQL, no plan, no staging.

A row of a level has ``state``, ``municipality`` (None where it is not allocated), ``urbanisation`` and, by measure
and sex (``("population", "F")``), a count or None where the figure is withheld.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[Any, Any]
Value = tuple[int | None, int | None, float | None, str, str | None]
"""Numerator, denominator, value, status and reason."""
ROWS_OF = {
    ("national", False): "state",
    ("state", False): "state",
    ("municipality", False): "municipality",
    ("state", True): "locality",
    ("municipality", True): "locality",
}
"""Rows that a level is made of, without and with urbanisation."""


def ratio(
    rows: Mapping[str, Sequence[Row]],
    numerator: str,
    denominator: str,
    breakdowns: Sequence[Sequence[str]],
    multiplier: float = 100.0,
) -> dict[tuple[str, str, str], Value]:
    """Values by area, sex and urbanisation."""
    groups: dict[tuple[str, str, str], list[tuple[int | None, int | None]]] = defaultdict(list)
    for level, *dimensions in breakdowns:
        for row in rows.get(ROWS_OF[level, "urbanisation" in dimensions], ()):
            area = {"national": "MX", "state": f"MX{row['state']}"}.get(level) or _municipality(row)
            urbanisation = row["urbanisation"] if "urbanisation" in dimensions else "_T"
            for sex in ("F", "M") if "sex" in dimensions else ("_T",):
                if area is not None:
                    groups[area, sex, urbanisation].append((row[numerator, sex], row[denominator, sex]))
    return {key: _value(pairs, multiplier) for key, pairs in groups.items()}


def _municipality(row: Row) -> str | None:
    return None if row["municipality"] is None else f"MX{row['state']}{row['municipality']}"


def _value(pairs: Sequence[tuple[int | None, int | None]], multiplier: float) -> Value:
    above, below = 0, 0
    for n, d in pairs:
        if n is None or d is None:
            return None, None, None, "M", "missing_component"
        above, below = above + n, below + d
    if below == 0:
        return above, below, None, "M", "zero_denominator"
    return above, below, multiplier * above / below, "A", None
