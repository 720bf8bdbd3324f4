"""Defines the assets of staged tables."""

from __future__ import annotations

from typing import Any

from dagster import AssetsDefinition, AssetSpec, MetadataValue, TableColumn, TableSchema

from assets import lineage
from assets.checks import Checks, Described
from assets.choices import Choices
from assets.factory import DEPENDENT, Heard, asset_of, inputs
from assets.keys import GROUP_OF_KIND, asset_key
from assets.previews import markdown_table
from sdg_pipeline.quality import contracts, results
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.staged import StagedReport
from sdg_pipeline.specs.table import Table


def _described(run: Run, step: Step) -> list[Described]:
    contract = run.catalog.contracts.get(step.name)
    rules = contract.rules if contract is not None else {}
    named = contracts.names(run.catalog.tables[step.name], contract)
    return [Described(name, rules[name].severity if name in rules else "blocking", text) for name, text in named]


STAGED_CHECKS = Checks(_described, lambda runner, step: results.read(runner.run.layout.contract(step.name)))


def staged_asset(runner: Runner, step: Step, heard: Heard) -> AssetsDefinition:
    table = runner.run.catalog.tables[step.name]
    spec = AssetSpec(
        key=asset_key(step.key),
        skippable=True,
        automation_condition=DEPENDENT,
        deps=inputs(step),
        group_name=GROUP_OF_KIND["staged"],
        description=f"{table.title.en} / {table.title.es}\n\n{table.description.en}\n\n{table.description.es}",
        kinds={"duckdb", "parquet"},
        tags={"sdg/table": table.id} | {f"sdg/source_{part.source}": "" for part in table.parts},
        code_version=table.spec_hash,
        metadata={
            "dagster/column_schema": _schema(table),
            "spec": MetadataValue.path(str(runner.run.settings.specs / runner.run.catalog.document(table).file)),
        },
    )

    def shown(outcome: Outcome, choices: Choices) -> dict[str, Any]:
        return {**_shown(outcome), "dagster/column_lineage": lineage.of_table(choices.run, table)}

    return asset_of(step, spec, shown, heard, lambda _: STAGED_CHECKS.evaluation(runner, step))


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
    report = outcome.report_as(StagedReport)
    rows = [
        {
            "source": f"{part.source}/{part.edition}",
            "level": part.level,
            "read": part.rows_read,
            "kept": part.rows_kept,
            "left out": "; ".join(f"{rule.rows}: {rule.reason}" for rule in part.left_out),
            "empty cells": sum(part.missing_cells.values()),
        }
        for part in report.parts
    ]
    return {"dagster/row_count": report.rows, "parts": MetadataValue.md(markdown_table(rows))}
