"""How a data file is packed: kind, encoding, delimiter, header and footer, read off its first and last lines.

What belongs here: a format that the readers accept. What does not: what columns mean (columns, roles).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Literal

from sdg_pipeline.errors import StagingError
from sdg_pipeline.files import CHUNK_BYTES
from sdg_pipeline.ingest import readers
from sdg_pipeline.ingest.reading import Reading, cell_text
from sdg_pipeline.ingest.text import NOT_LATIN_1, check_encoding
from sdg_pipeline.specs.formats import CsvFormat, DbfFormat, Format, ParquetFormat, WorkbookFormat

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_LINES = 200
MAX_FOOTER_LINES = 30
MAX_HEADER_ROWS = 4
TAIL_BYTES = 1 << 16
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_DBF_VERSIONS = (0x03, 0x30, 0x83, 0x8B, 0xF5)


@dataclass(frozen=True)
class Packed:
    """A format that the file can be read with, its header, and what a person should compare with the file."""

    form: Format
    header: tuple[str, ...]
    notes: tuple[str, ...] = ()


def packed(reading: Reading, view: str) -> Packed:
    """The format of a file, which is in the temporary table ``view`` then; StagingError where nothing reads it."""
    error: StagingError | None = None
    for form, notes in _candidates(reading):
        try:
            return Packed(form, tuple(readers.read(reading, form, view)), notes)
        except StagingError as wrong:
            error = error or wrong
    raise error or reading.fail("holds no sheet with cells")


def _candidates(reading: Reading) -> Iterator[tuple[Format, tuple[str, ...]]]:
    """Formats to try, the likeliest first, with what is to be said of each."""
    path = reading.paths[0]
    with path.open("rb") as file:
        head = file.read(32)
    if head.startswith(b"PAR1"):
        yield ParquetFormat(kind="parquet"), ()
    elif head.startswith(_WORKBOOKS):
        yield from _workbooks(reading, path)
    elif _is_dbf(head, path):
        for encoding in ("latin-1", "cp1252", "cp850", "utf-8"):
            yield DbfFormat(kind="dbf", encoding=encoding), ()
    else:
        yield _csv(reading, path)


def _is_dbf(head: bytes, path: Path) -> bool:
    dated = len(head) == 32 and 1 <= head[2] <= 12 and 1 <= head[3] <= 31
    return dated and head[0] in _DBF_VERSIONS and path.suffix.lower() == ".dbf"


def _csv(reading: Reading, path: Path) -> tuple[CsvFormat, tuple[str, ...]]:
    encoding = _encoding(reading, path)
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
        sample = [line for line, _ in zip(file, range(SAMPLE_LINES), strict=False)]
    delimiter = max(DELIMITERS, key=lambda sign: _regularity(_rows(sample, sign)))
    rows = _rows(sample, delimiter)
    if not rows:
        raise reading.fail("holds no row")
    width = Counter(len(row.cells) for row in rows).most_common(1)[0][0]
    usual = median([_filled(row.cells) for row in rows if len(row.cells) == width])
    at = next(i for i, row in enumerate(rows) if len(row.cells) == width and _filled(row.cells) >= usual / 2)
    header, preamble, body = rows[at].cells, rows[at].before, [row.cells for row in rows[at + 1 :]]
    footer = _footer(path, encoding, delimiter, (width, usual))
    facts = {"encoding": encoding, "delimiter": delimiter, "footer": footer, "preamble": preamble}
    facts["excel_concatenar"] = [
        name for i, name in enumerate(header) if any(row[i].startswith("=CONCATENAR(") for row in body if i < len(row))
    ]
    notes = [f"the last {footer} lines are taken for notes"] if footer else []
    notes += [f"the first {preamble} lines are taken for a title"] if preamble else []
    names = [name.strip() for name in header]
    if len(set(filter(None, names))) < len([name for name in names if name]):
        facts |= {"preamble": rows[at].end, "header": _apart(names)}
        notes.append("the file names two columns alike, which header tells apart")
    else:
        blank = [i for i, name in enumerate(names) if not name]
        facts["unnamed"] = ["" if not _any(body, i) else f"column_{i + 1}" for i in blank]
    return CsvFormat.model_validate(facts), tuple(notes)


def _encoding(reading: Reading, path: Path) -> Literal["utf-8", "latin-1", "cp1252"]:
    """The encoding that the whole file is text in."""
    try:
        check_encoding(path, "utf-8", reading.name)
        return "utf-8"
    except StagingError as error:
        if not isinstance(error.__cause__, UnicodeDecodeError):
            raise  # it is UTF-8, but damaged
    with path.open("rb") as file:
        chunks = iter(partial(file.read, CHUNK_BYTES), b"")
        controls = any(len(chunk.translate(None, NOT_LATIN_1)) < len(chunk) for chunk in chunks)
    return "cp1252" if controls else "latin-1"


@dataclass(frozen=True)
class _Row:
    """Cells of a row, and how many lines lie before it and up to its end."""

    cells: list[str]
    before: int
    end: int


def _rows(lines: list[str], delimiter: str) -> list[_Row]:
    """Rows of a sample; blank lines are no rows."""
    reader, rows, before = csv.reader(lines, delimiter=delimiter), [], 0
    for cells in reader:
        rows.append(_Row(cells, before, reader.line_num))
        before = reader.line_num
    return [row for row in rows if _filled(row.cells)]


def _regularity(rows: list[_Row]) -> float:
    """How many rows have the most frequent number of cells, times that number; 0 where all rows are one cell."""
    if not rows:
        return 0
    width, times = Counter(len(row.cells) for row in rows).most_common(1)[0]
    return 0 if width == 1 else width * times / len(rows)


def _filled(row: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _any(rows: list[list[str]], column: int) -> bool:
    return any(row[column].strip() for row in rows if column < len(row))


def _apart(names: list[str]) -> list[str]:
    """Names with the number of the column after each that is blank or was there before."""
    seen: set[str] = set()
    result = []
    for number, name in enumerate(names, start=1):
        result.append(f"{name or 'column'}_{number}" if not name or name in seen else name)
        seen.add(name)
    return result


def _footer(path: Path, encoding: str, delimiter: str, shape: tuple[int, float]) -> int:
    """Lines of notes at the end: rows with fewer cells, or filled much less than usual (``shape``)."""
    width, usual = shape
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - TAIL_BYTES))
        lines = file.read().decode(encoding, "replace").splitlines()
    lines, count, text = lines[1:] if size > TAIL_BYTES else lines, 0, False
    for line in reversed(lines[-MAX_FOOTER_LINES:]):
        row = next(csv.reader([line], delimiter=delimiter), [])
        if len(row) == width and _filled(row) > usual / 2:
            return count if text else 0
        count, text = count + 1, text or bool(line.strip(delimiter + " \t"))
    return 0  # so many lines of notes are a table of another shape


def _workbooks(reading: Reading, path: Path) -> Iterator[tuple[WorkbookFormat, tuple[str, ...]]]:
    """The fullest sheet, its header in one to four rows."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets: dict[str, list[list[str]]] = {}
        for name in book.sheet_names:
            cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            sheets[name] = [[cell_text(cell) for cell in row] for row in cells]
    except (CalamineError, OSError) as error:
        raise reading.fail(f"cannot be read as a workbook: {error}") from error
    full = {name: sum(_filled(row) for row in rows) for name, rows in sheets.items()}
    if not any(full.values()):
        return
    sheet = max(full, key=lambda name: full[name])
    rows = sheets[sheet]
    usual = median([_filled(row) for row in rows if _filled(row) > 1] or [1])
    body = [i for i, row in enumerate(rows, start=1) if _filled(row) >= max(1, usual / 2)]
    others = [name for name in sheets if name != sheet]
    notes = [f"other sheets of the file: {', '.join(others)}"] if others else []
    last = body[-1] if body[-1] < len(rows) else None
    notes += [f"rows after {last} are taken for notes"] if last else []
    first = body[0]
    while first + 1 < body[-1] and first - body[0] + 1 < MAX_HEADER_ROWS and not any(map(_is_number, rows[first])):
        first += 1
    lowest = first if any(map(_is_number, rows[first])) else body[0]
    for top in (body[0], *range(body[0] - 1, max(0, body[0] - MAX_HEADER_ROWS), -1)):
        header_rows = tuple(range(top, lowest + 1))
        yield WorkbookFormat(kind="workbook", sheet=sheet, header_rows=header_rows, last_row=last), tuple(notes)


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).replace("-", "", 1).isdigit()
