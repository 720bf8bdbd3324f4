"""A file that somebody contributes, read within bounds: a CSV or an XLSX of one sheet, as texts under a fixed header.

Nobody vouches for such a file, so nothing of it is believed. Sizes are counted as they come, and formulas stay texts.
What does not fit the template is refused in one InputError. What belongs here: bytes, containers and cells. What does
not: what the cells mean (open_government.contributions).
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path
from xml.etree import ElementTree

from sdg_pipeline.errors import InputError
from sdg_pipeline.ingest.workbook import column_index
from sdg_pipeline.specs.source import MEGABYTE

MAX_BYTES, MAX_UNPACKED, MAX_MEMBERS = 10 * MEGABYTE, 50 * MEGABYTE, 200
MAX_ROWS, MAX_WIDTH, MAX_TEXT = 50_000, 50, 2_000
"""Bounds of a file: bytes, bytes and members of a workbook when unpacked, rows, columns, and characters of a cell."""
WORKBOOK = (".xlsx", b"PK\x03\x04")
OTHER_CONTENT = {
    b"\xd0\xcf\x11\xe0": "an old or encrypted workbook",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"\x1f\x8b": "packed",
    b"%PDF": "a PDF",
    b"{": "JSON",
    b"[": "JSON",
    b"<": "HTML or XML",
}
SAVE = "save it as CSV in UTF-8, or as an XLSX of one sheet, laid out as `sdg contribute template` writes it"
DANGEROUS = ("vbaproject", "/embeddings/", "/activex/", "/externallinks/", "macrosheets", "/connections.xml")
"""Parts of a workbook that run or fetch something."""
_DAMAGE = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, ValueError, NotImplementedError, RuntimeError, KeyError)
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass(frozen=True)
class Contributed:
    """The file as it came: its rows with their numbers (the header is row 1), each cell a text under its column."""

    name: str
    sha256: str
    bytes: int
    encoding: str
    """``xlsx``, ``utf-8``, ``utf-8 with BOM`` or ``cp1252``."""
    rows: tuple[tuple[int, dict[str, str]], ...]


def read(path: Path, columns: Sequence[str]) -> Contributed:
    """Read a contributed file; InputError where it cannot be one."""
    name = _harmless(path)
    content = _content(path, name)
    for begin, what in OTHER_CONTENT.items():
        if content.lstrip(b"\xef\xbb\xbf \t\r\n")[: len(begin)] == begin:
            raise InputError(name, f"is {what}", remedy=SAVE)
    suffix, begin = WORKBOOK
    if content.startswith(begin) != (path.suffix.lower() == suffix):
        raise InputError(name, "is not what its name says", value=path.suffix, remedy=SAVE)
    if content.startswith(begin):
        encoding, lines = "xlsx", _sheet(content, name)
    else:
        encoding, text = _text(content, name)
        lines = _lines(text, name)
    rows = tuple(_under_header(lines, columns, name))
    if not rows:
        raise InputError(name, "has no rows below its header", remedy="write one row a value")
    return Contributed(name, hashlib.sha256(content).hexdigest(), len(content), encoding, rows)


def strange(text: str) -> str | None:
    """The first character that steers a terminal, hides, or turns the direction of a text; None without."""
    return next((c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")), None)


def _harmless(path: Path) -> str:
    """The name of a file; InputError where it could do something to whoever reads it."""
    bad = strange(path.name)
    if bad is not None or len(path.name) > 150:
        remedy = "give it a short name in letters, digits, '.', '_' and '-'"
        raise InputError(ascii(path.name[:80])[1:-1], "has a name that no file should have", remedy=remedy)
    return path.name


def _content(path: Path, name: str) -> bytes:
    """The bytes of a regular file that is not too large; a link, a device or a pipe is not read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        remedy = "name a file that you may read, and no link"
        raise InputError(name, f"cannot be opened ({error.strerror})", remedy=remedy) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(name, "is no file", remedy="name a CSV or an XLSX")
        if path.suffix.lower() not in (".csv", ".xlsx"):
            raise InputError(name, "is neither CSV nor XLSX", value=path.suffix, remedy=SAVE)
        if status.st_size > MAX_BYTES:
            raise InputError(name, f"has {status.st_size:,} bytes, more than {MAX_BYTES:,}", remedy="split it")
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InputError(name, f"grows while it is read, beyond {MAX_BYTES:,} bytes", remedy="send a finished file")
    if not content.strip():
        raise InputError(name, "is empty", remedy=SAVE)
    return content


