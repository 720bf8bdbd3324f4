"""Checks that the newest edition of each source is the one that should be out by now.

It is an asset check of each source's editions, and a job that judges all sources and tells people. What belongs here:
these two. What does not: when an edition is due (sdg_pipeline.quality.freshness), and when the job runs (automation).
Annotations are not deferred here: Dagster reads them.
"""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetMaterialization,
    JobDefinition,
    MetadataValue,
    OpExecutionContext,
    job,
    multi_asset_check,
    op,
)

from assets import notices
from assets.checks import Verdict
from assets.executors import executor
from assets.keys import LATE
from assets.previews import markdown_table
from assets.raw import editions_key, fetchable
from sdg_pipeline import clock
from sdg_pipeline.quality import freshness
from sdg_pipeline.quality.freshness import Freshness
from sdg_pipeline.run.model import Run

NEWEST = "newest_edition"
MEANING = (
    "No newer edition of the source should be out by now, by its periodicity and the patience of "
    "indicator_specs/calendars. / No debería haber ya una edición más reciente."
)


def freshness_check(run: Run) -> AssetChecksDefinition:
    """A check for the editions of each source that this desk can fetch."""
    reachable = fetchable(run)

    @multi_asset_check(
        name="freshness",
        specs=[AssetCheckSpec(NEWEST, asset=editions_key(source), description=MEANING) for source in reachable],
        can_subset=True,
    )
    def judge(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        wanted = {key.asset_key for key in context.selected_asset_check_keys}
        for each in _today(run):
            if each.expected.source in reachable and editions_key(each.expected.source) in wanted:
                yield _verdict(each).result(editions_key(each.expected.source))

    return judge


def evaluation(run: Run, source: str) -> AssetCheckEvaluation | None:
    """The verdict of today on a source, for a run that fetched editions of it."""
    each = next((each for each in _today(run) if each.expected.source == source), None)
    return _verdict(each).evaluation(editions_key(source)) if each else None


def late_job(run: Run) -> JobDefinition:
    """``late_sources``: which institution should have published a newer edition by now."""

    @op
    def look(context: OpExecutionContext) -> None:
        sources, reachable = _today(run), fetchable(run)
        for each in sources:
            if each.expected.source in reachable:
                evaluation = _verdict(each).evaluation(editions_key(each.expected.source))
                context.log_event(evaluation)  # type: ignore[arg-type]
        wanting = [each.summary() for each in sources if each.wanting]
        metadata: dict[str, Any] = {
            "late": len(wanting),
            "sources": MetadataValue.md(markdown_table(list(map(_row, sources)))),
        }
        context.log_event(AssetMaterialization(["late_sources", "all"], metadata=metadata))
        if wanting:
            notices.tell("Newer editions should be out:\n" + "\n".join(wanting), late=wanting)

    @job(
        name=LATE,
        executor_def=executor(),
        description="Say which sources should have a newer edition by now. / Fuentes con edición atrasada.",
    )
    def late_sources() -> None:
        look()

    return late_sources


def _today(run: Run) -> list[Freshness]:
    return freshness.of_catalog(run.catalog, clock.now().date())


def _verdict(each: Freshness) -> Verdict:
    metadata = {"observed": each.summary(), "days_late": each.days_late}
    return Verdict(NEWEST, not each.wanting, AssetCheckSeverity.WARN, metadata)


def _row(each: Freshness) -> dict[str, Any]:
    return {
        "source": each.expected.source,
        "status": each.status,
        "reaches": each.expected.reaches,
        "expected_by": str(each.expected.expected_by or ""),
        "days_late": each.days_late,
    }
