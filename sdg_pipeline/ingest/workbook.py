"""One sheet of a workbook into a table of texts, under the names of its joined header.

What belongs here: XLS, XLSX and ODS. What does not: the meaning of cells. calamine reads the cells. It reads an error
cell (``#DIV/0!``) as an empty one. In XLSX these are found again and keep their text, so that a table spec must list
them as missing. In XLS and ODS they look like empty cells.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.ingest.reading import Reading, cell_text
from sdg_pipeline.specs.formats import WorkbookFormat

Merge = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell of a merged range, each row and column from 0."""
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ERROR = re.compile(rb"\bt=[\"']e[\"']")
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Z]*)([0-9]+)[\"']")
_FAR = re.compile(rb"\br\s*=\s*[\"'](?:[A-Z]{3}|[A-Z]{2}[0-9]{5}|[A-Z]*[0-9]{6})")
"""The place of a cell or row, and one far from A1: past column ZZ, row 99,999, or both past Z and row 9,999."""
MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 1_048_576, 16_384, 5_000_000
"""What a worksheet can have, and the cells of a rectangle from A1 that are read: each takes 100 bytes of memory."""
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)
"""What a damaged or odd ZIP raises."""
MEND = "mend {} of the format in the table spec, or get the right file"


@dataclass(frozen=True)
class _Sheet:
    """All cells from A1 on as texts, rows of equal length, and the merged ranges."""

    rows: list[list[str]]
    merges: Sequence[Merge]

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 0


def read_workbook(reading: Reading, form: WorkbookFormat, view: str) -> list[str]:
    """Make the temporary table ``view`` and return the names of its columns."""
    sheet = _sheet(reading, form)
    last = form.last_row or len(sheet.rows)
    if max(last, form.header_rows[-1]) > len(sheet.rows):
        message = f"ends before its {'last row' if form.header_rows[-1] <= len(sheet.rows) else 'header'}"
        place = f"sheet {form.sheet}, row {len(sheet.rows)}"
        raise reading.fail(message, place=place, remedy=MEND.format("header_rows or last_row"))
    body = sheet.rows[form.header_rows[-1] : last]
    columns = _columns(reading, form, sheet, body)
    rows = [
        (number, *(row[i] for i in columns.values()))
        for number, row in enumerate(body, start=form.header_rows[-1] + 1)
        if any(row[i] for i in columns.values())
    ]
    _refuse_more(reading, form, sheet, list(columns.values()))
    reading.make(view, list(columns), rows)
    return [*columns, *_keys(reading, form, view, list(columns))]


def _keys(reading: Reading, form: WorkbookFormat, view: str, header: list[str]) -> list[str]:
    """Add the columns of keys that stand before names, and return their names."""
    for column, parts in form.keys.items():
        gone = [part for part in parts if part not in header]
        if gone or column in header:
            message = f"has no column to make {column} of" if gone else "has a column that keys of the format make"
            raise reading.fail(message, place="header", value=(*gone, column)[0], remedy=MEND.format("keys"))
        key = " || ".join(f"left({quoted(part)}, {signs})" for part, signs in parts.items())
        reading.con.execute(f"ALTER TABLE {view} ADD COLUMN {quoted(column)} VARCHAR")
        reading.con.execute(f"UPDATE {view} SET {quoted(column)} = {key}")
    return list(form.keys)


