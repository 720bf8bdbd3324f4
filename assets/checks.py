"""Checks of indicators as Dagster asset checks: known by name from the spec, judged by sdg_pipeline.quality."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, MetadataValue

from assets.keys import asset_key
from assets.previews import markdown_table
from sdg_pipeline.graph import Step
from sdg_pipeline.layout import Layout
from sdg_pipeline.quality import coherence, results, rules
from sdg_pipeline.specs.indicator import Indicator

BLOCKS = "While it fails, nothing is published."
"""Dagster calls these checks non-blocking, since it is publication that refuses and not the run."""


def check_specs(step: Step, indicator: Indicator) -> list[AssetCheckSpec]:
    """One for each rule. They do not block inside Dagster: publication itself refuses, and says which rows."""
    key = asset_key(step.key)
    named = [(name, description) for name, _, description in rules.check_names(indicator)]
    named += coherence.names(indicator)
    return [AssetCheckSpec(name, asset=key, description=f"{text} {BLOCKS}") for name, text in named]


def check_results(step: Step, layout: Layout) -> Iterator[AssetCheckResult]:
    """The verdicts that stand on disk for the values that stand on disk."""
    for result in results.read(layout.checks(step.name)):
        blocking = result.severity == "blocking"
        metadata: dict[str, Any] = {"observed": result.observed, "failing_rows_total": result.n_failing}
        if result.failing_rows:
            metadata["failing_rows"] = MetadataValue.md(markdown_table(list(result.failing_rows)))
        yield AssetCheckResult(
            check_name=result.check,
            asset_key=asset_key(step.key),
            passed=result.passed,
            severity=AssetCheckSeverity.ERROR if blocking else AssetCheckSeverity.WARN,
            metadata=metadata,
        )
