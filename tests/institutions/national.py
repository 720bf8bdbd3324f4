"""The country's files under their official addresses: official files and, where there are none, copies packed as official.

What belongs here: which bytes lie at which address. What does not: how a server behaves (double).
"""

from __future__ import annotations

import io
import zipfile
from functools import partial
from pathlib import Path

from institutions.double import Institutions
from sdg_pipeline.ingest.mirror import Entry, Mirror
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.source import Edition


def filled(institutions: Institutions, catalog: Catalog, mirror: Mirror) -> Institutions:
    """The double with a file for each address whose file the mirror holds; one ZIP may hold those of many editions."""
    by_url: dict[str, list[tuple[Edition, Entry]]] = {}
    for source in catalog.sources.values():
        for name, edition in source.editions.items():
            entry = mirror.entries.get((source.id, name))
            if edition.url is not None and entry is not None:
                by_url.setdefault(edition.url, []).append((edition, entry))
    for url, files in by_url.items():
        institutions.put(url, partial(_content, mirror, files))
    return institutions


def _content(mirror: Mirror, files: list[tuple[Edition, Entry]]) -> bytes:
    edition, entry = files[0]
    if edition.container != "zip" or (entry.container or edition.container) == "zip":
        return Path(mirror.location(entry)).read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, member in enumerate(dict.fromkeys(edition.member or "" for edition, _ in files)):
            first = next(entry for edition, entry in files if edition.member == member)
            archive.write(mirror.location(first), member.replace("*", f"data_{number}_"))
    return buffer.getvalue()
