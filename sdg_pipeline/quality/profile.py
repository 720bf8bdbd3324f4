"""The profile of a staged table: its numbers cell by cell, before anybody judges it.

Two scans make two temporary tables. ``cells`` has sums by edition, level, year, state and whatever the contract asks
for; ``codes`` has rows by code of each dimension. With ``parts`` (facts of the files), ``unplaced`` (names of no area)
and ``expected`` (areas of the register) they are all that rules may read. What belongs here: making these, and writing
the profile for people. What does not: rules (contracts).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.duck import write_parquet
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.specs.base import TOTAL, UNKNOWN, Level
from sdg_pipeline.specs.contract import Contract
from sdg_pipeline.specs.table import Table

if TYPE_CHECKING:
    import duckdb

BASE = ("edition", "geo_level", "time_period", "state")
PART_COLUMNS = (
    "ordinal", "source", "edition", "geo_level", "period", "oldest", "newest", "rows_read", "rows_kept", "repeated",
    "by_name", "bytes", "sha256", "container", "member",
)  # fmt: skip

DIGITS = "CASE WHEN value = 0 THEN 0 ELSE round(value, (9 - floor(log10(abs(value))))::INTEGER) END AS value"
"""Ten digits are kept: the last ones of a sum of decimals depend on its order."""


@dataclass(frozen=True)
class Filed:
    """Facts of the file behind a part, besides what staging counted: its bytes, and the states that it covers."""

    bytes: int
    sha256: str
    container: str
    member: str
    states: tuple[str, ...]
    partial: bool = False
    """Whether the run has less of the country than the edition covers."""


@dataclass(frozen=True)
class Profiled:
    """What a profile is made of: a table that was staged, its parts and their files, and the areas.

    ``parts`` is what staging reports of each part, ``files`` the facts of its file, in the same order. ``relation`` is
    the name of the table on the connection.
    """

    table: Table
    parts: Sequence[dict[str, Any]]
    files: Sequence[Filed]
    register: Register
    relation: str = "staged"

    def parts_with_files(self) -> Iterator[tuple[dict[str, Any], Filed]]:
        return zip(self.parts, self.files, strict=True)


def published(table: Table) -> tuple[str, ...]:
    """Dimensions whose total is a row of its own: cells of different codes are never added up."""
    return tuple(name for name, dimension in table.dimensions.items() if dimension.totals == "published")


def cell_columns(table: Table, contract: Contract | None, used: Iterable[str]) -> tuple[str, ...]:
    """The columns that cells are made by: ``used`` are those that the rules of the contract name."""
    wanted = dict.fromkeys((*BASE, *published(table), *(contract.within if contract else ()), *used))
    if counts_municipalities(table):
        wanted |= {"municipality": None}
    return tuple(wanted)


def counts_municipalities(table: Table) -> bool:
    """Whether the table is to have a row for each municipality: figures of areas, not persons or events."""
    return table.record == "aggregate" and any(p.level == Level.MUNICIPALITY for p in table.parts)


def offer(con: duckdb.DuckDBPyConnection, profiled: Profiled, columns: Sequence[str]) -> None:
    """Make the temporary tables ``cells`` (by ``columns``), ``codes``, ``parts`` and ``expected``.

    A survey has ``strata`` too. The table of ``profiled`` must be on the connection under its ``relation``.
    """
    table, staged, by = profiled.table, profiled.relation, ", ".join(columns)
    sums = [f"{_sum(m, additive)}, {_more(m)}" for m, additive in measures(table).items()]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE cells AS SELECT {by}, count(*) AS records, {', '.join(sums)} "
        f"FROM {staged} GROUP BY {by} ORDER BY {by}"
    )
    if table.design:
        con.execute(
            "CREATE OR REPLACE TEMP TABLE strata AS SELECT edition, geo_level, stratum, count(DISTINCT psu) AS psus, "
            f"count(*) AS records FROM {staged} GROUP BY ALL"
        )
    _offer_codes(con, table, staged)
    _offer_parts(con, profiled)
    _offer_expected(con, profiled)


def measures(table: Table) -> dict[str, bool]:
    """Columns of numbers with whether they add up; of a survey the weight too."""
    named = {name: measure.additive for name, measure in table.measures.items()}
    return {**({"weight": True} if table.design else {}), **named}


def _sum(measure: str, additive: bool) -> str:
    m = quoted(measure)
    return f"{'sum' if additive else 'avg'}({m})::DOUBLE AS {m}"


def _more(measure: str) -> str:
    m = quoted(measure)
    return (
        f"count({m}) AS {quoted(measure + '__n')}, min({m})::DOUBLE AS {quoted(measure + '__min')}, "
        f"max({m})::DOUBLE AS {quoted(measure + '__max')}"
    )


def _offer_codes(con: duckdb.DuckDBPyConnection, table: Table, staged: str) -> None:
    """Rows by edition, level, dimension and code, codes without a row among them.

    Quantiles that no record has are not declared: the file of their values could not be had.
    """
    con.execute(
        "CREATE OR REPLACE TEMP TABLE codes (edition VARCHAR, geo_level VARCHAR, dimension VARCHAR, code VARCHAR, "
        "records BIGINT)"
    )
    if not table.dimensions:
        return
    names = list(table.dimensions)
    sets = ", ".join(f"(edition, geo_level, {quoted(name)})" for name in names)
    whens = " ".join(f"WHEN grouping({quoted(n)}) = 0 THEN {literal(n)}" for n in names)
    con.execute(
        f"INSERT INTO codes SELECT edition, geo_level, CASE {whens} END, "
        f"coalesce({', '.join(map(quoted, names))}), count(*) FROM {staged} GROUP BY GROUPING SETS ({sets})"
    )
    declared = dict.fromkeys(
        f"({literal(p.edition)}, {literal(p.level.value)}, {literal(d)}, {literal(code)})"
        for p in table.parts
        for d, code in _codes_of(table, p.level, p.codes)
    )
    quantiles = ", ".join(literal(name) for name, dimension in table.dimensions.items() if dimension.quantiles) or "''"
    if declared:
        con.execute(
            f"INSERT INTO codes SELECT d.*, 0 FROM (VALUES {', '.join(declared)}) AS d(edition, geo_level, dimension, "
            "code) SEMI JOIN codes USING (edition, geo_level) "
            "ANTI JOIN codes USING (edition, geo_level, dimension, code) "
            f"ANTI JOIN (FROM codes SELECT edition, geo_level, dimension WHERE dimension IN ({quantiles}) GROUP BY ALL "
            f"HAVING bool_and(code = {literal(UNKNOWN)})) USING (edition, geo_level, dimension)"
        )


def _codes_of(table: Table, level: Level, constant: dict[str, str]) -> Iterable[tuple[str, str]]:
    """Codes that the spec says to be in the rows of a level; those that a part gives to all its rows are there."""
    for name, dimension in table.dimensions.items():
        if name in constant or level not in dimension.levels:
            continue
        codes = set(dimension.recode.values())
        codes |= set(dimension.quantiles.codes) if dimension.quantiles else set()
        codes |= {code for m in table.measures.values() if m.by == name for code in m.columns}
        yield from ((name, code) for code in sorted(codes))


def _offer_parts(con: duckdb.DuckDBPyConnection, profiled: Profiled) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE parts (ordinal BIGINT, source VARCHAR, edition VARCHAR, geo_level VARCHAR, "
        "period VARCHAR, oldest VARCHAR, newest VARCHAR, rows_read BIGINT, rows_kept BIGINT, repeated BIGINT, "
        "by_name BIGINT, bytes BIGINT, sha256 VARCHAR, container VARCHAR, member VARCHAR)"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE unplaced (ordinal BIGINT, edition VARCHAR, geo_level VARCHAR, period VARCHAR, "
        "state VARCHAR, name VARCHAR, records BIGINT)"
    )
    for number, (part, file) in enumerate(profiled.parts_with_files()):
        row = [number, part["source"], part["edition"], part["level"], part["period"], part["oldest"], part["newest"]]
        row += [part["rows_read"], part["rows_kept"], part["repeated"], part["named"]]
        row += [file.bytes, file.sha256, file.container, file.member]
        con.execute(f"INSERT INTO parts VALUES ({', '.join('?' for _ in PART_COLUMNS)})", row)
        for name in part["unplaced"]:
            listed = [number, part["edition"], part["level"], part["period"], name["state"], name["name"], name["rows"]]
            con.execute("INSERT INTO unplaced VALUES (?, ?, ?, ?, ?, ?, ?)", listed)


def _offer_expected(con: duckdb.DuckDBPyConnection, profiled: Profiled) -> None:
    """The areas that each edition must have rows of in each of its years: states, and municipalities of figures."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE expected (edition VARCHAR, geo_level VARCHAR, time_period VARCHAR, "
        "state VARCHAR, municipalities BIGINT)"
    )
    table, register = profiled.table, profiled.register
    years = con.execute("SELECT DISTINCT edition, geo_level, time_period FROM cells ORDER BY ALL").fetchall()
    covered: dict[tuple[str, str], set[str]] = {}
    for part, file in profiled.parts_with_files():
        covered.setdefault((part["edition"], part["level"]), set()).update(file.states or _states(register, table))
    there = {year: _municipalities(register, table, int(year)) for year in {year for *_, year in years}}
    rows = [
        (edition, level, year, state, n)
        for edition, level, year in years
        if level != Level.NATIONAL
        for state, n in there[year].items()
        if state in covered[edition, level]
    ]
    if rows:
        import pyarrow

        names = ("edition", "geo_level", "time_period", "state", "municipalities")
        columns = (list(column) for column in zip(*rows, strict=True))
        con.register("expected_rows", pyarrow.table(dict(zip(names, columns, strict=True))))
        con.execute("INSERT INTO expected SELECT * FROM expected_rows")
        con.unregister("expected_rows")


