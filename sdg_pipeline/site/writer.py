"""Writes the site aside and moves it into place whole; a page whose bytes did not change stays the file that it was.

What belongs here: files. What does not: their contents.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sdg_pipeline.files import exchanged


@dataclass(frozen=True)
class Written:
    """The files of the site, and how many of them are new or other than before, and gone."""

    files: tuple[Path, ...]
    changed: int
    removed: int


def write(folder: Path, scratch: Path, pages: Iterable[tuple[str, bytes]]) -> Written:
    """Write pages by path into ``folder``. A killed run leaves the old site; its leftovers are cleared by the next."""
    aside = scratch / f"site-{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    before = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    paths, changed = set(), 0
    try:
        for path, content in pages:
            if path in paths:
                raise ValueError(f"two pages of the site are called {path}")
            paths.add(path)
            changed += _placed(folder / path, aside / path, content)
        _swap(folder, aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Written(tuple(folder / path for path in sorted(paths)), changed, len(before - paths))


def _placed(old: Path, new: Path, content: bytes) -> bool:
    """Put a file into its place; whether it is another one than before."""
    new.parent.mkdir(parents=True, exist_ok=True)
    if old.is_file() and old.read_bytes() == content:
        _same(old, new)
        return False
    new.write_bytes(content)
    return True


def _same(old: Path, new: Path) -> None:
    """The old file under a second name; a copy of its bytes and time where the disk knows no hard links."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copy2(old, new)


def _swap(folder: Path, aside: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.exists():
        aside.rename(folder)
        return
    if exchanged(aside, folder):
        return  # the old pages lie aside now, which the caller removes
    old = aside.with_name(f"{aside.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old)
