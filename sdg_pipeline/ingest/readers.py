"""Files of any declared format into one temporary table of texts: CSV, workbooks, dBase, Parquet and JSON alike.

What belongs here: which reader reads what, dBase, Parquet, and several files as one table. What does not: CSV
(delimited), workbooks and JSON (records), what columns mean (staging) and what cells may hold (cells). Every table
made here has the columns of the header and ``__row``, the number of the row in its file or sheet. Where the files are
several, ``__row`` names the file too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import StagingError
from sdg_pipeline.ingest.delimited import read_csv
from sdg_pipeline.ingest.reading import ROW, Reading, cell_text
from sdg_pipeline.ingest.records import read_json
from sdg_pipeline.ingest.text import NOT_LATIN_1, REAL_ENCODING, Encoding
from sdg_pipeline.ingest.workbook import read_workbook
from sdg_pipeline.specs.formats import CsvFormat, DbfFormat, Format, JsonFormat, ParquetFormat, WorkbookFormat

if TYPE_CHECKING:
    from dbfread import DBF

__all__ = ["ROW", "Reading", "read"]

CELL_BYTES = 16
"""What a cell takes at least as a text."""
PARQUET_COLUMNS = 5_000
"""Columns that are read: the time of a query grows with the square of them."""
DBF_TYPES = "CNFDLIO"
"""Types of fields that are read: texts, numbers, dates and truth; memos lie in a file beside it."""


def read(reading: Reading, form: Format, view: str) -> list[str]:
    """Make the temporary table ``view`` and return the names of its columns; StagingError where it cannot be read."""
    files = reading.each()
    if len(files) == 1:
        return _read_one(reading, form, view)
    header: list[str] = []
    selects = []
    for number, file in enumerate(files):
        own = _read_one(file, form, f"{view}_{number}")
        header = header or own
        _require_same(file, own, header, files[0].path.name)
        if file.rows(f"SELECT count(*) FROM {view}_{number}")[0][0] == 0:
            raise file.fail("holds a header and no rows")
        row = f"concat({ROW}, ' of ', {literal(file.path.name)})"
        selects.append(f"SELECT * REPLACE ({row} AS {ROW}) FROM {view}_{number}")
    reading.con.execute(f"CREATE OR REPLACE TEMP TABLE {view} AS {' UNION ALL BY NAME '.join(selects)}")
    for number in range(len(files)):
        reading.con.execute(f"DROP TABLE {view}_{number}")
    return header


def _require_same(file: Reading, own: list[str], header: list[str], first: str) -> None:
    appeared, went = sorted(set(own) - set(header)), sorted(set(header) - set(own))
    if appeared or went:
        lines = [f"appeared: {', '.join(appeared)}"] if appeared else []
        lines += [f"went: {', '.join(went)}"] if went else []
        remedy = "mend member of the edition in the source spec, or make parts of it that each have one header"
        message = f"has other columns than {first}, with which it is to be one table; {'; '.join(lines)}"
        raise file.fail(message, place="header", remedy=remedy)


def _read_one(reading: Reading, form: Format, view: str) -> list[str]:
    if isinstance(form, CsvFormat):
        header = read_csv(reading, form, view)
    elif isinstance(form, WorkbookFormat):
        header = read_workbook(reading, form, view)
        reading.refuse_lost_characters(view, header, known_damage=form.known_damage)
    elif isinstance(form, DbfFormat):
        header = _dbf(reading, form, view)
        reading.refuse_lost_characters(view, header, form.encoding)
    elif isinstance(form, JsonFormat):
        header = read_json(reading, form, view)
        reading.refuse_lost_characters(view, header, known_damage=form.known_damage)
    else:
        header = _parquet(reading, form, view)
        reading.refuse_lost_characters(view, header)
    return header


def _dbf(reading: Reading, form: DbfFormat, view: str) -> list[str]:
    from dbfread import DBF

    try:
        table = DBF(str(reading.path), encoding=form.encoding, raw=True, recfactory=None, ignore_missing_memofile=True)
    except Exception as error:  # dbfread raises ValueError, struct.error and others for a damaged header
        raise reading.fail(f"cannot be read as dBase: {error}", place="header") from error
    for field in table.fields:
        if field.type not in DBF_TYPES:
            remedy = "export the table without this column, or as CSV, and serve it from a mirror (SDG_MIRROR)"
            place = f"column {field.name}"
            raise reading.fail("has a field of a type that is not read", place=place, value=field.type, remedy=remedy)
    header = list(table.field_names)
    reading.refuse_twice(header)
    _require_record(reading, table)
    _require_whole(reading, form, table)
    file = _DbfFile(reading, form.encoding, table)
    rows = [
        (number, *(_dbf_cell(file, field, data, number) for field, (_, data) in zip(
            table.fields, record, strict=True)))
        for number, record in enumerate(table, start=1)
    ]  # fmt: skip
    reading.make(view, header, rows)
    return header


def _require_record(reading: Reading, table: DBF) -> None:
    """A record is as long as its mark of deletion and its fields; one of length 0 would be read for ever."""
    length, of_fields = table.header.recordlen, 1 + sum(field.length for field in table.fields)
    if length != of_fields or not table.fields:
        seen = f"{length} bytes, and its fields {of_fields}"
        raise reading.fail("has records of another length than their fields", place="header", value=seen)


def _require_whole(reading: Reading, form: DbfFormat, table: DBF) -> None:
    """The file holds the records that its header counts, and none is marked as deleted without the spec saying so."""
    counted, size = table.header.numrecords, reading.path.stat().st_size
    expected = table.header.headerlen + counted * table.header.recordlen
    if size < expected:
        record = max(0, size - table.header.headerlen) // max(1, table.header.recordlen) + 1
        seen = f"{size:,} of {expected:,} bytes"
        raise reading.fail("is cut short", place=f"record {record} of {counted}", value=seen)
    deleted = len(table.deleted)
    if len(table) + deleted != counted:
        seen = f"{len(table) + deleted} of {counted}"
        raise reading.fail("does not hold the records that its header counts", value=seen)
    if deleted and form.deleted_records == "refuse":
        remedy = "ask the institution whether they count; then set format.deleted_records: leave_out in the table spec"
        raise reading.fail("holds records that are marked as deleted", value=deleted, remedy=remedy)


@dataclass(frozen=True)
class _DbfFile:
    """A dBase file that is being read."""

    reading: Reading
    encoding: Encoding
    table: DBF


def _dbf_cell(file: _DbfFile, field: Any, data: bytes, record: int) -> str:
    """A cell as text. Numbers are written as text in a dBase table, and stay as they are written."""
    from dbfread import FieldParser

    place = f"record {record}, column {field.name}"
    if field.type in "NF":
        return data.strip(b" \0*").decode("ascii", "replace")  # some pad with asterisks
    if field.type != "C":
        try:
            return cell_text(FieldParser(file.table).parse(field, data))
        except Exception as error:  # dbfread raises ValueError, struct.error and others
            raise file.reading.fail(f"a cell cannot be read: {error}", place=place, value=data) from error
    text = data.rstrip(b"\0 ")
    damaged = file.encoding == "latin-1" and len(text.translate(None, NOT_LATIN_1)) < len(text)
    try:
        decoded = text.decode(file.encoding)
    except UnicodeDecodeError:
        damaged = True
    if damaged:
        other = "utf-8 or cp850" if file.encoding == "latin-1" else "latin-1"
        remedy = REAL_ENCODING.format(other)
        raise file.reading.fail(
            f"is not {file.encoding}", place=place, value=text[:40].decode("latin-1"), remedy=remedy
        )
    return decoded.strip()


def _parquet(reading: Reading, form: ParquetFormat, view: str) -> list[str]:
    source = f"read_parquet({literal(reading.path)})"
    try:
        _require_bounded(reading)
        types = {row[0]: row[1] for row in reading.rows(f"DESCRIBE SELECT * FROM {source}")}
        columns = ", ".join(f"{_parquet_cell(c, kind)} AS {quoted(c)}" for c, kind in types.items())
        reading.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {view} AS SELECT row_number() OVER () AS {ROW}, {columns} FROM {source}"
        )
    except StagingError:
        raise
    except Exception as error:  # DuckDB raises several types for a damaged file
        raise reading.fail(f"cannot be read as Parquet: {str(error).splitlines()[0]}") from error
    return list(types)


def _require_bounded(reading: Reading) -> None:
    """Equal values take no room in Parquet, and 16 bytes each as texts."""
    file = literal(reading.path)
    [(rows,)] = reading.rows(f"SELECT num_rows FROM parquet_file_metadata({file})")
    [(columns,)] = reading.rows(f"SELECT count(*) FROM parquet_schema({file}) WHERE coalesce(num_children, 0) = 0")
    if columns > PARQUET_COLUMNS:
        remedy = "write the columns that the table uses to a file of their own, and serve it from a mirror (SDG_MIRROR)"
        message = f"has more than {PARQUET_COLUMNS:,} columns"
        raise reading.fail(message, place="header", value=f"{columns:,} columns", remedy=remedy)
    if rows * columns * CELL_BYTES > reading.max_bytes:
        seen = f"{rows:,} rows of {columns:,} columns"
        remedy = "if the file is right, raise max_unpacked_megabytes of the edition in the source spec"
        raise reading.fail(f"holds more than {reading.max_bytes:,} bytes of texts", value=seen, remedy=remedy)


def _parquet_cell(column: str, kind: str) -> str:
    """SQL of a cell as text; keys and counts are often stored as floats, and then stand without a decimal point."""
    text = f"trim(CAST({quoted(column)} AS VARCHAR))"
    if kind not in ("DOUBLE", "FLOAT"):
        return text
    whole = f"{quoted(column)} = trunc({quoted(column)}) AND abs({quoted(column)}) < 9007199254740992"
    return f"CASE WHEN {whole} THEN CAST(CAST({quoted(column)} AS BIGINT) AS VARCHAR) ELSE {text} END"
