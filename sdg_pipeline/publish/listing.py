"""Describes the files of a standard package, for the README, the dictionary and the Data Package of a release.

What belongs here: that description, and which files of a folder it fits. What does not: formats (``packages``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PLACEHOLDER = re.compile(r"<[a-z_]+>")


@dataclass(frozen=True)
class Listed:
    """A file of a package, or a family of files: ``sdmx/<id>.csv.gz`` is one file for each indicator.

    ``path`` is relative to the release. A name in ``<>`` stands for any text without a slash,
    and no other file fits.
    """

    path: str
    media: str
    en: str
    es: str

    @property
    def family(self) -> bool:
        """Whether there is one file for each indicator, area and the like."""
        return bool(_PLACEHOLDER.search(self.path))

    def files(self, folder: Path) -> Iterator[Path]:
        """The files of a release that the path fits, sorted."""
        yield from sorted(folder.glob(_PLACEHOLDER.sub("*", self.path)))
