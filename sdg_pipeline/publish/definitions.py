"""Writes the spec files into a release: they define its figures, and a rebuild starts from them.

Registers and defaults travel with the specs that name them, so that a rebuild resolves every id as it was resolved.
Files that hold the resolved texts instead would not be those that people reviewed. It writes all specs, also those of
indicators that the run left out, as the run read them, whatever became of the files since.
What belongs here: writing them. What does not: their grammar (``specs``).
"""

from __future__ import annotations

from pathlib import Path

from sdg_pipeline.publish.contents import Contents

FOLDER = "specs"


def write(contents: Contents, folder: Path) -> None:
    """Write the specs, the SQL files and the register of areas to ``specs/``, byte by byte as they were read."""
    for name, content in contents.catalog.files.items():
        target = folder / FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
