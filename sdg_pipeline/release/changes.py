"""Writes ``changes.csv`` and ``changes.md``: what changed since the published release before, and why.

Values that were added are counted in ``release.json`` and ``changes.md`` and stand in the data themselves. What belongs
here: these files. What does not: the comparison (``release.diff``), the version (``release.version``).
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.publish import parquet
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.release import report
from sdg_pipeline.release.diff import Difference
from sdg_pipeline.specs import fields

if TYPE_CHECKING:
    import duckdb

NAME = "changes.csv"
REPORT = "changes.md"
COLUMNS = ("change", *fields.KEY, "old_value", "new_value", "old_status", "new_status", "errors", "cause")


def write(difference: Difference | None, contents: Contents, folder: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Write both from table ``change`` (``diff.prepare``) and its figures; of a first release, that it is one."""
    target = folder / NAME
    rows = f"SELECT kind AS change, {', '.join(COLUMNS[1:])} FROM change WHERE kind <> 'added' ORDER BY {parquet.ORDER}"
    if difference is None:
        rows = f"SELECT {', '.join(f'NULL AS {column}' for column in COLUMNS)} WHERE false"
    con.execute(f"COPY ({rows}) TO {duck.text(target)} (FORMAT csv, HEADER, COMPRESSION none)")
    if contents.csv_bom:
        target.write_bytes(codecs.BOM_UTF8 + target.read_bytes())
    (folder / REPORT).write_text(report.markdown(difference, contents.catalog), encoding="utf-8")
