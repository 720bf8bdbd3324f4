"""CSV that spreadsheets read without harm: one file an indicator.

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
    """What a reader must be told."""
    return "utf-8-sig" if contents.csv_bom else "utf-8"


def write(contents: Contents, folder: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Write ``indicators/<id>.csv`` from the Parquet files in ``folder``, which are in order."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    columns = ", ".join(_cell(field) for field in fields.OBSERVATION)
    for indicator in sorted(contents.indicator_files):
        rows = duck.text(folder / parquet.FOLDER / f"{indicator}.parquet")
        target = folder / FOLDER / f"{indicator}.csv"
        con.execute(
            f"COPY (SELECT {columns} FROM read_parquet({rows})) "
            f"TO {duck.text(target)} (FORMAT csv, HEADER, COMPRESSION none)"
        )
        if contents.csv_bom:
            target.write_bytes(codecs.BOM_UTF8 + target.read_bytes())


def _cell(field: fields.Field) -> str:
    name = duck.name(field.name)
    if field.kind != "text":
        return name
    starts = ", ".join(str(ord(c)) for c in FORMULA_STARTS)
    return f"CASE WHEN ascii({name}) IN ({starts}) THEN chr(39) || {name} ELSE {name} END AS {name}"
