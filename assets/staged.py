"""Assets of staged tables: typed, recoded, every column accounted for."""

from __future__ import annotations

from typing import Any

from dagster import AssetsDefinition, AssetSpec, MetadataValue, TableColumn, TableSchema

from assets import lineage
from assets.checks import evaluations
from assets.choices import Choices
from assets.factory import DEPENDENT, Heard, asset_of, inputs
from assets.keys import GROUP_OF_KIND, asset_key
from assets.previews import markdown_table
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.pipeline import Outcome, Pipeline
from sdg_pipeline.specs.table import Table


def staged_asset(pipeline: Pipeline, step: Step, heard: Heard) -> AssetsDefinition:
    table = pipeline.catalog.tables[step.name]
    spec = AssetSpec(
        key=asset_key(step.key),
        skippable=True,
        automation_condition=DEPENDENT,
        deps=inputs(step),
        group_name=GROUP_OF_KIND["staged"],
        description=f"**{table.title.en}**\n\n**{table.title.es}**\n\n{table.description.en}\n\n{table.description.es}",
        kinds={"duckdb", "parquet"},
        tags={"sdg/table": table.id} | {f"sdg/source_{part.source}": "" for part in table.parts},
        code_version=table.spec_hash,
        metadata={
            "dagster/column_schema": _schema(table),
            "spec": MetadataValue.path(str(pipeline.settings.specs / pipeline.catalog.document(table).file)),
        },
    )

    def shown(outcome: Outcome, choices: Choices) -> dict[str, Any]:
        return {**_shown(outcome), "dagster/column_lineage": lineage.of_table(choices.pipeline, table)}

    return asset_of(step, spec, shown, heard, lambda _: evaluations(pipeline, step))


def _schema(table: Table) -> TableSchema:
    keys = ["geo_level", "state", "municipality", "locality", *table.dimensions, "time_period"]
    columns = [TableColumn(name, "text") for name in keys]
    columns += [
        TableColumn(
            name, "integer" if m.additive else "number", description=f"{m.label.en} / {m.label.es}" if m.label else None
        )
        for name, m in table.measures.items()
    ]
    return TableSchema(columns)


def _shown(outcome: Outcome) -> dict[str, Any]:
    parts = outcome.report["parts"]
    rows = [
        {
            "source": f"{p['source']}/{p['edition']}",
            "level": p["level"],
            "read": p["rows_read"],
            "kept": p["rows_kept"],
            "left out": "; ".join(f"{r['rows']}: {r['reason']}" for r in p["left_out"]),
            "empty cells": sum(p["missing_cells"].values()),
        }
        for p in parts
    ]
    return {"dagster/row_count": outcome.report["rows"], "parts": MetadataValue.md(markdown_table(rows))}
