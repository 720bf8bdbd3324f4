"""Checks of files, tables, indicators and coherence as Dagster asset checks, known by name from specs.

A step is judged by the library and records the verdicts (``evaluations``). The checks themselves belong to definitions
of their own (``recheck_assets``), which judge an indicator again and tell of all else the verdict that stands on disk:
the button *Execute* of a check, and the job ``recheck``. Were they outputs of the step, Dagster would write three
events a check in place of one, and those take longer than the judging.
What belongs here: which checks there are, and verdicts as Dagster shows them. What does not: judging.
Annotations are not deferred here: Dagster reads that of ``context``.
"""

from collections.abc import Iterator
from inspect import Parameter, Signature
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    MetadataValue,
    multi_asset_check,
)

from assets.keys import asset_key, op_name
from assets.previews import markdown_table
from sdg_pipeline.graph import Step
from sdg_pipeline.pipeline import Pipeline
from sdg_pipeline.quality import coherence, contracts, results, rules
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.source import Source

BLOCKS = "While it fails, nothing is published."
"""Dagster calls these checks non-blocking, since it is publication that refuses and not the run."""
SIGNATURE = Signature([Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=AssetCheckExecutionContext)])
"""Of what judges: Dagster asks for it many times (see factory)."""
SAME_BYTES = "same_bytes"
KEEPS = (
    "An edition keeps its bytes. Where it does not, the institution (or the keeper of the mirror) changed a file under "
    "its old name, and every value computed from it may be revised: look at the difference, then "
    "`sdg fetch --accept <source> <edition>`."
)


def check_specs(pipeline: Pipeline, step: Step) -> list[AssetCheckSpec]:
    """One for each rule of a step. They do not block inside Dagster: publication itself refuses, and says why."""
    key = asset_key(step.key)
    return [AssetCheckSpec(name, asset=key, description=text) for name, text in _named(pipeline, step)]


def _named(pipeline: Pipeline, step: Step) -> list[tuple[str, str]]:
    catalog = pipeline.catalog
    if step.kind == "raw":
        return [(SAME_BYTES, KEEPS)]
    if step.kind == "staged":
        return list(contracts.names(catalog.tables[step.name], catalog.contracts.get(step.name)))
    if step.kind == "coherence":
        return [(spec.id, spec.title.en) for _, spec in sorted(catalog.coherence.items())]
    return of_indicator(catalog.indicators[step.name]) if step.kind == "indicator" else []


def of_indicator(indicator: Indicator) -> list[tuple[str, str]]:
    """Names and descriptions of the checks of an indicator."""
    named = [(name, text) for name, _, text in rules.check_names(indicator)] + list(coherence.names(indicator))
    return [(name, f"{text} {BLOCKS}") for name, text in named]


def verdicts(pipeline: Pipeline, step: Step) -> list[CheckResult]:
    """The verdicts that stand on disk for what stands on disk."""
    if step.kind == "raw":
        return [_same_bytes(pipeline, step)]
    if step.kind == "staged":
        return results.read(pipeline.layout.contract(step.name))
    if step.kind == "coherence":
        return _by_file(pipeline)
    return results.read(pipeline.layout.checks(step.name)) if step.kind == "indicator" else []


def _same_bytes(pipeline: Pipeline, step: Step) -> CheckResult:
    source: Source = pipeline.catalog.sources[step.key[1]]
    report = pipeline.remembered(step).report
    before = report["replaced"]
    return CheckResult(
        border="source",
        subject=step.name,
        check=SAME_BYTES,
        severity="warning",
        passed=not before,
        description=KEEPS,
        owner=source.contact,
        reason="A file that changes under its old name changes published values without a word.",
        observed=f"sha256 {report['sha256']}" + (f", before {before}" if before else ""),
        n_failing=int(bool(before)),
    )


def _by_file(pipeline: Pipeline) -> list[CheckResult]:
    """One verdict for each file of rules."""
    every = results.read(pipeline.layout.coherence_checks)
    found = []
    for _, spec in sorted(pipeline.catalog.coherence.items()):
        own = [v for v in every if v.subject == spec.id]
        failed = [v for v in own if not v.passed]
        found.append(
            CheckResult(
                border="release",
                subject=spec.id,
                check=spec.id,
                severity="blocking" if any(v.blocks for v in failed) else "warning",
                passed=not failed,
                description=spec.title.en,
                owner=spec.owner,
                reason="Each rule says its own; sdg check lists them.",
                observed=f"{len(own) - len(failed)} of {len(own)} rules hold, or deviate for a reason that is known",
                n_failing=len(failed),
                failing_rows=tuple({"rule": v.check, "observed": v.observed, "why": v.reason} for v in failed),
            )
        )
    return found


def evaluations(pipeline: Pipeline, step: Step) -> Iterator[AssetCheckEvaluation]:
    """The verdicts as Dagster records them with the run of their step."""
    for result in verdicts(pipeline, step):
        yield AssetCheckEvaluation(
            asset_key=asset_key(step.key),
            check_name=result.check,
            passed=result.passed,
            severity=_severity(result),
            metadata=_metadata(result),
        )


def recheck_assets(pipeline: Pipeline) -> list[AssetChecksDefinition]:
    """A definition a target, a table, and one of all files (Dagster's effort grows with the square of its checks)."""
    together: dict[tuple[str, ...], list[Step]] = {}
    for step in pipeline.steps:
        named = {"staged": step.name}.get(step.kind, "")
        if step.kind == "indicator":
            named = pipeline.catalog.indicators[step.name].sdg.target
        together.setdefault((step.kind, named), []).append(step)
    made = ((key, steps, [s for step in steps for s in check_specs(pipeline, step)]) for key, steps in together.items())
    return [_recheck(pipeline, key, steps, specs) for key, steps, specs in made if specs]


def _recheck(
    pipeline: Pipeline, key: tuple[str, ...], steps: list[Step], specs: list[AssetCheckSpec]
) -> AssetChecksDefinition:
    def judge(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        from sdg_pipeline import steps as work

        wanted = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
        for step in steps:
            asset = asset_key(step.key)
            if not any(one == asset for one, _ in wanted):
                continue
            again = work.judge_again if step.kind == "indicator" else verdicts
            for result in again(pipeline, step):
                if (asset, result.check) in wanted:
                    yield AssetCheckResult(
                        asset_key=asset,
                        check_name=result.check,
                        passed=result.passed,
                        severity=_severity(result),
                        metadata=_metadata(result),
                    )

    judge.__signature__ = SIGNATURE  # type: ignore[attr-defined]
    return multi_asset_check(name=op_name(("recheck", *filter(None, key))), specs=specs, can_subset=True)(judge)


def _severity(result: CheckResult) -> AssetCheckSeverity:
    return AssetCheckSeverity.ERROR if result.severity == "blocking" else AssetCheckSeverity.WARN


def _metadata(result: CheckResult) -> dict[str, Any]:
    metadata: dict[str, Any] = {"observed": result.observed, "failing_rows_total": result.n_failing}
    metadata |= {"owner": result.owner, "reason": result.reason, "border": result.border}
    if result.failing_rows:
        metadata["failing_rows"] = MetadataValue.md(markdown_table(list(result.failing_rows)))
    return metadata
