"""What a sealed release remembers of its values: its own files, and nothing of the home around it.

What belongs here: reading a release folder. What does not: choosing a release, and what the home still has of its
inputs (``explain.at_hand``).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sdg_pipeline.errors import LISTED, InputError, SdgError, UsageError, nearest
from sdg_pipeline.explain.explanation import Origin
from sdg_pipeline.explain.memory import Definitions, Memory, read_definitions
from sdg_pipeline.explain.sealed import RESTORE, Sealed
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import definitions as specs_of_release
from sdg_pipeline.publish import locks, parquet
from sdg_pipeline.publish.locks import Lock
from sdg_pipeline.quality import results
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.release.manifest import CHECKS, MANIFEST, Manifest, in_force, read_manifest, state


def remember(folder: Path, layout: Layout) -> Memory:
    """The memory of the release in a folder; InputError where its seal or ``release.json`` is damaged."""
    folder = folder.resolve()
    sealed = Sealed.at(folder)
    sealed.path(MANIFEST)
    manifest = read_manifest(folder)
    lacking: list[str] = []
    definitions = _definitions(sealed, manifest, lacking)
    differences = _optional(sealed, parquet.DIFFERENCES, lacking)
    return Memory(
        origin=_origin(folder, manifest, layout),
        indicators=tuple(manifest.facts["indicators"]),
        values=partial(_values, sealed, manifest, definitions),
        differences=lambda _: differences,
        deviations=_optional(sealed, parquet.DEVIATIONS, lacking),
        definitions=definitions,
        locks=_locks(sealed, lacking),
        checks=_checks(sealed, lacking),
        lacking=tuple(lacking),
    )


def _origin(folder: Path, manifest: Manifest, layout: Layout) -> Origin:
    at_home = folder.parent == layout.published.resolve()
    return Origin(
        release=manifest.release,
        state=state(layout, manifest) if at_home else "unrecorded",
        in_force=at_home and in_force(layout) == folder.name,
        version=manifest.version,
        coverage_notes=tuple(manifest.facts["coverage_notes"]),
    )


def _values(sealed: Sealed, manifest: Manifest, definitions: Definitions | None, indicator: str) -> Path:
    """The file of an indicator, as it was sealed; UsageError where the release has no such indicator."""
    if indicator not in manifest.facts["indicators"]:
        raise UsageError(_no_indicator(manifest, definitions, indicator))
    return sealed.path(f"{parquet.FOLDER}/{indicator}.parquet")


def _no_indicator(manifest: Manifest, definitions: Definitions | None, indicator: str) -> str:
    defined = definitions.catalog.indicators if definitions else {}
    if indicator in defined:
        why = next((note for note in manifest.facts["coverage_notes"] if "left out" in note), "its run left it out")
        return (
            f"release {manifest.release} has no values of {indicator}: {why.rstrip('.')}; "
            "remedy: run with a mirror that has the files of its tables"
        )
    close = nearest(indicator, {**defined, **manifest.facts["indicators"]})
    hint = f"; did you mean {close!r}?" if close else ""
    return f"no indicator {indicator!r} in release {manifest.release}{hint}; remedy: {LISTED}"


def _definitions(sealed: Sealed, manifest: Manifest, lacking: list[str]) -> Definitions | None:
    name = f"the definitions of release {manifest.release}"
    files = sealed.below(specs_of_release.FOLDER)
    if not files:
        lacking.append(f"{name}: the release was sealed before releases held them")
        return None
    faults = [fault for fault in map(sealed.fault, files) if fault]
    if faults:
        lacking.append(f"{name}: {faults[0]}, {len(faults)} files in all; remedy: {RESTORE}")
        return None
    try:
        return read_definitions(sealed.folder / specs_of_release.FOLDER)
    except SdgError as error:
        first, *others = str(error).splitlines()
        more = f" and {len(others)} more" if others else ""
        then = str(manifest.facts.get("packages", {}).get("sdg-pipeline", "that sealed it"))
        lacking.append(f"{name}: this version cannot read them ({first}{more}); remedy: the version {then}")
        return None


def _locks(sealed: Sealed, lacking: list[str]) -> tuple[Lock, ...]:
    if _optional(sealed, locks.NAME, lacking) is None:
        return ()
    try:
        return tuple(locks.read(sealed.folder))
    except InputError as error:
        lacking.append(str(error))
        return ()


def _checks(sealed: Sealed, lacking: list[str]) -> tuple[CheckResult, ...]:
    path = _optional(sealed, CHECKS, lacking)
    try:
        return tuple(results.read(path)) if path else ()
    except InputError as error:
        lacking.append(str(error))
        return ()


def _optional(sealed: Sealed, name: str, lacking: list[str]) -> Path | None:
    """A file that the release may do without; where it is damaged, that is added to ``lacking``."""
    if not sealed.has(name):
        return None
    fault = sealed.fault(name)
    if fault:
        lacking.append(f"{fault}; remedy: {RESTORE}")
    return None if fault else sealed.folder / name
