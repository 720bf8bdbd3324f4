"""``sdg …`` in processes that fork from one in which all is imported, which takes seconds; a test may kill them.

What belongs here: the process, its outputs and its own seconds. What does not: when it is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any
from unittest import mock

from sdg_pipeline.cli import commands as cli

PRELOADED = [
    "pytest",
    "yaml",
    "great_expectations.expectations",
    "pandas",
    "sdg_pipeline.cli.commands",
    "sdg_pipeline.estimate.check",
    "sdg_pipeline.estimate.engine",
    "sdg_pipeline.ingest.fetch",
    "sdg_pipeline.ingest.staging",
    "sdg_pipeline.quality.coherence",
    "sdg_pipeline.quality.gx",
    "sdg_pipeline.release.warehouse",
    "sdg_pipeline.run.steps.indicator",
]


CHANGING = (
    "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.utime", "os.chmod",
    "shutil.rmtree",
)  # fmt: skip
"""Calls by Python that change files, as its audit names them; what DuckDB and Arrow write is seen by its renames."""


def forks() -> ForkServerContext:
    """Processes that begin where all is imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with mock.patch.dict(os.environ, {"GX_ANALYTICS_ENABLED": "False"}):  # read at the import, by the server
        context.Process(target=time.sleep, args=(0,)).start()
    return context


@dataclass(frozen=True)
class End:
    """What ends a process on the spot, if anything does.

    ``after`` are seconds of its processor time. ``at`` is the number, from 1, of a call that changes a file below
    ``home``: the process dies before it. Calls are written to ``calls``, one per line, as they come.
    """

    after: float | None = None
    at: int | None = None
    home: Path | None = None
    calls: Path | None = None


NEVER = End()


def start(
    context: ForkServerContext, environment: dict[str, str], arguments: tuple[str, ...], said: Path, end: End = NEVER
) -> ForkServerProcess:
    """``sdg …`` in a process of its own, in the folder of ``said``, the file of its outputs."""
    process = context.Process(target=_sdg, args=(environment, arguments, said, end))
    process.start()
    return process


def seconds(said: Path) -> float | None:
    """The processor time that a process took, in seconds; None where it did not come to its own end."""
    note = said.with_suffix(".seconds")
    return float(note.read_text(encoding="utf-8")) if note.exists() else None


def _changed(event: str, arguments: tuple[Any, ...]) -> str:
    """The path that a call changes, as Python's audit names calls; empty where it changes none."""
    if event == "open":
        path, _, flags = arguments
        return str(path) if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and isinstance(path, str | Path) else ""
    if event in CHANGING:
        return str(next((a for a in reversed(arguments) if isinstance(a, str | Path)), ""))
    return ""


def _listen(end: End) -> None:
    """Note each call that changes a file, and die before the one that was chosen."""
    assert end.home is not None and end.calls is not None
    below, count = f"{end.home}{os.sep}", 0
    note = os.open(end.calls, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        path = _changed(event, arguments)
        if path.startswith(below):
            count += 1
            os.write(note, f"{event} {path.removeprefix(below)}\n".encode())
            if count == end.at:
                os.kill(os.getpid(), signal.SIGKILL)

    def synchronised(descriptor: int) -> None:
        """What was written is whole here. A kill loses no bytes that the system has, so that the disk is not waited for."""
        heard("os.truncate", (str(Path(f"/proc/self/fd/{descriptor}").resolve()),))

    os.fsync = synchronised  # type: ignore[assignment]
    sys.addaudithook(heard)


def _sdg(environment: dict[str, str], arguments: tuple[str, ...], said: Path, end: End) -> None:
    said.with_suffix(".seconds").unlink(missing_ok=True)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(said.parent)
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.argv = ["sdg", *arguments]
    before = time.process_time()
    if end.calls:
        _listen(end)
    if end.after:
        signal.setitimer(signal.ITIMER_PROF, end.after)
    try:
        cli.main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        said.with_suffix(".seconds").write_text(str(time.process_time() - before), encoding="utf-8")
