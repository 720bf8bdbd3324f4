"""Vintages: the values of a series in each of its cuts, and what changed from cut to cut.

What belongs here: tables whose parts are cuts of the same series. What does not: differences between our own
releases (release.diff).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.duck import write_parquet
from sdg_pipeline.estimate.engine import Inputs, StagedTable, estimate, view
from sdg_pipeline.files import written_aside
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Table

if TYPE_CHECKING:
    import duckdb


def write_as_of(
    con: duckdb.DuckDBPyConnection, indicator: Indicator, catalog: Catalog, inputs: Inputs, target: Path
) -> None:
    """The indicator table as of each cut of its first table, in one file; ``source_edition`` names the cut."""
    series, *others = inputs.tables
    cuts = dict.fromkeys(raw.edition for _, raw in series.parts)
    with written_aside(target) as aside:
        paths = []
        for number, cut in enumerate(cuts):
            path = aside.with_name(f"{aside.name}.{number}.aside")
            parts = tuple(part for part in series.parts if part[1].edition == cut)
            cut_inputs = replace(inputs, tables=(replace(series, parts=parts), *others))
            estimate(con, indicator, catalog, cut_inputs, path)
            paths.append(path)
        listed = ", ".join(literal(path) for path in paths)
        con.execute(f"COPY (SELECT * FROM read_parquet([{listed}])) TO {literal(aside)} (FORMAT parquet)")
        for path in paths:
            path.unlink()


NO_REVISIONS = (
    "SELECT table_id: '', measure: '', edition_from: '', edition_to: '', ref_area: '', time_period: '', detail: '', "
    "old_value: 0::DOUBLE, new_value: 0::DOUBLE WHERE false"
)
"""The revisions of a run with one cut: the columns, and no row."""


def write_revisions(con: duckdb.DuckDBPyConnection, series: StagedTable, target: Path) -> int:
    """What each cut changed of the one before, by area, year, key and measure; returns the number of changes.

    Columns: table, measure, edition_from, edition_to, ref_area, time_period, detail, old_value, new_value. A row that
    a cut adds has no old value; months that only the newer cut reaches are not revisions and are left out.
    """
    table = series.table
    con.execute("CREATE SCHEMA IF NOT EXISTS staged")
    view(con, f"staged.{quoted(table.id)}", series.path)
    changes = _changes(table, list(dict.fromkeys(raw.edition for _, raw in series.parts)))
    listed = ", ".join(quoted(k) for k in _keys(table))
    sums = ", ".join(f"CAST(SUM({quoted(m)}) AS DOUBLE) AS {quoted(m)}" for m in table.measures)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE cut AS SELECT edition, {listed}, {sums} "
        f"FROM staged.{quoted(table.id)} GROUP BY ALL"
    )
    selects = []
    if changes:
        con.execute(f"CREATE OR REPLACE TEMP TABLE changed AS {' UNION ALL '.join(changes)}")
        selects = [
            f"SELECT {literal(table.id)} AS table_id, {literal(m)} AS measure, edition_from, edition_to, ref_area, "
            f"time_period, detail, {quoted('old ' + m)} AS old_value, {quoted('new ' + m)} AS new_value "
            f"FROM changed WHERE {quoted('old ' + m)} <> {quoted('new ' + m)}"
            for m in table.measures
        ]
    return write_parquet(con, " UNION ALL ".join(selects) or NO_REVISIONS, "ALL", target)


def _keys(table: Table) -> list[str]:
    return ["geo_level", "state", "municipality", "time_period", *table.dimensions, *table.key]


def _changes(table: Table, cuts: list[str]) -> list[str]:
    """For each cut after the first, the rows of ``cut`` with any changed measure; old and new of all measures.

    Cuts are joined once and not by measure: with 14 measures that takes a tenth of the time.
    """
    detail = ", ".join(f"{literal(k)}, n.{quoted(k)}" for k in (*table.dimensions, *table.key))
    same = " AND ".join(f"o.{quoted(k)} = n.{quoted(k)}" for k in _keys(table))
    other = " OR ".join(f"o.{quoted(m)} <> n.{quoted(m)}" for m in table.measures)
    both = [f"o.{quoted(m)} AS {quoted('old ' + m)}, n.{quoted(m)} AS {quoted('new ' + m)}" for m in table.measures]
    area = "CASE n.geo_level WHEN 'national' THEN '' WHEN 'state' THEN n.state ELSE n.municipality END"
    return [
        f"SELECT {literal(old)} AS edition_from, {literal(new)} AS edition_to, CONCAT('MX', {area}) AS ref_area, "
        f"n.time_period, CAST(json_object({detail}) AS VARCHAR) AS detail, {', '.join(both)} "
        f"FROM (SELECT * FROM cut WHERE edition = {literal(new)}) AS n "
        f"JOIN (SELECT * FROM cut WHERE edition = {literal(old)}) AS o ON {same} WHERE {other}"
        for old, new in pairwise(cuts)
    ]
