"""Defines the assets of open government, one a subject, and a Dagster check for each commitment.

A commitment is judged by the day on which somebody asks, so it is no check of a release (commitments, freshness).
Annotations are not deferred here: Dagster reads them.
"""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetsDefinition,
    AssetSpec,
    MetadataValue,
    multi_asset_check,
)

from assets.checks import Checks, Described, Verdict
from assets.choices import Choices
from assets.factory import Heard, asset_of, inputs
from assets.keys import GROUP_OF_KIND, asset_key
from sdg_pipeline import clock
from sdg_pipeline.open_government import charter, commitments
from sdg_pipeline.open_government.subjects import SUBJECTS
from sdg_pipeline.quality import results
from sdg_pipeline.run.graph import OPEN_GOVERNMENT, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.open_government import OpenGovernmentReport

OPEN_GOVERNMENT_CHECKS = Checks(
    lambda _, step: [
        Described(name, severity, text) for name, (severity, text, _) in SUBJECTS[step.name].described.items()
    ],
    lambda runner, step: results.read(runner.run.layout.open_government(f"{step.name}.json")),
)


def open_government_asset(runner: Runner, step: Step, heard: Heard) -> AssetsDefinition:
    tables = SUBJECTS[step.name].tables
    asset = AssetSpec(
        key=asset_key(step.key),
        skippable=True,
        deps=inputs(step),
        group_name=GROUP_OF_KIND[OPEN_GOVERNMENT],
        description="\n\n".join(f"`{t.name}`: {t.en}. / {t.es}." for t in tables),
        kinds={"parquet"},
    )

    def shown(outcome: Outcome, choices: Choices) -> dict[str, Any]:
        report = outcome.report_as(OpenGovernmentReport)
        files = {t.name: MetadataValue.path(str(runner.run.layout.open_government(t.file))) for t in tables}
        return {"observed": "; ".join(report.observed), **files}

    return asset_of(step, asset, shown, heard, lambda _: OPEN_GOVERNMENT_CHECKS.evaluation(runner, step))


def commitment_checks(run: Run) -> AssetChecksDefinition:
    """A check for each commitment that this project follows: it fails where the commitment is overdue."""
    asset = asset_key((OPEN_GOVERNMENT, commitments.NAME))
    followed = {f"{spec}__{promise.id}": (spec, promise) for spec, promise in commitments.followed(run.catalog)}

    @multi_asset_check(
        name="commitments",
        specs=[
            AssetCheckSpec(name, asset=asset, description=f"{c.title.en}: {c.institution}, by {c.due}. / {c.title.es}.")
            for name, (_, c) in followed.items()
        ],
        can_subset=True,
    )
    def judge(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        today = clock.now().date()
        for name in sorted(key.name for key in context.selected_asset_check_keys):
            _, promise = followed[name]
            dates = commitments.dates_of(promise, commitments.fetched_on(promise, run.layout))
            status = commitments.status(dates, today)
            metadata = {"status": status, "promised": promise.due, "cite": promise.cite, "link": promise.link}
            yield Verdict(name, status != "overdue", AssetCheckSeverity.WARN, metadata).result(asset)

    return judge


def statement_checks(run: Run) -> AssetChecksDefinition:
    """A check for each statement of a charter: it fails where the signature has expired."""
    asset = asset_key((OPEN_GOVERNMENT, charter.NAME))
    stated = dict(charter.statements(run.catalog))

    @multi_asset_check(
        name="statements",
        specs=[
            AssetCheckSpec(name, asset=asset, description=f"{item.title.en} / {item.title.es}")
            for name, item in stated.items()
        ],
        can_subset=True,
    )
    def judge(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        today = clock.now().date()
        for name in sorted(key.name for key in context.selected_asset_check_keys):
            signature = stated[name].signature
            verdict = charter.verdict(signature, today)
            metadata = {"verdict": verdict, **(signature.model_dump() if signature else {})}
            yield Verdict(name, verdict != "expired", AssetCheckSeverity.WARN, metadata).result(asset)

    return judge
