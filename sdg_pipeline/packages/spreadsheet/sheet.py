"""Rows of a sheet as XML: texts are texts and numbers are numbers, whatever they look like.

A text never becomes a formula. Signs that XML forbids are escaped as ECMA-376 says (``_x0007_``). What belongs here:
cells and rows. What does not: parts of a workbook, what stands in a cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.packages.distinct import Cell, Table, case
from sdg_pipeline.packages.spreadsheet.workbook import Sheet

if TYPE_CHECKING:
    import duckdb

HEADER, WRAPPED = 1, 2
"""Styles of ``workbook.STYLES``."""
ALWAYS = ("ref_area", "area_name", "geo_level", "time_period", "obs_value", "obs_status")
"""Columns that every sheet of values has, also where they have one value."""
EMPTY = "<c/>"
"""Cells have no reference (``r``), which is optional and was a third of all bytes: a cell follows the one before."""
MAX_TEXT = 32_767
"""Characters of a cell, in Excel."""
MAX_WIDTH, MIN_WIDTH = 40, 9
_NOT_PLAIN = re.compile(r"[&<>\x00-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^\s|\s$")
_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def escape(text: str) -> str:
    """Text as it stands in a cell."""
    marked = _ESCAPED.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def of_rows(name: str, rows: Iterable[Sequence[Cell]], widths: Sequence[int], style: int = 0) -> Sheet:
    """A sheet of rows, of which the first is the header."""
    texts = []
    for number, row in enumerate(rows):
        cells = "".join(_cell(value, style if number else HEADER) for value in row)
        texts.append(f"<row>{cells}</row>")
    return Sheet(name, "".join(texts), tuple(widths))


def _cell(value: Cell, style: int) -> str:
    marked = f' s="{style}"' if style else ""
    if value is None or value == "":
        return EMPTY
    if isinstance(value, str) or not math.isfinite(value):  # a cell holds no infinity: it is text there
        text = escape(str(value)[:MAX_TEXT])
        return f'<c{marked} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f"<c{marked}><v>{value!r}</v></c>"


def varying(read: Table) -> list[str]:
    """The columns that a sheet of values shows."""
    return [column for column in read.texts if column not in read.same or column in ALWAYS]


def of_table(con: duckdb.DuckDBPyConnection, name: str, read: Table, rows: str, shown: Sequence[str]) -> Sheet:
    """A sheet of these columns with their names in the first row, which DuckDB writes.

    ``rows`` is a relation with the columns of the table, in the order of the key.
    """
    header = of_rows(name, [tuple(shown)], ())
    cells = " || ".join(_sql_cell(column, read) for column in shown)
    written = con.execute(f"SELECT '<row>' || {cells} || '</row>' FROM {rows}").fetchall()
    widths = tuple(min(MAX_WIDTH, max(MIN_WIDTH, len(column) + 2)) for column in shown)
    return Sheet(name, header.rows + "".join(row for (row,) in written), widths)


def _sql_cell(column: str, read: Table) -> str:
    """The cell of a column as an expression of text."""
    name = duck.name(column)
    if column in read.numbers:
        text = f"CAST({name} AS VARCHAR)"
        return (
            f"CASE WHEN {name} IS NULL THEN '{EMPTY}' "
            f"WHEN isfinite(CAST({name} AS DOUBLE)) THEN '<c><v>' || {text} || '</v></c>' "
            f"ELSE '<c t=\"inlineStr\"><is><t>' || {text} || '</t></is></c>' END"
        )
    escaped = {
        text: duck.text(f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>')
        for text in read.texts[column]
        if _NOT_PLAIN.search(text)
    }
    plain = f"'<c t=\"inlineStr\"><is><t>' || {name} || '</t></is></c>'"
    return f"coalesce({case(name, escaped, plain)}, '{EMPTY}')"
