"""Slices as a format of the release: areas, and archives by goal and by state.

The CSV of nation and states are files. Municipalities are in the archive of their state: as files of their own they
would double a release. ``sdg serve`` answers any area as CSV or JSON. What belongs here: which files there are. What
does not: what stands in them.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.packages.distinct import Table, table
from sdg_pipeline.packages.format import Format, Tables
from sdg_pipeline.packages.slices import archives, areas
from sdg_pipeline.publish import parquet
from sdg_pipeline.publish.listing import Listed

if TYPE_CHECKING:
    import duckdb

FOLDER = "areas"
GOALS = "goals"
LISTED = (
    Listed(
        f"{FOLDER}/<code>.csv",
        "text/csv",
        "all indicators of the nation (`MX`) or of a state",
        "todos los indicadores de la nación (`MX`) o de un estado",
    ),
    Listed(
        f"{FOLDER}/<code>.zip",
        "application/zip",
        "a state and its municipalities: a CSV for each of the two levels, and a README",
        "un estado y sus municipios: un CSV de cada nivel y un README",
    ),
    Listed(
        f"{GOALS}/<goal>.zip",
        "application/zip",
        "the CSV of all indicators of a goal, and a README",
        "los CSV de todos los indicadores de un objetivo, y un README",
    ),
)


def write(tables: Tables) -> None:
    """Write areas and archives."""
    read = table(tables.folder / parquet.OBSERVATIONS)
    mark = codecs.BOM_UTF8 if tables.contents.csv_bom else b""
    areas.write(tables.con, read, tables.folder / FOLDER, mark)
    names = _states(tables.con, read)
    inside = areas.csv_of(tables.con, read, "ref_area[1:4]", "geo_level IN ('municipality', 'harmonised')")
    archives.write_states(inside, names, tables)
    folder: Path = tables.folder / GOALS
    folder.mkdir(exist_ok=True)

    def one(_: duckdb.DuckDBPyConnection, goal: int) -> None:
        archives.write_goal(goal, tables, folder)

    duck.side_by_side(tables.con, sorted({i.goal for i in tables.contents.indicators}), one)


def _states(con: duckdb.DuckDBPyConnection, read: Table) -> dict[str, str]:
    """Names of the areas above municipalities; a state without values of its own has its code for a name."""
    rows = con.execute(
        "SELECT ref_area[1:4], coalesce(max(area_name) FILTER (geo_level = 'state'), ref_area[1:4]) "
        f"FROM read_parquet({duck.text(read.path)}) GROUP BY ref_area[1:4]"
    ).fetchall()
    return dict(rows)


FORMAT = Format("slices", LISTED, write)
