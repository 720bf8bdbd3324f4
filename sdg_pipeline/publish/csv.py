"""Writes one CSV file per indicator, safe for spreadsheets.

UTF-8, comma, quotes doubled (RFC 4180), lines end in ``\\n``: every reader takes it, and files compare line
by line. An empty cell is a missing value. Text that a spreadsheet would run as a formula gets a leading
apostrophe; numbers stay numbers, also negative ones. Keys are text and keep their zeros.
What belongs here: that form. What does not: which rows there are.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.publish import parquet
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.publish.describe import FORMULA_STARTS
from sdg_pipeline.specs import fields

if TYPE_CHECKING:
    import duckdb

FOLDER = "indicators"


def encoding(contents: Contents) -> str:
    """The encoding that a reader must use."""
    return "utf-8-sig" if contents.csv_bom else "utf-8"


def write(contents: Contents, folder: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Write ``indicators/<id>.csv`` from the Parquet files in ``folder``, which are in order."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)

    def one(cursor: duckdb.DuckDBPyConnection, indicator: str) -> None:
        rows = f"read_parquet({duck.text(folder / parquet.FOLDER / f'{indicator}.parquet')})"
        risky = _risky(rows, cursor)
        columns = ", ".join(cell(field.name, field.name in risky) for field in fields.OBSERVATION)
        target = folder / FOLDER / f"{indicator}.csv"
        cursor.execute(
            f"COPY (SELECT {columns} FROM {rows}) TO {duck.text(target)} (FORMAT csv, HEADER, COMPRESSION none)"
        )
        if contents.csv_bom:
            target.write_bytes(codecs.BOM_UTF8 + target.read_bytes())

    duck.side_by_side(con, sorted(contents.indicator_files), one)


def _risky(rows: str, con: duckdb.DuckDBPyConnection) -> set[str]:
    """The columns of text with a value that begins neither with a digit nor with a letter.

    All that begins a formula is among these, and to look at every value of every column costs five times the writing.
    """
    texts = [field.name for field in fields.OBSERVATION if field.kind == "text"]
    tests = ", ".join(f"bool_or({name} < '0' OR ({name} >= ':' AND {name} < 'A'))" for name in map(duck.name, texts))
    flags = con.execute(f"SELECT {tests} FROM {rows}").fetchall()[0]
    return {name for name, risky in zip(texts, flags, strict=True) if risky}


def cell(column: str, risky: bool) -> str:
    """A column as an expression; where it is risky, a text that a spreadsheet would run gets a leading apostrophe."""
    name = duck.name(column)
    if not risky:
        return name
    starts = ", ".join(str(ord(c)) for c in FORMULA_STARTS)
    return f"CASE WHEN ascii({name}) IN ({starts}) THEN chr(39) || {name} ELSE {name} END AS {name}"
