"""``sdg release rebuild``: a release computed again from its locks and its specs, and compared byte by byte.

The raw store is asked for files by the sha256 that the release names. Everything else is made anew in a scratch home:
tables, indicators, checks, release. What belongs here: setting up that run. What does not: its steps.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sdg_pipeline.errors import UsageError
from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest.mirror import Entry, Mirror
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government import asked
from sdg_pipeline.open_government.portal_table import PORTAL
from sdg_pipeline.open_government.tables import CONTRIBUTION
from sdg_pipeline.publish import checksums, definitions, locks
from sdg_pipeline.publish.locks import Lock
from sdg_pipeline.release.comparison import position_again
from sdg_pipeline.release.facts import packages
from sdg_pipeline.release.manifest import Manifest, read_manifest, verify
from sdg_pipeline.run import code
from sdg_pipeline.run.graph import PUBLICATION
from sdg_pipeline.run.runner import Runner, silent
from sdg_pipeline.run.steps.kind import Log
from sdg_pipeline.settings import Settings

OTHERS = "only what the release was computed from"


@dataclass(frozen=True)
class Rebuilt:
    """Files that differ, sorted, and what else is to be known of it, each in one line.

    ``others`` are packages of another version than then, other code, and changes that could not be made again.
    """

    files: int
    differing: tuple[str, ...]
    others: tuple[str, ...]


def rebuild(settings: Settings, folder: Path, log: Log = silent) -> Rebuilt:
    """Compute the release in ``folder`` again and compare; InputError or UsageError where what it needs is gone."""
    faults = verify(folder)
    if faults:
        remedy = "remedy: restore the release from a copy"
        raise UsageError(f"release {folder.name} is not as it was sealed ({'; '.join(faults[:5])}); {remedy}")
    manifest, layout = read_manifest(folder), Layout(settings.home)
    specs, locked = folder / definitions.FOLDER, locks.read(folder)
    position = position_again(folder, layout)
    with _scratch_home(layout) as home:
        _bring_contributions(folder, layout, Layout(home))
        _bring_records(folder, layout, Layout(home))
        ours = replace(settings, home=home, specs=specs, csv_bom=bool(manifest.facts["csv_bom"]), draft=True)
        runner = Runner.load(replace(ours, mirror=None), manifest.release)
        runner = runner.over(_mirror(locked, layout), tuple(manifest.facts["coverage_notes"]), position)
        for step in runner.run.upstream([PUBLICATION]):
            runner.perform(step, log)
        old, new = checksums.read(folder), checksums.read(runner.run.layout.release(manifest.release))
    differing = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    kept = f"changes and version are taken as sealed: {manifest.compared_with}, which it was compared with, is gone"
    return Rebuilt(len(old), tuple(differing), (*_others(manifest), *([kept] if position.kept else [])))


@contextmanager
def _scratch_home(layout: Layout) -> Iterator[Path]:
    """A home of its own inside the scratch folder, so that links and moves stay on one disk; removed afterwards."""
    home = layout.scratch / f"rebuild-{os.getpid()}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _bring_contributions(folder: Path, layout: Layout, scratch: Layout) -> None:
    """Copy the contributed files that the release has figures of; UsageError where one is gone."""
    from pyarrow.parquet import read_table

    table = folder / CONTRIBUTION.file
    if not table.is_file():
        return
    for contribution in sorted(set(read_table(table, columns=["contribution"])["contribution"].to_pylist())):
        source = layout.accepted(contribution)
        if not source.is_dir():
            raise UsageError(f"the accepted contribution {contribution} is gone; remedy: restore {source} from a copy")
        shutil.copytree(source, scratch.accepted(contribution))


def _bring_records(folder: Path, layout: Layout, scratch: Layout) -> None:
    """Copy what portals had answered when the release was made; UsageError where a record is gone."""
    from pyarrow.parquet import read_table

    table = folder / PORTAL.file
    rows = read_table(table, columns=["portal", "dataset", "record"]).to_pylist() if table.is_file() else []
    for portal, dataset, record in sorted({(r["portal"], r["dataset"], r["record"]) for r in rows if r["record"]}):
        path = layout.portal_records(portal, dataset) / f"{record}.json"
        if not path.is_file():
            raise UsageError(f"a record of portal {portal} is gone; remedy: restore {path} from a copy")
        asked.put(asked.read(path), scratch)


def _mirror(locked: list[Lock], layout: Layout) -> Mirror:
    """The raw store as a mirror of exactly the files that the release names; UsageError names those that are gone."""
    root, entries, gone = layout.data / "raw", {}, []
    for lock in locked:
        path = _stored(lock, layout)
        if path is None:
            gone.append(f"{lock.source}/{lock.edition} sha256 {lock.sha256}")
            continue
        entries[lock.source, lock.edition] = Entry(
            source=lock.source,
            edition=lock.edition,
            path=path.relative_to(root).as_posix(),
            sha256=lock.sha256,
            container=lock.container,
            columns=lock.columns,
            states=lock.states if lock.partial else (),
        )
    if gone:
        raise UsageError(f"the raw store lacks {'; '.join(gone)}; remedy: restore {root} from a copy, or fetch them")
    return Mirror("the raw store", "rebuild", str(root), entries, {}, OTHERS)


def _stored(lock: Lock, layout: Layout) -> Path | None:
    folder = layout.raw_folder(lock.source, lock.edition)
    same = (p for p in sorted(folder.glob(f"{lock.sha256[:12]}.*")) if sha256_of(p) == lock.sha256)
    return next(same, None)


def _others(manifest: Manifest) -> Iterator[str]:
    for name, version in packages().items():
        before = manifest.facts["packages"].get(name)
        if before != version:
            yield f"{name} {before} made it, this is {version}"
    then, now = str(manifest.facts.get("code", "")), code.release_hash()
    if then != now:
        yield f"code {then[:12] or 'unknown'} made it, this is {now[:12]}"
