"""Official text to a typed table: every column used or ignored by name, every cell checked.

What belongs here: the reading of one table spec's parts into one Parquet file. What does not: what a cell or a key may
be (cells), indicators.
The staged table is long in its dimensions: a row is an area and one code of each dimension; measures that the file
does not have for a code are empty. Columns: geo_level, state, municipality, locality, dimensions, time_period,
measures. ``municipality`` is ``_T`` in rows of states and ``_U`` for municipalities that are not specified.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.files import written_aside
from sdg_pipeline.ingest.cells import check_cells, check_keys
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.ingest.part import ROW, PartFile, Reader, is_missing, municipality_key, state_key
from sdg_pipeline.ingest.text import check_encoding
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import TOTAL, UNKNOWN, Level
from sdg_pipeline.specs.table import Measure, Table

if TYPE_CHECKING:
    import duckdb

MAX_LINE_CHARACTERS = 1_000_000
"""Of the header; a file without line breaks must not be read into memory as one line."""


@dataclass
class StagingReport:
    """What was read and what was left out: by part rows read, kept, left out by each rule, and empty cells."""

    rows: int = 0
    parts: list[dict[str, Any]] = field(default_factory=list)


def stage(
    con: duckdb.DuckDBPyConnection, table: Table, files: list[PartFile], register: Register, target: Path
) -> StagingReport:
    """Read all parts of ``table`` and write ``target`` (Parquet) whole, or raise StagingError and write nothing."""
    report = StagingReport()
    selects = []
    for number, file in enumerate(files):
        reader = Reader(con, table, file, f"{Path(file.raw.path).name} ({file.raw.source}/{file.raw.edition})")
        check_encoding(file.path, table.format.encoding, reader.name)
        header = _header(reader)
        _refuse_drift(reader, header)
        view = f"part_{number}"
        report.parts.append(_load(reader, header, view))
        check_cells(reader, view)
        check_keys(reader, view, register)
        selects.extend(_selects(reader, view))
    con.execute(f"CREATE OR REPLACE TEMP TABLE staged AS {' UNION ALL BY NAME '.join(selects)}")
    keys = ["geo_level", "state", "municipality", "locality", *table.dimensions, "time_period"]
    order = ", ".join(quoted(k) for k in keys)
    with written_aside(target) as aside:
        con.execute(
            f"COPY (SELECT {order}, * EXCLUDE ({order}) FROM staged ORDER BY ALL) "
            f"TO {literal(aside)} (FORMAT parquet, COMPRESSION zstd)"
        )
    report.rows = int(con.execute("SELECT count(*) FROM staged").fetchall()[0][0])
    return report


def _header(reader: Reader) -> list[str]:
    encoding = "utf-8-sig" if reader.table.format.encoding == "utf-8" else "latin-1"
    with reader.file.path.open(encoding=encoding, newline="") as file:
        lines = iter(partial(file.readline, MAX_LINE_CHARACTERS), "")
        try:
            header = next(csv.reader(lines, delimiter=reader.table.format.delimiter), [])
        except csv.Error as error:
            remedy = "get a sound copy of the file"
            raise reader.fail(f"cannot be read: {error}", place="header", remedy=remedy) from error
    twice = [column for column, n in Counter(header).items() if n > 1]
    if twice:
        raise reader.fail("has a column twice", place="header", value=twice[0], remedy="get a sound copy of the file")
    return header


def _refuse_drift(reader: Reader, header: list[str]) -> None:
    table, file = reader.table, reader.file
    ruled = [c for rule in file.part.rows for c in expressions.columns(expressions.read(rule.keep))]
    used, ignored = {*table.used_columns, *ruled}, set(table.ignored_columns)
    expected = used | ignored if file.raw.columns == "all" else used
    went = sorted(expected - set(header))
    appeared = sorted(set(header) - used - ignored)
    if went or appeared:
        told = [f"appeared: {', '.join(appeared)}"] if appeared else []
        told += [f"went: {', '.join(went)}"] if went else []
        raise reader.fail(
            "has other columns than the table spec says; " + "; ".join(told),
            place="header",
            remedy=f"use or ignore each column by name in tables/{table.id}.yaml, or get the right file",
        )


def _load(reader: Reader, header: list[str], view: str) -> dict[str, Any]:
    """Make a temporary table of the rows that the part keeps; all cells are text, missing ones NULL."""
    form = reader.table.format
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header)
    source = (
        f"read_csv({literal(reader.file.path)}, auto_detect=false, header=true, delim={literal(form.delimiter)}, "
        f"quote='\"', escape='\"', encoding={literal(form.encoding)}, columns={{{types}}}, strict_mode=true)"
    )
    columns = ", ".join(f"trim({quoted(c)}) AS {quoted(c)}" for c in header)
    try:
        reader.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {view} AS SELECT row_number() OVER () + 1 AS {ROW}, {columns} FROM {source}"
        )
    except Exception as error:  # DuckDB raises several types for a malformed file
        raise reader.fail(f"cannot be read as CSV: {_told(error)}", remedy="get a sound copy of the file") from error
    read = reader.rows(f"SELECT count(*) FROM {view}")[0][0]
    if read == 0:
        raise reader.fail("holds a header and no rows", remedy="get a sound copy of the file")
    left_out = []
    for rule in reader.file.part.rows:
        keep = expressions.sql(expressions.read(rule.keep))
        try:
            gone, undecided = reader.rows(
                f"SELECT count(*) FILTER (WHERE NOT ({keep})), min({ROW}) FILTER (WHERE ({keep}) IS NULL) FROM {view}"
            )[0]
        except Exception as error:  # cells are text here, and a rule may take them for numbers
            remedy = f"mend the rule in tables/{reader.table.id}.yaml; cells are text: compare them with 'text'"
            raise reader.fail("a row rule cannot be applied", value=rule.keep, remedy=remedy) from error
        if undecided is not None:
            remedy = "get a sound copy of the file, or say in the rule what becomes of empty cells (IS NULL)"
            message = "a row rule says neither yes nor no of an empty cell"
            raise reader.fail(message, place=f"row {undecided}", value=rule.keep, remedy=remedy)
        reader.con.execute(f"DELETE FROM {view} WHERE NOT ({keep})")
        left_out.append({"rows": gone, "keep": rule.keep, "reason": rule.reason})
    kept = reader.rows(f"SELECT count(*) FROM {view}")[0][0]
    if kept == 0:
        raise reader.fail("has no row that the part keeps", remedy=f"mend the row rules of tables/{reader.table.id}")
    return {
        "source": reader.file.raw.source,
        "edition": reader.file.raw.edition,
        "level": reader.file.part.level.value,
        "rows_read": read,
        "rows_kept": kept,
        "left_out": left_out,
        "columns_used": len(reader.table.used_columns),
        "columns_ignored": len(set(header) & set(reader.table.ignored_columns)),
        "missing_cells": _missing(reader, view),
    }


def _told(error: Exception) -> str:
    """What DuckDB says of a malformed file, without its advice and settings, in one line."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    what = re.search(r"Expected Number of Columns: \d+ Found: \d+|Value with unterminated quote found", text)
    if line and what:
        return f"line {line[1]}: {what[0].lower()}"
    return next((part for part in text.splitlines() if part.strip()), "unreadable")


