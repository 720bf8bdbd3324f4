"""Whose turn it is to write: one lock for a data folder, held by one process at a time.

What belongs here: the lock, and what a killed holder left half-made. What does not: the work that is done meanwhile.
"""

from __future__ import annotations

import fcntl
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import STEP_FOLDERS, Layout


@contextmanager
def turn(layout: Layout) -> Iterator[None]:
    """Hold the data folder's lock, so that two runs do not write at once; the system frees it of a killed run.

    Steps that one process runs side by side hold it together.
    """
    try:
        layout.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"SDG_HOME={layout.home} cannot be used: {error}; remedy: name a folder") from error
    with _turns:
        held = _held.get(layout.run_lock)
        if held is None:
            held = _Held(layout.run_lock.open("w"))
            fcntl.flock(held.file, fcntl.LOCK_EX)
            _sweep(layout)
            _held[layout.run_lock] = held
        held.steps += 1
    try:
        yield
    finally:
        with _turns:
            held.steps -= 1
            if not held.steps:
                _held.pop(layout.run_lock).file.close()


@dataclass
class _Held:
    """The open file of a lock that this process holds, and for how many steps."""

    file: IO[str]
    steps: int = 0


_held: dict[Path, _Held] = {}
_turns = threading.Lock()


@cache
def _sweep(layout: Layout) -> None:
    """Remove what a killed run left half-made; once a process, and only while the data folder is locked.

    A partial download stays: the next fetch goes on where it stopped.
    """
    for folder in STEP_FOLDERS:
        for leftover in (layout.data / folder).rglob(".*.aside"):
            leftover.unlink(missing_ok=True)
    for leftover in layout.scratch.glob("*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        elif not leftover.name.endswith((".part", ".part.json")):
            leftover.unlink(missing_ok=True)
