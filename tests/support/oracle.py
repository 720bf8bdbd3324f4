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
            return None, None, None, "O", "missing_component"
        above, below = above + n, below + d
    if below == 0:
        return above, below, None, "M", "zero_denominator"
    return above, below, multiplier * above / below, "A", None


def rate(
    events: Sequence[Row],
    population: Sequence[Row],
    breakdowns: Sequence[Sequence[str]],
    per: float,
    rules: Mapping[str, int],
) -> dict[tuple[str, str, str], Value]:
    """Rates by area, sex and year; ``rules`` are min_population, min_events and pool_years.

    Rows have ``state`` (None where it is not known), ``municipality`` (None where it is not allocated), ``year``,
    ``sex`` and ``n``. A year without a record of any event is not covered and has no rate; nor has a window of years
    of which one is not covered. Events of unknown sex stand by themselves.
    """
    result: dict[tuple[str, str, str], Value] = {}
    for level, *by in breakdowns:
        cases, people = _sums(events, level, bool(by)), _sums(population, level, bool(by))
        covered = {row["year"] for row in events}
        for area, sex, year in people:
            window = [(area, sex, y) for y in range(year - rules["pool_years"] + 1, year + 1)]
            if all(key in people and key[2] in covered for key in window):
                above, below = (_total([sums.get(key, 0) for key in window]) for sums in (cases, people))
                result[area, sex, str(year)] = _rate(above, below, per, rules)
        for area, sex, year in cases:
            if sex == "_U":
                n = cases[area, sex, year]
                reason = "missing_component" if n is None else "unknown_group"
                result[area, sex, str(year)] = (n, None, None, "O" if n is None else "M", reason)
    return result


def _sums(rows: Sequence[Row], level: str, by_sex: bool) -> dict[tuple[str, str, int], int | None]:
    cells: dict[tuple[str, str, int], list[int | None]] = defaultdict(list)
    for row in rows:
        state = row["state"] and f"MX{row['state']}"
        area = {"national": "MX", "state": state, "municipality": state and _municipality(row)}[level]
        if area is not None:
            cells[area, row["sex"] if by_sex else "_T", row["year"]].append(row["n"])
    return {key: _total(values) for key, values in cells.items()}


def _total(values: Sequence[int | None]) -> int | None:
    return None if None in values else sum(n for n in values if n is not None)


def _rate(above: int | None, below: int | None, per: float, rules: Mapping[str, int]) -> Value:
    if above is None or below is None:
        return None, below, None, "O", "missing_component"
    reason = (
        "zero_denominator" if below == 0
        else "small_population" if below < rules["min_population"] * rules["pool_years"]
        else "few_events" if 0 < above < rules["min_events"]
        else None
    )  # fmt: skip
    status = {None: "A", "zero_denominator": "M"}.get(reason, "Q")
    return above, below, None if reason else per * above / below, status, reason
