"""The step of coherence: all indicators against one another and against foreign values.

What belongs here: which files are compared, and the report. What does not: the rules (``quality.deviations``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from sdg_pipeline.files import write_text
from sdg_pipeline.quality import results
from sdg_pipeline.run import inputs
from sdg_pipeline.run.graph import COHERENCE, Reach, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Report, Result, StateStore
from sdg_pipeline.run.steps.kind import StepContext, StepKind


class CoherenceReport(Report):
    """Rules that were judged, deviations from them, and how many of these nobody has explained."""

    rules: int
    deviations: int
    open: int


class CoherenceKind(StepKind):
    """Judges the coherence of all indicators of a run."""

    name: ClassVar[str] = COHERENCE[0]
    report: ClassVar[type[Report]] = CoherenceReport

    def nodes(self, reach: Reach, before: Sequence[Step]) -> Iterator[Step]:
        """One step, after all indicators and the tables that they are compared with."""
        values = [step.key for step in before if step.kind == "indicator"]
        yield Step(COHERENCE, (*values, *(("staged", table) for table in reach.compared())))

    def identity(self, run: Run, state: StateStore, step: Step) -> str:
        return " ".join(spec.spec_hash for _, spec in sorted(run.catalog.coherence.items()))

    def perform(self, context: StepContext) -> Result:
        from sdg_pipeline.quality import deviations

        run, layout = context.run, context.run.layout
        files = {indicator.id: layout.indicator(indicator.id) for indicator in run.indicators}
        tables = {table: layout.staged(table) for table in run.reach.compared()}
        with inputs.connection(run) as con:
            judged = deviations.judge(con, run.catalog, files, tables)
            deviations.write(con, judged, layout.deviations)
        checks = judged.checks
        write_text(layout.coherence_checks, results.dump(checks))
        report = CoherenceReport(
            rules=len(checks),
            deviations=len(judged.deviations),
            open=sum(row["status"] == deviations.OPEN for row in judged.deviations),
            checks_passed=sum(c.passed for c in checks),
            checks_failed=tuple(c.check for c in checks if c.blocks),
            warnings=tuple(c.check for c in checks if not c.passed and not c.blocks),
        )
        context.log(f"coherence: {report.rules} rules, {report.deviations} deviations, {report.open} of them open")
        return Result((layout.deviations, layout.coherence_checks), report)
