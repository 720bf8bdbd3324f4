"""Compares a release with the one before: its position, its changes and its version.

A release records the seal of the one before (the sha256 of its SHA256SUMS), so that releases form a chain. A rebuild is
compared with those bytes or with none. ``release.diff`` compares values, ``release.version`` judges the version.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.release import changes, diff, events, version
from sdg_pipeline.release.diff import CauseChange, IndicatorChange
from sdg_pipeline.release.manifest import FIRST_VERSION, Manifest, base, manifests, read_manifest, sealed
from sdg_pipeline.release.naming import next_sequence
from sdg_pipeline.release.version import Judgement

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Position:
    """Where a release stands among the others.

    ``before`` is the folder of the published release that it is compared with, ``highest`` the highest version that was
    published until then. ``again`` is the sealed folder of a release that is made again; where the one before is gone,
    its changes and its version are ``kept``.
    """

    sequence: int
    before: Path | None
    highest: str | None = None
    again: Path | None = None
    kept: bool = False


@dataclass(frozen=True)
class Comparison:
    """What ``release.json`` says of the release before."""

    compared_with: str | None
    seal: str | None
    judged: Judgement
    indicators: tuple[IndicatorChange, ...] = ()
    causes: tuple[CauseChange, ...] = ()


def position_of(release: str, layout: Layout) -> Position:
    """Where a release stands among the others; one made again keeps its position, so that it gets the same bytes."""
    folder = layout.release(release)
    if any(m.release == release for m in sealed(layout)):
        return position_again(folder, layout)
    standing = base(layout)
    highest = max(manifests(layout), key=lambda m: m.number, default=None)
    before = layout.release(standing) if standing else None
    return Position(next_sequence(layout), before, highest.version if highest else None)


def position_again(folder: Path, layout: Layout) -> Position:
    """The position of a release that was sealed before, wherever its folder lies."""
    manifest = read_manifest(folder)
    before = layout.release(manifest.compared_with) if manifest.compared_with else None
    highest = manifest.facts.get("highest_version")
    if before is None or _is_that(before, manifest):
        return Position(manifest.sequence, before, highest, folder)
    return Position(manifest.sequence, None, highest, folder, kept=True)


def _is_that(before: Path, manifest: Manifest) -> bool:
    """Whether the folder holds the bytes that the release was compared with."""
    seal = manifest.facts.get("compared_with_seal")
    return (before / checksums.NAME).is_file() and seal == events.seal_of(before)


def write(
    position: Position, contents: Contents, hashes: Mapping[str, str], folder: Path, con: duckdb.DuckDBPyConnection
) -> Comparison:
    """Write the files of changes into ``folder``, which holds the values and the dictionary already."""
    if position.kept and position.again:
        return _kept(position.again, folder)
    if position.before is None:
        changes.write(None, contents, folder, con)
        return Comparison(None, None, Judgement(FIRST_VERSION))
    sources = {(raw.source, raw.edition, raw.sha256) for raw in contents.sources}
    before = read_manifest(position.before).sources
    diff.prepare(con, position.before, folder, before, sources)
    files = diff.changed_files(before, sources)
    difference = replace(diff.difference(con, position.before.name, contents.release), files=files)
    changes.write(difference, contents, folder, con)
    judged = version.judge(position.before, folder, hashes, position.highest, con)
    return Comparison(
        position.before.name, events.seal_of(position.before), judged, difference.indicators, difference.causes
    )


def _kept(sealed_folder: Path, folder: Path) -> Comparison:
    """The comparison as it was sealed."""
    for name in (changes.NAME, changes.REPORT):
        shutil.copyfile(sealed_folder / name, folder / name)
    facts: Mapping[str, Any] = read_manifest(sealed_folder).facts
    reasons = facts["version_reasons"]
    return Comparison(
        facts["compared_with"],
        facts["compared_with_seal"],
        Judgement(facts["version"], tuple(reasons["major"]), tuple(reasons["minor"])),
        tuple(IndicatorChange(**change) for change in facts["changes"]),
        tuple(CauseChange(**cause) for cause in facts["causes"]),
    )
