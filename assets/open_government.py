"""Defines the assets of open government, one a subject, and a Dagster check for each commitment.

A commitment is judged by the day on which somebody asks, so it is no check of a release (commitments, freshness).
Annotations are not deferred here: Dagster reads them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
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
from sdg_pipeline.open_government import asked, charter, commitments, portal
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
    followed = {f"{spec}__{promise.id}": promise for spec, promise in commitments.followed(run.catalog)}

    def judge(names: Iterable[str], today: date) -> Iterator[Verdict]:
        kept = portal.records(asked.files(run.layout))
        for name in names:
            promise = followed[name]
            dates = commitments.dates_of(promise, commitments.fetched_on(promise, run.layout), kept)
            status = commitments.status(dates, today)
            metadata = {"status": status, "promised": promise.due, "cite": promise.cite, "link": promise.link}
            yield Verdict(name, status != "overdue", AssetCheckSeverity.WARN, metadata)

    described = {n: f"{c.title.en}: {c.institution}, by {c.due}. / {c.title.es}." for n, c in followed.items()}
    return _checks_of_today("commitments", commitments.NAME, described, judge)


def statement_checks(run: Run) -> AssetChecksDefinition:
    """A check for each statement of a charter: it fails where the signature has expired."""
    stated = dict(charter.statements(run.catalog))

    def judge(names: Iterable[str], today: date) -> Iterator[Verdict]:
        for name in names:
            signature = stated[name].signature
            verdict = charter.verdict(signature, today)
            metadata = {"verdict": verdict, **(signature.model_dump() if signature else {})}
            yield Verdict(name, verdict != "expired", AssetCheckSeverity.WARN, metadata)

    described = {name: f"{item.title.en} / {item.title.es}" for name, item in stated.items()}
    return _checks_of_today("statements", charter.NAME, described, judge)


def _checks_of_today(
    name: str, subject: str, described: Mapping[str, str], judge: Callable[[Iterable[str], date], Iterator[Verdict]]
) -> AssetChecksDefinition:
    """Checks of the table of a subject, judged by their names on the day on which somebody asks."""
    asset = asset_key((OPEN_GOVERNMENT, subject))
    specs = [AssetCheckSpec(check, asset=asset, description=text) for check, text in described.items()]

    @multi_asset_check(name=name, specs=specs, can_subset=True)
    def judged(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        names = sorted(key.name for key in context.selected_asset_check_keys)
        for verdict in judge(names, clock.now().date()):
            yield verdict.result(asset)

    return judged
