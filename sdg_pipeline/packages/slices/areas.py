"""The values of all indicators for one area as CSV, with the columns of every other CSV of values.

What belongs here: that form. What does not: archives.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.packages.distinct import Table, case
from sdg_pipeline.publish import describe
from sdg_pipeline.specs import fields

if TYPE_CHECKING:
    import duckdb

HEADER = f"{','.join(fields.names())}\n"
AT_ONCE = 20_000
"""Rows that Python takes at once."""
QUOTED = ('"', ",", "\n", "\r")


def csv_of(con: duckdb.DuckDBPyConnection, read: Table, part: str, condition: str) -> Iterator[tuple[str, str]]:
    """The rows that a condition holds for, as CSV by part, an expression; parts in order, rows by the key."""
    cells = " || ',' || ".join(_cell(name, read) for name in fields.names())
    result = con.execute(
        f"SELECT {part} AS part, {cells} || chr(10) FROM read_parquet({duck.text(read.path)}) "
        f"WHERE {condition} ORDER BY part, {', '.join(fields.KEY)}"
    )
    for name, lines in groupby(duck.streamed(result, AT_ONCE), key=lambda row: str(row[0])):
        yield name, HEADER + "".join(line for _, line in lines)


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
    """Write the CSV of the nation and of each state; ``mark`` precedes it."""
    folder.mkdir(exist_ok=True)
    for area, text in csv_of(con, read, "ref_area", "geo_level IN ('national', 'state')"):
        (folder / f"{area}.csv").write_bytes(mark + text.encode())
