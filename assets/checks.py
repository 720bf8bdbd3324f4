"""Checks of files, tables, indicators and their coherence as Dagster asset checks, judged by sdg_pipeline.quality.

A step that makes something judges it too and records the verdicts (``evaluations``). The checks themselves belong to
definitions of their own (``recheck_assets``): the button *Execute* of a check, and the job ``recheck``. Were they
outputs of the step that they are about, Dagster would write three events a check in place of one, and those take longer
than the judging. They do not block inside Dagster: publication itself refuses, and says which rows.
Annotations are not deferred here: Dagster reads that of ``context``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    MetadataValue,
    multi_asset_check,
)

from assets.choices import told
from assets.keys import asset_key, op_name
from assets.previews import markdown_table
from sdg_pipeline.quality import coherence, contracts, results, rules
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.steps.raw import RawReport

SIGNATURE = Signature([Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=AssetCheckExecutionContext)])
"""Of what judges: Dagster asks for it many times, see factory."""
BLOCKS = "While it fails, nothing is published."
SAME_BYTES = "same_bytes"
MEANING = (
    "An edition keeps its bytes. Where it does not, the institution (or the keeper of the mirror) changed a file under "
    "its old name, and every value computed from it may be revised: look at the difference, then "
    "`sdg fetch --accept <source> <edition>`."
)


@dataclass(frozen=True)
class Verdict:
    """What Dagster is told of one check."""

    name: str
    passed: bool
    severity: AssetCheckSeverity
    metadata: dict[str, Any]

    def evaluation(self, asset: AssetKey) -> AssetCheckEvaluation:
        """As it is recorded with a run."""
        return AssetCheckEvaluation(
            asset_key=asset,
            check_name=self.name,
            passed=self.passed,
            severity=self.severity,
            metadata=self.metadata,
        )

    def result(self, asset: AssetKey) -> AssetCheckResult:
        """As a check that is executed alone gives it."""
        return AssetCheckResult(
            asset_key=asset,
            check_name=self.name,
            passed=self.passed,
            severity=self.severity,
            metadata=self.metadata,
        )


def check_specs(runner: Runner, step: Step) -> list[AssetCheckSpec]:
    """The checks of what a step makes, by name from the specs."""
    return [AssetCheckSpec(name, asset=asset_key(step.key), description=text) for name, text in _names(runner, step)]


def _names(runner: Runner, step: Step) -> list[tuple[str, str]]:
    catalog = runner.run.catalog
    if step.kind == "raw":
        return [(SAME_BYTES, MEANING)]
    if step.kind == "staged":
        return list(contracts.names(catalog.tables[step.name], catalog.contracts.get(step.name)))
    if step.kind == "indicator":
        indicator = catalog.indicators[step.name]
        named = [(name, description) for name, _, description in rules.check_names(indicator)]
        return [(name, f"{text} {BLOCKS}") for name, text in [*named, *coherence.names(indicator)]]
    if step.kind == "coherence":
        return [(spec.id, spec.title.en) for _, spec in sorted(catalog.coherence.items())]
    return []


def evaluations(runner: Runner, step: Step) -> Iterator[AssetCheckEvaluation]:
    """The verdicts that stand on disk for what stands on disk."""
    for verdict in _standing(runner, step):
        yield verdict.evaluation(asset_key(step.key))


def _standing(runner: Runner, step: Step) -> Iterator[Verdict]:
    layout = runner.run.layout
    if step.kind == "raw":
        yield _same_bytes(runner, step)
    elif step.kind == "staged":
        yield from map(_verdict, results.read(layout.contract(step.name)))
    elif step.kind == "indicator":
        yield from map(_verdict, results.read(layout.checks(step.name)))
    elif step.kind == "coherence":
        yield from _coherence(runner)


def _same_bytes(runner: Runner, step: Step) -> Verdict:
    report = runner.remembered(step).report_as(RawReport)
    metadata = {"sha256_before": report.replaced or "the same", "sha256_now": report.sha256}
    return Verdict(SAME_BYTES, not report.replaced, AssetCheckSeverity.WARN, metadata)


def _coherence(runner: Runner) -> Iterator[Verdict]:
    """One verdict for each file of rules."""
    found = results.read(runner.run.layout.coherence_checks)
    for spec in runner.run.catalog.coherence.values():
        failed = [result for result in found if result.subject == spec.id and not result.passed]
        rows = [{"rule": r.check, "observed": r.observed, "severity": r.severity} for r in failed]
        blocks = any(result.blocks for result in failed)
        metadata = {"failed": MetadataValue.md(markdown_table(rows))} if rows else {}
        yield Verdict(
            spec.id, not failed, AssetCheckSeverity.ERROR if blocks else AssetCheckSeverity.WARN, dict(metadata)
        )


def _verdict(result: CheckResult) -> Verdict:
    metadata: dict[str, Any] = {"observed": result.observed, "failing_rows_total": result.n_failing}
    metadata |= {"owner": result.owner, "reason": result.reason, "border": result.border}
    if result.failing_rows:
        metadata["failing_rows"] = MetadataValue.md(markdown_table(list(result.failing_rows)))
    blocking = result.severity == "blocking"
    severity = AssetCheckSeverity.ERROR if blocking else AssetCheckSeverity.WARN
    return Verdict(result.check, result.passed, severity, metadata)


def recheck_assets(runner: Runner) -> list[AssetChecksDefinition]:
    """The checks of all steps, in parts that are small: Dagster's effort grows with the square of their checks."""
    parts: dict[tuple[str, ...], list[Step]] = {}
    for step in runner.run.steps:
        if step.kind == "indicator":
            parts.setdefault(("target", runner.run.catalog.indicators[step.name].sdg.target), []).append(step)
        elif step.kind in ("raw", "staged", "coherence"):
            one = "editions" if step.kind == "raw" else step.key[1]  # of an edition there is one check
            parts.setdefault((step.kind, one), []).append(step)
    named = {name: [(step, check_specs(runner, step)) for step in steps] for name, steps in parts.items()}
    return [_recheck(runner, name, steps) for name, steps in named.items() if any(specs for _, specs in steps)]


def _recheck(
    runner: Runner, name: tuple[str, ...], steps: list[tuple[Step, list[AssetCheckSpec]]]
) -> AssetChecksDefinition:
    def judge(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        wanted = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
        for step, _ in steps:
            key = asset_key(step.key)
            if all(asset != key for asset, _ in wanted):
                continue
            with told():
                verdicts = _again(runner, step)
            for verdict in verdicts:
                if (key, verdict.name) in wanted:
                    yield verdict.result(key)

    judge.__signature__ = SIGNATURE  # type: ignore[attr-defined]
    specs = [spec for _, several in steps for spec in several]
    return multi_asset_check(name=op_name(("recheck", *name)), specs=specs, can_subset=True)(judge)


def _again(runner: Runner, step: Step) -> list[Verdict]:
    """Values of indicators are judged again; of all else the verdicts of its last step are told again."""
    if step.kind == "indicator":
        return [_verdict(result) for result in runner.judge_again(step)]
    runner.remembered(step)
    return list(_standing(runner, step))
