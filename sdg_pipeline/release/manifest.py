"""Lists the releases, and reads the ``release.json`` of each.

What belongs here: reading sealed releases and their order. What does not: making one (``release.build``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdg_pipeline.errors import InputError, UsageError, too_new
from sdg_pipeline.files import read_json, sha256_of
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums, parquet
from sdg_pipeline.release import chain, events, origins
from sdg_pipeline.release.events import Event, State

MANIFEST = "release.json"
CHECKS = "checks.json"
FIRST_VERSION = "1.0.0"
FORMAT = 1
"""Format of a release. ``release.json`` names it from the second on, so that those of the first keep their bytes."""


@dataclass(frozen=True)
class Manifest:
    """The facts in ``release.json`` that code needs; ``facts`` is all of it."""

    release: str
    sequence: int
    facts: Mapping[str, Any]

    @property
    def version(self) -> str:
        """Semantic version; releases made before there were versions count as the first."""
        return str(self.facts.get("version", FIRST_VERSION))

    @property
    def number(self) -> tuple[int, ...]:
        """The version, to be compared."""
        return tuple(int(part) for part in self.version.split("."))

    @property
    def sources(self) -> set[tuple[str, str, str]]:
        """Source, edition and sha256 of each file that it was computed from."""
        return {(s["source"], s["edition"], s["sha256"]) for s in self.facts["sources"]}

    @property
    def raw_hashes(self) -> dict[tuple[str, str], str]:
        """The sha256 of each file that it was computed from, by source and edition."""
        return {(source, edition): sha256 for source, edition, sha256 in self.sources}

    @property
    def fingerprint(self) -> str:
        """Fingerprint of its contents (``release.writing``); empty where it was sealed before there were any."""
        return str(self.facts.get("fingerprint", ""))

    @property
    def compared_with(self) -> str | None:
        """The published release that the changes and the version refer to."""
        return self.facts.get("compared_with")


def sealed(layout: Layout) -> list[Manifest]:
    """``release.json`` of all releases, drafts among them, in the order in which they were made."""
    if not layout.published.is_dir():
        return []
    folders = [f for f in layout.published.iterdir() if not f.is_symlink() and (f / MANIFEST).is_file()]
    return sorted((read_manifest(f) for f in folders), key=lambda m: (m.sequence, m.release))


def manifests(layout: Layout) -> list[Manifest]:
    """``release.json`` of the published releases in the order in which they were made."""
    return [m for m in sealed(layout) if state(layout, m) == "published"]


def state(layout: Layout, manifest: Manifest) -> State:
    """The state of a release. One without record and version is older than records, and counts as published."""
    if "version" not in manifest.facts and not events.read(layout, manifest.release):
        return "published"
    return events.state_of(events.counted(layout, manifest.release))


def in_force(layout: Layout) -> str | None:
    """The release that ``latest`` points at, or None."""
    return layout.latest.readlink().name if layout.latest.is_symlink() and layout.latest.exists() else None


def announced_last(layout: Layout) -> str | None:
    """The release with the newest event of publication: the one in force, or about to be where a kill came between."""
    newest = [(events.last(events.counted(layout, m.release), "published"), m) for m in manifests(layout)]
    ordered = sorted((*event.order, m.sequence, m.release) for event, m in newest if event is not None)
    return str(ordered[-1][-1]) if ordered else None


def base(layout: Layout) -> str | None:
    """The release that a new one is compared with: what users have now, also where an older one was put in force."""
    standing = in_force(layout)
    if standing is not None and not events.read(layout, standing):
        return standing
    return announced_last(layout) or standing


def releases(layout: Layout) -> list[str]:
    """Names of the published releases in the order in which they were made."""
    return [m.release for m in manifests(layout)]


def outdated(layout: Layout, release: str) -> bool:
    """Whether another release was published since this draft was made: its version and its changes no longer follow."""
    manifest = read_manifest(layout.release(release))
    if release == in_force(layout) or state(layout, manifest) == "published":
        return False
    return manifest.compared_with != base(layout)


def previous(layout: Layout, release: str) -> str | None:
    """The published release that this one followed, None for the first; UsageError on one that is none."""
    names = releases(layout)
    if release not in names:
        there = f"there are: {', '.join(names) or 'none'}"
        raise UsageError(f"no release {release!r} below {layout.published}; {there}", remedy="name one of these")
    followed = read_manifest(layout.release(release)).compared_with
    if followed in names:
        return followed
    place = names.index(release)
    return names[place - 1] if place else None


def read_manifest(folder: Path) -> Manifest:
    """``release.json`` of one release; InputError where it is damaged."""
    path = folder / MANIFEST
    try:
        facts = read_json(path)
        number = facts.get("format", FORMAT)
        if isinstance(number, int) and number > FORMAT:
            raise too_new(path, number, FORMAT)
        return Manifest(str(facts["release"]), int(facts["sequence"]), facts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "restore the release from a copy, or delete its folder and run again"
        raise InputError(path, f"is not the manifest of a release ({error})", remedy=remedy) from error


def verify(folder: Path) -> list[str]:
    """Files not as sealed: ``<path>: differs``, ``… missing`` or ``… not listed``; empty means whole.

    Where all are as sealed: rows that cite a source file or a definition that the release does not hold.
    """
    seal = checksums.read(folder)
    files = checksums.files_below(folder)
    faults = [f"{name}: missing" for name in seal if name not in files]
    faults += [f"{name}: not listed" for name in files if name not in seal]
    faults += [f"{name}: differs" for name in files if name in seal and sha256_of(folder / name) != seal[name]]
    if not faults and (folder / parquet.OBSERVATIONS).is_file():
        manifest = read_manifest(folder)
        faults = origins.faults(folder, manifest.sources, manifest.facts["indicators"])
    return sorted(faults)


def proof(layout: Layout, folder: Path) -> list[str]:
    """Reasons why a release is not the one in its record: ``verify``, the chain of the record, the seal in every event.

    SHA256SUMS that was written anew over altered files is not the one that was reviewed, approved and published. A
    copy elsewhere has no record, and proves its bytes alone.
    """
    folder = folder.resolve()
    faults = verify(folder)
    if folder.parent != layout.published.resolve():
        return faults
    manifest = read_manifest(folder)
    if not events.read(layout, folder.name) and state(layout, manifest) == "unrecorded":
        faults.append(unrecorded(layout, folder.name))
    seal = events.seal_of(folder)
    faults += filter(None, map(chain.fault, (layout.events(folder.name), layout.reviews)))
    of_others = (e for e in events.since_drafted(events.read(layout, folder.name)) if e.seal not in ("", seal))
    return [*faults, *(f"{checksums.NAME}: not that which was {_described(event)}" for event in of_others)]


def unrecorded(layout: Layout, release: str) -> str:
    """The fault of a release without a record; who publishes it begins one."""
    return f"{layout.events(release).name}: missing"


def _described(event: Event) -> str:
    return f"{event.event} by {event.who}, {event.when}"
