"""``sdg …`` in processes that fork from one in which all is imported, which takes seconds; a test may kill them.

What belongs here: the process, its outputs and its own seconds. What does not: when it is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
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


def forks() -> ForkServerContext:
    """Processes that begin where all is imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with mock.patch.dict(os.environ, {"GX_ANALYTICS_ENABLED": "False"}):  # read at the import, by the server
        context.Process(target=time.sleep, args=(0,)).start()
    return context


def start(
    context: ForkServerContext,
    environment: dict[str, str],
    arguments: tuple[str, ...],
    said: Path,
    ends_after: float | None = None,
) -> ForkServerProcess:
    """``sdg …`` in a process of its own, in the folder of ``said``, the file of its outputs.

    ``ends_after`` are seconds of its processor time, at which the system ends it on the spot.
    """
    process = context.Process(target=_sdg, args=(environment, arguments, said, ends_after))
    process.start()
    return process


def seconds(said: Path) -> float | None:
    """The processor time that a process took, in seconds; None where it did not come to its own end."""
    note = said.with_suffix(".seconds")
    return float(note.read_text(encoding="utf-8")) if note.exists() else None


def _sdg(environment: dict[str, str], arguments: tuple[str, ...], said: Path, ends_after: float | None) -> None:
    said.with_suffix(".seconds").unlink(missing_ok=True)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(said.parent)
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.argv = ["sdg", *arguments]
    before = time.process_time()
    if ends_after:
        signal.setitimer(signal.ITIMER_PROF, ends_after)
    try:
        cli.main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        said.with_suffix(".seconds").write_text(str(time.process_time() - before), encoding="utf-8")
