"""Examines this machine: Python, packages, folders, specs, mirror, release and warehouse.

What belongs here: questions with a yes or no and their answers. What does not: mending.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import metadata

from sdg_pipeline import duck
from sdg_pipeline.errors import SdgError
from sdg_pipeline.layout import Layout
from sdg_pipeline.quality import freshness
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import catalog as catalogs

PACKAGES = ("dagster", "pandas", "duckdb", "pyarrow", "great-expectations", "requests", "sqlglot", "pydantic")
MIN_FREE_GB = 2


@dataclass(frozen=True)
class Finding:
    """One question, whether all is well, and the answer, with more lines where it has some."""

    what: str
    well: bool
    answer: str
    lines: tuple[str, ...] = ()


def examine(settings: Settings, on: date) -> list[Finding]:
    """All findings on a day, in the order in which they should be mended."""
    layout = Layout(settings.home)
    return [
        Finding("Python", (3, 11) <= sys.version_info < (3, 14), sys.version.split()[0]),
        *_packages(),
        _disk(layout),
        _asked("specs and mirror", lambda: _graph(settings)),
        _sources(settings, on),
        _asked("raw files", lambda: _raw(layout)),
        _asked("latest release", lambda: _release(layout)),
        _asked("warehouse", lambda: _warehouse(layout)),
    ]


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(name, True, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, False, "not installed; remedy: make run, or install requirements.lock")


def _disk(layout: Layout) -> Finding:
    free = shutil.disk_usage(layout.home).free / 1e9
    return Finding("disk", free >= MIN_FREE_GB, f"{free:.1f} GB free at {layout.home}")


def _asked(what: str, question: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, question())
    except SdgError as error:
        return Finding(what, False, str(error))


def _graph(settings: Settings) -> str:
    runner = Runner.load(settings)
    origin = f"mirror {runner.run.mirror.name}" if runner.run.mirror else "official URLs"
    return f"{len(runner.run.indicators)} indicators, {len(runner.run.steps)} steps, bytes from {origin}"


def _sources(settings: Settings, on: date) -> Finding:
    """Late sources are no fault of the machine, and are named all the same."""
    sources = freshness.of_catalog(catalogs.load(settings.specs), on)
    late = tuple(source.summary() for source in sources if source.wanting)
    return Finding("sources", True, f"{len(late)} of {len(sources)} wait for a newer edition", late)


def _raw(layout: Layout) -> str:
    """Every raw file in use is read: a disk that changes bytes keeps their times."""
    from sdg_pipeline.ingest import integrity

    wrong = integrity.damaged(layout)
    if wrong:
        raise SdgError("\n".join(wrong))
    return "those in use have the bytes that were fetched"


def _release(layout: Layout) -> str:
    from sdg_pipeline.release.manifest import verify

    if not layout.latest.exists():
        return "none yet"
    wrong = verify(layout.latest)
    if wrong:
        raise SdgError(f"{layout.latest.resolve().name}: {'; '.join(wrong[:3])}")
    return f"{layout.latest.resolve().name}, whole"


def _warehouse(layout: Layout) -> str:
    import duckdb

    if not layout.warehouse.exists():
        return "none yet"
    try:
        with duckdb.connect(str(layout.warehouse), read_only=True) as con:
            duck.require_format(con, layout.warehouse)
            count = con.execute("SELECT count(*) FROM observation").fetchall()[0][0]
    except duckdb.Error as error:
        raise SdgError(f"{layout.warehouse} cannot be read: {error}; remedy: delete it and `sdg run`") from error
    return f"{count:,} observations"
