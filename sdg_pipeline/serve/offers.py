"""Which releases are offered: published ones whose records can be read, each with its seal.

Each release is judged by itself, so a damaged one silences no other. What was read is kept until one of its files
changes. What belongs here: which releases there are, and their files. What does not: answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sdg_pipeline.errors import InputError, UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums
from sdg_pipeline.release import events
from sdg_pipeline.release.manifest import MANIFEST, read_manifest, state

Stamp = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True)
class Offer:
    """A published release: its folder and the sha256 of its files by path; ``damaged`` where it cannot be read."""

    name: str
    folder: Path
    seal: Mapping[str, str] = field(default_factory=dict)
    damaged: bool = False


def stamp(*paths: Path) -> Stamp:
    """What changes when one of these files does."""
    return tuple(_stamp(path) for path in paths)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


@dataclass(frozen=True)
class _Read:
    """What was read of a release, from which files, and when these were last changed."""

    folder: Path
    files: tuple[Path, ...]
    stamp: Stamp
    offer: Offer | None


class Offers:
    """The releases of a home as they are at the moment of a question."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._read: dict[str, _Read] = {}
        self._link = layout.latest

    @property
    def latest(self) -> str | None:
        """The name of the release in force."""
        try:
            return self._link.readlink().name
        except OSError:
            return None

    def offer(self, name: str) -> Offer | None:
        """The published release of this name, or of ``latest``; None for a draft and for anything else."""
        actual = self.latest if name == self._link.name else name
        if actual is None:
            return None
        before = self._read.get(actual)
        if before is not None and before.stamp == stamp(*before.files) and not before.folder.is_symlink():
            return before.offer
        self._read.pop(actual, None)
        try:
            folder, record = self.layout.release(actual), self.layout.events(actual)
        except UsageError:
            return None
        files = (folder / MANIFEST, folder / checksums.NAME, record)
        now = stamp(*files)
        if now[0] is None or folder.is_symlink():
            return None
        read = self._read[actual] = _Read(folder, files, now, self._judged(actual, folder))
        return read.offer

    def _judged(self, name: str, folder: Path) -> Offer | None:
        try:
            if state(self.layout, read_manifest(folder)) != "published":
                once = events.last(events.read(self.layout, name), "published") is not None  # then of other bytes
                return Offer(name, folder, damaged=True) if once else None
            return Offer(name, folder, checksums.read(folder))
        except InputError:
            return Offer(name, folder, damaged=True)

    def all(self) -> Iterator[Offer]:
        """Every offered release, by name."""
        if self.layout.published.is_dir():
            for folder in sorted(self.layout.published.iterdir()):
                offer = self.offer(folder.name) if folder.name != self.layout.latest.name else None
                if offer is not None:
                    yield offer
