"""Runs the compiled query of an indicator on DuckDB and writes its table.

What belongs here: the views that queries read, and the Parquet file that they make. What does not: query text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate.compile import compiled
from sdg_pipeline.estimate.plan import Extent, make_plan
from sdg_pipeline.files import written_aside
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.fields import KEY
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Inputs:
    """What an indicator is computed from: the staged table with the files of its parts, or its base indicator."""

    staged: Path | None = None
    parts: Mapping[Level, RawFile] | None = None
    base: Path | None = None

    @property
    def at_hand(self) -> Extent | None:
        """By level of the rows, the states that they cover (empty: the nation)."""
        return None if self.parts is None else {level: raw.states for level, raw in self.parts.items()}


def query(indicator: Indicator, catalog: Catalog, at_hand: Extent | None = None) -> str:
    """The SQL of an indicator for the rows at hand (all by default)."""
    return compiled(make_plan(indicator, catalog, at_hand))


def estimate(
    con: duckdb.DuckDBPyConnection,
    indicator: Indicator,
    catalog: Catalog,
    inputs: Inputs,
    register: Register,
    target: Path,
) -> int:
    """Compute the indicator table into ``target`` (Parquet, ordered by key) and return the number of its rows."""
    offer_areas(con, register)
    if inputs.staged is not None and indicator.table is not None:
        con.execute("CREATE SCHEMA IF NOT EXISTS staged")
        view(con, f"staged.{quoted(indicator.table)}", inputs.staged)
        _offer_parts(con, inputs.parts or {})
    if inputs.base is not None:
        view(con, "base", inputs.base)
    text = query(indicator, catalog, inputs.at_hand).replace("$spec_hash", literal(catalog.spec_hash(indicator)))
    order = ", ".join(KEY)
    with written_aside(target) as aside:
        con.execute(
            f"COPY (SELECT * FROM ({text}) ORDER BY {order}) TO {literal(aside)} (FORMAT parquet, COMPRESSION zstd)"
        )
        return int(con.execute(f"SELECT count(*) FROM read_parquet({literal(aside)})").fetchall()[0][0])


def view(con: duckdb.DuckDBPyConnection, name: str, parquet: Path) -> None:
    """A view of a Parquet file."""
    con.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet({literal(parquet)})")


def offer_areas(con: duckdb.DuckDBPyConnection, register: Register) -> None:
    """Table ``area``: names of all areas by REF_AREA."""
    rows = ((a.code, a.name, a.key, a.level.value) for a in register.areas.values())
    _table(con, "area", ("ref_area", "area_name", "key", "level"), rows)


def offer_expected_areas(
    con: duckdb.DuckDBPyConnection, register: Register, vintage: int, covered: Mapping[Level, tuple[str, ...]]
) -> None:
    """Table ``expected_area``: the areas of each level that a run with this coverage must give."""
    rows = (
        (area.code, level.value) for level, states in covered.items() for area in register.of(vintage, level, states)
    )
    _table(con, "expected_area", ("ref_area", "geo_level"), rows)


def _offer_parts(con: duckdb.DuckDBPyConnection, parts: Mapping[Level, RawFile]) -> None:
    rows = (
        (level.value, raw.source, raw.edition, raw.sha256, "partial" if raw.partial else "full")
        for level, raw in parts.items()
    )
    _table(con, "part", ("rows_of", "source", "edition", "sha256", "coverage"), rows)


def _table(
    con: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> None:
    """A small table of texts; Arrow is 50 times faster here than a VALUES list, which DuckDB has to parse."""
    import pyarrow

    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pyarrow.array(values, pyarrow.string()) for values in by_column]
    con.register(name, pyarrow.table(arrays, names=list(columns)))
