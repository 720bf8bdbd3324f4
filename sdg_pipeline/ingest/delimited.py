"""Delimited text into a table of texts, with the damage that its format declares mended, and no other.

What belongs here: encodings, preambles, headers, footers, Excel formulas in place of keys. What does not: the meaning
of cells.
"""

from __future__ import annotations

import csv
import re
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.files import CHUNK_BYTES
from sdg_pipeline.ingest.reading import REST, ROW, Reading
from sdg_pipeline.ingest.text import Encoding, check_encoding
from sdg_pipeline.specs.formats import CsvFormat, Misread

MAX_LINE_CHARACTERS = 1_000_000
"""Of the header; a file without line breaks must not be read into memory as one line."""
MAX_CELL_CHARACTERS = 1 << 17
"""Of the header and of the first row. Python's csv has the same bound, but a library of the process may lift it."""
MAX_FOOTER_BYTES = 1 << 20
MAX_COLUMNS = 16_384
"""Of a header: as many as a worksheet has."""
EMPTY = "__empty_{}"
"""Columns without a name that the format says to be empty; they are in the table only until that is proved."""
_CONCATENAR = r"^=CONCATENAR\(0?,([0-9]+)\)$"


@dataclass(frozen=True)
class _Text:
    """A file of text, with the declared damage undone, and the encoding that it is in."""

    path: Path
    encoding: Encoding


@dataclass(frozen=True)
class _Header:
    """Names of the columns, how many lines lie before the first row, and its cells (none where there is no row)."""

    names: list[str]
    lines: int
    first: list[str]


def read_csv(reading: Reading, form: CsvFormat, view: str) -> list[str]:
    """Make the temporary table ``view`` and return the names of its columns."""
    reading.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mended-", dir=reading.scratch) as folder:
        text = _decodable(reading, form, Path(folder))
        header = _header(reading, form, text)
        reading.refuse_twice(header.names)
        _refuse_unknown_keys(reading, form, header)
        if form.footer:
            text = _without_footer(reading, form, text, len(header.names), Path(folder) / "rows")
        if not form.header and header.lines > form.preamble + 1:  # DuckDB is lost where its lines end otherwise
            text = _without_header(text, header.lines, Path(folder) / "body")
            form = form.model_copy(update={"preamble": 0, "header": tuple(header.names)})
        _load(reading, form, view, text, header)
    _check_keys(reading, form, view)
    captured = _capture(reading, form)
    for column, content in captured.items():
        reading.refuse_twice([*header.names, column])
        reading.con.execute(f"ALTER TABLE {view} ADD COLUMN {quoted(column)} VARCHAR DEFAULT {literal(content)}")
    return [*_without_empty(reading, view, header), *captured]


def header_of(reading: Reading, form: CsvFormat) -> list[str]:
    """The names of the columns of a file whose end need not be there; StagingError where it does not begin as said."""
    reading.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mended-", dir=reading.scratch) as folder:
        names = _header(reading, form, _decodable(reading, form, Path(folder))).names
    reading.refuse_twice(names)
    return [*(name for name in names if not name.startswith(EMPTY.format(""))), *_capture(reading, form)]


def _capture(reading: Reading, form: CsvFormat) -> dict[str, str]:
    """The column that is made of the name of the file, with its content; empty where the format has none."""
    if form.captured is None:
        return {}
    match = re.search(form.captured.pattern, reading.path.name)
    text = match[1] if match else ""
    if text not in form.captured.contents:
        remedy = "mend captured of the format in the table spec, or member in the source spec"
        seen = text or reading.path.name
        raise reading.fail("has a name of which captured makes nothing", place="name", value=seen, remedy=remedy)
    return {form.captured.column: form.captured.contents[text]}


def _decodable(reading: Reading, form: CsvFormat, folder: Path) -> _Text:
    """The file itself, or a copy with the declared damage undone, and the encoding that it is in, which is checked."""
    path, encoding = reading.path, form.encoding
    if form.misread is not None:
        path = _reread(reading, form.misread, folder / "reread")
    check_encoding(path, encoding, reading.name, form.known_damage)
    if encoding == "cp1252":  # which DuckDB does not know
        return _Text(_in_utf8(path, folder / "utf-8"), "utf-8")
    return _Text(path, encoding)


def _reread(reading: Reading, damage: Misread, target: Path) -> Path:
    line = 1
    remedy = "the declared misread does not fit this file: mend format.misread in the table spec"
    with reading.path.open(encoding="utf-8-sig", newline="") as file, target.open("w", encoding="utf-8") as mended:
        try:
            while chunk := file.read(CHUNK_BYTES) + file.readline():
                mended.write(chunk.encode(damage.read_as).decode(damage.was))
                line += chunk.count("\n")
        except UnicodeError as error:
            place = f"line {line} or after"
            raise reading.fail("does not have the declared damage", place=place, remedy=remedy) from error
    return target


