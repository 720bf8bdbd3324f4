"""Whole files or none: hashing, and writing aside and moving into place.

What belongs here: the few moves on files that every stage makes. What does not: formats.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHUNK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def fsync(path: Path) -> None:
    """Ask the system to put a file or folder on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """A path to write to; on success it takes the place of ``target`` in one move, on failure it is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}.aside")
    try:
        yield aside
        fsync(aside)
        aside.replace(target)
        fsync(target.parent)
    finally:
        aside.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write a whole text file or nothing."""
    with written_aside(target) as aside:
        aside.write_text(text, encoding="utf-8")
