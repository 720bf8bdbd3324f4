"""Files of any declared format into one temporary table of texts: the same for CSV, workbooks, dBase and Parquet.

What belongs here: unpacking cells. What does not: what columns mean (staging) and what cells may hold (cells).
Every table made here has the columns of the header and ``__row``, the number of the row in its file or sheet.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import StagingError
from sdg_pipeline.files import CHUNK_BYTES
from sdg_pipeline.ingest.text import check_encoding
from sdg_pipeline.specs.formats import CsvFormat, DbfFormat, Format, Misread, ParquetFormat, WorkbookFormat

if TYPE_CHECKING:
    import duckdb

MAX_LINE_CHARACTERS = 1_000_000
"""Of the header; a file without line breaks must not be read into memory as one line."""
ROW = "__row"
SOUND = "get a sound copy of the file"


@dataclass(frozen=True)
class Reading:
    """A file to be read: ``name`` is what errors call it, ``scratch`` where a mended copy may lie."""

    con: duckdb.DuckDBPyConnection
    path: Path
    name: str
    scratch: Path

    def fail(self, message: str, *, place: str = "", value: object = None, remedy: str = SOUND) -> StagingError:
        return StagingError(self.name, message, place=place, value=value, remedy=remedy)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.con.execute(query).fetchall()


def read(reading: Reading, form: Format, view: str) -> list[str]:
    """Make the temporary table ``view`` and return the names of its columns; StagingError where it cannot be read."""
    if isinstance(form, CsvFormat):
        header = _csv(reading, form, view)
    elif isinstance(form, WorkbookFormat):
        header = _workbook(reading, form, view)
    elif isinstance(form, DbfFormat):
        header = _dbf(reading, form, view)
    else:
        header = _parquet(reading, form, view)
    if reading.rows(f"SELECT count(*) FROM {view}")[0][0] == 0:
        raise reading.fail("holds a header and no rows")
    return header


def _refuse_twice(reading: Reading, header: Sequence[str]) -> None:
    twice = [column for column, n in Counter(header).items() if n > 1]
    if twice:
        raise reading.fail("has a column twice", place="header", value=twice[0])


def _csv(reading: Reading, form: CsvFormat, view: str) -> list[str]:
    path = reading.path if form.misread is None else _mended(reading, form.misread)
    check_encoding(path, form.encoding, reading.name)
    header = list(form.header) or _csv_header(reading, form, path)
    _refuse_twice(reading, header)
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header)
    skipped = form.preamble + (0 if form.header else 1)
    source = (
        f"read_csv({literal(path)}, auto_detect=false, header=false, skip={skipped}, delim={literal(form.delimiter)}, "
        f"quote='\"', escape='\"', encoding={literal(form.encoding)}, columns={{{types}}}, strict_mode=true)"
    )
    columns = ", ".join(f"trim({quoted(c)}) AS {quoted(c)}" for c in header)
    try:
        reading.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {view} AS "
            f"SELECT row_number() OVER () + {skipped} AS {ROW}, {columns} FROM {source}"
        )
    except Exception as error:  # DuckDB raises several types for a malformed file
        raise reading.fail(f"cannot be read as CSV: {_told(error)}") from error
    return header


def _told(error: Exception) -> str:
    """What DuckDB says of a malformed file, without its advice and settings, in one line."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    what = re.search(r"Expected Number of Columns: \d+ Found: \d+|Value with unterminated quote found", text)
    if line and what:
        return f"line {line[1]}: {what[0].lower()}"
    return next((part for part in text.splitlines() if part.strip()), "unreadable")


def _csv_header(reading: Reading, form: CsvFormat, path: Path) -> list[str]:
    encoding = "utf-8-sig" if form.encoding == "utf-8" else "latin-1"
    with path.open(encoding=encoding, newline="") as file:
        lines = iter(partial(file.readline, MAX_LINE_CHARACTERS), "")
        try:
            for _ in range(form.preamble):
                next(lines, "")
            return next(csv.reader(lines, delimiter=form.delimiter), [])
        except csv.Error as error:
            raise reading.fail(f"cannot be read: {error}", place="header") from error


def _mended(reading: Reading, damage: Misread) -> Path:
    """A copy with the declared damage of the encoding undone, in UTF-8."""
    target = reading.scratch / f"{reading.path.stem}.mended"
    target.parent.mkdir(parents=True, exist_ok=True)
    with reading.path.open(encoding="utf-8-sig", newline="") as file, target.open("w", encoding="utf-8") as mended:
        line = 1
        while chunk := file.read(CHUNK_BYTES) + file.readline():
            try:
                mended.write(chunk.encode(damage.read_as).decode(damage.was))
            except UnicodeError as error:
                place = f"line {line} or after"
                remedy = "the declared misread does not fit this file: mend format.misread in the table spec"
                raise reading.fail("does not have the declared damage", place=place, remedy=remedy) from error
            line += chunk.count("\n")
    return target


