"""Specs that somebody proposes, examined together with those that there are.

A contribution is a folder laid out as ``indicator_specs``. A file in it is added, or takes the place of the one with
the same name. What belongs here: examining it. What does not: computing with it, or accepting it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sdg_pipeline.errors import UsageError
from sdg_pipeline.specs import catalog as catalogs

SUFFIXES = (".yaml", ".sql")
MAX_FILES, MAX_BYTES = 200, 5_000_000


@dataclass(frozen=True)
class Examined:
    """A contribution without mistakes: its files, and the indicators, tables and sources that it adds or changes."""

    files: tuple[str, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]


def files_of(folder: Path) -> list[Path]:
    """The files of a contribution, in order; nothing behind a link is read."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and not p.is_symlink() and p.suffix in SUFFIXES]
    if len(files) > MAX_FILES or sum(p.stat().st_size for p in files) > MAX_BYTES:
        raise UsageError(f"{folder}: more than {MAX_FILES} files or {MAX_BYTES:,} bytes; remedy: split it")
    return files


def mark(folder: Path) -> str:
    """Hash of names and contents."""
    digest = hashlib.sha256()
    for path in files_of(folder):
        digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes() + b"\n")
    return digest.hexdigest()[:16]


def examine(specs: Path, folder: Path) -> Examined:
    """What a contribution adds and changes; SpecErrors with every mistake that it brings."""
    from sdg_pipeline.estimate.check import sound

    files = files_of(folder)
    if not files:
        raise UsageError(f"{folder}: no {' or '.join(SUFFIXES)} file; remedy: lay it out as {specs.name}/")
    before = catalogs.load(specs).sound()
    with tempfile.TemporaryDirectory(prefix="contribution-") as scratch:
        merged = Path(scratch) / "specs"
        shutil.copytree(specs, merged)
        for path in files:
            target = merged / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        after = sound(catalogs.load(merged))
    named = [document.file for document in after.documents.values()]
    own = {str(path.relative_to(folder)) for path in files}
    old = {document.file for document in before.documents.values()}
    added = tuple(file for file in sorted(named) if file in own and file not in old)
    return Examined(tuple(sorted(own)), added, tuple(sorted(own & old)))
