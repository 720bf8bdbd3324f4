"""The asset of coherence: all indicators against one another, with a check for each file of rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetsDefinition, AssetSpec, MetadataValue

from assets.factory import Heard, asset_of, inputs
from assets.keys import GROUP_OF_KIND, asset_key
from assets.previews import markdown_table
from sdg_pipeline.graph import Step
from sdg_pipeline.pipeline import Outcome, Pipeline
from sdg_pipeline.quality import results


def coherence_asset(pipeline: Pipeline, step: Step, heard: Heard) -> AssetsDefinition:
    specs = [spec for _, spec in sorted(pipeline.catalog.coherence.items())]
    asset = AssetSpec(
        key=asset_key(step.key),
        deps=inputs(step),
        group_name=GROUP_OF_KIND["coherence"],
        description="Orders, identities, groups, denominators, changes and foreign values; what deviates, and why.",
        kinds={"parquet"},
    )
    checks = [AssetCheckSpec(spec.id, asset=asset.key, description=spec.title.en) for spec in specs]

    def shown(outcome: Outcome) -> dict[str, Any]:
        file = MetadataValue.path(str(pipeline.layout.deviations))
        return {name: outcome.report[name] for name in ("rules", "deviations", "open")} | {"file": file}

    def judged(_: Outcome) -> Iterator[AssetCheckResult]:
        verdicts = results.read(pipeline.layout.coherence_checks)
        for spec in specs:
            failed = [v for v in verdicts if v.subject == spec.id and not v.passed]
            rows = [{"rule": v.check, "observed": v.observed, "severity": v.severity} for v in failed]
            blocks = any(v.blocks for v in failed)
            yield AssetCheckResult(
                check_name=spec.id,
                asset_key=asset.key,
                passed=not failed,
                severity=AssetCheckSeverity.ERROR if blocks else AssetCheckSeverity.WARN,
                metadata={"failed": MetadataValue.md(markdown_table(rows))} if rows else {},
            )

    return asset_of(pipeline, step, asset, shown, heard, checks, judged)
