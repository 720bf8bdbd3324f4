"""The step of the warehouse: one DuckDB file for analysts, built from the release in force.

What belongs here: when it is built, and the report. What does not: how it is built (``release.warehouse``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from sdg_pipeline.files import sha256_of
from sdg_pipeline.run import inputs
from sdg_pipeline.run.graph import PUBLICATION, WAREHOUSE, Reach, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Report, Result, StateStore
from sdg_pipeline.run.steps.kind import StepContext, StepKind


class WarehouseReport(Report):
    """The size of the database; nothing where no release is in force yet."""

    bytes: int


class WarehouseKind(StepKind):
    """Builds the database of the release of a run; where that is a draft, what users read stays as it is."""

    name: ClassVar[str] = WAREHOUSE[0]
    report: ClassVar[type[Report]] = WarehouseReport

    def nodes(self, reach: Reach, before: Sequence[Step]) -> Iterator[Step]:
        """One step, after the release and the outlines of places."""
        yield Step(WAREHOUSE, (PUBLICATION, *(step.key for step in before if step.kind == "geometry")))

    def identity(self, run: Run, state: StateStore, step: Step) -> str:
        queries = sorted(run.settings.warehouse_sql.rglob("*.sql"))
        latest = str(run.layout.latest.readlink()) if run.layout.latest.is_symlink() else ""
        return " ".join([*(sha256_of(path) for path in queries), inputs.specs_hash(run), latest])

    def perform(self, context: StepContext) -> Result:
        from sdg_pipeline.publish import definitions
        from sdg_pipeline.release.manifest import in_force
        from sdg_pipeline.release.review import build_of_latest
        from sdg_pipeline.release.warehouse import build_warehouse, holds
        from sdg_pipeline.specs.catalog import read_files

        run, layout = context.run, context.run.layout
        latest = in_force(layout)
        if latest is None:
            context.log("no warehouse: nothing is published yet")
            return Result((), WarehouseReport(bytes=0))
        if run.catalog.files == read_files(layout.latest.resolve() / definitions.FOLDER):
            build_warehouse(layout, run.catalog, inputs.areas(run), run.settings.warehouse_sql, run.settings)
        elif not holds(layout.warehouse, latest):
            build_of_latest(layout, run.settings)
        size = layout.warehouse.stat().st_size
        context.log(f"warehouse {layout.warehouse.name} of release {latest}: {size / 1e6:.1f} MB")
        return Result((layout.warehouse,), WarehouseReport(bytes=size))