def _sheet(reading: Reading, form: WorkbookFormat) -> _Sheet:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        content = _content(reading, form.sheet)
        _require_near(reading, form, content)
        book = CalamineWorkbook.from_filelike(io.BytesIO(reading.path.read_bytes()))  # names of files say it wrong
        sheets = book.sheet_names
        if form.sheet not in sheets:
            remedy = f"mend format.sheet in the table spec; the sheets are: {', '.join(sheets)}"
            raise reading.fail("has no such sheet", value=form.sheet, remedy=remedy)
        sheet = book.get_sheet_by_name(form.sheet)
        rows = [[cell_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
        for row, column, text in _errors(content):
            rows[row][column] = text
    except (CalamineError, ElementTree.ParseError, IndexError, OSError, *DAMAGE) as error:
        raise reading.fail(f"cannot be read as a workbook: {error}", place=f"sheet {form.sheet}") from error
    merges = sheet.merged_cell_ranges or ()
    _clear_hidden(rows, merges)
    return _Sheet(rows, merges)


def _clear_hidden(rows: list[list[str]], merges: Sequence[Merge]) -> None:
    """Only the first cell of a merged range is shown; the others may still hold something, often 0."""
    for (top, left), (bottom, right) in merges:
        for i in range(top, min(bottom + 1, len(rows))):
            for j in range(left, min(right + 1, len(rows[i]))):
                if (i, j) != (top, left):
                    rows[i][j] = ""


def _content(reading: Reading, sheet: str) -> bytes:
    """The XML of a sheet of an XLSX; of other workbooks nothing."""
    if not zipfile.is_zipfile(reading.path):
        return b""
    with zipfile.ZipFile(reading.path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return b""
        name = _part(archive, sheet)
        return b"" if name is None else archive.read(name)


def _require_near(reading: Reading, form: WorkbookFormat, content: bytes) -> None:
    """StagingError where one cell far away would have calamine make billions of empty ones, which ends the process."""
    if not _FAR.search(content):
        return
    rows = columns = 0
    for letters, digits in _PLACE.findall(content):
        rows, columns = max(rows, int(digits[:20])), max(columns, column_index(letters[:9].decode()) + 1)
        if rows > MOST_ROWS or columns > MOST_COLUMNS:
            place = f"sheet {form.sheet}, cell {(letters + digits)[:40].decode()}"
            raise reading.fail("has a cell where no worksheet has one", place=place)
    if rows * columns > MOST_CELLS:
        seen = f"{rows:,} rows of {columns:,} columns"
        remedy = "delete what lies far from the table, and serve the file from a mirror (SDG_MIRROR)"
        message = f"reaches over more than {MOST_CELLS:,} cells"
        raise reading.fail(message, place=f"sheet {form.sheet}", value=seen, remedy=remedy)


def _errors(content: bytes) -> Iterator[tuple[int, int, str]]:
    """Row and column from 0 and the text of each error cell in the XML of a sheet."""
    if not _ERROR.search(content):
        return
    for _, element in ElementTree.iterparse(io.BytesIO(content)):
        if element.tag.endswith("}c") and element.get("t") == "e":
            cell = _CELL.fullmatch(element.get("r", ""))
            if cell is None:
                raise ElementTree.ParseError("an error cell does not say where it is")
            yield int(cell[2]) - 1, column_index(cell[1]), element.findtext("{*}v") or "#ERROR"
        elif element.tag.endswith("}row"):
            element.clear()


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The member of an XLSX that holds a sheet."""
    sheets = ElementTree.fromstring(archive.read("xl/workbook.xml")).iterfind(".//{*}sheet")
    relation = next(
        (value for s in sheets if s.get("name") == sheet for key, value in s.items() if key.endswith("}id")), ""
    )
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = next((link.get("Target", "") for link in links if link.get("Id") == relation), "")
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/") if target else None


def column_index(letters: str) -> int:
    """The place of a column from 0, by its name: A is 0, AA is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _letters(index: int) -> str:
    """The name of a column as spreadsheets show it: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _columns(reading: Reading, form: WorkbookFormat, sheet: _Sheet, body: list[list[str]]) -> dict[str, int]:
    """The columns by name. One without cells and without a lowest header of its own only keeps others apart."""
    levels = _levels(form, sheet)
    place = f"sheet {form.sheet}"
    lowest = [merge for merge in _of_header(form, sheet) if merge[1][0] >= form.header_rows[-1] - 1]
    covered = {i for (_, left), (_, right) in lowest for i in range(left + 1, right + 1)}
    own = [bool(text) and i not in covered for i, text in enumerate(levels[-1])]
    used = [i for i in range(sheet.width) if own[i] or any(row[i] for row in body)]
    if form.header:
        if len(form.header) != len(used):
            seen = f"{len(used)} columns for {len(form.header)} names"
            remedy = MEND.format("header, header_rows or last_row")
            raise reading.fail("does not have the columns of format.header", place=place, value=seen, remedy=remedy)
        names = list(form.header)
    else:
        names = [" | ".join(dict.fromkeys(level[i] for level in levels if level[i])) for i in used]
    for i, name in zip(used, names, strict=True):
        if not name:
            cell = next(row[i] for row in body if row[i])
            where, remedy = f"{place}, column {_letters(i)}", MEND.format("header_rows or last_row")
            raise reading.fail("has cells under no header", place=where, value=cell[:80], remedy=remedy)
    reading.refuse_twice(names, f"{place}, header", MEND.format("header_rows, last_row or header"))
    return dict(zip(names, used, strict=True))


def _of_header(form: WorkbookFormat, sheet: _Sheet) -> list[Merge]:
    first, last = form.header_rows[0] - 1, form.header_rows[-1] - 1
    return [merge for merge in sheet.merges if merge[0][0] <= last and merge[1][0] >= first]


def _levels(form: WorkbookFormat, sheet: _Sheet) -> list[list[str]]:
    """The header rows with merged cells in all places that they cover.

    Where nothing is merged, upper cells are taken to hold up to the next one on their right: they are centred so.
    """
    levels = [[" ".join(cell.split()) for cell in sheet.rows[number - 1]] for number in form.header_rows]
    merges = _of_header(form, sheet)
    for (top, left), (bottom, right) in merges:
        if left >= sheet.width:
            continue
        text = " ".join(sheet.rows[top][left].split())
        for level, number in zip(levels, form.header_rows, strict=True):
            if top < number <= bottom + 1:
                level[left : right + 1] = [text] * (min(right + 1, sheet.width) - left)
    if not merges:
        for level in levels[:-1]:
            for i in range(1, sheet.width):
                level[i] = level[i] or level[i - 1]
    return levels


def _refuse_more(reading: Reading, form: WorkbookFormat, sheet: _Sheet, columns: list[int]) -> None:
    """StagingError where rows of data go on below the last row of the format."""
    if form.last_row is None:
        return
    body = [row for row in sheet.rows[form.header_rows[-1] : form.last_row] if any(row[i] for i in columns)]
    filled = sum(bool(body[-1][i]) for i in columns) if body else 0
    for number, row in enumerate(sheet.rows[form.last_row :], start=form.last_row + 1):
        if 1 < filled <= sum(bool(row[i]) for i in columns):
            place, value = f"sheet {form.sheet}, row {number}", row[columns[0]]
            remedy = MEND.format("last_row")
            raise reading.fail("goes on below its last row", place=place, value=value, remedy=remedy)
