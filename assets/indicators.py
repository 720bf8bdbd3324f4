"""Assets of indicators, in the group of their goal, each with its checks."""

from __future__ import annotations

from typing import Any

from dagster import AssetsDefinition, AssetSpec, MetadataValue, TableColumn, TableSchema

from assets.checks import evaluations
from assets.factory import Heard, asset_of, inputs
from assets.keys import asset_key, goal_group
from assets.previews import headline, markdown_table, states_chart
from sdg_pipeline.graph import Step
from sdg_pipeline.pipeline import Outcome, Pipeline
from sdg_pipeline.specs.fields import OBSERVATION
from sdg_pipeline.specs.indicator import Indicator

COLUMNS = TableSchema([TableColumn(f.name, f.kind, description=f"{f.en} / {f.es}") for f in OBSERVATION])


def indicator_asset(pipeline: Pipeline, step: Step, heard: Heard) -> AssetsDefinition:
    indicator = pipeline.catalog.indicators[step.name]
    spec = AssetSpec(
        key=asset_key(step.key),
        deps=inputs(step),
        group_name=goal_group(indicator),
        description=_description(indicator),
        kinds={"duckdb", "parquet"},
        owners=[indicator.owner],
        tags=_tags(indicator),
        code_version=pipeline.catalog.spec_hash(indicator),
        metadata={"dagster/column_schema": COLUMNS, "spec": pipeline.catalog.document(indicator).file},
    )

    def shown(outcome: Outcome) -> dict[str, Any]:
        report = outcome.report
        return {
            "dagster/row_count": report["rows"],
            "headline": headline(report),
            "states": MetadataValue.md(states_chart(report)),
            "preview": MetadataValue.md(markdown_table(report["preview"])),
            "checks_passed": report["checks_passed"],
            "checks_failed": len(report["checks_failed"]),
        }

    return asset_of(
        pipeline,
        step,
        spec,
        shown,
        heard,
        judged=lambda: evaluations(pipeline, step),
    )


def _description(indicator: Indicator) -> str:
    code = indicator.sdg.code or f"target {indicator.sdg.target}"
    parts = [
        f"**{indicator.title.en}**",
        f"**{indicator.title.es}**",
        f"SDG {code}, {indicator.sdg.relation}. {indicator.description.en}",
        indicator.description.es,
        *(f"Assumption ({a.impact}): {a.text.en}" for a in indicator.assumptions),
    ]
    return "\n\n".join(parts)


def _tags(indicator: Indicator) -> dict[str, str]:
    levels = {f"sdg/level_{b[0]}": "" for b in indicator.breakdowns}
    return {
        "sdg/goal": str(indicator.goal),
        "sdg/target": indicator.sdg.target,
        "sdg/kind": indicator.method.kind,
    } | levels
