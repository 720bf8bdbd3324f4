"""Official files to a typed table: every column used or ignored by name, every cell checked.

What belongs here: the order of the work on one table spec, from its parts to one Parquet file. What does not: unpacking
cells (readers), their meaning (cells), keys of areas (keys), samples, indicators. The staged table is long in its
dimensions: a row is an area and one code of each dimension. Measures that the file does not have for a code are empty.
Columns: edition, geo_level, state, municipality, locality, dimensions, time_period, key columns, measures.
``municipality`` is ``_T`` in rows of states, ``_U`` where it is not specified. Of a survey a row is a record. Before
the measures it has weight, stratum, psu, population_psus where that is known, and its municipality where the file says
it. An empty measure is a question without an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.files import written_aside
from sdg_pipeline.ingest import adding, cells, corrections, joins, keys, readers, samples
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.ingest.parts import (
    JoinedFile,
    OpenPart,
    PartFile,
    columns_of,
    columns_read,
    drift,
    drift_remedy,
    spelled,
    unread,
)
from sdg_pipeline.ingest.reading import REST
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.layouts import Reshape
from sdg_pipeline.specs.table import Table

if TYPE_CHECKING:
    import duckdb

__all__ = ["Bench", "JoinedFile", "PartFile", "StagingReport", "stage"]


@dataclass
class StagingReport:
    """What was read and what was left out: by part rows read, kept, left out by each rule, and empty cells."""

    rows: int = 0
    parts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Bench:
    """What staging works with: a database, the register of areas, the Parquet file to write, room for unpacked text."""

    con: duckdb.DuckDBPyConnection
    register: Register
    target: Path
    scratch: Path


def stage(table: Table, files: list[PartFile], bench: Bench, year_column: str | None = None) -> StagingReport:
    """Read all parts of ``table`` and write the target (Parquet) whole, or raise StagingError and write nothing.

    ``year_column`` is the column of the files that says their years. The rows stay in the table ``staged``.
    """
    con = bench.con
    report = StagingReport()
    selects = []
    for number, file in enumerate(files):
        part = OpenPart(con, table.seen_by(file.part), file, f"part_{number}")
        report.parts.append(_open(part, bench.scratch, year_column))
        cells.check_numbers(part)
        cells.check_values(part)
        samples.check_design(part)
        report.parts[-1] |= keys.add_keys(part, bench.register)
        samples.add_groups(part)
        selects.extend(_selects(part))
    con.execute(f"CREATE OR REPLACE TEMP TABLE staged AS {' UNION ALL BY NAME '.join(selects)}")
    names = ["edition", "geo_level", "state", "municipality", "locality", *table.dimensions, "time_period", *table.key]
    names += table.design.columns if table.design else ()
    order = ", ".join(quoted(name) for name in names)
    with written_aside(bench.target) as aside:
        con.execute(
            f"COPY (SELECT {order}, * EXCLUDE ({order}) FROM staged ORDER BY ALL) "
            f"TO {literal(aside)} (FORMAT parquet, COMPRESSION zstd)"
        )
    report.rows = int(con.execute("SELECT count(*) FROM staged").fetchall()[0][0])
    return report


def _open(part: OpenPart, scratch: Path, year_column: str | None) -> dict[str, Any]:
    """Make the temporary table of a part's rows: read, rename, check columns, join, keep, reshape, take the years."""
    most = part.edition.max_bytes
    rest = part.table.record != "aggregate"
    reading = readers.Reading(part.con, part.file.paths, part.name, scratch, most, unread(part, year_column), rest)
    header = _renamed(part, readers.read(reading, part.form, part.view))
    ignored = _refuse_drift(part, header)
    corrected = corrections.apply(part, header)
    oldest, newest = _file_years(part, year_column, header)
    repeated = _repeated(part)
    for column in (REST, *sorted(ignored)):  # else every join would copy them
        part.con.execute(f"ALTER TABLE {part.view} DROP COLUMN IF EXISTS {quoted(column)}")
    read = part.rows(f"SELECT count(*) FROM {part.view}")[0][0]
    if read == 0:
        raise part.fail("holds a header and no rows")
    for column, columns in part.part.compose.items():
        contents = " || ".join(map(quoted, columns))  # nothing where one of them is empty
        part.con.execute(f"ALTER TABLE {part.view} ADD COLUMN {quoted(column)} VARCHAR")
        part.con.execute(f"UPDATE {part.view} SET {quoted(column)} = {contents}")
    joined = joins.add_columns(part, scratch)
    if part.part.derive:
        adding.derive(part, part.part.derive)
    if part.part.add_up is not None:
        adding.add_up(part, part.part.add_up)
    left_out = [*_keep(part), *_take_once(part)]
    if part.table.reshape is not None:
        _reshape(part, part.table.reshape, header)
    if part.part.runs is not None:
        adding.put_together(part, part.part.runs)
    if part.part.spread is not None:
        left_out.append(adding.spread(part, part.part.spread))
    left_out += _take_years(part)
    return {
        "source": part.raw.source,
        "edition": part.raw.edition,
        "level": part.part.level.value,
        "period": part.edition.period,
        "oldest": oldest,
        "newest": newest,
        "rows_read": read,
        "repeated": repeated,
        "corrected": corrected,
        "rows_kept": _some_rows(part),
        "left_out": left_out,
        "columns_used": len(part.table.used_columns),
        "columns_ignored": len(ignored),
        "missing_cells": cells.missing_cells(part),
        "no_answer": cells.check_conditions(part),
        "joined": joined,
    }


