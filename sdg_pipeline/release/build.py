"""Sealing a release: written aside whole, moved into place with one rename, and never edited afterwards.

What belongs here: the order of writers, the seal, ``latest``, and the list of releases. What does not:
formats (``publish``) and the database (``release.warehouse``).
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from sdg_pipeline import __version__, duck
from sdg_pipeline.errors import BlockedRelease, InputError, UsageError
from sdg_pipeline.files import fsync, sha256_of
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checks_page, checksums, corrections, csv, datapackage, dictionary, parquet, readme
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.quality import results
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs.source import Source

MANIFEST = "release.json"
CHECKS = "checks.json"
ASIDE = "release-"
"""How names below ``layout.scratch`` begin that this module may delete."""
RELEASE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
PACKAGES_THAT_SHAPE_FILES = ("duckdb", "pydantic", "sqlglot")


@dataclass(frozen=True)
class Manifest:
    """What ``release.json`` says of one release, as far as code asks for it; ``facts`` is all of it."""

    release: str
    sequence: int
    facts: Mapping[str, Any]


def build(contents: Contents, layout: Layout, settings: Settings | None = None) -> Path:
    """Publish ``contents`` and point ``latest`` at them; returns the folder of the release.

    A release that exists already is returned as it is where the contents give the same bytes.
    Raises BlockedRelease where a blocking check failed, UsageError where another release has this name or
    there is nothing to publish, InputError where an indicator file is malformed; then nothing changes.
    """
    _refuse(contents, layout)
    _clear_leftovers(layout)
    target = layout.release(contents.release)
    aside = layout.scratch / f"{ASIDE}{os.getpid()}"
    try:
        _write(contents, aside, _sequence_for(contents.release, layout), settings or Settings.from_environment())
        if target.exists():
            _require_same(target, aside)
        else:
            _move_into_place(aside, target)
        _point_latest(target, layout)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def releases(layout: Layout) -> list[str]:
    """Names of all releases in the order in which they were made."""
    return [m.release for m in manifests(layout)]


def previous(layout: Layout, release: str) -> str | None:
    """The release made just before this one, or None for the first; UsageError on an unknown one."""
    names = releases(layout)
    if release not in names:
        raise UsageError(f"no release {release!r} below {layout.published}; there are: {', '.join(names) or 'none'}")
    place = names.index(release)
    return names[place - 1] if place else None


def manifests(layout: Layout) -> list[Manifest]:
    """``release.json`` of all releases in the order in which they were made."""
    if not layout.published.is_dir():
        return []
    folders = [f for f in layout.published.iterdir() if not f.is_symlink() and (f / MANIFEST).is_file()]
    return sorted((read_manifest(f) for f in folders), key=lambda m: (m.sequence, m.release))


def read_manifest(folder: Path) -> Manifest:
    """``release.json`` of one release; InputError where it is damaged."""
    path = folder / MANIFEST
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(str(facts["release"]), int(facts["sequence"]), facts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "restore the release from a copy, or delete its folder and run again"
        raise InputError(path, f"is not the manifest of a release ({error})", remedy=remedy) from error


def verify(folder: Path) -> list[str]:
    """Files not as sealed: ``<path>: differs``, ``… missing`` or ``… not listed``; empty means whole."""
    sealed = checksums.read(folder)
    found = checksums.files_below(folder)
    faults = [f"{name}: missing" for name in sealed if name not in found]
    faults += [f"{name}: not listed" for name in found if name not in sealed]
    faults += [f"{name}: differs" for name in found if name in sealed and sha256_of(folder / name) != sealed[name]]
    return sorted(faults)


def _refuse(contents: Contents, layout: Layout) -> None:
    if not RELEASE_NAME.fullmatch(contents.release) or contents.release == layout.latest.name:
        raise UsageError(f"{contents.release!r} cannot name a release; remedy: letters, digits, dot, dash, underscore")
    if layout.latest.exists() and not layout.latest.is_symlink():
        raise UsageError(f"{layout.latest} is not a link; remedy: remove it, the next run makes it")
    if not contents.indicator_files:
        raise UsageError("no indicator to publish; remedy: add an indicator spec, see `sdg new indicator`")
    blocking = [check for check in contents.checks if check.blocks]
    if blocking:
        told = "\n".join(_blocked(check, contents) for check in blocking)
        raise BlockedRelease(f"release {contents.release} is blocked, nothing was published:\n{told}")


def _blocked(check: CheckResult, contents: Contents) -> str:
    file = contents.indicator_files.get(check.subject) if check.border == "indicator" else None
    document = contents.catalog.documents.get(check.subject)
    first = json.dumps(check.failing_rows[0], ensure_ascii=False, default=str) if check.failing_rows else "not kept"
    rule = contents.catalog.root / document.file if document else check.subject
    rows = "1 row fails" if check.n_failing == 1 else f"{check.n_failing} rows fail"
    return (
        f"{file or check.subject}: rule {check.check}: {rows} ({check.description}); {check.observed}; "
        f"first: {first}; why: {check.reason} Rule set in {rule}, owner {check.owner}"
    )


def _clear_leftovers(layout: Layout) -> None:
    layout.scratch.mkdir(parents=True, exist_ok=True)
    for leftover in layout.scratch.glob(f"{ASIDE}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _sequence_for(release: str, layout: Layout) -> int:
    """A release made again keeps its number, so that the same contents give the same bytes."""
    known = {m.release: m.sequence for m in manifests(layout)}
    return known.get(release, 1 + max(known.values(), default=0))


def _write(contents: Contents, folder: Path, sequence: int, settings: Settings) -> None:
    folder.mkdir(parents=True)
    con = duck.connect(settings, folder.parent)
    try:
        parquet.write(contents, folder, con)
        csv.write(contents, folder, con)
        readme.write(contents, folder, con)
    finally:
        con.close()
    dictionary.write(contents, folder)
    corrections.write(contents, folder)
    checks_page.write(contents, folder)
    checks = sorted(contents.checks, key=lambda c: (c.border, c.subject, c.check))
    (folder / CHECKS).write_text(results.dump(checks), encoding="utf-8")
    facts = json.dumps(_facts(contents, sequence), ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(facts + "\n", encoding="utf-8")
    datapackage.write(contents, folder)
    checksums.write(folder)


def _facts(contents: Contents, sequence: int) -> dict[str, Any]:
    """No dates and no paths of this machine: the same contents give the same bytes."""
    catalog = contents.catalog
    failed = [check for check in contents.checks if not check.passed]
    return {
        "release": contents.release,
        "sequence": sequence,
        "partial": contents.partial,
        "coverage_notes": list(contents.coverage_notes),
        "sources": [_source_facts(raw, catalog.sources[raw.source]) for raw in contents.sources],
        "indicators": {i.id: catalog.spec_hash(i) for i in contents.indicators},
        "checks": {
            "total": len(contents.checks),
            "passed": len(contents.checks) - len(failed),
            "warnings": len(failed),
        },
        "packages": {
            "sdg-pipeline": __version__,
            **{name: metadata.version(name) for name in PACKAGES_THAT_SHAPE_FILES},
        },
    }


def _source_facts(raw: RawFile, source: Source) -> dict[str, Any]:
    edition = source.editions[raw.edition]
    return {
        "source": raw.source,
        "edition": raw.edition,
        "url": raw.url,
        **edition.model_dump(include={"url_status", "url_cite", "layout"}),
        "landing_page": source.landing_page.url,
        "dictionary": source.dictionary.url,
        "contact": source.contact,
        "periodicity": source.periodicity,
        "sha256": raw.sha256,
        "bytes": raw.bytes,
        "partial": raw.partial,
        "states": list(raw.states),
        "licence": source.licence.model_dump(include={"id", "url"}),
    }


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


def _point_latest(target: Path, layout: Layout) -> None:
    """One rename switches the link; its target is relative, so that the folder can be moved or copied."""
    link = layout.latest
    if link.is_symlink() and link.readlink() == Path(target.name):
        return
    aside = layout.scratch / f"{ASIDE}{os.getpid()}-latest"
    aside.symlink_to(target.name)
    aside.replace(link)
    fsync(link.parent)