def _workbook(reading: Reading, form: WorkbookFormat, view: str) -> list[str]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(reading.path))
        sheets = book.sheet_names
        if form.sheet not in sheets:
            remedy = f"mend format.sheet in the table spec; the sheets are: {', '.join(sheets)}"
            raise reading.fail("has no such sheet", value=form.sheet, remedy=remedy)
        grid = book.get_sheet_by_name(form.sheet).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise reading.fail(f"cannot be read as a workbook: {error}") from error
    rows = [[_cell(cell) for cell in row] for row in grid]
    header = _joined_header(reading, form, rows)
    keep = [i for i, name in enumerate(header) if name]
    data = [
        (number, *(row[i] for i in keep))
        for number, row in enumerate(rows[: form.last_row], start=1)
        if number > form.header_rows[-1] and any(row[i] for i in keep)
    ]
    names = [header[i] for i in keep]
    _refuse_twice(reading, names)
    _make(reading.con, view, names, data)
    return names


def _cell(value: object) -> str:
    """A cell as text: whole numbers without a decimal point, since keys and counts are stored as floats."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value).strip()


def _joined_header(reading: Reading, form: WorkbookFormat, rows: list[list[str]]) -> list[str]:
    """The header rows joined; a merged cell is written once, at its left, and so filled to the right above others."""
    if form.header_rows[-1] > len(rows):
        raise reading.fail("ends before its header", place=f"sheet {form.sheet}, row {len(rows)}")
    levels = [list(rows[number - 1]) for number in form.header_rows]
    for level in levels[:-1]:
        for i in range(1, len(level)):
            level[i] = level[i] or level[i - 1]
    own = [any(rows[number - 1][i] for number in form.header_rows) for i in range(len(levels[-1]))]
    joined = [" | ".join(dict.fromkeys(level[i] for level in levels if level[i])) for i in range(len(own))]
    joined = [name if own[i] else "" for i, name in enumerate(joined)]
    if form.header:
        if len(form.header) > len(joined):
            raise reading.fail("has fewer columns than the table spec names", place=f"sheet {form.sheet}")
        return [*form.header, *[""] * (len(joined) - len(form.header))]
    return joined


def _dbf(reading: Reading, form: DbfFormat, view: str) -> list[str]:
    from dbfread import DBF

    try:
        table = DBF(str(reading.path), encoding=form.encoding, char_decode_errors="strict", load=True)
        header = list(table.field_names)
        data = [(n, *(_cell("" if v is None else v) for v in record.values())) for n, record in enumerate(table, 1)]
    except Exception as error:  # dbfread raises ValueError, struct.error and others for a damaged file
        raise reading.fail(f"cannot be read as dBase: {error}") from error
    if len(data) != table.header.numrecords:
        raise reading.fail("is cut short", value=f"{len(data)} of {table.header.numrecords} records")
    _refuse_twice(reading, header)
    _make(reading.con, view, header, data)
    return header


def _parquet(reading: Reading, form: ParquetFormat, view: str) -> list[str]:
    source = f"read_parquet({literal(reading.path)})"
    try:
        header = [row[0] for row in reading.rows(f"DESCRIBE SELECT * FROM {source}")]
        columns = ", ".join(f"trim(CAST({quoted(c)} AS VARCHAR)) AS {quoted(c)}" for c in header)
        reading.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {view} AS SELECT row_number() OVER () AS {ROW}, {columns} FROM {source}"
        )
    except Exception as error:  # DuckDB raises several types for a damaged file
        raise reading.fail(f"cannot be read as Parquet: {str(error).splitlines()[0]}") from error
    return header


def _make(con: duckdb.DuckDBPyConnection, view: str, header: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """A temporary table of texts from rows of Python; only for files that a person could open in a spreadsheet."""
    import pyarrow

    columns = list(zip(*rows, strict=True)) or [()] * (len(header) + 1)
    arrays = [pyarrow.array(columns[0], pyarrow.int64())]
    arrays += [pyarrow.array([cell or None for cell in column], pyarrow.string()) for column in columns[1:]]
    con.register("unpacked_rows", pyarrow.table(arrays, names=[ROW, *header]))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {view} AS SELECT * FROM unpacked_rows")
    con.unregister("unpacked_rows")