def _states(register: Register, table: Table) -> list[str]:
    return [area.key for area in register.existing(table.geography.vintage, Level.STATE)]


def _municipalities(register: Register, table: Table, year: int) -> dict[str, int]:
    """By state, how many municipalities of the table's vintage there were in a year."""
    vintage = table.geography.vintage
    municipalities = register.existing(vintage, Level.MUNICIPALITY)
    oldest = min(area.first_vintage for area in municipalities)  # before it the register has no borders
    year = 9999 if table.geography.borders == "of_vintage" else max(year, oldest)
    counts = _counts(register, vintage, min(year, vintage))
    return {state: counts[state] for state in _states(register, table)}


@lru_cache(maxsize=256)
def _counts(register: Register, vintage: int, year: int) -> Counter[str]:
    """By state, the municipalities of a vintage that were there in a year."""
    return Counter(area.state for area in register.existing(vintage, Level.MUNICIPALITY) if area.first_vintage <= year)


STATISTICS = {
    "nulls": "sum(records) - sum({n})", "min": "min({low})", "max": "max({high})", "mean": "",
    "cells_distinct": "count(DISTINCT {m})", "cells_p05": "quantile_disc({m}, 0.05)",
    "cells_p50": "quantile_disc({m}, 0.5)", "cells_p95": "quantile_disc({m}, 0.95)",
}  # fmt: skip
"""The numbers of a measure in a profile: those named so are of its cells, the others of its rows."""


