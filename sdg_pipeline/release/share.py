"""Stores equal files of several releases once, as hard links.

A sealed file is never edited, and so it may have many names. Folders stay self-contained: a copy of one, and the
deletion of another, are as before. What belongs here: finding equal files and linking them. What does not: the seal.
"""

from __future__ import annotations

import filecmp
import os
from pathlib import Path

from sdg_pipeline.publish import checksums

SEALED = 0o444
"""Nobody may write: who saves into one release from a spreadsheet would save into all that share the file."""


def share(folder: Path, sealed: list[Path]) -> int:
    """Replace files of ``folder``, which has its SHA256SUMS, by links to equal ones of ``sealed`` releases.

    Returns the bytes that need no storage of their own. A file that was altered after it was sealed is not linked to:
    bytes are compared, not only hashes that were written down. Where the file system gives no link, the copy stays.
    """
    offered = {digest: place / name for place in sealed for name, digest in _seal(place).items()}
    spared = 0
    for name, digest in checksums.read(folder).items():
        own, other = folder / name, offered.get(digest)
        if other is not None and _same(own, other) and _linked(own, other):
            spared += own.stat().st_size
        else:
            own.chmod(SEALED)
    (folder / checksums.NAME).chmod(SEALED)
    return spared


def _seal(release: Path) -> dict[str, str]:
    """A release without a seal shares nothing; ``sdg release verify`` tells of it."""
    return checksums.read(release) if (release / checksums.NAME).is_file() else {}


def _same(own: Path, other: Path) -> bool:
    return other.is_file() and not other.is_symlink() and filecmp.cmp(own, other, shallow=False)


def _linked(own: Path, other: Path) -> bool:
    """Whether ``own`` is a link to ``other`` now; some file systems have no links, and all bound their number."""
    aside = own.with_name(f".{own.name}.link")
    try:
        os.link(other, aside)
    except OSError:
        return False
    aside.replace(own)
    return True