def _in_utf8(path: Path, target: Path) -> Path:
    with path.open(encoding="cp1252", newline="") as file, target.open("w", encoding="utf-8", newline="") as copy:
        while chunk := file.read(CHUNK_BYTES):
            copy.write(chunk)
    return target


def _without_footer(reading: Reading, form: CsvFormat, text: _Text, columns: int, target: Path) -> _Text:
    """A copy without the last lines, none of which may be a row of data, with more than half of its cells filled."""
    remedy = "mend format.footer in the table spec, or get a sound copy of the file"
    size = text.path.stat().st_size
    with text.path.open("rb") as file:
        file.seek(max(0, size - MAX_FOOTER_BYTES))
        footer = file.read().splitlines(keepends=True)[-form.footer :]
        for number, line in enumerate(reversed(footer), start=1):
            shown = line.decode(text.encoding, "replace").strip()
            cells = next(csv.reader([shown], delimiter=form.delimiter), [])
            if sum(bool(cell.strip()) for cell in cells) > max(1, columns / 2):
                place = f"line {number} from the end"
                raise reading.fail(
                    "has a row of data where its footer is", place=place, value=shown[:80], remedy=remedy
                )
        file.seek(0)
        left = size - sum(map(len, footer))
        with target.open("wb") as copy:
            while left and (chunk := file.read(min(CHUNK_BYTES, left))):
                copy.write(chunk)
                left -= len(chunk)
    return _Text(target, text.encoding)


def _without_header(text: _Text, lines: int, target: Path) -> _Text:
    """A copy without the lines of a header whose cells span several."""
    with text.path.open("rb") as file, target.open("wb") as copy:
        for _ in range(lines):
            file.readline()
        while chunk := file.read(CHUNK_BYTES):
            copy.write(chunk)
    return _Text(target, text.encoding)


def _header(reading: Reading, form: CsvFormat, text: _Text) -> _Header:
    """The names that the format gives, or those of the file."""
    encoding = "utf-8-sig" if text.encoding == "utf-8" else text.encoding
    with text.path.open(encoding=encoding, newline="") as file:
        lines = iter(partial(file.readline, MAX_LINE_CHARACTERS), "")
        rows = csv.reader(lines, delimiter=form.delimiter)
        try:
            for _ in range(form.preamble):
                next(lines, "")
            own = [] if form.header else next(rows, [])
            lines_before = form.preamble + rows.line_num
            first: list[str] = next((row for row in rows if row), [])
        except csv.Error as error:
            raise reading.fail(f"cannot be read: {error}", place="header") from error
    if max(len(own), len(first)) > MAX_COLUMNS:
        seen = f"{max(len(own), len(first)):,} columns"
        remedy = "mend format.delimiter in the table spec, or get the right file"
        raise reading.fail(f"has more than {MAX_COLUMNS:,} columns", place="header", value=seen, remedy=remedy)
    longest = max(map(len, (*own, *first)), default=0)
    if longest > MAX_CELL_CHARACTERS:
        message = f"has a cell of more than {MAX_CELL_CHARACTERS:,} characters"
        raise reading.fail(message, place="header", value=f"{longest:,} characters")
    if not form.header:
        return _Header(_named(reading, form, own, first), lines_before, first)
    if first and len(first) != len(form.header):
        seen = f"{len(first)} cells for {len(form.header)} names"
        remedy = "mend format.header or format.preamble in the table spec, or get the right file"
        place = f"line {lines_before + 1}"
        raise reading.fail("does not have the columns of format.header", place=place, value=seen, remedy=remedy)
    return _Header(list(form.header), lines_before, first)


def _named(reading: Reading, form: CsvFormat, own: list[str], first: list[str]) -> list[str]:
    """The file's own header, its blank cells named by the format; trailing ones that no row has a cell for are none."""
    blank = [i for i, cell in enumerate(own) if not cell.strip()]
    if len(blank) != len(form.unnamed):
        seen = f"{len(blank)} (columns {', '.join(str(i + 1) for i in blank)})" if blank else "none"
        remedy = "name each of them under format.unnamed in the table spec, with '' where the column holds nothing"
        message = "does not have the columns without a name that the table spec says"
        raise reading.fail(message, place="header", value=seen, remedy=remedy)
    names = list(own)
    for i, written in zip(blank, form.unnamed, strict=True):
        names[i] = written or EMPTY.format(i + 1)
    while first and len(names) > len(first) and names[-1].startswith(EMPTY.format("")):
        names.pop()
    return names


def _refuse_unknown_keys(reading: Reading, form: CsvFormat, header: _Header) -> None:
    strangers = [column for column in form.excel_concatenar if column not in header.names]
    if strangers:
        remedy = "mend format.excel_concatenar in the table spec, or get the right file"
        message = "lacks a column that format.excel_concatenar names"
        raise reading.fail(message, place="header", value=strangers[0], remedy=remedy)


