"""The step of the release: all that the run computed, sealed under a name.

What belongs here: gathering what is sealed, and the report. What does not: how a release is written and sealed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.open_government.subjects import SUBJECTS
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.quality import results
from sdg_pipeline.run import code, inputs
from sdg_pipeline.run.graph import COHERENCE, OPEN_GOVERNMENT, PUBLICATION, Reach, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Report, Result, StateStore
from sdg_pipeline.run.steps.indicator import IndicatorReport
from sdg_pipeline.run.steps.kind import StepContext, StepKind


class PublicationReport(Report):
    """A release: its name, how far it is, what it holds and what it does not, and what changed since the one before.

    ``changes`` is Markdown. ``kept_back`` says why the run did not publish it, one sentence per reason.
    """

    release: str
    indicators: int
    checks: int
    warning_count: int
    state: str
    coverage_notes: tuple[str, ...]
    files: int
    changes: str
    kept_back: tuple[str, ...] = ()


class PublicationKind(StepKind):
    """Writes and seals the release of a run, and publishes it where no review is needed."""

    name: ClassVar[str] = PUBLICATION[0]
    report: ClassVar[type[Report]] = PublicationReport
    seals: ClassVar[bool] = True

    def nodes(self, reach: Reach, before: Sequence[Step]) -> Iterator[Step]:
        """One step, after all indicators, their coherence and open government."""
        sealed = ("indicator", OPEN_GOVERNMENT)
        yield Step(PUBLICATION, (*(step.key for step in before if step.kind in sealed), COHERENCE))

    def identity(self, run: Run, state: StateStore, step: Step) -> str:
        from sdg_pipeline.release.contents import identity

        return identity(_contents(run, state))

    def perform(self, context: StepContext) -> Result:
        from sdg_pipeline.release import changes
        from sdg_pipeline.release.build import build
        from sdg_pipeline.release.decision import kept_back
        from sdg_pipeline.release.findings import findings
        from sdg_pipeline.release.manifest import read_manifest, state

        run, layout = context.run, context.run.layout
        contents = _contents(run, context.state)
        folder = build(contents, layout, run.settings, run.position)
        standing, ids = state(layout, read_manifest(folder)), contents.indicator_files
        reasons = kept_back(layout, run.settings, run.catalog, folder)
        context.log(f"release {folder.name}: {len(ids)} indicators, {len(contents.checks)} checks, {standing}")
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        report = PublicationReport(
            release=folder.name,
            indicators=len(ids),
            checks=len(contents.checks),
            warning_count=sum(not c.passed and not c.blocks for c in contents.checks),
            state=standing,
            blocking=tuple(findings(contents.checks)),
            coverage_notes=contents.coverage_notes,
            files=len(files),
            changes=(folder / changes.REPORT).read_text(encoding="utf-8"),
            kept_back=reasons,
        )
        return Result(tuple(files), report)

    def still_wanted(self, run: Run, report: Report) -> bool:
        """Wanted are the contents in force or, where the decision is with people, a draft that still follows.

        ``latest`` has to be what the record says, and the name that the run asks for must not be that of others.
        """
        from sdg_pipeline.release.decision import kept_back
        from sdg_pipeline.release.manifest import base, in_force, outdated

        assert isinstance(report, PublicationReport), "the store validates reports by kind"
        layout, standing = run.layout, in_force(run.layout)
        if run.release and run.release != report.release and layout.release(run.release).exists():
            return False
        if standing == report.release or standing != base(layout):
            return standing == base(layout)
        reasons = kept_back(layout, run.settings, run.catalog, layout.release(report.release))
        return reasons == report.kept_back and bool(reasons) and not outdated(layout, report.release)


def coverage_notes(run: Run, state: StateStore) -> tuple[str, ...]:
    """What a run does not see of the country, in plain sentences; empty for a full run."""
    if run.notes is not None:
        return run.notes
    notes = run.reach.notes()
    if not notes:
        return ()
    states = {i.id: state.load(("indicator", i.id)) for i in run.indicators}
    empty = sorted(i for i, kept in states.items() if kept is not None and not kept.report_as(IndicatorReport).rows)
    return (*notes, *([f"No values without what is not held: {', '.join(empty)}."] if empty else []))


def _contents(run: Run, state: StateStore) -> Contents:
    """All that is sealed."""
    layout, catalog = run.layout, run.catalog
    ids = [indicator.id for indicator in run.indicators]
    tables = dict.fromkeys(table for indicator in run.indicators for table in catalog.tables_of(indicator))
    raws = {raw for indicator in run.indicators for raw in inputs.raw_files(run, indicator)} | set(_compared(run))
    verdicts = (*(layout.contract(table) for table in run.tables), *(layout.checks(i) for i in ids))
    subjects = [subject for subject in SUBJECTS.values() if (OPEN_GOVERNMENT, subject.name) in run.keys]
    verdicts += tuple(layout.open_government(f"{subject.name}.json") for subject in subjects)
    return Contents(
        release=run.release or "",
        catalog=catalog,
        indicator_files={i: layout.indicator(i) for i in ids},
        checks=tuple(c for path in (*verdicts, layout.coherence_checks) for c in results.read(path)),
        deviation_file=layout.deviations,
        raw_files=tuple(sorted(raws, key=lambda r: (r.source, r.edition))),
        coverage_notes=coverage_notes(run, state),
        csv_bom=run.settings.csv_bom,
        code=code.release_hash(),
        difference_files=tuple(layout.differences(i) for i in ids if catalog.surveyed(catalog.indicators[i])),
        model_files=tuple(layout.model(i) for i in ids if catalog.indicators[i].auxiliary),
        vintage_files=tuple(layout.vintages(i) for i in ids if inputs.has_vintages(run, catalog.indicators[i])),
        open_government_files=tuple(layout.open_government(t.file) for s in subjects for t in s.tables),
        profile_files=tuple(layout.profile(table) for table in run.tables),
        revision_files=tuple(layout.revisions(table) for table in tables if catalog.tables[table].vintages),
    )


def _compared(run: Run) -> Iterator[RawFile]:
    """The files whose values the indicators were held against: deviations show them, and a rebuild needs them."""
    for table in run.reach.compared():
        yield from (inputs.raw_file(run, *file) for file in run.reach.files(run.catalog.tables[table]))
