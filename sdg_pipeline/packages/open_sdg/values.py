"""The values of nation and states as CSV files of Open SDG: a row a value, blank where it is not broken down.

The builder wants ``Year`` first, and ``GeoCode`` and ``Value`` last. A year without a value keeps its row, since status
and reason stand in columns of it.
What belongs here: those files. What does not: words for their codes (``texts``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline import duck
from sdg_pipeline.publish import describe, parquet
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

YEAR, STATE, UNITS, AREA, VALUE = "Year", "state", "Units", "GeoCode", "Value"
STATUS, REASON = "OBS_STATUS", "COMMENT_OBS"
LEVELS = ("national", "state")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Written:
    """What the CSV files have: the indicators in them, and the names of states by code."""

    indicators: tuple[str, ...]
    states: Mapping[str, str]
    codes: Mapping[str, frozenset[str]]


def indicators_of(con: duckdb.DuckDBPyConnection, release: Path) -> list[str]:
    """The indicators with a row of the nation or of a state."""
    rows = con.execute(f"SELECT DISTINCT indicator {_source(release)} ORDER BY ALL").fetchall()
    return [str(name) for (name,) in rows]


def _source(release: Path) -> str:
    return f"FROM read_parquet({duck.text(release / parquet.OBSERVATIONS)}) WHERE geo_level IN {LEVELS}"


def write(
    con: duckdb.DuckDBPyConnection, release: Path, numbered: Mapping[str, tuple[Indicator, str]], folder: Path
) -> Written:
    """Write ``indicator_<number>.csv`` of each indicator with values of the nation or of states."""
    folder.mkdir(parents=True)
    states: dict[str, str] = {}
    codes: dict[str, set[str]] = {}
    written: list[str] = []
    for name, rows in groupby(_observations(con, release), key=lambda row: str(row["indicator"])):
        indicator, number = numbered[name]
        cells = []
        for row in rows:
            if row["geo_level"] == "state":
                states[row["ref_area"]] = row["area_name"]
            cells.append(_cells(row, indicator))
        columns = _columns(cells)
        with (folder / f"indicator_{number}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(cells)
        for column in columns:
            codes.setdefault(column, set()).update(str(c[column]) for c in cells)
        written.append(name)
    return Written(tuple(written), states, {column: frozenset(values) for column, values in codes.items()})


def _observations(con: duckdb.DuckDBPyConnection, release: Path) -> Iterator[Row]:
    columns = ("indicator", "time_period", "geo_level", "ref_area", "area_name", *DIMENSIONS)
    columns += ("unit_measure", "obs_status", "obs_reason", "obs_value")
    rows = con.execute(
        f"SELECT {', '.join(columns)} {_source(release)} "
        f"ORDER BY indicator, geo_level, ref_area, {', '.join(DIMENSIONS)}, time_period"
    )
    for row in rows.fetchall():
        yield dict(zip(columns, row, strict=True))


def _cells(row: Row, indicator: Indicator) -> dict[str, str | int | float]:
    """The cells of a row. No text begins a formula, or has the outer blanks that the builder refuses."""
    area = row["ref_area"] if row["geo_level"] == "state" else ""
    texts = {
        STATE: area,
        **{name: "" if row[name] == indicator.totals[name] else row[name] for name in DIMENSIONS},
        UNITS: row["unit_measure"],
        STATUS: row["obs_status"],
        REASON: row["obs_reason"] or "",
        AREA: area,
    }
    value = "" if row["obs_value"] is None else row["obs_value"]
    cells = {name: describe.safe_cell(text.strip()) for name, text in texts.items()}
    return {YEAR: int(row["time_period"]), **cells, VALUE: value}


def _columns(cells: Sequence[Mapping[str, str | int | float]]) -> list[str]:
    """All but the groups that no value is broken down by, in the order of a row."""
    used = {name for row in cells for name, cell in row.items() if cell != ""}
    always = {YEAR, UNITS, STATUS, REASON, AREA, VALUE}
    return [name for name in cells[0] if name in used | always]
