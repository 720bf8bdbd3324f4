"""Checks of indicators as Dagster asset checks: known by name from the spec, judged by sdg_pipeline.quality.

A step that computes an indicator judges it too and records the verdicts (``evaluations``). The checks themselves
belong to a definition of their own for each target (``recheck_assets``), which judges again what stands on disk: the
button *Execute* of a check, and the job ``recheck``. Were they outputs of the step of their indicator, Dagster would
write three events a check in place of one, and those take longer than the judging.
Annotations are not deferred here: Dagster reads that of ``context``.
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
    MetadataValue,
    multi_asset_check,
)

from assets.keys import asset_key, op_name
from assets.previews import markdown_table
from sdg_pipeline.graph import Step
from sdg_pipeline.pipeline import Pipeline
from sdg_pipeline.quality import coherence, results, rules
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.specs.indicator import Indicator

BLOCKS = "While it fails, nothing is published."
"""Dagster calls these checks non-blocking, since it is publication that refuses and not the run."""


def check_specs(step: Step, indicator: Indicator) -> list[AssetCheckSpec]:
    """One for each rule. They do not block inside Dagster: publication itself refuses, and says which rows."""
    key = asset_key(step.key)
    named = [(name, description) for name, _, description in rules.check_names(indicator)]
    named += coherence.names(indicator)
    return [AssetCheckSpec(name, asset=key, description=f"{text} {BLOCKS}") for name, text in named]


def evaluations(pipeline: Pipeline, step: Step) -> Iterator[AssetCheckEvaluation]:
    """The verdicts that stand on disk for the values that stand on disk."""
    for result in results.read(pipeline.layout.checks(step.name)):
        yield AssetCheckEvaluation(
            asset_key=asset_key(step.key),
            check_name=result.check,
            passed=result.passed,
            severity=_severity(result),
            metadata=_metadata(result),
        )


def recheck_assets(pipeline: Pipeline) -> list[AssetChecksDefinition]:
    """A definition a target of a goal (Dagster's effort grows with the square of its checks)."""
    targets: dict[str, list[Step]] = {}
    for step in pipeline.steps:
        if step.kind == "indicator":
            targets.setdefault(pipeline.catalog.indicators[step.name].sdg.target, []).append(step)
    return [_recheck(pipeline, target, steps) for target, steps in targets.items()]


def _recheck(pipeline: Pipeline, target: str, steps: list[Step]) -> AssetChecksDefinition:
    specs = [spec for step in steps for spec in check_specs(step, pipeline.catalog.indicators[step.name])]

    @multi_asset_check(name=op_name(("recheck", target)), specs=specs, can_subset=True)
    def judge(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        from sdg_pipeline import steps as work

        wanted = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
        for step in steps:
            key = asset_key(step.key)
            if any(asset == key for asset, _ in wanted):
                for result in work.judge_again(pipeline, step):
                    if (key, result.check) in wanted:
                        yield AssetCheckResult(
                            asset_key=key,
                            check_name=result.check,
                            passed=result.passed,
                            severity=_severity(result),
                            metadata=_metadata(result),
                        )

    return judge


def _severity(result: CheckResult) -> AssetCheckSeverity:
    return AssetCheckSeverity.ERROR if result.severity == "blocking" else AssetCheckSeverity.WARN


def _metadata(result: CheckResult) -> dict[str, Any]:
    metadata: dict[str, Any] = {"observed": result.observed, "failing_rows_total": result.n_failing}
    if result.failing_rows:
        metadata["failing_rows"] = MetadataValue.md(markdown_table(list(result.failing_rows)))
    return metadata
