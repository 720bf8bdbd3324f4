"""Jobs that a statistician starts: everything, or one goal with all that it needs."""

from __future__ import annotations

from typing import Any

from dagster import AssetSelection, define_asset_job, in_process_executor

from assets.keys import goal_group
from sdg_pipeline.pipeline import Pipeline

PUBLISH_ALL = "publish_all"


def jobs(pipeline: Pipeline) -> list[Any]:
    """``publish_all``, and ``goal_NN`` for each goal that has indicators (computes and checks, publishes nothing)."""
    groups = sorted({goal_group(i) for i in pipeline.indicators})
    everything = define_asset_job(
        PUBLISH_ALL,
        AssetSelection.all().without_checks(),
        description="Fetch, stage, compute, check, publish and build the warehouse; what is fresh is left alone.",
        executor_def=in_process_executor,
    )
    by_goal = [
        define_asset_job(
            group,
            AssetSelection.groups(group).upstream().without_checks(),
            description=f"Compute and check the indicators of {group.replace('_', ' ')}; nothing is published.",
            executor_def=in_process_executor,
        )
        for group in groups
    ]
    return [everything, *by_goal]
