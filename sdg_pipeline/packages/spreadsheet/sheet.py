"""Rows of a sheet as XML: texts are texts and numbers are numbers, whatever they look like.

A text never becomes a formula. Signs that XML forbids are escaped as ECMA-376 says (``_x0007_``). What belongs here:
cells and rows. What does not: parts of a workbook, what stands in a cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.packages.spreadsheet.workbook import Sheet

if TYPE_CHECKING:
    import duckdb

Cell = str | float | int | None
HEADER, WRAPPED = 1, 2
"""Styles of ``workbook.STYLES``."""
ALWAYS = ("ref_area", "area_name", "geo_level", "time_period", "obs_value", "obs_status")
"""Columns that every sheet of values has, also where they have one value."""
MAX_TEXT = 32_767
"""Characters of a cell, in Excel."""
MAX_WIDTH, MIN_WIDTH = 40, 9
_NOT_PLAIN = re.compile(r"[&<>\x00-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^\s|\s$")
_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def escape(text: str) -> str:
    """Text as it stands in a cell."""
    marked = _ESCAPED.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def column(number: int) -> str:
    """``A`` of 0, ``AA`` of 26."""
    letters = ""
    while number >= 0:
        number, letter = divmod(number, 26)
        letters, number = chr(65 + letter) + letters, number - 1
    return letters


def of_rows(name: str, rows: Iterable[Sequence[Cell]], widths: Sequence[int], style: int = 0) -> Sheet:
    """A sheet of rows, of which the first is the header."""
    texts = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            _cell(value, f"{column(n)}{number}", style if number > 1 else HEADER) for n, value in enumerate(row)
        )
        texts.append(f'<row r="{number}">{cells}</row>')
    return Sheet(name, "".join(texts), tuple(widths))


def _cell(value: Cell, place: str, style: int) -> str:
    marked = f' s="{style}"' if style else ""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        text = escape(value[:MAX_TEXT])
        return f'<c r="{place}"{marked} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    assert math.isfinite(value), "values of a release are finite"
    return f'<c r="{place}"{marked}><v>{value!r}</v></c>'


@dataclass(frozen=True)
class Table:
    """A Parquet file, and its columns with whether they are texts; ``same`` are columns with one value in all rows."""

    path: Path
    records: int
    texts: dict[str, bool]
    same: dict[str, Cell]
    special: dict[str, tuple[str, ...]]
    """By column the texts that are not written as they are."""

    @property
    def varying(self) -> list[str]:
        return [name for name in self.texts if name not in self.same or name in ALWAYS]


def table(path: Path) -> Table:
    """Look at the columns of a file: which have one value, and which texts need an escape.

    Arrow reads texts as dictionaries, so each text is looked at once. In SQL, or with threads, this takes four times as
    long.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    import pyarrow.types

    schema = pq.read_schema(path)
    texts = {field.name: pyarrow.types.is_string(field.type) for field in schema}
    read = pq.read_table(path, read_dictionary=[name for name, text in texts.items() if text], use_threads=False)
    same: dict[str, Cell] = {}
    special: dict[str, tuple[str, ...]] = {}
    for name, text in texts.items():
        cells = read[name]
        values = pc.unique(cells).to_pylist() if text else list(dict.fromkeys(pc.min_max(cells).as_py().values()))
        if len(values) <= 1 and cells.null_count in (0, len(cells)):
            same[name] = values[0] if values else None
        elif text and (odd := sorted(v for v in values if v is not None and _NOT_PLAIN.search(v))):
            special[name] = tuple(odd)
    return Table(path, len(read), texts, same, special)


def of_table(con: duckdb.DuckDBPyConnection, name: str, read: Table, condition: str = "true") -> Sheet:
    """A sheet of the columns that vary, with their names in the first row, which DuckDB writes.

    The rows are those that the condition holds for, in the order of the file, which is that of the key.
    """
    header = of_rows(name, [read.varying], ())
    cells = " || ".join(_sql_cell(column_name, column(number), read) for number, column_name in enumerate(read.varying))
    rows = con.execute(
        f"SELECT '<row r=\"' || n || '\">' || {cells} || '</row>' FROM (SELECT *, CAST(1 + row_number() OVER () AS "
        f"VARCHAR) AS n FROM read_parquet({duck.text(read.path)}) WHERE {condition})"
    ).fetchall()
    widths = tuple(min(MAX_WIDTH, max(MIN_WIDTH, len(column_name) + 2)) for column_name in read.varying)
    return Sheet(name, header.rows + "".join(row for (row,) in rows), widths)


def _sql_cell(column_name: str, letters: str, read: Table) -> str:
    """The cell of a column as an expression of text; no cell where there is no value."""
    name = duck.name(column_name)
    start = f"'<c r=\"{letters}' || n || '\""
    if not read.texts[column_name]:
        return f"coalesce({start}><v>' || CAST({name} AS VARCHAR) || '</v></c>', '')"
    plain = f"{start} t=\"inlineStr\"><is><t>' || {name} || '</t></is></c>'"
    for odd in read.special.get(column_name, ()):
        text = f'{start} t="inlineStr"><is><t xml:space="preserve">\' || {duck.text(escape(odd))} || \'</t></is></c>\''
        plain = f"CASE WHEN {name} = {duck.text(odd)} THEN {text} ELSE {plain} END"
    return f"coalesce({plain}, '')"