def _load(reading: Reading, form: CsvFormat, view: str, text: _Text, header: _Header) -> None:
    if not header.names:
        reading.con.execute(f"CREATE OR REPLACE TEMP TABLE {view} ({ROW} BIGINT)")
        return
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header.names)
    source = (
        f"read_csv({literal(text.path)}, auto_detect=false, header=false, skip={form.preamble + (not form.header)}, "
        f"delim={literal(form.delimiter)}, quote='\"', escape='\"', encoding={literal(text.encoding)}, "
        f"columns={{{types}}}, strict_mode=true)"
    )
    cells, unread = {column: _cell(column, form) for column in header.names}, _unread(reading, form, header)
    columns = [f"row_number() OVER () + {header.lines} AS {ROW}"]
    columns += [f"{cell} AS {quoted(column)}" for column, cell in cells.items() if column not in unread]
    columns += [f"hash({', '.join(map(cells.__getitem__, unread))}) AS {REST}"] if unread and reading.rest else []
    try:  # rows of another length are refused whichever columns are read
        reading.con.execute(f"CREATE OR REPLACE TEMP TABLE {view} AS SELECT {', '.join(columns)} FROM {source}")
    except Exception as error:  # DuckDB raises several types for a malformed file
        raise reading.fail(f"cannot be read as CSV: {_reason(error, header)}") from error
    _require_first(reading, view, header, {*form.excel_concatenar, *unread})


def _unread(reading: Reading, form: CsvFormat, header: _Header) -> list[str]:
    """The columns that stay out of the table; those whose cells the format says something of are read to check it."""
    named = {name.lower() for name in reading.unread} if form.any_case else reading.unread
    return [c for c in header.names if (c.lower() if form.any_case else c) in named and c not in form.excel_concatenar]


def _require_first(reading: Reading, view: str, header: _Header, apart: set[str]) -> None:
    """The first row, but for ``apart``, is that after the header: DuckDB would miss it after a line break in a cell."""
    plain = [(i, c) for i, c in enumerate(header.names[: len(header.first)]) if c not in apart]
    if not plain:
        return
    columns = ", ".join(quoted(column) for _, column in plain)
    seen = reading.rows(f"SELECT {columns} FROM {view} ORDER BY {ROW} LIMIT 1")
    if seen and [cell or "" for cell in seen[0]] != [header.first[i].strip(" ") for i, _ in plain]:
        remedy = "mend format.preamble in the table spec; a line break within a cell of the preamble is not known here"
        place = f"row {header.lines + 1}"
        raise reading.fail("does not begin where its header ends", place=place, value=seen[0][0], remedy=remedy)


def _cell(column: str, form: CsvFormat) -> str:
    if column not in form.excel_concatenar:
        return f"trim({quoted(column)})"
    return f"regexp_replace(replace({quoted(column)}, ' ', ''), {literal(_CONCATENAR)}, '\\1')"


def _check_keys(reading: Reading, form: CsvFormat, view: str) -> None:
    for column in form.excel_concatenar:
        other = f"NOT regexp_full_match(coalesce({quoted(column)}, ''), '[0-9]*')"
        seen = reading.rows(f"SELECT {ROW}, {quoted(column)} FROM {view} WHERE {other} ORDER BY 1 LIMIT 1")
        if seen:
            row, cell = seen[0]
            remedy = "mend format.excel_concatenar in the table spec, or get a sound copy of the file"
            place = f"row {row}, column {column}"
            raise reading.fail("a cell is neither a key nor =CONCATENAR(0,01)", place=place, value=cell, remedy=remedy)


def _without_empty(reading: Reading, view: str, header: _Header) -> list[str]:
    """The names without the columns that hold nothing, after these were found to hold nothing."""
    for column in [name for name in header.names if name.startswith(EMPTY.format(""))]:
        filled = f"SELECT {ROW}, {quoted(column)} FROM {view} WHERE {quoted(column)} <> '' ORDER BY 1 LIMIT 1"
        seen = reading.rows(filled)
        if seen:
            remedy = "name the column under format.unnamed in the table spec"
            place = f"row {seen[0][0]}, column {column.removeprefix(EMPTY.format(''))}"
            message = "has a cell in a column that format.unnamed says to hold nothing"
            raise reading.fail(message, place=place, value=seen[0][1], remedy=remedy)
        reading.con.execute(f"ALTER TABLE {view} DROP COLUMN {quoted(column)}")
    return [name for name in header.names if not name.startswith(EMPTY.format(""))]


def _reason(error: Exception, header: _Header) -> str:
    """What DuckDB says of a malformed file, without its advice and settings, in one line."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    what = re.search(r"Expected Number of Columns: \d+ Found: \d+|Value with unterminated quote found", text)
    if line and what:
        return f"line {line[1]}: {what[0].lower()}"
    if header.first and len(header.first) != len(header.names):  # for which it has no words
        seen = f"expected number of columns: {len(header.names)} found: {len(header.first)}"
        return f"line {header.lines + 1}: {seen}"
    return next((part for part in text.splitlines() if part.strip()), "unreadable")
