"""Moves a restored home into its place, and ends such a move that a kill cut short.

All files lie aside, compared, before ``READY`` does. From then on the restore is decided: the next turn ends it.
Before that, what lies aside is removed. ``data`` comes last and in one move, so that nobody reads half of a home.
What belongs here: these moves. What does not: the back-up (backup), whose turn it is (lock).
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from sdg_pipeline.files import exchanged, fsync, write_text
from sdg_pipeline.layout import Layout

ASIDE, READY = ".sdg-restore-", ".restored"
FIRST = ("contributions", "warehouse")
"""Parts of a home that come before ``data``."""


def decide(aside: Path) -> None:
    """From here on the restore is ended, and no longer undone; ``aside`` has everything."""
    (aside / "data").mkdir(exist_ok=True)
    write_text(aside / "data" / READY, "")


def decided(layout: Layout) -> bool:
    """Whether a restore of this home was cut short, and only has to be ended."""
    return any((aside / "data" / READY).is_file() for aside in layout.home.glob(f"{ASIDE}*"))


def finish(layout: Layout) -> None:
    """End a restore that was cut short, or remove what lies aside of it; the caller has the turn."""
    for aside in layout.home.glob(f"{ASIDE}*"):
        if (aside / "data" / READY).is_file():
            for part in FIRST:
                _merge(aside / part, layout.home / part)
            _land(aside / "data", layout)
        (layout.data / READY).unlink(missing_ok=True)
        shutil.rmtree(aside)


def _land(restored: Path, layout: Layout) -> None:
    """Let the folder of data take its place with the lock that this process has; ``READY`` goes with it."""
    with suppress(FileExistsError, OSError):  # where no link can be had, entries are moved
        os.link(layout.run_lock, restored / layout.run_lock.name)
    if not (restored / layout.run_lock.name).exists() or not exchanged(restored, layout.data):
        _merge(restored, layout.data)
    fsync(layout.home)


def _merge(part: Path, place: Path) -> None:
    """Move entries one by one, the releases last of all; what was moved before is no longer there."""
    if not part.is_dir():
        return
    place.mkdir(exist_ok=True)
    for path in sorted(part.iterdir(), key=lambda path: (path.name == "published", path.name)):
        if path.name not in (READY, ".lock"):
            path.rename(place / path.name)
    fsync(place)
