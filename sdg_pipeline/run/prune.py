"""``sdg prune``: what a home has on the disk that neither a rebuild nor the next run needs.

A rebuild needs the raw files that a release names, the next run those in use and the staged tables of the specs. A
published release is never removed, nor a draft that somebody reviewed or approved, nor the newest. What belongs here:
choosing and removing. What does not: asking people (cli).
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sdg_pipeline.errors import UsageError
from sdg_pipeline.ingest.integrity import CURRENT
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import locks
from sdg_pipeline.release import events
from sdg_pipeline.release.latest import ASIDE
from sdg_pipeline.release.manifest import Manifest, in_force, sealed

HASH_LENGTH = 12
"""Characters of the sha256 in the name of a raw file."""


@dataclass(frozen=True)
class Spare:
    """A file or folder that nothing needs, and why."""

    path: Path
    reason: str

    @property
    def bytes(self) -> int:
        return size(self.path)


def size(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; releases that share a file share its bytes.

    A file that a run removes meanwhile counts for nothing.
    """
    sizes = {}
    for file in [path] if path.is_file() else (Path(at, name) for at, _, names in os.walk(path) for name in names):
        with suppress(FileNotFoundError):
            status = file.lstat()
            if stat.S_ISREG(status.st_mode):
                sizes[status.st_dev, status.st_ino] = status.st_size
    return sum(sizes.values())


def budget(layout: Layout) -> dict[str, int]:
    """Bytes by folder of a home, the largest first."""
    folders = [path for part in (layout.data, layout.warehouse.parent) for path in part.glob("*")]
    sizes = {path.relative_to(layout.home).as_posix(): size(path) for path in folders if not path.is_symlink()}
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))


def spare(layout: Layout, tables: Iterable[str]) -> list[Spare]:
    """What may go, in the order of its paths; ``tables`` are those of the specs."""
    drafts = list(_old_drafts(layout))
    gone = {draft.release for draft in drafts}
    kept = [manifest for manifest in sealed(layout) if manifest.release not in gone]
    spared = [Spare(layout.release(d.release), "an old draft that nobody reviewed or published") for d in drafts]
    spared += _raw(layout, kept) + _staged(layout, set(tables))
    return sorted(spared, key=lambda one: one.path)


def prune(layout: Layout, tables: Iterable[str], chosen: Iterable[Spare]) -> None:
    """Remove what was chosen; UsageError, and nothing is gone, where a rebuild or the next run needs some of it."""
    chosen, may_go = list(chosen), {one.path for one in spare(layout, tables)}
    needed = [one.path for one in chosen if one.path not in may_go]
    if needed:
        raise UsageError(f"{needed[0]} is needed for a rebuild or the next run; remedy: leave it, and prune again")
    layout.scratch.mkdir(parents=True, exist_ok=True)
    for one in chosen:
        if one.path.is_dir():
            aside = layout.scratch / f"{ASIDE}pruned-{one.path.name}"
            one.path.rename(aside)  # half a release is never seen
            shutil.rmtree(aside)
        else:
            one.path.unlink()


def _old_drafts(layout: Layout) -> Iterator[Manifest]:
    """Drafts before the newest release, of which the record knows nothing but that they were drafted."""
    every = sealed(layout)
    compared = {manifest.compared_with for manifest in every}
    for manifest in every[:-1]:
        kinds = {event.event for event in events.read(layout, manifest.release)}
        if kinds == {"drafted"} and manifest.release not in {*compared, in_force(layout)}:
            yield manifest


def _raw(layout: Layout, kept: Iterable[Manifest]) -> list[Spare]:
    store = layout.data / "raw"
    needed = {RawFile.read(current).sha256[:HASH_LENGTH] for current in store.glob(f"*/*/{CURRENT}")}
    for manifest in kept:
        needed |= {lock.sha256[:HASH_LENGTH] for lock in locks.read(layout.release(manifest.release))}
        needed |= {sha256[:HASH_LENGTH] for _, _, sha256 in manifest.sources}
    files = (path for path in store.glob("*/*/*") if path.is_file() and path.name != CURRENT)
    reason = "no release names these bytes, and they are not in use"
    return [Spare(path, reason) for path in files if path.name[:HASH_LENGTH] not in needed]


def _staged(layout: Layout, tables: set[str]) -> list[Spare]:
    files = layout.staged("any").parent.glob("*.parquet")
    return [Spare(path, "the specs have no such table any more") for path in files if path.stem not in tables]
