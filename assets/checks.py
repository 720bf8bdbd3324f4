"""Checks of tables and indicators as Dagster asset checks: known by name from specs, judged by sdg_pipeline.quality."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, MetadataValue

from assets.keys import asset_key
from assets.previews import markdown_table
from sdg_pipeline.graph import Step
from sdg_pipeline.quality import coherence, contracts, results, rules
from sdg_pipeline.specs.contract import Contract
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Table

BLOCKS = "While it fails, nothing is published."
"""Dagster calls these checks non-blocking, since it is publication that refuses and not the run."""


def check_specs(step: Step, indicator: Indicator) -> list[AssetCheckSpec]:
    """One for each rule. They do not block inside Dagster: publication itself refuses, and says which rows."""
    key = asset_key(step.key)
    named = [(name, description) for name, _, description in rules.check_names(indicator)]
    named += coherence.names(indicator)
    return [AssetCheckSpec(name, asset=key, description=f"{text} {BLOCKS}") for name, text in named]


def table_check_specs(step: Step, table: Table, contract: Contract | None) -> list[AssetCheckSpec]:
    """One for each rule on a staged table and on the files that it is made of."""
    key = asset_key(step.key)
    return [AssetCheckSpec(name, asset=key, description=text) for name, text in contracts.names(table, contract)]


def check_results(step: Step, verdicts: Path) -> Iterator[AssetCheckResult]:
    """The verdicts that stand on disk for the data that stand on disk."""
    for result in results.read(verdicts):
        blocking = result.severity == "blocking"
        metadata: dict[str, Any] = {"observed": result.observed, "failing_rows_total": result.n_failing}
        metadata |= {"owner": result.owner, "reason": result.reason, "border": result.border}
        if result.failing_rows:
            metadata["failing_rows"] = MetadataValue.md(markdown_table(list(result.failing_rows)))
        yield AssetCheckResult(
            check_name=result.check,
            asset_key=asset_key(step.key),
            passed=result.passed,
            severity=AssetCheckSeverity.ERROR if blocking else AssetCheckSeverity.WARN,
            metadata=metadata,
        )
