"""Which releases there are, and what each says of itself in ``release.json``.

What belongs here: reading sealed releases and their order. What does not: making one (``release.build``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdg_pipeline.errors import InputError, UsageError
from sdg_pipeline.files import sha256_of
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums
from sdg_pipeline.release import events

MANIFEST = "release.json"
CHECKS = "checks.json"
FIRST_VERSION = "1.0.0"


@dataclass(frozen=True)
class Manifest:
    """What ``release.json`` says of one release, as far as code asks for it; ``facts`` is all of it."""

    release: str
    sequence: int
    facts: Mapping[str, Any]

    @property
    def version(self) -> str:
        """Semantic version; releases made before there were versions count as the first."""
        return str(self.facts.get("version", FIRST_VERSION))

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
    return [m for m in sealed(layout) if events.state_of(events.read(layout, m.release)) == "published"]


def releases(layout: Layout) -> list[str]:
    """Names of the published releases in the order in which they were made."""
    return [m.release for m in manifests(layout)]


def outdated(layout: Layout, release: str) -> bool:
    """Whether another release was published since this draft was made: its version and its changes no longer follow."""
    if events.state_of(events.read(layout, release)) == "published":
        return False
    published = releases(layout)
    return read_manifest(layout.release(release)).compared_with != (published[-1] if published else None)


def previous(layout: Layout, release: str) -> str | None:
    """The published release made just before this one, None for the first; UsageError on one that is none."""
    names = releases(layout)
    if release not in names:
        raise UsageError(f"no release {release!r} below {layout.published}; there are: {', '.join(names) or 'none'}")
    place = names.index(release)
    return names[place - 1] if place else None


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
    seal = checksums.read(folder)
    found = checksums.files_below(folder)
    faults = [f"{name}: missing" for name in seal if name not in found]
    faults += [f"{name}: not listed" for name in found if name not in seal]
    faults += [f"{name}: differs" for name in found if name in seal and sha256_of(folder / name) != seal[name]]
    return sorted(faults)
