"""A workbook as a ZIP of XML parts (ECMA-376): the same sheets give the same bytes.

xlsxwriter takes 31 processor seconds for all values of the country, most of them in Python. Here DuckDB writes the rows
of large sheets (``sheet``), in a third of that. What belongs here: the parts around sheets. What does
not: cells (``sheet``), what stands in them (``indicator``, ``area``).
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

LONGEST_NAME = 31
"""Of a sheet, in Excel."""
COMPRESSION = 3
"""Level of zlib: 6 takes twice the time for a tenth less."""
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border>'
    '<left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" '
    'fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" '
    'xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="0" fontId="0" '
    'fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
"""0 plain, 1 bold (headers), 2 wrapped (texts)."""


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, the rows as XML, and the width of its columns in characters."""

    name: str
    rows: str
    widths: tuple[int, ...]

    def __post_init__(self) -> None:
        assert len(self.name) <= LONGEST_NAME, self.name

    def xml(self) -> str:
        """The part of the sheet; its first row stays in view."""
        columns = "".join(
            f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(self.widths, 1)
        )
        return (
            f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
            'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f"<cols>{columns}</cols><sheetData>{self.rows}</sheetData></worksheet>"
        )


def write(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write a workbook with these sheets, in order."""
    numbers = range(1, len(sheets) + 1)
    parts = {
        "[Content_Types].xml": _content_types(numbers),
        "_rels/.rels": _relations([f'Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"']),
        "xl/workbook.xml": _workbook(sheets),
        "xl/_rels/workbook.xml.rels": _relations(
            [
                *(f'Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"' for n in numbers),
                f'Id="rId{len(sheets) + 1}" Type="{OFFICE}/styles" Target="styles.xml"',
            ]
        ),
        "xl/styles.xml": STYLES,
        **{f"xl/worksheets/sheet{n}.xml": sheet.xml() for n, sheet in zip(numbers, sheets, strict=True)},
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            # A ZipInfo has the first day of 1980 where none is named, so a workbook has the same bytes on any day.
            archive.writestr(zipfile.ZipInfo(name), text.encode(), zipfile.ZIP_DEFLATED, COMPRESSION)


def _content_types(numbers: Sequence[int]) -> str:
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPE}.worksheet+xml"/>' for n in numbers
    )
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>{sheets}</Types>'
    )


def _relations(targets: Sequence[str]) -> str:
    inner = "".join(f"<Relationship {target}/>" for target in targets)
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{inner}</Relationships>'


def _workbook(sheets: Sequence[Sheet]) -> str:
    named = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{n}" r:id="rId{n}"/>' for n, sheet in enumerate(sheets, 1)
    )
    return f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{named}</sheets></workbook>'
