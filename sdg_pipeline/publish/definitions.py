"""Copies the spec files into a release: they define its figures, and a rebuild starts from them.

Registers and defaults travel with the specs that name them, so that a rebuild resolves every id as it was resolved.
Files that hold the resolved texts instead would not be those that people reviewed. It copies all specs, also those of
indicators that the run left out.
What belongs here: the copy. What does not: their grammar (``specs``).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sdg_pipeline.publish.contents import Contents

FOLDER = "specs"
SUFFIXES = (".yaml", ".sql", ".csv")
GENERATED = "schema"


def files(root: Path) -> list[Path]:
    """The files below a folder of specs that a release holds, sorted; generated schemas are none of them."""
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix in SUFFIXES)
    return [path for path in paths if path.relative_to(root).parts[0] != GENERATED]


def write(contents: Contents, folder: Path) -> None:
    """Copy the specs, the SQL files and the register of areas to ``specs/``, byte by byte."""
    root = contents.catalog.root
    for path in files(root):
        target = folder / FOLDER / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