def long(by: Sequence[str], named: Sequence[str], numbers: Mapping[str, str], where: str = "true") -> str:
    """SQL of numbers of many measures as rows, from one scan of ``cells``: the keys, ``measure``, and the numbers.

    ``{m}`` stands for the sum (or mean) of the measure in a cell, ``{n}`` for its count of figures. ``{low}`` and
    ``{high}`` stand for its smallest and its largest one.
    """
    keys = ", ".join(map(quoted, dict.fromkeys(by)))

    def packed(measure: str) -> str:
        columns = {"m": "", "n": "__n", "low": "__min", "high": "__max"}
        filled = {k: quoted(measure + suffix) for k, suffix in columns.items()}
        fields = [f"{word} := ({sql.format(**filled)})::DOUBLE" for word, sql in numbers.items()]
        return f"struct_pack(measure := {literal(measure)}, {', '.join(fields)})"

    rows = ", ".join(map(packed, named))
    unnested = f"SELECT {keys}, unnest([{rows}]) AS packed FROM cells WHERE {where} GROUP BY {keys}"
    shown = ", ".join(f"packed.{word} AS {word}" for word in ("measure", *numbers))
    return f"(SELECT {keys}, {shown} FROM ({unnested}))"


def write(con: duckdb.DuckDBPyConnection, table: Table, target: Path) -> int:
    """Write the profile: one number per row (``statistic``) of a column, a code or a state, by edition and year."""
    keys = "edition, geo_level, time_period"
    selects = [
        f"SELECT {keys}, 'records' AS column_name, state AS code, 'records' AS statistic, "
        "sum(records)::DOUBLE AS value FROM cells GROUP BY ALL",
        "SELECT edition, geo_level, '' AS time_period, dimension, code, 'records', records::DOUBLE FROM codes",
        "SELECT edition, geo_level, period, 'file', source, statistic, value FROM (SELECT edition, geo_level, period, "
        "source, rows_read::DOUBLE AS rows_read, rows_kept::DOUBLE AS rows_kept, bytes::DOUBLE AS bytes FROM parts) "
        "UNPIVOT (value FOR statistic IN (rows_read, rows_kept, bytes))",
        "SELECT edition, geo_level, period, 'unplaced', state || ' ' || name, 'records', records::DOUBLE FROM unplaced",
    ]
    total = " AND ".join(f"{quoted(d)} = '{TOTAL}'" for d in published(table)) or "true"
    added = [m for m, additive in measures(table).items() if additive]
    if added:
        sums = long([*BASE], added, {"value": "sum({m})"}, total)
        selects.append(f"SELECT {keys}, measure, state, 'sum', value FROM {sums} WHERE value IS NOT NULL")
    for kind in ([m for m, additive in measures(table).items() if additive == adds] for adds in (True, False)):
        if kind:
            numbers = {**STATISTICS, "mean": "sum({m}) / sum({n})" if kind[0] in added else "sum({m} * {n}) / sum({n})"}
            described = long(["edition", "geo_level", "time_period"], kind, numbers, total)
            selects.append(
                f"SELECT {keys}, measure, '{TOTAL}', statistic, value FROM (FROM {described}) "
                f"UNPIVOT (value FOR statistic IN ({', '.join(numbers)}))"
            )
    query = f"SELECT {literal(table.id)} AS table_id, * REPLACE ({DIGITS}) FROM ({' UNION ALL '.join(selects)})"
    return write_parquet(con, query, "ALL", target)
