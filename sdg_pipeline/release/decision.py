"""Why a run leaves it to people to publish its release; where nothing speaks against it, the run does so itself.

A run goes forward only: what people put in force, and what a release in force covers, is taken back by people alone.
What belongs here: these reasons. What does not: conditions that people meet (``release.review``), the rule that
releases need a review (``release.policy``).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sdg_pipeline import duck
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import parquet
from sdg_pipeline.release import events, policy
from sdg_pipeline.release.events import Event
from sdg_pipeline.release.manifest import Manifest, in_force, read_manifest, state
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs.catalog import Catalog

MAX_NAMED = 5


def kept_back(layout: Layout, settings: Settings, catalog: Catalog, folder: Path) -> tuple[str, ...]:
    """Why a run leaves a release to people, one sentence per reason; empty where the run publishes it.

    ``folder`` is where the release lies, ``catalog`` has the specs of the run. The release in force is never kept back.
    """
    release, standing = read_manifest(folder).release, in_force(layout)
    if release == standing:
        return ()
    reasons = ["a draft was asked for"] if settings.draft else []
    if policy.needs_review(layout, settings):
        reasons.append("releases of this home need a review")
    decided = stepped_back(layout)
    if decided is not None:
        reasons.append(f"{decided.who} put the older release {standing} in force, {decided.when}")
    sealed = layout.release(release)
    if standing and sealed.is_dir() and state(layout, read_manifest(sealed)) == "published":
        reasons.append(f"it was in force before {standing}, and a run never goes back")
    if not settings.partial:
        remedy = "" if reasons else "; `sdg run --partial`"  # where it alone stands against publishing
        reasons += [f"it covers less than {standing}: {lack}{remedy}" for lack in lacks(layout, catalog, folder)]
    return tuple(reasons)


def stepped_back(layout: Layout) -> Event | None:
    """The event by which a person put an older release in force than one that was published before; None without."""
    standing = in_force(layout)
    record = events.counted(layout, standing) if standing else ()
    published = events.last(record, "published")
    if published is None or published.automation:
        return None
    records = (
        events.read_record(p)
        for p in layout.published.glob(layout.events("*").name)
        if p != layout.events(standing or "")
    )
    return published if any(_between(record[0], other, published) for other in records) else None


def _between(drafted: Event, other: Iterable[Event], published: Event) -> bool:
    """Whether another release was drafted after ``drafted`` and published before ``published``."""
    later = [event for event in other if drafted.order < event.order < published.order]
    kinds = [event.event for event in later]
    return "drafted" in kinds and "published" in kinds[kinds.index("drafted") :]


def lacks(layout: Layout, catalog: Catalog, folder: Path) -> tuple[str, ...]:
    """What the release in force covers and this one does not: indicators, editions, states, areas.

    An edition that no table of the specs names any more is replaced and not lacking, nor is an indicator that has
    another id today.
    """
    standing = in_force(layout)
    if standing is None:
        return ()
    before, now = read_manifest(layout.release(standing)), read_manifest(folder)
    indicators = {catalog.current_id(indicator) for indicator in before.facts["indicators"]}
    named = {file for table in catalog.tables.values() for part in table.parts for file in table.files_of(part)}
    extents, extents_now = _extents(before), _extents(now)
    gone = {file for file in extents.keys() - extents_now.keys() if file in named}
    narrower = {f for f in extents.keys() & extents_now.keys() if _narrower(extents_now[f], extents[f])}
    what = (
        ("indicators", indicators - now.facts["indicators"].keys()),
        ("editions", {"/".join(file) for file in gone}),
        ("states of", {"/".join(file) for file in narrower}),
        ("areas", _areas_gone(layout.release(standing), folder)),
    )
    return tuple(f"{name} {_listed(missing)}" for name, missing in what if missing)


def _extents(manifest: Manifest) -> dict[tuple[str, str], frozenset[str]]:
    """By source and edition the states that its file was cut down to; empty where it was whole."""
    return {
        (s["source"], s["edition"]): frozenset(s["states"] if s["partial"] else ()) for s in manifest.facts["sources"]
    }


def _narrower(now: frozenset[str], before: frozenset[str]) -> bool:
    return bool(now) and not (before and before <= now)


def _areas_gone(before: Path, now: Path) -> set[str]:
    import duckdb

    files = [folder / parquet.OBSERVATIONS for folder in (before, now)]
    if not all(file.is_file() for file in files):
        return set()  # a damaged release: `sdg release verify` tells of it
    old, new = (f"read_parquet({duck.text(file)})" for file in files)
    with duckdb.connect() as con:
        return {
            str(row[0])
            for row in con.execute(f"SELECT ref_area FROM {old} EXCEPT SELECT ref_area FROM {new}").fetchall()
        }


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    rest = len(ordered) - MAX_NAMED
    return ", ".join(ordered[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")
