"""Defines the asset of coherence between indicators, with a check per file of rules."""

from __future__ import annotations

from typing import Any

from dagster import AssetsDefinition, AssetSpec, MetadataValue

from assets.checks import Checks, Described
from assets.choices import Choices
from assets.factory import Heard, asset_of, inputs
from assets.keys import GROUP_OF_KIND, asset_key
from sdg_pipeline.quality import results
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.coherence import CoherenceReport

BY_RULE = "severity by rule"
COHERENCE_CHECKS = Checks(
    lambda run, _: [Described(spec.id, BY_RULE, spec.title.en) for _, spec in sorted(run.catalog.coherence.items())],
    lambda runner, _: results.read(runner.run.layout.coherence_checks),
)


def coherence_asset(runner: Runner, step: Step, heard: Heard) -> AssetsDefinition:
    asset = AssetSpec(
        key=asset_key(step.key),
        skippable=True,
        deps=inputs(step),
        group_name=GROUP_OF_KIND["coherence"],
        description="Orders, identities, groups, denominators, changes and foreign values; what deviates, and why.\n\n"
        "Órdenes, identidades, grupos, denominadores, cambios y valores ajenos; qué se desvía y por qué.",
        kinds={"parquet"},
    )

    def shown(outcome: Outcome, choices: Choices) -> dict[str, Any]:
        report = outcome.report_as(CoherenceReport)
        file = MetadataValue.path(str(runner.run.layout.deviations))
        return {"rules": report.rules, "deviations": report.deviations, "open": report.open, "file": file}

    return asset_of(step, asset, shown, heard, lambda _: COHERENCE_CHECKS.evaluation(runner, step))
