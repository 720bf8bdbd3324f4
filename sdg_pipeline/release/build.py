"""Seals a release: writes it aside, moves it into place with one rename, and never edits it afterwards.

What belongs here: the seal, and when contents are a release that there is already. What does not: the files
(``release.writing``), the name (``release.naming``), the list of releases (``release.manifest``), what people do with
one (``release.events``, ``release.review``), the database (``release.warehouse``).
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from sdg_pipeline import duck
from sdg_pipeline.errors import BlockedRelease, UsageError
from sdg_pipeline.files import fsync
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.release import events, origins, policy
from sdg_pipeline.release.comparison import Position, position_of
from sdg_pipeline.release.decision import kept_back, lacks
from sdg_pipeline.release.events import Act
from sdg_pipeline.release.findings import described, findings
from sdg_pipeline.release.latest import ASIDE, announce, mend
from sdg_pipeline.release.manifest import in_force, read_manifest, sealed, verify
from sdg_pipeline.release.naming import name_for, require_name
from sdg_pipeline.release.share import share
from sdg_pipeline.release.writing import write_contents, write_position
from sdg_pipeline.settings import Settings


def build(
    contents: Contents, layout: Layout, settings: Settings | None = None, position: Position | None = None
) -> Path:
    """Seal ``contents`` as a release; returns its folder.

    They are the release that holds them already, whatever its name; else they get the name that they bring, or the next
    number (``release.naming``). The release is published at once, or stays a draft where people decide
    (``release.decision``). ``position`` is looked up where it is None; a release that is computed again brings its own.
    Where it raises an error, nothing changes. BlockedRelease says that a blocking check failed; drafts may have such
    checks, and so may the release in force where somebody approved it. UsageError says that another release has this
    name, there is nothing to publish, or rows cite what is not sealed with them. InputError says that an indicator file
    is malformed.
    """
    settings = settings or Settings.from_environment()
    policy.remember(layout, settings)
    _require_publishable(contents, layout)
    mend(layout)
    _clear_leftovers(layout)
    aside = layout.scratch / f"{ASIDE}{os.getpid()}"
    try:
        contents = _write(contents, aside, position, layout, settings)
        target = layout.release(contents.release)
        draft = bool(kept_back(layout, settings, contents.catalog, aside))
        if not draft:
            _require_unblocked(contents, layout)
        note = _choice(layout, settings, contents, aside)
        if target.exists():
            _require_same(target, aside)
        else:
            share(aside, [layout.release(m.release) for m in sealed(layout)])
            events.record(layout, contents.release, Act("drafted", settings.actor, automation=True), folder=aside)
            _move_into_place(aside, target)
        if not draft:
            announce(layout, contents.release, settings.actor, automation=True, note=note)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def _require_publishable(contents: Contents, layout: Layout) -> None:
    """Refuse what is known to be refused before anything is written."""
    if contents.release:
        require_name(layout, contents.release)
    if layout.latest.exists() and not layout.latest.is_symlink():
        raise UsageError(f"{layout.latest} is not a link; remedy: remove it, the next run makes it")
    if not contents.indicator_files:
        raise UsageError("no indicator to publish; remedy: add an indicator spec, see `sdg new indicator`")


def _choice(layout: Layout, settings: Settings, contents: Contents, folder: Path) -> str:
    """Who chose to publish less than is in force, for the record; empty where nobody had to."""
    lacking = lacks(layout, contents.catalog, folder) if settings.partial else ()
    return f"--partial, chosen by {settings.actor}: without {'; '.join(lacking)}" if lacking else ""


def _require_origins(contents: Contents, folder: Path) -> None:
    """Refuse rows that were computed from other bytes, or by another definition, than are sealed with them."""
    catalog = contents.catalog
    sources = [(raw.source, raw.edition, raw.sha256) for raw in contents.sources]
    faults = origins.faults(folder, sources, {i.id: catalog.spec_hash(i) for i in contents.indicators})
    if faults:
        raise UsageError("\n".join([*faults[:5], "nothing was published; remedy: `sdg run` computes them again"]))


def _require_unblocked(contents: Contents, layout: Layout) -> None:
    """Refuse contents with blocking findings, unless they are those of the release in force.

    That one was approved by a person: a run that gives it again publishes nothing new.
    """
    if findings(contents.checks) and contents.release != in_force(layout):
        raise _blocked(contents)


def _blocked(contents: Contents) -> BlockedRelease:
    name = f"release {contents.release}" if contents.release else "the release"
    return BlockedRelease(f"{name} is blocked, nothing was published:\n{described(contents)}")


def _clear_leftovers(layout: Layout) -> None:
    layout.scratch.mkdir(parents=True, exist_ok=True)
    for leftover in layout.scratch.glob(f"{ASIDE}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _write(contents: Contents, folder: Path, position: Position | None, layout: Layout, settings: Settings) -> Contents:
    """Write all files; returns the contents under the name that they have now."""
    con = duck.connect(settings, folder.parent)
    try:
        fingerprint = write_contents(contents, folder, con)
        _require_origins(contents, folder)
        named = replace(contents, release=name_for(layout, fingerprint, contents.release))
        write_position(named, fingerprint, position or position_of(named.release, layout), folder, con)
    finally:
        con.close()
    return named


def _require_same(target: Path, aside: Path) -> None:
    """Refuse a release of this name that has other contents, or that was altered.

    Where the fingerprints are equal, the contents are. Other code may then say what changed in other words; what is
    sealed stays.
    """
    new, old = checksums.read(aside), checksums.read(target)
    fingerprint = read_manifest(aside).fingerprint
    if new != old and (not fingerprint or fingerprint != read_manifest(target).fingerprint):
        differing = sorted(name for name in {*new, *old} if new.get(name) != old.get(name))
        remedy = "remedy: publish under another name; a release is never edited"
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
