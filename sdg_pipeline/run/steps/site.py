"""The step of the site: the pages of the release in force, built from its warehouse.

What belongs here: when it is built, and the report. What does not: the pages (``site``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from sdg_pipeline.run.graph import SITE, WAREHOUSE, Reach, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Report, Result, StateStore
from sdg_pipeline.run.steps.kind import StepContext, StepKind


class SiteReport(Report):
    """Files of the site, how many of them are other than before, and how many are gone."""

    pages: int
    changed: int
    removed: int


class SiteKind(StepKind):
    """Builds the site; where no release is in force there is none."""

    name: ClassVar[str] = SITE[0]
    report: ClassVar[type[Report]] = SiteReport

    def nodes(self, reach: Reach, before: Sequence[Step]) -> Iterator[Step]:
        """One step, after the warehouse and the outlines of places."""
        outlines = [step.key for step in before if step.kind == "geometry"]
        yield Step(SITE, (WAREHOUSE, *outlines))

    def identity(self, run: Run, state: StateStore, step: Step) -> str:
        latest = str(run.layout.latest.readlink()) if run.layout.latest.is_symlink() else ""
        return f"{latest} {run.settings.site_url}"

    def perform(self, context: StepContext) -> Result:
        from sdg_pipeline.publish import definitions
        from sdg_pipeline.release.manifest import in_force
        from sdg_pipeline.site.build import build
        from sdg_pipeline.specs import catalog as catalogs
        from sdg_pipeline.specs.catalog import read_files

        run, layout = context.run, context.run.layout
        if in_force(layout) is None or not layout.warehouse.exists():
            context.log("no site: nothing is published yet")
            return Result((), SiteReport(pages=0, changed=0, removed=0))
        sealed, catalog = layout.latest.resolve() / definitions.FOLDER, run.catalog
        if sealed.is_dir() and catalog.files != read_files(sealed):
            catalog = catalogs.load(sealed).sound()
        written = build(layout, run.settings, catalog)
        report = SiteReport(pages=len(written.files), changed=written.changed, removed=written.removed)
        context.log(f"site: {report.pages:,} files, {report.changed:,} of them new or changed, {report.removed:,} gone")
        return Result(written.files, report)
