"""Other files of a survey, joined to its records by key: dwellings and households to persons.

What belongs here: reading a joined file, its checks, and adding its columns, as they are or counted. What does not: the
records' own file (staging), what the added columns mean (cells).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.errors import StagingError
from sdg_pipeline.ingest import readers
from sdg_pipeline.ingest.parts import JoinedFile, OpenPart, called, drift, drift_remedy
from sdg_pipeline.ingest.readers import ROW
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.formats import Format

EXACT = "DECIMAL(27, 9)"
"""Type that numbers of a joined file are added up in: the same sum, whatever the order."""
PARTNER = "__partner"
"""Row of the joined file that a record found, until it is counted."""


def add_columns(part: OpenPart, scratch: Path) -> list[dict[str, Any]]:
    """Add the columns of every joined file to the rows of a part, in the order of the spec, and tell what was found."""
    reports = []
    for number, file in enumerate(part.file.joins):
        view = f"{part.view}_join_{number}"
        read = _read(part, file, view, scratch)
        counts = _aggregate(part, file, view) if file.join.aggregate else _join(part, file, view)
        part.con.execute(f"DROP TABLE {view}")
        reports.append({"source": file.raw.source, "edition": file.raw.edition, "rows_read": read, **counts})
    return reports


def _read(part: OpenPart, file: JoinedFile, view: str, scratch: Path) -> int:
    """Make the temporary table of a joined file, whose keys are there and unique; return the number of its rows."""
    join, name = file.join, called(file.raw)
    form: Format = join.format or part.table.format
    used, ignored = {*join.by, *join.read}, set(join.ignore)
    most, left = file.edition.max_bytes, frozenset(ignored - used)
    reading = readers.Reading(part.con, file.paths, name, scratch, most, unread=left)
    header = readers.read(reading, form, view)
    changes = drift(header, form, used, ignored, file.raw)
    if changes:
        message = f"has other columns than the table spec says; {changes}"
        raise StagingError(name, message, place="header", remedy=drift_remedy(part.table, " under joins"))
    rows: int = part.rows(f"SELECT count(*) FROM {view}")[0][0]
    if rows == 0:
        raise StagingError(name, "holds a header and no rows", remedy="get a sound copy of the file")
    _require_keys(part, file, view)
    return rows


def _require_keys(part: OpenPart, file: JoinedFile, view: str) -> None:
    name, remedy = called(file.raw), "get a sound copy of the file, or mend joins.by in the table spec"
    for column in file.join.by:
        empty = part.rows(f"SELECT min({ROW}) FROM {view} WHERE coalesce({quoted(column)}, '') = ''")[0][0]
        if empty is not None:
            raise StagingError(name, "has a row without its key", place=f"row {empty}, column {column}", remedy=remedy)
    if file.join.aggregate:
        return
    twice = part.rows(
        f"SELECT {_key(file)}, min({ROW}), max({ROW}) FROM {view} GROUP BY ALL HAVING count(*) > 1 ORDER BY 2 LIMIT 1"
    )
    if twice:
        key, first, last = twice[0]
        place = f"rows {first} and {last}, key {' '.join(file.join.by)}"
        raise StagingError(name, "has a key twice", place=place, value=key, remedy=remedy)


def _shorter(part: OpenPart, file: JoinedFile, view: str) -> str:
    """What is to be said of keys that are shorter in the records than in the other file."""
    for column in file.join.by:
        lengths = f"SELECT min(length({quoted(column)})), max(length({quoted(column)})) FROM"
        (low, high), (other, _) = part.rows(f"{lengths} {part.view}")[0], part.rows(f"{lengths} {view}")[0]
        if low < min(high, other):
            return f", and keys of several lengths in {column} ({low} and {high}): leading zeros were lost"
    return ""


def _key(file: JoinedFile, alias: str = "") -> str:
    """SQL: the key as one text."""
    return f"concat_ws(' ', {', '.join(alias + quoted(column) for column in file.join.by)})"


def _join(part: OpenPart, file: JoinedFile, view: str) -> dict[str, int]:
    """Add the columns; how many records found no row, and how many rows no record."""
    join = file.join
    on = " AND ".join(f"r.{quoted(column)} = j.{quoted(column)}" for column in join.by)
    pairs = zip(join.columns, join.added, strict=True)
    added = ", ".join(f"j.{quoted(old)} AS {quoted(new)}" for old, new in pairs)
    part.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {part.view} AS "
        f"SELECT r.*, {added}, j.{ROW} AS {PARTNER} FROM {part.view} AS r LEFT JOIN {view} AS j ON {on}"
    )
    alone: int = part.rows(f"SELECT count(*) FROM {part.view} WHERE {PARTNER} IS NULL")[0][0]
    if join.every and alone:
        row, key = part.rows(
            f"SELECT {ROW}, {_key(file)} FROM {part.view} WHERE {PARTNER} IS NULL ORDER BY {ROW} LIMIT 1"
        )[0]
        raise part.fail(
            f"has {alone:,} records without a row in {called(file.raw)}{_shorter(part, file, view)}",
            place=f"row {row}, key {' '.join(join.by)}",
            value=key,
            remedy="get the files of one edition, or set joins.every: false in the table spec",
        )
    unused: int = part.rows(
        f"SELECT count(*) FROM {view} AS j WHERE NOT EXISTS (FROM {part.view} WHERE {PARTNER} = j.{ROW})"
    )[0][0]
    part.con.execute(f"ALTER TABLE {part.view} DROP COLUMN {PARTNER}")
    return {"records_alone": alone, "rows_unused": unused}


def _aggregate(part: OpenPart, file: JoinedFile, view: str) -> dict[str, int]:
    """Add what the rows of each key come to; how many records have no row, and how many rows no record.

    A row without a record would be lost from every sum: StagingError, unless the records are of some states only.
    """
    join = file.join
    by = ", ".join(map(quoted, join.by))
    added = ", ".join(f"{_sql(part, file, view, name)} AS {quoted(name)}" for name in join.aggregate)
    same = " AND ".join(f"r.{quoted(column)} = j.{quoted(column)}" for column in join.by)
    lost, first = part.rows(
        f"SELECT count(*), min({ROW}) FROM {view} AS j WHERE NOT EXISTS (FROM {part.view} AS r WHERE {same})"
    )[0]
    if lost and not part.raw.states:
        message = f"has {lost:,} rows without a record in {part.name}: they would count nowhere"
        place = f"row {first}, key {' '.join(join.by)}"
        raise StagingError(called(file.raw), message, place=place, remedy="get the files of one edition")
    alone: int = part.rows(f"SELECT count(*) FROM {part.view} AS r WHERE NOT EXISTS (FROM {view} AS j WHERE {same})")[
        0
    ][0]
    columns = ", ".join(f"coalesce(j.{quoted(name)}, '0') AS {quoted(name)}" for name in join.aggregate)
    part.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {part.view} AS SELECT r.*, {columns} FROM {part.view} AS r "
        f"LEFT JOIN (SELECT {by}, {added} FROM {view} GROUP BY {by}) AS j ON {same}"
    )
    return {"records_alone": alone, "rows_unused": lost}


def _sql(part: OpenPart, file: JoinedFile, view: str, name: str) -> str:
    """SQL of an aggregate as text; a condition that says neither yes nor no, or no number to add up, is refused."""
    aggregate = file.join.aggregate[name]
    condition = expressions.sql(expressions.read(aggregate.condition)) if aggregate.condition else "true"
    refused = [(f"({condition}) IS NULL", "says neither yes nor no of an empty cell", aggregate.condition)]
    number = f"try_cast({quoted(aggregate.sum or '')} AS {EXACT})"
    if aggregate.sum is not None:
        refused.append((f"({condition}) AND {number} IS NULL", "adds up a cell that is no number", aggregate.sum))
    for wrong, message, value in refused:
        row = part.rows(f"SELECT min({ROW}) FROM {view} WHERE {wrong}")[0][0]
        if row is not None:
            remedy = f"mend joins.aggregate in tables/{part.table.id}.yaml (IS NULL), or get a sound copy"
            place = f"row {row}, aggregate {name}"
            raise StagingError(called(file.raw), message, place=place, value=value, remedy=remedy)
    if aggregate.sum is not None:
        return f"CAST(coalesce(sum({number}) FILTER ({condition}), 0) AS VARCHAR)"
    counted = f"count(*) FILTER ({condition})"
    return f"CAST({counted if aggregate.count else f'({counted} > 0)::INTEGER'} AS VARCHAR)"
