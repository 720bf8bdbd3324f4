"""Defines the Dagster code location ``defs`` from the same graph of steps as ``sdg run``."""

from __future__ import annotations

from dagster import AssetsDefinition, Definitions

from assets.automation import schedules, sensors
from assets.checks import recheck_assets
from assets.choices import DESK, desk
from assets.contributions import examine_job
from assets.executors import executor
from assets.factory import Heard
from assets.freshness import evaluation, freshness_check, late_job
from assets.jobs import jobs
from assets.kinds import ASSET_KINDS, CHECKS, PLAIN
from assets.open_government import commitment_checks, statement_checks
from assets.raw import edition_assets
from assets.releases import release_jobs
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.settings import Settings


def _unheard(_: Outcome) -> None:
    """Nobody listens: what an outcome says is in Dagster's own record."""


def build(runner: Runner, heard: Heard = _unheard) -> Definitions:
    """All assets, checks and jobs of a run; ``heard`` is told every outcome."""

    def asset(step: Step) -> AssetsDefinition:
        return ASSET_KINDS.get(step.kind, PLAIN).asset(runner, step, heard)

    return Definitions(
        assets=[*(asset(step) for step in runner.run.steps), *edition_assets(runner, evaluation)],
        asset_checks=[
            *recheck_assets(runner, CHECKS),
            freshness_check(runner.run),
            commitment_checks(runner.run),
            statement_checks(runner.run),
        ],
        jobs=[*jobs(runner.run), *release_jobs(runner.run), examine_job(runner.run), late_job(runner.run)],
        schedules=schedules(runner.run),
        sensors=sensors(runner.run),
        resources={DESK: desk(runner)},
        executor=executor(),
    )


defs = build(Runner.load(Settings.from_environment()))
