"""``changes.csv``: every value that is another one than in the published release before, or is gone.

Values that were added are counted in ``release.json`` and stand in the data themselves. What belongs here: that file.
What does not: the comparison (``release.diff``), the version (``release.version``).
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.publish import parquet
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.release import diff
from sdg_pipeline.specs import fields

if TYPE_CHECKING:
    import duckdb

NAME = "changes.csv"
COLUMNS = ("change", *fields.KEY, "old_value", "new_value", "old_status", "new_status")


def write(before: Path | None, contents: Contents, folder: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Write ``changes.csv``, by key; only its head for a first release."""
    new = folder / parquet.OBSERVATIONS
    changes = diff.changes_query(
        *(diff.rows_of(path) for path in (before / parquet.OBSERVATIONS if before else new, new))
    )
    kind = "CASE WHEN removed THEN 'removed' WHEN revised THEN 'revised' ELSE 'status changed' END AS change"
    target = folder / NAME
    con.execute(
        f"COPY (SELECT {kind}, {', '.join(COLUMNS[1:])} FROM ({changes}) WHERE NOT added ORDER BY {parquet.ORDER}) "
        f"TO {duck.text(target)} (FORMAT csv, HEADER, COMPRESSION none)"
    )
    if contents.csv_bom:
        target.write_bytes(codecs.BOM_UTF8 + target.read_bytes())
