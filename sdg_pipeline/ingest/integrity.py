"""Whether the bytes of the raw store are still those that were fetched, by reading them.

What belongs here: comparing files with their hashes. What does not: bringing the right bytes (fetch). The state of a
step compares times and sizes, which a disk or a copy can keep while the bytes change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sdg_pipeline.errors import FetchError
from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout

CURRENT = "current.json"


def require_fetched_bytes(raw: RawFile) -> None:
    """FetchError unless the file of an edition has the bytes that its provenance names; reads the whole file."""
    fault = _fault(raw, Path(raw.path))
    if fault is not None:
        raise fault


def damaged(layout: Layout, editions: Mapping[tuple[str, str], str] | None = None) -> list[str]:
    """A line for every raw file whose bytes are not those fetched, with the remedy; all files are read.

    ``editions`` are the sha256 by source and edition that a release cites. Files in use with another hash are newer
    than the release and are passed over. Without them, every file in use is read. What is not in the store is not
    damaged.
    """
    faults = (_fault(raw, path) for raw, path in _in_use(layout, editions))
    return [str(fault) for fault in faults if fault is not None]


def _in_use(layout: Layout, editions: Mapping[tuple[str, str], str] | None) -> Iterator[tuple[RawFile, Path]]:
    for current in sorted((layout.data / "raw").glob(f"*/*/{CURRENT}")):
        raw = RawFile.read(current)
        if editions is None or editions.get((raw.source, raw.edition)) == raw.sha256:
            yield raw, current.parent / Path(raw.path).name  # the home may have been moved


def _fault(raw: RawFile, path: Path) -> FetchError | None:
    sha256 = sha256_of(path) if path.is_file() else "no file"
    if sha256 == raw.sha256:
        return None
    return FetchError(
        path,
        f"does not have the bytes that were fetched: expected sha256 {raw.sha256}",
        place=f"{raw.source}/{raw.edition}",
        value=sha256,
        remedy=f"`sdg fetch {raw.source} {raw.edition}` brings them again",
    )
