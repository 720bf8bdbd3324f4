"""Which row of an indicator a person asks for: its area, its period, its group.

What belongs here: finding that row, and the errors that name what there is. What does not: explaining it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import ONE_OF_THEM, UsageError
from sdg_pipeline.explain.explanation import Request, Row
from sdg_pipeline.explain.memory import Memory
from sdg_pipeline.ingest.geography import Area, Register
from sdg_pipeline.publish.headline import rows_of
from sdg_pipeline.publish.lacking import why_no
from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.fields import DIMENSIONS, FORECAST, names

if TYPE_CHECKING:
    import duckdb

MAX_SHOWN = 12
EMPTY: dict[str, Any] = dict.fromkeys(names()) | dict.fromkeys(DIMENSIONS, TOTAL)
"""What a row of an older release says in columns that came later."""


@dataclass(frozen=True)
class Choice:
    """The row that was asked for, and the periods in which the same area and group have rows."""

    value: Row
    periods: tuple[str, ...]


def choose(con: duckdb.DuckDBPyConnection, memory: Memory, request: Request) -> Choice:
    """The row of a request; UsageError where there is none, naming those that there are."""
    strangers = [d for d in request.codes if d not in DIMENSIONS]
    if strangers:
        raise UsageError(f"no dimension {strangers[0]!r}; valid: {', '.join(DIMENSIONS)}", remedy=ONE_OF_THEM)
    file = memory.values(request.indicator)
    area = _area(con, memory, file, request.area)
    rows = _rows(con, file, f"ref_area = {literal(area.code)}")
    totals = _totals(memory, request.indicator, rows)
    codes = totals | {d: totals[d] if code == TOTAL else code for d, code in request.codes.items()}
    if not rows:
        remedy = "ask for an area of these levels, or run with the files that are lacking"
        raise UsageError(_no_area(con, memory, file, request.indicator, area), remedy=remedy)
    same = [row for row in rows if all(row[d] == code for d, code in codes.items())]
    wanted = [row for row in same if request.period in (None, row["time_period"])]
    if not wanted:
        why = "" if same else _why(memory, request.indicator, "total")
        raise UsageError(_no_row(rows, same, request, area) + why, remedy="ask for one of these")
    return Choice(newest(wanted), tuple(sorted({row["time_period"] for row in same})))


def _totals(memory: Memory, indicator: str, rows: list[Row]) -> dict[str, str]:
    """The codes of the indicator's own total; without its definition, the one code of all ``rows``, or ``_T``."""
    specs = memory.definitions.catalog.indicators if memory.definitions else {}
    if indicator in specs:
        return specs[indicator].totals
    codes = {d: {row[d] for row in rows} for d in DIMENSIONS}
    return {d: next(iter(seen)) if len(seen) == 1 else TOTAL for d, seen in codes.items()}


def newest(rows: Iterable[Row]) -> Row:
    """The newest row with a value, which is no forecast; else the newest forecast; else the newest row."""

    def rank(row: Row) -> tuple[bool, bool, str]:
        return (row["obs_value"] is not None, row["obs_status"] != FORECAST, row["time_period"])

    return max(rows, key=rank)


def _rows(con: duckdb.DuckDBPyConnection, file: Path, where: str) -> list[Row]:
    rows = rows_of(con.execute(f"SELECT * FROM read_parquet({literal(file)}) WHERE {where}"))
    return [EMPTY | row for row in rows]


def _area(con: duckdb.DuckDBPyConnection, memory: Memory, file: Path, text: str) -> Area:
    """The area of a key, a code or a name, by the register of the values or, without one, by the values themselves."""
    if memory.definitions:
        return memory.definitions.register.find(text)
    query = f"SELECT DISTINCT ref_area, area_name, geo_level FROM read_parquet({literal(file)}) ORDER BY ALL"
    areas = (Area(code.removeprefix("MX"), name, Level(level)) for code, name, level in con.execute(query).fetchall())
    return Register({area.code: area for area in areas}).find(text)


def _no_area(con: duckdb.DuckDBPyConnection, memory: Memory, file: Path, indicator: str, area: Area) -> str:
    query = f"SELECT DISTINCT geo_level FROM read_parquet({literal(file)}) ORDER BY 1"
    levels = [level for (level,) in con.execute(query).fetchall()]
    there = f"it has values by {', '.join(levels)}" if levels else "it has no values at all"
    why = _why(memory, indicator, "nation") if area.level is Level.NATIONAL else ""
    notes = f"; {memory.origin.coverage_notes[0]}" if memory.origin.coverage_notes else ""
    return f"{indicator} has no value for {area.code} ({area.name}) in {memory.origin.words}; {there}{notes}{why}"


def _why(memory: Memory, indicator: str, what: Literal["nation", "total"]) -> str:
    """What the definition says of why there is no value of the nation, or no total."""
    specs = memory.definitions.catalog.indicators if memory.definitions else {}
    reason = why_no(specs[indicator], what, "en") if indicator in specs else ""
    return f"; why: {reason}" if reason else ""


def _no_row(rows: list[Row], same: list[Row], request: Request, area: Area) -> str:
    periods = sorted({row["time_period"] for row in same or rows})
    if same:
        return f"{request.indicator} has no {request.period} for {area.code}; periods: {', '.join(periods)}"
    groups = sorted({_group(row) for row in rows})
    shown = "; ".join(groups[:MAX_SHOWN]) + (f" and {len(groups) - MAX_SHOWN} more" if len(groups) > MAX_SHOWN else "")
    return f"{request.indicator} has no such group for {area.code}; groups: {shown}; periods: {', '.join(periods)}"


def _group(codes: Mapping[str, str]) -> str:
    return ", ".join(f"{d} {codes[d]}" for d in DIMENSIONS if codes[d] != TOTAL) or "the total"