def _renamed(part: OpenPart, header: list[str]) -> list[str]:
    gone = sorted(set(part.part.rename) - set(header))
    if gone:
        remedy = f"mend rename of this part in tables/{part.table.id}.yaml"
        raise part.fail("lacks columns that the part renames", place="header", value=", ".join(gone), remedy=remedy)
    for old, new in part.part.rename.items():
        part.con.execute(f"ALTER TABLE {part.view} RENAME COLUMN {quoted(old)} TO {quoted(new)}")
    renamed = [part.part.rename.get(column, column) for column in header]
    # The database takes names in any letter case, so that the columns themselves need no new ones.
    return spelled(renamed, part.form, {*columns_read(part.table, part.part), *part.table.ignored_columns})


def _refuse_drift(part: OpenPart, header: list[str]) -> set[str]:
    """The columns of the file that the part leaves out; StagingError where others came or went."""
    used, ignored = columns_of(part, header)
    changes = drift(header, part.form, used, ignored, part.raw)
    if changes:
        message = f"has other columns than the table spec says; {changes}"
        raise part.fail(message, place="header", remedy=drift_remedy(part.table))
    return ignored & set(header)


def _keep(part: OpenPart) -> Iterator[dict[str, Any]]:
    """Apply the row rules and tell how many rows each left out."""
    for rule in part.part.rows:
        keep = expressions.sql(expressions.read(rule.keep))
        try:
            gone, undecided = part.rows(
                f"SELECT count(*) FILTER (WHERE NOT ({keep})), min({readers.ROW}) FILTER (WHERE ({keep}) IS NULL) "
                f"FROM {part.view}"
            )[0]
        except Exception as error:  # cells are text here, and a rule may take them for numbers
            remedy = f"mend the rule in tables/{part.table.id}.yaml; cells are text: compare them with 'text'"
            raise part.fail("a row rule cannot be applied", value=rule.keep, remedy=remedy) from error
        if undecided is not None:
            remedy = "get a sound copy of the file, or say in the rule what becomes of empty cells (IS NULL)"
            message = "a row rule says neither yes nor no of an empty cell"
            raise part.fail(message, place=f"row {undecided}", value=rule.keep, remedy=remedy)
        part.con.execute(f"DELETE FROM {part.view} WHERE NOT ({keep})")
        yield {"rows": gone, "keep": rule.keep, "reason": rule.reason}
    _some_rows(part)


def _take_once(part: OpenPart) -> list[dict[str, Any]]:
    """Take one of the rows that a file repeats; StagingError unless they are as many as the part says."""
    once = part.part.once
    if once is None:
        return []
    if len(part.file.paths) > 1:
        raise part.fail("is several files, whose rows have no order: a part that takes rows once is one file")
    columns = ", ".join(map(quoted, once.by))
    order = readers.ROW if once.take == "first" else f"{readers.ROW} DESC"
    part.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {part.view} AS "
        f"SELECT *, row_number() OVER (PARTITION BY {columns} ORDER BY {order}) AS __turn FROM {part.view}"
    )
    gone = part.rows(f"SELECT count(*) FROM {part.view} WHERE __turn > 1")[0][0]
    if gone != once.rows:
        remedy = f"look at the rows, and mend once.rows of this part in tables/{part.table.id}.yaml"
        raise part.fail(f"repeats {gone} rows by {', '.join(once.by)}, not {once.rows}", value=str(gone), remedy=remedy)
    part.con.execute(f"DELETE FROM {part.view} WHERE __turn > 1")
    part.con.execute(f"ALTER TABLE {part.view} DROP COLUMN __turn")
    return [{"rows": gone, "keep": f"the {once.take} by {', '.join(once.by)}", "reason": once.reason}]