def _text(content: bytes, name: str) -> tuple[str, str]:
    """The encoding and the text: UTF-8 where it is, else CP1252, of which Latin-1 text is a part."""
    if b"\0" in content:
        raise InputError(name, "has NUL bytes, which no text has", remedy=SAVE)
    try:
        marked = content.startswith(b"\xef\xbb\xbf")
        return "utf-8 with BOM" if marked else "utf-8", content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return "cp1252", content.decode("cp1252")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            seen = content[error.start : error.start + 4].hex(" ")
            raise InputError(name, "is in no known encoding", place=f"line {line}", value=seen, remedy=SAVE) from error


def _lines(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV with their numbers, as its reader counts them: the header is 1."""
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, 1):
            yield number, row
    except csv.Error as error:
        raise InputError(name, f"is no sound CSV ({error})", place=f"row {number + 1}", remedy=SAVE) from error


def _under_header(
    lines: Iterator[tuple[int, list[str]]], columns: Sequence[str], name: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by column; InputError where the header is not that of the template, or a row has more or fewer cells."""
    header: list[str] | None = None
    count = 0
    for number, row in lines:
        if len(row) > MAX_WIDTH:
            place = f"row {number}"
            raise InputError(name, f"has more than {MAX_WIDTH} columns", place=place, value=len(row), remedy=SAVE)
        if any(len(cell) > MAX_TEXT for cell in row):
            message, remedy = (
                f"has a cell of more than {MAX_TEXT:,} characters",
                "shorten it, or close a quote above",
            )
            raise InputError(name, message, place=f"row {number}", remedy=remedy)
        if header is None:
            header = [cell.strip().lower() for cell in row]
            while header and not header[-1]:
                header.pop()
            _require_header(header, columns, name)
            continue
        if not any(cell.strip() for cell in row):
            continue
        count += 1
        if count > MAX_ROWS:
            raise InputError(name, f"has more than {MAX_ROWS:,} rows", remedy="split it")
        if any(row[len(header) :]) or len(row) < len(header):
            seen = f"{len(row)} cells under {len(header)} columns"
            remedy = "write one cell a column; put a text with the delimiter in quotes"
            raise InputError(name, "has a row of another length", place=f"row {number}", value=seen, remedy=remedy)
        yield number, dict(zip(header, (cell.strip(" ") for cell in row), strict=False))


def _require_header(header: list[str], columns: Sequence[str], name: str) -> None:
    if sorted(header) != sorted(columns):
        lacking = [c for c in columns if c not in header]
        more = [ascii(c[:40])[1:-1] for c in header if c not in columns or header.count(c) > 1]
        parts = [f"lacks {', '.join(lacking)}"] * bool(lacking) + [f"has also {', '.join(more[:10])}"] * bool(more)
        remedy = f"write the header {','.join(columns)}"
        raise InputError(name, "does not have the columns of the template", value="; ".join(parts), remedy=remedy)


def _sheet(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of the one sheet of an XLSX; a formula is its text, with the sign = before it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sheet, shared = _parts(archive, name)
        texts = ["".join(_own_texts(item)) for item in _elements(shared, "si")]
        yield from _rows(sheet, texts, name)
    except (*_DAMAGE, ElementTree.ParseError, IndexError) as error:
        message = f"is a damaged workbook ({type(error).__name__})"
        raise InputError(name, message, remedy="save it again, without a password") from error


def _parts(archive: zipfile.ZipFile, name: str) -> tuple[bytes, bytes]:
    """The XML of the one sheet and of the shared texts, unpacked in pieces and counted."""
    members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > MAX_MEMBERS or sum(info.file_size for info in members) > MAX_UNPACKED:
        raise InputError(name, f"unpacks to more than {MAX_MEMBERS} parts or {MAX_UNPACKED:,} bytes", remedy=SAVE)
    names = [f"/{info.filename.lower()}" for info in members]
    bad = next((n for n in names if any(sign in n for sign in DANGEROUS)), None)
    types = [info for info in members if info.filename == "[Content_Types].xml"]
    if not types:
        raise InputError(name, "is a ZIP and no workbook", remedy=SAVE)
    if bad or b"macroEnabled" in _unpacked(archive, types[0]):
        remedy = "save it as a workbook without macros, links and embedded objects (XLSX), or as CSV"
        raise InputError(name, "has macros or parts that fetch something", value=bad, remedy=remedy)
    sheets = [info for info in members if re.fullmatch(r"xl/worksheets/[^/]+\.xml", info.filename)]
    if len(sheets) != 1:
        raise InputError(name, f"has {len(sheets)} sheets", remedy="keep one sheet, hidden ones too")
    shared = [info for info in members if info.filename == "xl/sharedStrings.xml"]
    return _unpacked(archive, sheets[0]), _unpacked(archive, shared[0]) if shared else b"<sst/>"


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as packed:
        content = packed.read(MAX_UNPACKED + 1)
    if len(content) > MAX_UNPACKED or b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\0" in content:
        raise ValueError("too large, or XML that declares entities")
    return content


def _elements(xml: bytes, tag: str) -> Iterator[ElementTree.Element]:
    """The elements of a tag, whatever its namespace, one after the other and forgotten."""
    for _, element in ElementTree.iterparse(io.BytesIO(xml)):
        if _tag(element) == tag:
            yield element
            element.clear()


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _own_texts(item: ElementTree.Element) -> Iterator[str]:
    """The texts of a shared or inline text, without those that say how it is pronounced."""
    for child in item:
        if _tag(child) == "t":
            yield child.text or ""
        elif _tag(child) == "r":
            yield from _own_texts(child)


def _rows(sheet: bytes, texts: list[str], name: str) -> Iterator[tuple[int, list[str]]]:
    last, width = 0, 0
    for row in _elements(sheet, "row"):
        number = int(row.get("r") or last + 1)
        if number <= last or number > MAX_ROWS * 2:
            raise InputError(name, "has rows out of order or far below", place=f"row {number}", remedy=SAVE)
        last = number
        cells: dict[int, str] = {}
        for at, cell in enumerate(child for child in row if _tag(child) == "c"):
            place = _REFERENCE.fullmatch(cell.get("r") or "")
            column = column_index(place[1]) if place else at
            if column >= MAX_WIDTH:
                raise InputError(name, f"has more than {MAX_WIDTH} columns", place=f"row {number}", remedy=SAVE)
            cells[column] = _cell(cell, texts)
        width = width or max(cells, default=-1) + 1  # that of the header: what is shorter ends in empty cells
        yield number, [cells.get(i, "") for i in range(max(width, max(cells, default=-1) + 1))]


def _cell(cell: ElementTree.Element, texts: list[str]) -> str:
    children = {_tag(child): child for child in cell}
    if "f" in children:
        return f"={children['f'].text or ''}"
    if "is" in children:
        return "".join(_own_texts(children["is"]))
    value = children["v"].text or "" if "v" in children else ""
    kind = cell.get("t")
    if kind == "s":
        return texts[int(value)]
    return {"0": "FALSE", "1": "TRUE"}.get(value, value) if kind == "b" else value
