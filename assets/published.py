"""Defines the assets of the release, the warehouse and the site."""

from __future__ import annotations

from typing import Any

from dagster import AssetsDefinition, AssetSpec, MetadataValue

from assets.choices import Choices, for_the_desk
from assets.factory import Heard, asset_of, inputs
from assets.keys import GROUP_OF_KIND, asset_key
from assets.releases import page
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.publication import PublicationReport
from sdg_pipeline.run.steps.site import SiteReport
from sdg_pipeline.run.steps.warehouse import WarehouseReport


def publication_asset(runner: Runner, step: Step, heard: Heard) -> AssetsDefinition:
    spec = AssetSpec(
        key=asset_key(step.key),
        skippable=True,
        deps=inputs(step),
        group_name=GROUP_OF_KIND["publication"],
        description="Parquet, CSV, dictionary and data package of all indicators; "
        "refused, or left a draft, while checks fail.",
        kinds={"parquet", "csv"},
    )

    def shown(outcome: Outcome, choices: Choices) -> dict[str, Any]:
        report = outcome.report_as(PublicationReport)
        kept_back = "\n".join(f"- {for_the_desk(reason)}" for reason in report.kept_back)
        return {**page(runner.run.layout, report.release), "kept_back": MetadataValue.md(kept_back or "No.")}

    return asset_of(step, spec, shown, heard)


def warehouse_asset(runner: Runner, step: Step, heard: Heard) -> AssetsDefinition:
    spec = AssetSpec(
        key=asset_key(step.key),
        skippable=True,
        deps=inputs(step),
        group_name=GROUP_OF_KIND["warehouse"],
        description="One DuckDB file for analysts, built from the latest release and swapped in whole.",
        kinds={"duckdb"},
    )

    def shown(outcome: Outcome, choices: Choices) -> dict[str, Any]:
        return {
            "bytes": outcome.report_as(WarehouseReport).bytes,
            "file": MetadataValue.path(str(runner.run.layout.warehouse)),
        }

    return asset_of(step, spec, shown, heard)


def site_asset(runner: Runner, step: Step, heard: Heard) -> AssetsDefinition:
    spec = AssetSpec(
        key=asset_key(step.key),
        skippable=True,
        deps=inputs(step),
        group_name=GROUP_OF_KIND["site"],
        description="The pages of the latest release for everybody: open data/site/index.html, or `sdg serve`.",
        kinds={"html"},
    )

    def shown(outcome: Outcome, choices: Choices) -> dict[str, Any]:
        report = outcome.report_as(SiteReport)
        return {
            "pages": report.pages,
            "changed": report.changed,
            "removed": report.removed,
            "home": MetadataValue.path(str(runner.run.layout.site / "index.html")),
        }

    return asset_of(step, spec, shown, heard)
