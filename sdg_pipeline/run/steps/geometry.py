"""The step of the geometry: official outlines of municipalities to paths for maps.

What belongs here: which file is read, and the report. What does not: the recipe (``ingest.shapes``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from sdg_pipeline.run import inputs
from sdg_pipeline.run.graph import GEOMETRY, Reach, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Report, Result, StateStore
from sdg_pipeline.run.steps.kind import StepContext, StepKind


class GeometryReport(Report):
    """How many outlines there are."""

    municipalities: int
    states: int


class GeometryKind(StepKind):
    """Makes the outlines of maps; a run that can read no geometry has no such step, and maps are tiles."""

    name: ClassVar[str] = GEOMETRY[0]
    report: ClassVar[type[Report]] = GeometryReport

    def nodes(self, reach: Reach, before: Sequence[Step]) -> Iterator[Step]:
        """One step, after the newest edition of the outlines that the run can read."""
        yield from (Step(GEOMETRY, (("raw", *file),)) for file in reach.shapes()[-1:])

    def identity(self, run: Run, state: StateStore, step: Step) -> str:
        source, _ = run.reach.shapes()[-1]
        return f"{run.catalog.sources[source].spec_hash} {inputs.register_hash(run)}"

    def perform(self, context: StepContext) -> Result:
        from sdg_pipeline.ingest.integrity import require_fetched_bytes
        from sdg_pipeline.ingest.shapes import outlines, save

        run = context.run
        name, edition = run.reach.shapes()[-1]
        source, raw = run.catalog.sources[name], inputs.raw_file(run, name, edition)
        assert source.shapes is not None, name
        require_fetched_bytes(raw)
        period = int(source.editions[edition].period)
        drawn = outlines(Path(raw.path), source.shapes.key, period, inputs.areas(run))
        save(drawn, name, edition, run.layout)
        report = GeometryReport(municipalities=len(drawn["municipalities"]), states=len(drawn["states"]))
        context.log(f"geometry {name}/{edition}: {report.municipalities:,} municipalities, {report.states} states")
        return Result((run.layout.geometry, run.layout.area_geometry), report)
