"""The values of all indicators for one area, as CSV and as JSON.

The CSV is that of the indicators with fewer columns: those that an area has in common, and the precision of surveys in
detail, are in ``indicators/<id>.csv``. What belongs here: that form. What does not: archives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline import duck
from sdg_pipeline.packages.distinct import Table, case
from sdg_pipeline.publish import describe
from sdg_pipeline.specs import fields

if TYPE_CHECKING:
    import duckdb

COLUMNS = (
    *(name for name in fields.KEY if name != "ref_area"),
    "obs_value",
    "unit_measure",
    "numerator",
    "denominator",
    "ci_lower",
    "ci_upper",
    "precision",
    "obs_status",
    "obs_reason",
    "source",
    "source_edition",
)
HEADER = f"{','.join(('ref_area', *COLUMNS))}\n"
QUOTED = ('"', ",", "\n", "\r")


def csv_by_area(con: duckdb.DuckDBPyConnection, read: Table, condition: str = "true") -> Iterator[tuple[str, str]]:
    """Areas in order, each with its rows as CSV."""
    cells = " || ',' || ".join(_cell(name, read) for name in ("ref_area", *COLUMNS))
    rows = con.execute(f"SELECT ref_area, {cells} || chr(10) {_rows(read, condition)}").fetchall()
    for area, lines in groupby(rows, key=lambda row: str(row[0])):
        yield area, HEADER + "".join(line for _, line in lines)


def json_by_area(con: duckdb.DuckDBPyConnection, read: Table, condition: str) -> Iterator[tuple[str, str]]:
    """Areas in order, each with its rows as JSON: names of columns once, then a list a row."""
    rows = con.execute(f"SELECT ref_area, area_name, {', '.join(COLUMNS)} {_rows(read, condition)}").fetchall()
    for area, members in groupby(rows, key=lambda row: str(row[0])):
        block = list(members)
        described = {"ref_area": area, "area_name": block[-1][1], "columns": COLUMNS}
        yield area, f'{_dumped(described)[:-1]},"rows":[\n{_listed(block)}\n]}}\n'


def _listed(rows: list[tuple[Any, ...]]) -> str:
    return ",\n".join(_dumped(row[2:]) for row in rows)


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _rows(read: Table, condition: str) -> str:
    order = ", ".join(("ref_area", *(name for name in fields.KEY if name != "ref_area")))
    return f"FROM read_parquet({duck.text(read.path)}) WHERE {condition} ORDER BY {order}"


def _cell(column: str, read: Table) -> str:
    """A cell as an expression of text; texts that need it are quoted, and no spreadsheet runs one as a formula."""
    name = duck.name(column)
    if column in read.numbers:
        return f"coalesce(CAST({name} AS VARCHAR), '')"
    escaped = {text: duck.text(cell) for text in read.texts[column] if (cell := _escape(text)) != text}
    return f"coalesce({case(name, escaped, name)}, '')"


def _escape(text: str) -> str:
    safe = describe.safe_cell(text)
    return '"' + safe.replace('"', '""') + '"' if any(sign in safe for sign in QUOTED) else safe


def write(con: duckdb.DuckDBPyConnection, read: Table, folder: Path, mark: bytes) -> None:
    """Write CSV and JSON of the nation and of each state; ``mark`` precedes a CSV."""
    folder.mkdir(exist_ok=True)
    core = "geo_level IN ('national', 'state')"
    for area, text in csv_by_area(con, read, core):
        (folder / f"{area}.csv").write_bytes(mark + text.encode())
    for area, text in json_by_area(con, read, core):
        (folder / f"{area}.json").write_text(text, encoding="utf-8")
