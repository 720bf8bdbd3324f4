"""Turns a step of a run into a Dagster asset that performs it and shows the result.

What belongs here: the one way in which Dagster runs a step. What does not: what an asset of a kind is called and
shows (raw, staged, indicators, published). Annotations are not deferred here: Dagster reads that of ``context``.
"""

from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetsDefinition,
    AssetSpec,
    AutomationCondition,
    DataVersion,
    Failure,
    MaterializeResult,
    multi_asset,
)

from assets.blocking import against
from assets.checks import VERDICTS
from assets.choices import DESK, Choices, mendable
from assets.keys import asset_key, op_name
from assets.unreached import Unreached
from sdg_pipeline.run.graph import PUBLICATION, Step
from sdg_pipeline.run.state import Outcome

Shown = Callable[[Outcome, Choices], dict[str, Any]]
Recorded = Callable[[Outcome], Iterator[AssetCheckEvaluation | AssetMaterialization]]
Heard = Callable[[Outcome], None]
SIGNATURE = Signature([Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=AssetExecutionContext)])
"""Dagster asks 16 times an asset for that of its function, and making one out takes a tenth of the loading."""
DEPENDENT = AutomationCondition.eager().replace("newly_updated", AutomationCondition.data_version_changed())
"""Run where what it is made of has another content, and all of that is there; the sensor `dependents` asks."""
LEFT_ALONE = "Left alone: the choices of this run do not name it."


def asset_of(
    step: Step, spec: AssetSpec, shown: Shown, heard: Heard, recorded: Recorded | None = None
) -> AssetsDefinition:
    """An asset that performs ``step``; ``shown`` makes the metadata, ``recorded`` what else it tells Dagster.

    The data version is the hash of the outputs, not the fingerprint. A step that ran again and gave the same bytes
    leaves those after it fresh, in Dagster as in ``sdg run``.
    """

    def perform(context: AssetExecutionContext) -> Iterator[MaterializeResult[None]]:
        choices: Choices = context.resources.desk
        try:
            with mendable():
                outcome = choices.perform(step, context.log.info)
        except Unreached as unreached:
            context.log.warning(str(unreached))
            context.log_event(unreached.tell(VERDICTS))
            return
        if outcome is None:
            context.log.info(LEFT_ALONE)
            return
        heard(outcome)
        yield MaterializeResult(
            asset_key=spec.key, metadata=described(outcome, choices, shown), data_version=version(outcome)
        )
        for event in recorded(outcome) if recorded else ():
            context.log_event(event)
        if ended := against(outcome, choices, _seals(context)):
            raise Failure(ended, allow_retries=False)

    perform.__signature__ = SIGNATURE  # type: ignore[attr-defined]
    return multi_asset(name=op_name(step.key), specs=[spec], required_resource_keys={DESK})(perform)


def _seals(context: AssetExecutionContext) -> bool:
    """Whether the run of a step makes a release as well."""
    return asset_key(PUBLICATION) in context.job_def.asset_layer.selected_asset_keys


def described(outcome: Outcome, choices: Choices, shown: Shown) -> dict[str, Any]:
    """The metadata of an outcome."""
    how = {"computed_in_this_run": outcome.computed, "seconds": round(outcome.seconds, 3)}
    return {**shown(outcome, choices), **how}


def version(outcome: Outcome) -> DataVersion:
    """The hash of what a step left on disk."""
    return DataVersion(outcome.content[:16])


def inputs(step: Step) -> list[AssetKey]:
    """Asset keys of what a step needs."""
    return [asset_key(key) for key in step.inputs]
