"""The last two steps: the release and the warehouse, and whether a run has to make them.

What belongs here: calling ``release``, and the report for people. What does not: how one is sealed or built.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.quality import results
from sdg_pipeline.run import inputs, verdicts
from sdg_pipeline.run.graph import PUBLICATION, Step
from sdg_pipeline.run.pipeline import Done, Log, Pipeline, code_hash


def publication(pipeline: Pipeline, step: Step, fingerprint: str, log: Log) -> Done:
    from sdg_pipeline.release import changes
    from sdg_pipeline.release.build import build, findings
    from sdg_pipeline.release.contents import Contents
    from sdg_pipeline.release.manifest import read_manifest, state

    layout, catalog = pipeline.layout, pipeline.catalog
    ids = [indicator.id for indicator in pipeline.indicators]
    used = dict.fromkeys(table for indicator in pipeline.indicators for table in indicator.tables)
    raws = {raw for indicator in pipeline.indicators for raw in inputs.raw_files(pipeline, indicator)}
    raws |= set(_compared(pipeline))
    judged = [*(layout.contract(t) for t in verdicts.tables_of(pipeline)), *(layout.checks(i) for i in ids)]
    contents = Contents(
        release=pipeline.release or _release_name(pipeline, fingerprint),
        catalog=catalog,
        indicator_files={i: layout.indicator(i) for i in ids},
        checks=tuple(c for path in (*judged, layout.coherence_checks) for c in results.read(path)),
        deviation_file=layout.deviations,
        raw_files=tuple(sorted(raws, key=lambda r: (r.source, r.edition))),
        register=inputs.areas(pipeline),
        coverage_notes=pipeline.coverage_notes(),
        csv_bom=pipeline.settings.csv_bom,
        code=code_hash(),
        difference_files=tuple(layout.differences(i) for i in ids if catalog.surveyed(catalog.indicators[i])),
        model_files=tuple(layout.model(i) for i in ids if catalog.indicators[i].auxiliary),
        vintage_files=tuple(layout.vintages(i) for i in ids if inputs.has_vintages(pipeline, catalog.indicators[i])),
        profile_files=tuple(layout.profile(t) for t in verdicts.tables_of(pipeline)),
        revision_files=tuple(layout.revisions(t) for t in used if catalog.tables[t].vintages),
    )
    folder = build(contents, layout, pipeline.settings, pipeline.place)
    standing = state(layout, read_manifest(folder))
    log(f"release {contents.release}: {len(ids)} indicators, {len(contents.checks)} checks, {standing}")
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    report = {
        "release": contents.release,
        "indicators": len(ids),
        "checks": len(contents.checks),
        "warnings": sum(not c.passed and not c.blocks for c in contents.checks),
        "state": standing,
        "blocking": list(findings(contents.checks)),
        "coverage_notes": list(contents.coverage_notes),
        "files": len(files),
        "changes": (folder / changes.REPORT).read_text(encoding="utf-8"),
    }
    return Done(tuple(files), report)


def _compared(pipeline: Pipeline) -> Iterator[RawFile]:
    """The files whose values the indicators were held against: deviations show them, and a rebuild needs them."""
    for table in (pipeline.catalog.tables[name] for name in pipeline.reach.compared()):
        files = (f for part in inputs.parts_at_hand(pipeline, table) for f in table.files_of(part))
        yield from (inputs.raw_file(pipeline, *file) for file in files)


def _release_name(pipeline: Pipeline, fingerprint: str) -> str:
    """``r<number>.<fingerprint>``; contents that were sealed before keep the name that they have.

    No date: what is in a release is the same on any day, and when it was published its record says. A draft that no
    longer follows the release in force is left behind: its contents get a name of their own.
    """
    from sdg_pipeline.release.comparison import next_sequence
    from sdg_pipeline.release.manifest import outdated, sealed

    layout, mark = pipeline.layout, fingerprint[:8]
    known = [m.release for m in sealed(layout) if m.release.partition(".")[2] == mark]
    standing = [name for name in known if not outdated(layout, name)]
    return standing[0] if standing else f"r{next_sequence(layout)}.{mark}"


def still_wanted(pipeline: Pipeline, step: Step, report: dict[str, Any]) -> bool:
    """Whether what a step left is what this run would leave: a draft is not, where the run publishes."""
    from sdg_pipeline.release.manifest import in_force, outdated
    from sdg_pipeline.release.policy import ends_with_draft

    if step.kind != "publication":
        return True
    if ends_with_draft(pipeline.layout, pipeline.settings):
        return not outdated(pipeline.layout, report["release"])
    return in_force(pipeline.layout) == str(report["release"])


def warehouse(pipeline: Pipeline, step: Step, fingerprint: str, log: Log) -> Done:
    """Build it of the release of this run; where that is a draft, what users read stays as it is."""
    from sdg_pipeline.release.manifest import in_force
    from sdg_pipeline.release.review import build_of_latest
    from sdg_pipeline.release.warehouse import build_warehouse, holds

    layout, sql = pipeline.layout, pipeline.settings.warehouse_sql
    latest, made = in_force(layout), pipeline.remembered(pipeline.step(PUBLICATION)).report["release"]
    if latest is None:
        log("no warehouse: nothing is published yet")
        return Done((), {"bytes": 0})
    if latest == made:
        build_warehouse(layout, pipeline.catalog, inputs.areas(pipeline), sql, pipeline.settings)
    elif not holds(layout.warehouse, latest):
        build_of_latest(layout, pipeline.settings)
    log(f"warehouse {layout.warehouse.name} of release {latest}: {layout.warehouse.stat().st_size / 1e6:.1f} MB")
    return Done((layout.warehouse,), {"bytes": layout.warehouse.stat().st_size})
