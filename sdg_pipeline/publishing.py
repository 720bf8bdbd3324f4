"""The last two steps: the release and the warehouse, and whether a run has to make them.

What belongs here: calling ``release``, and the report for people. What does not: how one is sealed or built.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sdg_pipeline import inputs
from sdg_pipeline.graph import PUBLICATION, Step
from sdg_pipeline.pipeline import Done, Log, Pipeline
from sdg_pipeline.quality import results


def publication(pipeline: Pipeline, step: Step, fingerprint: str, log: Log) -> Done:
    from sdg_pipeline.release import events
    from sdg_pipeline.release.build import build, findings
    from sdg_pipeline.release.contents import Contents

    layout, catalog = pipeline.layout, pipeline.catalog
    ids = [indicator.id for indicator in pipeline.indicators]
    used = dict.fromkeys(table for indicator in pipeline.indicators for table in indicator.tables)
    raws = {raw for indicator in pipeline.indicators for raw in inputs.raw_files(pipeline, indicator)}
    contents = Contents(
        release=pipeline.release or _release_name(pipeline, fingerprint),
        catalog=catalog,
        indicator_files={i: layout.indicator(i) for i in ids},
        checks=tuple(c for i in ids for c in results.read(layout.checks(i))),
        raw_files=tuple(sorted(raws, key=lambda r: (r.source, r.edition))),
        register=inputs.areas(pipeline),
        coverage_notes=pipeline.coverage_notes(),
        csv_bom=pipeline.settings.csv_bom,
        difference_files=tuple(layout.differences(i) for i in ids if catalog.surveyed(catalog.indicators[i])),
        model_files=tuple(layout.model(i) for i in ids if catalog.indicators[i].known),
        vintage_files=tuple(layout.vintages(i) for i in ids if inputs.has_vintages(pipeline, catalog.indicators[i])),
        revision_files=tuple(layout.revisions(t) for t in used if catalog.tables[t].vintages),
    )
    folder = build(contents, layout, pipeline.settings, pipeline.place)
    state = events.state_of(events.read(layout, contents.release))
    log(f"release {contents.release}: {len(ids)} indicators, {len(contents.checks)} checks, {state}")
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    report = {
        "release": contents.release,
        "indicators": len(ids),
        "checks": len(contents.checks),
        "warnings": sum(not c.passed and not c.blocks for c in contents.checks),
        "state": state,
        "blocking": list(findings(contents.checks)),
        "coverage_notes": list(contents.coverage_notes),
        "files": len(files),
    }
    return Done(tuple(files), report)


def _release_name(pipeline: Pipeline, fingerprint: str) -> str:
    """``<date>.<fingerprint>``; contents that were sealed before keep the name that they have.

    A draft that no longer follows the newest release is left behind: its contents get a name of their own.
    """
    from sdg_pipeline.release.manifest import outdated

    layout, mark = pipeline.layout, fingerprint[:8]
    known = sorted(p.parent.name for p in layout.published.glob(f"*.{mark}*/release.json"))
    names = [name for name in known if name.partition(".")[2].partition("-")[0] == mark and name != layout.latest.name]
    standing = [name for name in names if not outdated(layout, name)]
    again = f"-{len(names) + 1}" if names else ""
    return standing[0] if standing else f"{date.today().isoformat()}.{mark}{again}"


def still_wanted(pipeline: Pipeline, step: Step, report: dict[str, Any]) -> bool:
    """Whether what a step left is what this run would leave: a draft is not, where the run publishes."""
    from sdg_pipeline.release.latest import in_force
    from sdg_pipeline.release.manifest import outdated

    if step.kind != "publication":
        return True
    if pipeline.settings.review_required:
        return not outdated(pipeline.layout, report["release"])
    return in_force(pipeline.layout) == str(report["release"])


def warehouse(pipeline: Pipeline, step: Step, fingerprint: str, log: Log) -> Done:
    """Build it of the release of this run; where that is a draft, what users read stays as it is."""
    from sdg_pipeline.release.latest import in_force
    from sdg_pipeline.release.review import build_of_latest
    from sdg_pipeline.release.warehouse import build_warehouse

    layout, sql = pipeline.layout, pipeline.settings.warehouse_sql
    latest, made = in_force(layout), pipeline.remembered(pipeline.step(PUBLICATION)).report["release"]
    if latest is None:
        log("no warehouse: nothing is published yet")
        return Done((), {"bytes": 0})
    if latest == made:
        build_warehouse(layout, pipeline.catalog, inputs.areas(pipeline), sql, pipeline.settings)
    elif not layout.warehouse.exists():
        build_of_latest(layout, pipeline.settings)
    log(f"warehouse {layout.warehouse.name} of release {latest}: {layout.warehouse.stat().st_size / 1e6:.1f} MB")
    return Done((layout.warehouse,), {"bytes": layout.warehouse.stat().st_size})