def _missing(reader: Reader, view: str) -> dict[str, int]:
    """Empty and withheld cells by source column, where there are any."""
    columns = _measure_columns(reader.table)
    counts = ", ".join(f"count(*) FILTER (WHERE {is_missing(c, reader.table)})" for c in columns)
    found = reader.rows(f"SELECT {counts} FROM {view}")[0]
    return {column: n for column, n in zip(columns, found, strict=True) if n}


def _measure_columns(table: Table) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c for m in table.measures.values() for c in m.by_code.values()))


def _selects(reader: Reader, view: str) -> list[str]:
    """One SELECT for each code of the spread dimension (one in all where no measure is spread)."""
    table, level = reader.table, reader.file.part.level
    spread = next((m.by for m in table.measures.values() if m.by), None)
    codes = [TOTAL]
    if spread is not None and level in table.dimensions[spread].levels:
        codes = list(dict.fromkeys(c for m in table.measures.values() if m.by for c in m.columns))
    unallocated = ", ".join(literal(k) for k in table.geography.unallocated)
    below_state = level.depth >= Level.MUNICIPALITY.depth
    municipality = (
        f"CASE WHEN {municipality_key(table)} IN ({unallocated}) THEN '{UNKNOWN}' "
        f"ELSE {state_key(table)} || {municipality_key(table)} END"
        if below_state
        else f"'{TOTAL}'"
    )
    locality = table.geography.locality
    base = [
        f"{literal(level.value)} AS geo_level",
        f"{state_key(table)} AS state",
        f"{municipality} AS municipality",
        f"{quoted(locality) if locality and level == Level.LOCALITY else literal(TOTAL)} AS locality",
        f"{literal(reader.file.edition.period)} AS time_period",
    ]
    base += [_dimension(reader, d, view) for d in table.dimensions if d != spread]
    result = []
    for code in codes:
        columns = [*base] if spread is None else [*base, f"{literal(code)} AS {quoted(spread)}"]
        columns += [_measure(m, code, n, table) for n, m in table.measures.items()]
        result.append(f"SELECT {', '.join(columns)} FROM {view}")
    return result


def _dimension(reader: Reader, dimension: str, view: str) -> str:
    """A dimension read from a column, with every raw code known."""
    spec = reader.table.dimensions[dimension]
    if spec.column is None or reader.file.part.level not in spec.levels:
        return f"{literal(TOTAL)} AS {quoted(dimension)}"
    known = ", ".join(literal(raw) for raw in spec.recode)
    column = f"coalesce({quoted(spec.column)}, '')"
    stranger = reader.rows(f"SELECT {ROW}, {column} FROM {view} WHERE {column} NOT IN ({known}) ORDER BY 1 LIMIT 1")
    if stranger:
        raise reader.fail(
            "has a code that the table spec does not know",
            place=f"row {stranger[0][0]}, column {spec.column}",
            value=stranger[0][1],
            remedy=f"add it to dimensions.{dimension}.recode in tables/{reader.table.id}.yaml",
        )
    whens = " ".join(f"WHEN {literal(raw)} THEN {literal(code)}" for raw, code in spec.recode.items())
    return f"CASE {column} {whens} END AS {quoted(dimension)}"


def _measure(measure: Measure, code: str, name: str, table: Table) -> str:
    kind = "BIGINT" if measure.additive else "DOUBLE"
    column = measure.by_code.get(code)
    if column is None:
        return f"CAST(NULL AS {kind}) AS {quoted(name)}"
    return f"CASE WHEN NOT {is_missing(column, table)} THEN CAST({quoted(column)} AS {kind}) END AS {quoted(name)}"
