"""Files of the formats that institutions publish, composed byte by byte, so that a test shows what is in them.

What belongs here: writing XLSX, dBase and ZIP without the libraries that read them. What does not: reading.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

Cell = str | float | int | bool | date | None
"""``None`` is no cell at all; a text that begins with ``#`` is an error cell, as ``#DIV/0!``."""
Field = tuple[str, str, int, int]
"""Name, type, length and decimals of a column of a dBase table."""

_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def packed(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def repacked(path: Path, part: str, old: str, new: str) -> bytes:
    """A ZIP as it is, but for one text within one member."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    assert old.encode() in members[part], f"{part} does not hold {old}"
    members[part] = members[part].replace(old.encode(), new.encode())
    return packed(*members.items())


def xlsx(sheets: Mapping[str, Sequence[Sequence[Cell]]], merged: Sequence[str] = ()) -> bytes:
    """A workbook; rows begin at A1, and ``merged`` are ranges of its first sheet (``A1:C1``)."""
    names = list(sheets)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="{escape(n)}" sheetId="{i}" r:id="rId{i}"/>' for i, n in enumerate(names, 1))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{i}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(names) + 1)
        )
        + "</Relationships>",
    }
    for i, name in enumerate(names, 1):
        parts[f"xl/worksheets/sheet{i}.xml"] = _sheet(sheets[name], merged if i == 1 else ())
    return packed(*((name, f'<?xml version="1.0" encoding="UTF-8"?>{xml}'.encode()) for name, xml in parts.items()))


def _sheet(rows: Sequence[Sequence[Cell]], merged: Sequence[str]) -> str:
    xml = [f'<worksheet xmlns="{_SPREADSHEET}"><sheetData>']
    for number, row in enumerate(rows, 1):
        cells = "".join(_cell(f"{_letters(i)}{number}", cell) for i, cell in enumerate(row))
        xml.append(f'<row r="{number}">{cells}</row>')
    xml.append("</sheetData>")
    if merged:
        xml.append("<mergeCells>" + "".join(f'<mergeCell ref="{area}"/>' for area in merged) + "</mergeCells>")
    return "".join([*xml, "</worksheet>"])


def _cell(place: str, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, (int, float)):
        return f'<c r="{place}"><v>{cell!r}</v></c>'
    if isinstance(cell, date):
        return f'<c r="{place}" t="d"><v>{cell.isoformat()}</v></c>'
    if re.fullmatch(r"#[A-Z0-9/]+[!?]?", cell):
        return f'<c r="{place}" t="e"><f>1/0</f><v>{cell}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'


def _letters(index: int) -> str:
    return chr(65 + index) if index < 26 else chr(64 + index // 26) + chr(65 + index % 26)


def dbf(
    fields: Sequence[Field], records: Sequence[Sequence[bytes]], deleted: Sequence[int] = (), count: int | None = None
) -> bytes:
    """A dBase III table; ``deleted`` are the numbers of marked records, ``count`` what the header claims."""
    header_length = 32 + 32 * len(fields) + 1
    record_length = 1 + sum(length for _, _, length, _ in fields)
    claimed = len(records) if count is None else count
    content = [struct.pack("<4B I H H 20x", 3, 120, 1, 1, claimed, header_length, record_length)]
    content += [struct.pack("<11s c 4x B B 14x", n.encode("latin-1"), t.encode(), ln, d) for n, t, ln, d in fields]
    content.append(b"\r")
    for number, record in enumerate(records, 1):
        content.append(b"*" if number in deleted else b" ")
        for (_, kind, length, _), cell in zip(fields, record, strict=True):
            content.append(cell.rjust(length) if kind in "NF" else cell.ljust(length))
    return b"".join([*content, b"\x1a"])
