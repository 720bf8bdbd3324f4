"""The spec files of a release, inside it: what its figures mean, and what a rebuild starts from.

All of them are there, also those of indicators that the run left out, since the release says what it left out.
They are sealed as the run read them, whatever became of the files since.
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
