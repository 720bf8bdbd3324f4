"""Seals a release: writes it aside, moves it into place with one rename, and never edits it afterwards.

What belongs here: the order of writers and the seal. What does not: formats (``publish``), the list of releases
(``release.manifest``), what people do with one (``release.events``, ``release.review``), the database
(``release.warehouse``).
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sdg_pipeline import duck
from sdg_pipeline.errors import BlockedRelease, UsageError
from sdg_pipeline.files import fsync
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import (
    checks_page,
    checksums,
    citation,
    corrections,
    csv,
    datapackage,
    definitions,
    dictionary,
    lineage,
    locks,
    parquet,
    readme,
)
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.quality import results
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.release import comparison, events, policy
from sdg_pipeline.release.comparison import Place, place_of
from sdg_pipeline.release.facts import facts_of
from sdg_pipeline.release.latest import ASIDE, announce
from sdg_pipeline.release.manifest import CHECKS, MANIFEST, read_manifest, sealed, verify
from sdg_pipeline.release.share import share
from sdg_pipeline.settings import Settings

RELEASE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def build(contents: Contents, layout: Layout, settings: Settings | None = None, place: Place | None = None) -> Path:
    """Seal ``contents`` as a release; returns its folder.

    It is published at once, or stays a draft where people decide (``release.policy``). A release that exists already is
    taken as it is where the contents give the same bytes. ``place`` is found unless it is given, for a release made
    elsewhere.
    Raises BlockedRelease where a blocking check failed (drafts may have such), UsageError where another release has
    this name or there is nothing to publish, InputError where an indicator file is malformed; then nothing changes.
    """
    settings = settings or Settings.from_environment()
    draft = policy.ends_with_draft(layout, settings)
    _refuse(contents, layout, draft)
    policy.remember(layout, settings)
    _clear_leftovers(layout)
    target = layout.release(contents.release)
    aside = layout.scratch / f"{ASIDE}{os.getpid()}"
    try:
        _write(contents, aside, place or place_of(contents.release, layout), settings)
        if target.exists():
            _require_same(target, aside)
        else:
            share(aside, [layout.release(m.release) for m in sealed(layout)])
            events.record(layout, contents.release, "drafted", settings.actor, automation=True, folder=aside)
            _move_into_place(aside, target)
        if not draft:
            announce(layout, contents.release, settings.actor, automation=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def findings(checks: Iterable[CheckResult]) -> tuple[str, ...]:
    """The checks that stand against publishing a release, one line each."""
    blocking = sorted((c for c in checks if c.blocks), key=lambda c: (c.border, c.subject, c.check))
    return tuple(f"{c.subject}: rule {c.check}: {_failing(c)} ({c.description}); {c.observed}" for c in blocking)


def _refuse(contents: Contents, layout: Layout, draft: bool) -> None:
    name = contents.release
    if not RELEASE_NAME.fullmatch(name) or name == layout.latest.name or name.endswith(".jsonl"):
        raise UsageError(f"{contents.release!r} cannot name a release; remedy: letters, digits, dot, dash, underscore")
    if layout.latest.exists() and not layout.latest.is_symlink():
        raise UsageError(f"{layout.latest} is not a link; remedy: remove it, the next run makes it")
    if not contents.indicator_files:
        raise UsageError("no indicator to publish; remedy: add an indicator spec, see `sdg new indicator`")
    blocking = [check for check in contents.checks if check.blocks]
    if blocking and not draft:
        told = "\n".join(_blocked(check, contents) for check in blocking)
        raise BlockedRelease(f"release {contents.release} is blocked, nothing was published:\n{told}")


def _blocked(check: CheckResult, contents: Contents) -> str:
    file = contents.indicator_files.get(check.subject) if check.border == "indicator" else None
    document = contents.catalog.documents.get(check.subject)
    first = json.dumps(check.failing_rows[0], ensure_ascii=False, default=str) if check.failing_rows else "not kept"
    rule = contents.catalog.root / document.file if document else check.subject
    return (
        f"{file or check.subject}: rule {check.check}: {_failing(check)} ({check.description}); {check.observed}; "
        f"first: {first}; why: {check.reason} Rule set in {rule}, owner {check.owner}"
    )


def _failing(check: CheckResult) -> str:
    return "1 row fails" if check.n_failing == 1 else f"{check.n_failing} rows fail"


def _clear_leftovers(layout: Layout) -> None:
    layout.scratch.mkdir(parents=True, exist_ok=True)
    for leftover in layout.scratch.glob(f"{ASIDE}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _write(contents: Contents, folder: Path, place: Place, settings: Settings) -> None:
    folder.mkdir(parents=True)
    if place.again:  # by which code it was made at first; that this one gives the same bytes is what is compared
        contents = replace(contents, code=read_manifest(place.again).facts.get("code", ""))
    hashes = {i.id: contents.catalog.spec_hash(i) for i in contents.indicators}
    con = duck.connect(settings, folder.parent)
    try:
        parquet.write(contents, folder, con)
        csv.write(contents, folder, con)
        for writer in (dictionary, corrections, checks_page):
            writer.write(contents, folder)
        found = comparison.write(place, contents, hashes, folder, con)
        contents = replace(contents, version=found.judged.version, compared_with=found.compared_with)
        readme.write(contents, folder, con)
    finally:
        con.close()
    checks = sorted(contents.checks, key=lambda c: (c.border, c.subject, c.check))
    (folder / CHECKS).write_text(results.dump(checks), encoding="utf-8")
    facts = json.dumps(facts_of(contents, place, found), ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(facts + "\n", encoding="utf-8")
    for writer in (citation, locks, lineage, definitions, datapackage):
        writer.write(contents, folder)
    checksums.write(folder)


def _require_same(target: Path, aside: Path) -> None:
    remedy = "remedy: publish under another name; a release is never edited"
    if checksums.read(target) != checksums.read(aside):
        new, old = checksums.read(aside), checksums.read(target)
        differing = sorted(name for name in {*new, *old} if new.get(name) != old.get(name))
        raise UsageError(f"release {target.name} exists with other contents ({', '.join(differing[:5])}); {remedy}")
    faults = verify(target)
    if faults:
        mend = "remedy: delete its folder and run again"
        raise UsageError(f"release {target.name} was altered after it was sealed ({'; '.join(faults[:5])}); {mend}")


def _move_into_place(aside: Path, target: Path) -> None:
    for path in sorted(aside.rglob("*"), reverse=True):
        fsync(path)
    fsync(aside)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside.rename(target)
    fsync(target.parent)
