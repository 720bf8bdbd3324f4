"""The steps of open government, one a subject: tables that the release seals beside the indicators.

What belongs here: which files a subject reads, and the report. What does not: its work (``open_government``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import ClassVar

from sdg_pipeline.files import sha256_of, write_text
from sdg_pipeline.open_government.facts import ReleaseFiles
from sdg_pipeline.open_government.subject import Material
from sdg_pipeline.open_government.subjects import SUBJECTS
from sdg_pipeline.quality import results
from sdg_pipeline.run import inputs
from sdg_pipeline.run.graph import OPEN_GOVERNMENT, Reach, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Report, Result, StateStore
from sdg_pipeline.run.steps.kind import StepContext, StepKind


class OpenGovernmentReport(Report):
    """What the checks of a subject observed, one sentence each."""

    observed: tuple[str, ...]


class OpenGovernmentKind(StepKind):
    """Fills the tables of one subject."""

    name: ClassVar[str] = OPEN_GOVERNMENT
    report: ClassVar[type[Report]] = OpenGovernmentReport

    def nodes(self, reach: Reach, before: Sequence[Step]) -> Iterator[Step]:
        """A step a subject, after the tables and indicators that it reads."""
        for subject in SUBJECTS.values():
            tables = subject.staged(reach.catalog)
            yield Step(
                (self.name, subject.name),
                (
                    *(
                        step.key
                        for step in before
                        if (step.kind == "indicator" and subject.all_indicators)
                        or (step.kind == "staged" and step.name in tables)
                        or (step.kind == "raw" and subject.all_editions)
                    ),
                    *subject.after,
                ),
            )

    def identity(self, run: Run, state: StateStore, step: Step) -> str:
        digest = hashlib.sha256()
        for name, content in sorted(run.catalog.files.items()):
            digest.update(f"{name}\n".encode() + content)
        for path in SUBJECTS[step.name].files(run.layout):
            digest.update(f"{path.parent.name}/{path.name} {sha256_of(path)}\n".encode())
        return digest.hexdigest()

    def perform(self, context: StepContext) -> Result:
        run, layout = context.run, context.run.layout
        subject = SUBJECTS[context.step.name]
        with inputs.connection(run) as con:
            material = Material(
                con,
                run.catalog,
                inputs.areas(run),
                {i.id: layout.indicator(i.id) for i in run.indicators},
                {table: layout.staged(table) for table in sorted(subject.staged(run.catalog)) if table in run.tables},
                lambda table: layout.open_government(table.file),
                tuple(subject.files(layout)),
                {edition: inputs.raw_file(run, *edition) for edition in _editions(context.step)},
                release_files(),
            )
            checks = subject.judge(material)
        target = layout.open_government(f"{subject.name}.json")
        write_text(target, results.dump(checks))
        report = OpenGovernmentReport(
            observed=tuple(check.observed for check in checks),
            checks_passed=sum(c.passed for c in checks),
            checks_failed=tuple(c.check for c in checks if c.blocks),
            warnings=tuple(c.check for c in checks if not c.passed and not c.blocks),
        )
        context.log(f"{subject.name}: {'; '.join(report.observed)}")
        return Result((*(layout.open_government(table.file) for table in subject.tables), target), report)


def _editions(step: Step) -> list[tuple[str, str]]:
    """Source and edition of the files that a step reads."""
    return [(key[1], key[2]) for key in step.inputs if key[0] == "raw"]


def release_files() -> ReleaseFiles:
    """What every release has, as its writers name it."""
    from sdg_pipeline.publish import datapackage, dictionary, parquet

    return ReleaseFiles(
        (dictionary.CSV_NAME, parquet.OBSERVATIONS, datapackage.NAME),
        {
            "keywords": f"keywords in {datapackage.NAME}",
            "publisher": f"contributors in {datapackage.NAME}",
            "metadata": f"definitions in {dictionary.CSV_NAME}; contributors and sources in {datapackage.NAME}",
            "byte_size": f"bytes of each resource in {datapackage.NAME}",
        },
    )
