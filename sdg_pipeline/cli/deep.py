"""``sdg doctor --deep``: reads every file of a home that has a hash somewhere, and compares.

What belongs here: what is read. What does not: the quick questions (doctor).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sdg_pipeline.cli.doctor import Finding
from sdg_pipeline.errors import SdgError
from sdg_pipeline.files import sha256_of
from sdg_pipeline.layout import Layout

MAX_LINES = 20


def examine(layout: Layout) -> list[Finding]:
    """Whether raw files, locks, releases with their specs and records, and the files of steps are as they were left."""
    questions: tuple[tuple[str, Callable[[Layout], Iterator[tuple[int, str]]]], ...] = (
        ("every raw file", _raw),
        ("every lock", _locks),
        ("every release", _releases),
        ("every file of a step", _steps),
    )
    return [_finding(what, asked, layout) for what, asked in questions]


def _finding(what: str, asked: Callable[[Layout], Iterator[tuple[int, str]]], layout: Layout) -> Finding:
    """``asked`` gives how many were read, and a fault or an empty text."""
    count, faults = 0, []
    try:
        for number, fault in asked(layout):
            count += number
            faults += [fault] if fault else []
    except SdgError as error:
        faults.append(str(error))
    if not faults:
        return Finding(what, True, f"{count:,} as they were left")
    more = [f"and {len(faults) - MAX_LINES:,} more"] if len(faults) > MAX_LINES else []
    return Finding(what, False, f"{len(faults):,} faults", (*faults[:MAX_LINES], *more))


def _raw(layout: Layout) -> Iterator[tuple[int, str]]:
    """All of them: those in use by their record, others by the hash in their name."""
    from sdg_pipeline.ingest.integrity import CURRENT, damaged

    yield from ((0, line) for line in damaged(layout))
    for path in sorted((layout.data / "raw").glob("*/*/*")):
        if path.is_file() and path.name != CURRENT:
            whole = sha256_of(path).startswith(path.name.partition(".")[0])
            yield 1, "" if whole else f"{path}: not the bytes of its name; remedy: `sdg fetch` or `sdg restore`"


def _locks(layout: Layout) -> Iterator[tuple[int, str]]:
    """Each can be read, and the raw file in use is one that its lock names."""
    from sdg_pipeline.ingest import lock
    from sdg_pipeline.ingest.integrity import CURRENT
    from sdg_pipeline.ingest.raw import RawFile

    for path in sorted((layout.data / "raw").glob(f"*/*/{CURRENT}")):
        raw = RawFile.read(path)
        named = layout.lock(raw.source)
        entry = lock.locked(named, raw.source, raw.edition, raw.origin)
        whole = entry is not None and entry.sha256 == raw.sha256
        yield 1, "" if whole else f"{named}: {raw.edition} is not the file in use; remedy: `sdg fetch {raw.source}`"


def _releases(layout: Layout) -> Iterator[tuple[int, str]]:
    """Every file, the seal, the chain of the record, and the hash of each definition inside."""
    from sdg_pipeline.publish.definitions import FOLDER
    from sdg_pipeline.release.manifest import proof, sealed
    from sdg_pipeline.specs import catalog as catalogs

    for manifest in sealed(layout):
        folder = layout.release(manifest.release)
        faults = proof(layout, folder)
        if not faults and (folder / FOLDER).is_dir():
            catalog = catalogs.load(folder / FOLDER)
            hashes = {id_: catalog.spec_hash(indicator) for id_, indicator in catalog.indicators.items()}
            faults = [
                f"{FOLDER}: {id_} is not the definition of its figures"
                for id_, spec_hash in manifest.facts["indicators"].items()
                if hashes.get(id_) != spec_hash
            ]
        yield from ((0, f"{manifest.release}: {fault}; remedy: restore it from a copy") for fault in faults)
        yield 1, ""


def _steps(layout: Layout) -> Iterator[tuple[int, str]]:
    from sdg_pipeline.run.state import State

    for path in sorted((layout.data / "state").rglob("*.json")):
        try:
            state = State.model_validate_json(path.read_bytes())
        except ValueError:
            yield 1, f"{path}: cannot be read; remedy: `sdg run` does the step again"
            continue
        for output in state.outputs:
            file = layout.home / output.path
            whole = file.is_file() and sha256_of(file) == output.sha256
            yield 1, "" if whole else f"{file}: not as the step left it; remedy: `sdg run` does the step again"
