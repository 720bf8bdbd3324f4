"""Defines an asset per indicator, in the group of its goal, with its checks."""

from __future__ import annotations

from typing import Any

from dagster import AssetsDefinition, AssetSpec, MetadataValue, TableColumnLineage

from assets import lineage, pictures, reports
from assets.checks import Checks, Described
from assets.choices import Choices
from assets.factory import DEPENDENT, Heard, asset_of, inputs
from assets.keys import asset_key, goal_group
from assets.previews import markdown_table
from sdg_pipeline.quality import coherence, results, rules
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.fields import OBSERVATION
from sdg_pipeline.specs.indicator import Indicator


def _described(run: Run, step: Step) -> list[Described]:
    indicator = run.catalog.indicators[step.name]
    levels = [Described(name, "blocking", text) for name, text in coherence.names(indicator)]
    return [*(Described(*each) for each in rules.check_names(indicator)), *levels]


INDICATOR_CHECKS = Checks(
    _described,
    lambda runner, step: results.read(runner.run.layout.checks(step.name)),
    again=lambda runner, step: runner.judge_again(step),
)


def indicator_asset(runner: Runner, step: Step, heard: Heard) -> AssetsDefinition:
    indicator = runner.run.catalog.indicators[step.name]
    spec = AssetSpec(
        key=asset_key(step.key),
        skippable=True,
        automation_condition=DEPENDENT,
        deps=inputs(step),
        group_name=goal_group(indicator.goal),
        description=_description(indicator),
        kinds={"duckdb", "parquet"},
        owners=[indicator.owner],
        tags=_tags(runner, indicator),
        code_version=runner.run.catalog.spec_hash(indicator),
        metadata=_links(runner, indicator),
    )

    def shown(outcome: Outcome, choices: Choices) -> dict[str, Any]:
        metadata = reports.shown(outcome, choices, indicator)
        origins = lineage.of_indicator(choices.run, step, indicator)
        return {**metadata, "columns": MetadataValue.md(_columns(origins)), "dagster/column_lineage": origins}

    return asset_of(step, spec, shown, heard, lambda _: INDICATOR_CHECKS.evaluation(runner, step))


def _columns(origins: TableColumnLineage) -> str:
    """What each column means and which columns it is made of; as ``dagster/column_schema`` they would come first."""
    made_of = origins.deps_by_column
    return markdown_table(
        [
            {
                "column": f.name,
                "type": f.kind,
                "meaning": f"{f.en} / {f.es}",
                "made of": ", ".join(f"{'/'.join(d.asset_key.path)}.{d.column_name}" for d in made_of.get(f.name, ())),
            }
            for f in OBSERVATION
        ]
    )


def _description(indicator: Indicator) -> str:
    code = indicator.sdg.code or f"target {indicator.sdg.target}"
    parts = [
        f"{indicator.title.en} / {indicator.title.es}",
        pictures.shown(indicator.id),
        f"SDG {code}, {indicator.sdg.relation}. {indicator.description.en}",
        indicator.description.es,
        *(f"Assumption ({a.impact}): {a.text.en}" for a in indicator.assumptions),
    ]
    return "\n\n".join(parts)


def _tags(runner: Runner, indicator: Indicator) -> dict[str, str]:
    catalog = runner.run.catalog
    levels = {f"sdg/level_{b[0]}": "" for b in indicator.breakdowns}
    tables = (catalog.tables[table] for table in catalog.tables_of(catalog.root_of(indicator)))
    sources = {f"sdg/source_{part.source}": "" for table in tables for part in table.parts}
    return {
        "sdg/goal": str(indicator.goal),
        "sdg/target": indicator.sdg.target,
        "sdg/kind": indicator.method.kind,
        "sdg/relation": indicator.sdg.relation,
        "sdg/tier": _tier(indicator),
        **levels,
        **sources,
    }


def _tier(indicator: Indicator) -> str:
    """What stands behind a value: a model, official figures that it must equal, the institution, or our work alone."""
    if indicator.method.kind == "small_area":
        return "model"
    if indicator.checks.agrees_with:
        return "verified"
    return "published" if indicator.method.kind == "published" else "unverified"


def _links(runner: Runner, indicator: Indicator) -> dict[str, Any]:
    catalog = runner.run.catalog
    tables = (catalog.tables[table] for table in catalog.tables_of(catalog.root_of(indicator)))
    sources = dict.fromkeys(part.source for table in tables for part in table.parts)
    named = [(catalog.sources[source].title.en, catalog.sources[source].landing_page.url) for source in sources]
    return {
        "spec": MetadataValue.path(str(runner.run.settings.specs / catalog.document(indicator).file)),
        "docs": MetadataValue.path(str(PROJECT / "docs" / "dictionary.md")),
        "sources": MetadataValue.md("\n".join(f"- [{title}]({url})" if url else f"- {title}" for title, url in named)),
    }
