"""Defines the Dagster code location ``defs`` from the same graph of steps as ``sdg run``."""

from __future__ import annotations

from dagster import AssetsDefinition, Definitions

from assets.automation import schedules, sensors
from assets.checks import recheck_assets
from assets.choices import DESK, desk
from assets.coherence import coherence_asset
from assets.contributions import examine_job
from assets.executors import executor
from assets.factory import Heard
from assets.freshness import freshness_check, late_job
from assets.indicators import indicator_asset
from assets.jobs import jobs
from assets.published import publication_asset, warehouse_asset
from assets.raw import edition_assets, raw_asset
from assets.releases import release_jobs
from assets.staged import staged_asset
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.pipeline import Outcome, Pipeline
from sdg_pipeline.settings import Settings

FACTORIES = {
    "raw": raw_asset,
    "staged": staged_asset,
    "indicator": indicator_asset,
    "coherence": coherence_asset,
    "publication": publication_asset,
    "warehouse": warehouse_asset,
}


def _unheard(_: Outcome) -> None:
    """Nobody listens: what an outcome says is in Dagster's own record."""


def build(pipeline: Pipeline, heard: Heard = _unheard) -> Definitions:
    """All assets, checks and jobs of a pipeline; ``heard`` is told every outcome."""

    def asset(step: Step) -> AssetsDefinition:
        return FACTORIES[step.kind](pipeline, step, heard)

    return Definitions(
        assets=[*(asset(step) for step in pipeline.steps), *edition_assets(pipeline)],
        asset_checks=[*recheck_assets(pipeline), freshness_check(pipeline)],
        jobs=[*jobs(pipeline), *release_jobs(pipeline), examine_job(pipeline), late_job(pipeline)],
        schedules=schedules(pipeline),
        sensors=sensors(pipeline),
        resources={DESK: desk(pipeline)},
        executor=executor(),
    )


defs = build(Pipeline.load(Settings.from_environment()))
