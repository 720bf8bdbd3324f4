"""The asset of a step whose kind has nothing of its own to show: the figures of its report, as they are.

What belongs here: what every kind of step looks like until somebody writes more. What does not: any one kind.
"""

from __future__ import annotations

from typing import Any

from dagster import AssetsDefinition, AssetSpec

from assets.choices import Choices
from assets.factory import Heard, asset_of, inputs
from assets.keys import GROUP_OF_KIND, asset_key
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome


def plain_asset(runner: Runner, step: Step, heard: Heard) -> AssetsDefinition:
    kind = runner.kinds[step.kind]
    spec = AssetSpec(
        key=asset_key(step.key),
        skippable=True,
        deps=inputs(step),
        group_name=GROUP_OF_KIND.get(step.kind, step.kind),
        description=(type(kind).__doc__ or step.kind).strip(),
    )

    def shown(outcome: Outcome, choices: Choices) -> dict[str, Any]:
        figures = outcome.report.model_dump(mode="json")
        return {name: value for name, value in figures.items() if isinstance(value, str | int | float | bool)}

    return asset_of(step, spec, shown, heard)
