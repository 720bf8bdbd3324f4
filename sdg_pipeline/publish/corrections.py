"""Writes ``corrections.csv``: the known errors in the sources of a release, and the corrected values.

What belongs here: the entries of the register that the release used. What does not: applying them (ingest).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from sdg_pipeline.publish import describe
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.specs.catalog import Catalog

NAME = "corrections.csv"
COLUMNS: dict[str, str] = {
    "source": "Source id",
    "edition": "Edition of the source",
    "where": "Rows of the file, by the content of their columns; or the row that it lacks",
    "column": "Column that is wrong in them; empty where a row is missing",
    "old": "What the file says",
    "new": "What was taken instead",
    "rows": "How many rows have it",
    "reason": "What is wrong",
    "evidence": "What shows it",
    "cite": "Where the evidence stands",
    "reviewed_by": "Who answers for the correction",
    "reviewed_on": "Day of the review",
}
"""Columns of the file and what they hold."""


def write(contents: Contents, folder: Path) -> None:
    """Write ``corrections.csv``, with its header alone where no source of the release needed one."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    used = [(raw.source, raw.edition) for raw in contents.sources]
    for row in rows(contents.catalog, used):
        writer.writerow({key: describe.safe_cell(value) for key, value in row.items()})
    mark = codecs.BOM_UTF8 if contents.csv_bom else b""
    (folder / NAME).write_bytes(mark + text.getvalue().encode())


def rows(catalog: Catalog, editions: Iterable[tuple[str, str]]) -> Iterator[dict[str, str]]:
    """The entries for these editions, by source, edition and their place in the register."""
    for source, edition in sorted(set(editions)):
        register = catalog.corrections.get(source)
        for entry in register.in_edition(edition) if register else ():
            cells = "; ".join(f"{column} = {text}" for column, text in (entry.row or entry.where).items())
            where = f"missing row: {cells}" if entry.row else cells
            facts = entry.model_dump(mode="json", exclude={"edition", "where", "rows", "row"})
            facts = {name: fact or "" for name, fact in facts.items()}
            yield {"source": source, "edition": edition, "where": where, "rows": str(entry.rows), **facts}
