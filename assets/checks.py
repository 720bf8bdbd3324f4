"""Checks of files, tables, indicators and their coherence as Dagster asset checks, judged by sdg_pipeline.quality.

A step has one Dagster check, whose description lists the checks of the project and whose record holds their verdicts.
One event per verdict would take Dagster 20 ms of processor time, nine times per indicator (docs/deployment.md).
A step that makes something judges it too and records the verdicts (``evaluation``). The Dagster checks belong to
definitions of their own (``recheck_assets``): the button *Execute* of a check, and the job ``recheck``. Were they
outputs of the step that they are about, Dagster would write three events per check in place of one.
They do not block inside Dagster: publication itself refuses, and says which rows.
Annotations are not deferred here: Dagster reads that of ``context``.
"""

from collections.abc import Iterator, Sequence
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
BLOCKS = "While a blocking check fails, nothing is published."
BY_RULE = "severity by rule"
VERDICTS = "verdicts"
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


@dataclass(frozen=True)
class Described:
    """A check of a step before it is judged; ``severity`` is blocking, warning, or that of the rule that fails."""

    name: str
    severity: str
    description: str


def check_spec(runner: Runner, step: Step) -> AssetCheckSpec | None:
    """The Dagster check of a step; None where nothing about it is judged."""
    if step.kind == "raw":
        return AssetCheckSpec(SAME_BYTES, asset=asset_key(step.key), description=MEANING)
    checks = described_checks(runner, step)
    if not checks:
        return None
    listed = "\n".join(f"- `{check.name}` ({check.severity}): {check.description}" for check in checks)
    blocking = BLOCKS if any(check.severity == "blocking" for check in checks) else ""
    return AssetCheckSpec(VERDICTS, asset=asset_key(step.key), description=f"{listed}\n\n{blocking}".strip())


def described_checks(runner: Runner, step: Step) -> list[Described]:
    """The checks of what a step makes, by name from the specs."""
    catalog = runner.run.catalog
    if step.kind == "staged":
        contract = catalog.contracts.get(step.name)
        bounds = contract.rules if contract is not None else {}
        named = contracts.names(catalog.tables[step.name], contract)
        return [Described(name, bounds[name].severity if name in bounds else "blocking", text) for name, text in named]
    if step.kind == "indicator":
        indicator = catalog.indicators[step.name]
        ruled = [Described(*each) for each in rules.check_names(indicator)]
        return [*ruled, *(Described(name, "blocking", text) for name, text in coherence.names(indicator))]
    if step.kind == "coherence":
        return [Described(spec.id, BY_RULE, spec.title.en) for _, spec in sorted(catalog.coherence.items())]
    return []


def evaluation(runner: Runner, step: Step) -> Iterator[AssetCheckEvaluation]:
    """The verdicts that stand on disk for what stands on disk, as one event; none where nothing is judged."""
    if (verdict := _on_disk(runner, step)) is not None:
        yield verdict.evaluation(asset_key(step.key))


def _on_disk(runner: Runner, step: Step) -> Verdict | None:
    if step.kind == "raw":
        return _same_bytes(runner, step)
    described = described_checks(runner, step)
    return combined(described, _results(runner, step)) if described else None


def _results(runner: Runner, step: Step) -> list[CheckResult]:
    layout = runner.run.layout
    if step.kind == "staged":
        return results.read(layout.contract(step.name))
    if step.kind == "indicator":
        return results.read(layout.checks(step.name))
    return results.read(layout.coherence_checks)


def _same_bytes(runner: Runner, step: Step) -> Verdict:
    report = runner.remembered(step).report_as(RawReport)
    metadata = {"sha256_before": report.replaced or "the same", "sha256_now": report.sha256}
    return Verdict(SAME_BYTES, not report.replaced, AssetCheckSeverity.WARN, metadata)


def combined(described: Sequence[Described], judged: Sequence[CheckResult]) -> Verdict:
    """One verdict of all checks: it fails where one of them fails, as an error where one that fails is blocking."""
    failing = [result for result in judged if not result.passed]
    blocking = [result for result in failing if result.severity == "blocking"]
    observed = f"{len(judged) - len(failing)} of {len(judged)} checks pass"
    if failing:
        observed += f"; failing: {', '.join(dict.fromkeys(_label(result) for result in failing))}"
    metadata: dict[str, Any] = {
        "observed": observed,
        "blocking_failures": len(blocking),
        "failing_rows_total": sum(result.n_failing for result in failing),
        "verdicts": MetadataValue.md(markdown_table([_row(result) for result in judged])),
    }
    if failing:
        answers = [{"check": _label(r), "observed": r.observed, "owner": r.owner, "reason": r.reason} for r in failing]
        metadata["failing"] = MetadataValue.md(markdown_table(answers))
    for result in failing:
        if result.failing_rows:
            rows = MetadataValue.md(markdown_table(list(result.failing_rows)))
            metadata[f"failing_rows: {_label(result)}"] = rows
    severity = AssetCheckSeverity.ERROR if _blocks(described, failing, blocking) else AssetCheckSeverity.WARN
    return Verdict(VERDICTS, not failing, severity, metadata)


def _blocks(described: Sequence[Described], failing: Sequence[CheckResult], blocking: Sequence[CheckResult]) -> bool:
    """Whether what fails blocks; where nothing fails, whether what could fail would."""
    return bool(blocking) if failing else any(check.severity == "blocking" for check in described)


def _label(result: CheckResult) -> str:
    """The name of a check; rules of a release have the name of their file before their own."""
    return f"{result.subject}.{result.check}" if result.border == "release" else result.check


def _row(result: CheckResult) -> dict[str, Any]:
    return {
        "check": _label(result),
        "verdict": "passes" if result.passed else "FAILS",
        "severity": result.severity,
        "observed": result.observed,
        "description": result.description,
    }


def recheck_assets(runner: Runner) -> list[AssetChecksDefinition]:
    """The checks of all steps, in parts that are small: Dagster's effort grows with the square of their checks."""
    parts: dict[tuple[str, ...], list[tuple[Step, AssetCheckSpec]]] = {}
    for step in runner.run.steps:
        if (spec := check_spec(runner, step)) is None:
            continue
        target = runner.run.catalog.indicators[step.name].sdg.target if step.kind == "indicator" else ""
        part = ("target", target) if target else (step.kind,)
        parts.setdefault(part, []).append((step, spec))
    return [_recheck(runner, name, steps) for name, steps in parts.items()]


def _recheck(runner: Runner, name: tuple[str, ...], steps: list[tuple[Step, AssetCheckSpec]]) -> AssetChecksDefinition:
    def judge(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        selected = context.selected_asset_check_keys
        for step, spec in steps:
            if spec.key not in selected:
                continue
            with told():
                verdict = _again(runner, step)
            if verdict is not None:
                yield verdict.result(spec.asset_key)

    judge.__signature__ = SIGNATURE  # type: ignore[attr-defined]
    specs = [spec for _, spec in steps]
    return multi_asset_check(name=op_name(("recheck", *name)), specs=specs, can_subset=True)(judge)


def _again(runner: Runner, step: Step) -> Verdict | None:
    """Values of indicators are judged again; of all else the verdicts of its last step are told again."""
    if step.kind == "indicator":
        return combined(described_checks(runner, step), runner.judge_again(step))
    runner.remembered(step)
    return _on_disk(runner, step)
