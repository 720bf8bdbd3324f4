"""What a format is: what it writes, out of what, and how its files are listed.

A format writes below the folder of the release, before that is sealed. So SHA256SUMS holds its files, a rebuild
compares them byte by byte, and a file that is equal in the release before shares its storage. The same tables must give
the same bytes. A format writes no time of day, keeps no order of a set, and names the release only where it says so
(``names_release``).
What belongs here: the form. What does not: the list of formats (``registry``), any one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.publish.listing import Listed

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Tables:
    """What a format writes from: the contents, and the folder with Parquet, CSV and wide tables, which it adds to.

    ``con`` is a cursor of its own, since formats are written side by side.
    """

    contents: Contents
    folder: Path
    con: duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Format:
    """A standard form of the values of a release.

    ``write`` writes all files that ``listed`` describes, and no other. ``names_release`` is for files that say which
    release they are of, or list its other files. They are written last, and no two releases share them.
    """

    name: str
    listed: tuple[Listed, ...]
    write: Callable[[Tables], None]
    names_release: bool = False
