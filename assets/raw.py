"""Defines the assets of source editions: the official bytes, verified and kept.

An edition that tables read is an asset of its own, in the jobs. All editions of a source that can be fetched are the
partitions of one more asset, ``editions/<source>``, for backfills. Each of the two assets reports to Dagster what
became of the other. Annotations are not deferred here: Dagster reads that of ``context``.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    Failure,
    MaterializeResult,
    MetadataValue,
    StaticPartitionsDefinition,
    multi_asset,
)
from dagster._core.definitions.data_version import DATA_VERSION_TAG

from assets import lineage
from assets.checks import Checks, Described
from assets.choices import DESK, Choices
from assets.factory import Heard, asset_of, described, version
from assets.keys import EDITIONS, GROUP_OF_KIND, asset_key, op_name
from sdg_pipeline.errors import SdgError
from sdg_pipeline.quality import freshness
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.run.graph import Key, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.raw import RawReport
from sdg_pipeline.specs.source import Source

Judged = Callable[[Run, str], AssetCheckEvaluation | None]
SAME_BYTES, ANSWERS = "same_bytes", "address_answers"
MEANINGS = {
    SAME_BYTES: "An edition keeps its bytes. Where it does not, the institution (or the keeper of the mirror) changed "
    "a file under its old name, and every value computed from it may be revised: look at the difference, then "
    "`sdg fetch --accept <source> <edition>`.",
    ANSWERS: "The address of the edition answers. Where it fails, the last good copy stays in use; where there is "
    "none, all that hangs on it is skipped. / La dirección responde; si no, se conserva la última copia buena.",
}


def _judged(runner: Runner, step: Step) -> list[CheckResult]:
    report = runner.remembered(step).report_as(RawReport)
    said = f"kept the copy of {report.kept_since}: {report.failed}" if report.failed else f"from {report.origin}"
    bytes_now = f"sha256_now {report.sha256}, sha256_before {report.replaced or 'the same'}"
    return [
        _result(runner, step, SAME_BYTES, not report.replaced, bytes_now),
        _result(runner, step, ANSWERS, not report.failed, said),
    ]


def _result(runner: Runner, step: Step, check: str, passed: bool, observed: str) -> CheckResult:
    return CheckResult(
        border="source",
        subject=step.name,
        check=check,
        severity="warning",
        passed=passed,
        description=MEANINGS[check],
        owner=runner.run.catalog.sources[step.key[1]].contact,
        reason="Values that were published cite the bytes that they were computed from.",
        observed=observed,
        n_failing=int(not passed),
    )


RAW_CHECKS = Checks(lambda _, __: [Described(name, "warning", text) for name, text in MEANINGS.items()], _judged)


def raw_asset(runner: Runner, step: Step, heard: Heard) -> AssetsDefinition:
    source = runner.run.catalog.sources[step.key[1]]
    edition = source.editions[step.key[2]]
    spec = AssetSpec(
        key=asset_key(step.key),
        skippable=True,
        group_name=GROUP_OF_KIND["raw"],
        description=_description(source),
        kinds={edition.container, "csv"} - {"plain"},
        owners=[],
        tags={"sdg/source": source.id, "sdg/edition": step.key[2], "sdg/columns": source.columns_status},
        code_version=source.spec_hash,
        metadata={
            **_links(runner, source),
            "official_url": MetadataValue.url(source.address(step.key[2])),
            "url_status": edition.url_status,
            "layout": edition.layout,
        },
    )

    def recorded(outcome: Outcome) -> Iterator[AssetMaterialization | AssetCheckEvaluation]:
        yield _materialised(editions_key(source.id), outcome, step.key[2])
        yield from _newest_again(runner, source, [step.key[2]])
        yield from RAW_CHECKS.evaluation(runner, step)

    return asset_of(step, spec, _shown, heard, recorded)


def edition_assets(runner: Runner, judged: Judged) -> list[AssetsDefinition]:
    """For each source the asset of all editions that this desk can fetch; ``judged`` says whether a newer is out."""
    editions = fetchable(runner.run)
    return [_editions(runner, runner.run.catalog.sources[name], names, judged) for name, names in editions.items()]


def fetchable(run: Run) -> dict[str, list[str]]:
    """By source, the editions that this desk can fetch; without the sources of which it can fetch none."""
    reach = run.reach
    editions = {s.id: [e for e in s.editions if reach.has(s.id, e)] for s in run.catalog.sources.values()}
    return {source: editions for source, editions in editions.items() if editions}


def _editions(runner: Runner, source: Source, names: list[str], judged: Judged) -> AssetsDefinition:
    key = editions_key(source.id)
    spec = AssetSpec(
        key=key,
        skippable=True,
        group_name=GROUP_OF_KIND[EDITIONS],
        description=f"All editions of {_description(source)}\n\nChoose partitions to fetch many at once. "
        "/ Elija particiones para descargar varias ediciones.",
        tags={"sdg/source": source.id},
        code_version=source.spec_hash,
        metadata=_links(runner, source),
        partitions_def=StaticPartitionsDefinition(names),
    )
    keys = {step.key for step in runner.run.steps}

    @multi_asset(
        name=op_name((EDITIONS, source.id)),
        specs=[spec],
        backfill_policy=BackfillPolicy.single_run(),
        required_resource_keys={DESK},
    )
    def fetch(context: AssetExecutionContext) -> Iterator[MaterializeResult[None]]:
        choices: Choices = context.resources.desk
        failed = []
        for edition in _oldest_first(source, context.partition_keys):
            step = Step(("raw", source.id, edition), ())
            try:
                outcome = choices.perform(step, context.log.info, again=True)
            except SdgError as error:  # the others are fetched all the same
                failed.append(f"{edition}: {error}")
                continue
            if outcome is not None:
                if said := outcome.report_as(RawReport).failed:
                    context.log.warning(said)
                context.log_event(_materialised(key, outcome, edition, choices))
                if step.key in keys:
                    context.log_event(_materialised(asset_key(step.key), outcome, None, choices))
        for event in _newest_again(choices.runner, source, context.partition_keys):
            context.log_event(event)
        if verdict := judged(runner.run, source.id):
            context.log_event(verdict)
        if failed:
            raise Failure("\n".join(failed))
        yield from ()

    return fetch


def _oldest_first(source: Source, editions: Iterable[str]) -> list[str]:
    return sorted(editions, key=lambda name: freshness.reach(source.editions[name]))


def _newest_again(runner: Runner, source: Source, fetched: Iterable[str]) -> Iterator[AssetMaterialization]:
    """The newest edition at hand, where it was not just fetched: Dagster calls the last that it hears of the latest."""
    steps = [Step(("raw", source.id, edition), ()) for edition in _oldest_first(source, source.editions)]
    at_hand = [step for step in steps if (state := runner.state.load(step.key)) and runner.state.present(state)]
    if at_hand and at_hand[-1].key[2] not in fetched:
        yield _materialised(editions_key(source.id), runner.remembered(at_hand[-1]), at_hand[-1].key[2])


def editions_key(source: str) -> AssetKey:
    return asset_key((EDITIONS, source))


def _materialised(
    key: AssetKey, outcome: Outcome, partition: str | None, choices: Choices | None = None
) -> AssetMaterialization:
    metadata = described(outcome, choices, _shown) if choices else {"sha256": outcome.report_as(RawReport).sha256}
    return AssetMaterialization(
        key, partition=partition, metadata=metadata, tags={DATA_VERSION_TAG: version(outcome).value}
    )


def _description(source: Source) -> str:
    return f"{source.title.en} / {source.title.es}\n\n{source.publisher}. {source.citation.es}"


def _links(runner: Runner, source: Source) -> dict[str, Any]:
    spec = runner.run.settings.specs / runner.run.catalog.document(source).file
    links = {
        "landing_page": source.landing_page.url,
        "licence": source.licence.url,
        "dictionary": source.dictionary.url,
    }
    return {
        **{name: MetadataValue.url(url) for name, url in links.items() if url},
        "spec": MetadataValue.path(str(spec)),
        "periodicity": source.periodicity,
        "contact": source.contact,
    }


def _shown(outcome: Outcome, choices: Choices) -> dict[str, Any]:
    report = outcome.report_as(RawReport)
    key: Key = outcome.step.key
    return {
        "bytes": report.bytes,
        "sha256": report.sha256,
        "origin": report.origin,
        "partial": report.partial,
        **({"last_good_copy": report.kept_since, "address_failed": report.failed} if report.failed else {}),
        "official_url": MetadataValue.url(report.url),
        "dagster/column_schema": lineage.of_file(choices.run, key[1], key[2]),
    }
