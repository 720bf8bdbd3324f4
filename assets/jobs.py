"""Defines the jobs that a statistician starts: everything, one goal, one source, the checks again, a draft.

What belongs here: which assets a job has. What does not: what people do with a release (releases).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dagster import AssetCheckKey, AssetSelection, define_asset_job

from assets.choices import DESK
from assets.executors import executor
from assets.freshness import NEWEST
from assets.keys import PUBLISH_ALL, RECHECK, RELEASE_DRAFT, asset_key, goal_group
from assets.raw import editions_key, fetchable
from sdg_pipeline.publish.describe import GOALS
from sdg_pipeline.run.graph import Key, Step
from sdg_pipeline.run.model import Run

DRAFT = {"resources": {DESK: {"config": {"draft": True}}}}


def jobs(run: Run) -> list[Any]:
    """The jobs that run steps; those of a goal or a source compute and check, and publish nothing."""
    everything = _selection(run.steps)
    return [
        define_asset_job(
            PUBLISH_ALL,
            everything,
            description="Fetch, stage, compute, check, publish and build the warehouse; what is fresh is left alone. "
            "/ Descargar, calcular, verificar y publicar todo.",
            executor_def=executor(),
        ),
        define_asset_job(
            RELEASE_DRAFT,
            everything,
            config=DRAFT,
            description="The same, but end with a draft that somebody reviews and publishes. / Lo mismo, en borrador.",
            executor_def=executor(),
        ),
        define_asset_job(
            RECHECK,
            AssetSelection.all_asset_checks() - _of_the_calendar(run),
            description="Judge the values on disk again, without computing them. / Verificar de nuevo lo calculado.",
            executor_def=executor(),
        ),
        *_by_goal(run),
        *_by_source(run),
    ]


def _of_the_calendar(run: Run) -> AssetSelection:
    """Checks of what the day is and not of what is on disk."""
    keys = (AssetCheckKey(editions_key(source), NEWEST) for source in fetchable(run))
    return AssetSelection.checks(*keys)


def _by_goal(run: Run) -> list[Any]:
    goals: dict[int, list[Key]] = {}
    for indicator in sorted(run.indicators, key=lambda i: i.goal):
        goals.setdefault(indicator.goal, []).append(("indicator", indicator.id))
    return [
        define_asset_job(
            goal_group(goal),
            _selection(run.upstream(keys)),
            description=f"Compute and check the indicators of goal {goal}, {GOALS[goal]['en'].lower()}; nothing is "
            f"published. / Calcular y verificar el objetivo {goal}, {GOALS[goal]['es'].lower()}, sin publicar.",
            executor_def=executor(),
        )
        for goal, keys in goals.items()
    ]


def _by_source(run: Run) -> list[Any]:
    sources: dict[str, set[Key]] = {}
    for step in run.steps:
        if step.kind == "raw":
            sources.setdefault(step.key[1], set()).add(step.key)
    return [
        define_asset_job(
            f"source_{source}",
            _selection(run.upstream(_after(run, keys))),
            description=f"Fetch {source}, and compute and check all that reads it; nothing is published. "
            "/ Todo lo que lee esta fuente, sin publicar.",
            executor_def=executor(),
        )
        for source, keys in sources.items()
    ]


def _after(run: Run, keys: set[Key]) -> set[Key]:
    """These steps and all indicators and tables that depend on them."""
    keys = set(keys)
    for step in run.steps:
        if step.kind in ("staged", "indicator") and keys.intersection(step.inputs):
            keys.add(step.key)
    return keys


def _selection(steps: Iterable[Step]) -> AssetSelection:
    return AssetSelection.assets(*(asset_key(step.key) for step in steps)).without_checks()
