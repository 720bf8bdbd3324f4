"""Whose turn it is to write: one lock per data folder, which one process at a time has.

What belongs here: the lock, and what a killed run left half-made. What does not: the work that is done meanwhile.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import STEP_FOLDERS, Layout
from sdg_pipeline.run import landing

POLL_SECONDS = 0.05
LOG = logging.getLogger(__name__)
Say = Callable[[str], None]


@contextmanager
def turn(layout: Layout, say: Say = LOG.warning) -> Iterator[None]:
    """Take the lock of the data folder, so that two runs do not write at once; the system frees that of a killed run.

    Steps that one process runs side by side share it. ``say`` gets one message where another run has the lock; without
    it the message goes to the log, which Python writes to stderr. UsageError where the folder cannot be used.
    """
    with _guard:
        lock = _acquired.get(layout.run_lock)
        if lock is None:
            lock = _acquired[layout.run_lock] = _Shared(_acquire(layout, say))
        lock.steps += 1
    try:
        yield
    finally:
        with _guard:
            lock.steps -= 1
            if not lock.steps:
                _acquired.pop(layout.run_lock).lock.release()


@dataclass
class _Shared:
    """The lock that this process has, and how many of its steps use it."""

    lock: FileLock
    steps: int = 0


_acquired: dict[Path, _Shared] = {}
_announced: set[Path] = set()
_guard = threading.Lock()


def _acquire(layout: Layout, say: Say) -> FileLock:
    # The lock belongs to the process: the step that ends last frees it, in whichever thread it runs.
    # Without flock there is no lock that the system frees, and filelock's substitute would outlive a killed run.
    lock = FileLock(layout.run_lock, thread_local=False, poll_interval=POLL_SECONDS, fallback_to_soft=False)
    try:
        layout.data.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            _say_once(layout, say)
            lock.acquire()
    except OSError as error:
        raise UsageError(f"SDG_HOME={layout.home} cannot be used: {error}; remedy: name a folder") from error
    try:
        landing.finish(layout)
        _sweep(layout)
    except BaseException:
        lock.release()
        raise
    return lock


def _say_once(layout: Layout, say: Say) -> None:
    """Once per process: two runs that take turns would otherwise say it at every step."""
    if layout.run_lock not in _announced:
        _announced.add(layout.run_lock)
        say(f"another run holds {layout.home}; waiting")


@cache
def _sweep(layout: Layout) -> None:
    """Remove what a killed run left half-made; once per process, and only while the data folder is locked.

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
