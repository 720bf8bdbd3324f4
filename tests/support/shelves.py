"""The raw store of a test: the files that the small country was given, as ``sdg new`` takes them.

What belongs here: bringing a file. What does not: writing it (records).
"""

from __future__ import annotations

from pathlib import Path

from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest.ignored import Shelf
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.specs import catalog as catalogs
from support.records import Records


def shelf(records: Records) -> Shelf:
    """All files that the records were given."""
    sources = catalogs.load(records.specs).sources
    return Shelf(records.con, sources, lambda source, edition: records.files[source.id, edition], records.folder)


def put(records: Records, source: str, edition: str, name: str, content: bytes) -> None:
    """The file of an edition as bytes, under a name of its own."""
    path: Path = records.folder / "files" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    records.files[source, edition] = RawFile(
        source, edition, str(path), sha256_of(path), len(content), f"https://example.org/{name}", "official",
        "2026-01-01T00:00:00+00:00", container="workbook" if name.endswith(".xlsx") else "plain",
    )  # fmt: skip
