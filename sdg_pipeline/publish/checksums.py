"""Writes and reads SHA256SUMS, the seal over all files of a folder, in the form of ``sha256sum -c``.

What belongs here: writing and reading that one file. What does not: what a release holds.
"""

from __future__ import annotations

from pathlib import Path

from sdg_pipeline.errors import InputError
from sdg_pipeline.files import sha256_of

NAME = "SHA256SUMS"


def write(folder: Path) -> None:
    """Write ``SHA256SUMS`` over every other file below ``folder``, sorted by path."""
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in files_below(folder)]
    (folder / NAME).write_text("".join(lines), encoding="utf-8")


def read(folder: Path) -> dict[str, str]:
    """sha256 by path; InputError where the seal is missing or malformed."""
    path = folder / NAME
    remedy = "restore the release from a copy, or delete its folder and run again"
    if not path.is_file():
        raise InputError(path, "is missing", remedy=remedy)
    sums: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        digest, separator, name = line.partition("  ")
        if len(digest) != 64 or not separator or not name:
            raise InputError(
                path, "is not a line of sha256 and path", place=f"line {number}", value=line, remedy=remedy
            )
        sums[name] = digest
    return sums


def files_below(folder: Path) -> list[str]:
    """Paths of all files but the seal itself, relative, with forward slashes, sorted."""
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return sorted(name for name in names if name != NAME)
