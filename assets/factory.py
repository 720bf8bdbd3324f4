"""From a step of the pipeline to a Dagster asset: perform the step, show what came of it.

What belongs here: the one way in which Dagster runs a step. What does not: what an asset of a kind is called and
shows (raw, staged, indicators, published). Annotations are not deferred here: Dagster reads that of ``context``.
"""

from collections.abc import Callable, Iterator
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    DataVersion,
    MaterializeResult,
    multi_asset,
)

from assets.keys import asset_key, op_name
from sdg_pipeline.graph import Step
from sdg_pipeline.pipeline import Outcome, Pipeline

Shown = Callable[[Outcome], dict[str, Any]]
Judged = Callable[[], Iterator[AssetCheckEvaluation]]
Heard = Callable[[Outcome], None]


def asset_of(
    pipeline: Pipeline,
    step: Step,
    spec: AssetSpec,
    shown: Shown,
    heard: Heard,
    judged: Judged | None = None,
) -> AssetsDefinition:
    """An asset that performs ``step``; ``shown`` makes the metadata, ``judged`` the verdicts of its checks.

    The data version is the hash of the outputs, not the fingerprint: a step that ran again and gave the same bytes
    leaves those after it fresh, in Dagster as in ``sdg run``.
    """

    @multi_asset(name=op_name(step.key), specs=[spec])
    def perform(context: AssetExecutionContext) -> Iterator[MaterializeResult[None]]:
        outcome = pipeline.perform(step, context.log.info)
        heard(outcome)
        computed = {"computed_in_this_run": outcome.computed, "seconds": round(outcome.seconds, 3)}
        yield MaterializeResult(
            asset_key=spec.key,
            metadata={**shown(outcome), **computed},
            data_version=DataVersion(outcome.content[:16]),
        )
        for verdict in judged() if judged else ():
            context.log_event(verdict)

    return perform


def inputs(step: Step) -> list[AssetKey]:
    """Asset keys of what a step needs."""
    return [asset_key(key) for key in step.inputs]