def _file_years(part: OpenPart, year_column: str | None, header: list[str]) -> tuple[str | None, str | None]:
    """The oldest and newest year in the column that tells the year of the file; none where it has no such column."""
    if year_column not in header:
        return None, None
    year = f"regexp_extract({quoted(year_column or '')}, '^[0-9]{{4}}')"
    oldest, newest = part.rows(f"SELECT min({year}), max({year}) FROM {part.view} WHERE {year} <> ''")[0]
    return oldest, newest


def _repeated(part: OpenPart) -> int:
    """Records that are the same as another in every column, beyond the first of them; not asked of figures of areas."""
    if part.table.record == "aggregate":
        return 0
    cells = f"*COLUMNS(* EXCLUDE ({readers.ROW}))"
    return int(part.rows(f"SELECT count(*) - count(DISTINCT hash({cells})) FROM {part.view}")[0][0])


def _some_rows(part: OpenPart) -> int:
    kept: int = part.rows(f"SELECT count(*) FROM {part.view}")[0][0]
    if kept == 0:
        raise part.fail("has no row that the part keeps", remedy=f"mend the row rules of tables/{part.table.id}.yaml")
    return kept


def _reshape(part: OpenPart, reshape: Reshape, header: list[str]) -> None:
    """Wide columns to rows; empty cells stay rows, so that a month without a figure is not a month without a case."""
    if reshape.each:
        named = part.table.wide_columns
        without = ", ".join(quoted(column) for several in named.values() for column in several)
        selects = []
        for number, text in enumerate(reshape.each):
            columns = [f"* EXCLUDE ({without})" if named else "*", f"{literal(text)} AS {quoted(reshape.into)}"]
            columns += [f"{quoted(several[number])} AS {quoted(column)}" for column, several in named.items()]
            selects.append(f"SELECT {', '.join(columns)} FROM {part.view}")
        part.con.execute(f"CREATE OR REPLACE TEMP TABLE {part.view} AS {' UNION ALL '.join(selects)}")
        return
    wide = ", ".join(quoted(column) for column in reshape.taken(header))
    part.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {part.view} AS SELECT * FROM {part.view} "
        f"UNPIVOT INCLUDE NULLS ({quoted(reshape.value or '')} FOR {quoted(reshape.into)} IN ({wide}))"
    )


def _take_years(part: OpenPart) -> list[dict[str, Any]]:
    """Leave out rows of years that the table does not take; a row without a year is an error."""
    period = part.table.period
    if period is None:
        return []
    year = f"left({quoted(period.column)}, 4)"
    bad = part.rows(
        f"SELECT {readers.ROW}, {quoted(period.column)} FROM {part.view} "
        f"WHERE NOT regexp_full_match(coalesce({year}, ''), '[0-9]{{4}}') ORDER BY 1 LIMIT 1"
    )
    if bad:
        raise part.fail("a row has no year", place=f"row {bad[0][0]}, column {period.column}", value=bad[0][1])
    first, last = period.years
    outside = f"{year} NOT BETWEEN '{first}' AND '{last}'"
    gone = part.rows(f"SELECT count(*) FROM {part.view} WHERE {outside}")[0][0]
    part.con.execute(f"DELETE FROM {part.view} WHERE {outside}")
    return [{"rows": gone, "keep": f"{first} to {last}", "reason": "years that the table takes"}]


def _selects(part: OpenPart) -> list[str]:
    """One SELECT for each code of the spread dimension (one in all where no measure is spread)."""
    table, level = part.table, part.part.level
    spread = next((m.by for m in table.measures.values() if m.by), None)
    codes = [TOTAL]
    if spread is not None and level in table.dimensions[spread].levels:
        codes = list(dict.fromkeys(c for m in table.measures.values() if m.by for c in m.columns))
    locality = table.geography.locality
    period = f"left({quoted(table.period.column)}, 4)" if table.period else literal(part.edition.period)
    base = [
        f"{literal(part.raw.edition)} AS edition",
        f"{literal(level.value)} AS geo_level",
        f"{keys.STATE} AS state",
        f"{keys.municipality_column(part)} AS municipality",
        f"{quoted(locality) if locality and level == Level.LOCALITY else literal(TOTAL)} AS locality",
        f"{period} AS time_period",
    ]
    base += [f"{quoted(column)} AS {quoted(name)}" for name, column in table.key.items()]
    base += samples.selected(part)
    base += [cells.dimension_value(part, d) for d in table.dimensions if d != spread]
    result = []
    for code in codes:
        columns = [*base] if spread is None else [*base, f"{literal(code)} AS {quoted(spread)}"]
        columns += [cells.measure_value(part, name, m, code) for name, m in table.measures.items()]
        result.append(f"SELECT {', '.join(columns)} FROM {part.view}")
    return result
