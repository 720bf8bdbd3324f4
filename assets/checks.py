"""Shows the checks of sdg_pipeline.quality as Dagster asset checks.

A step has one Dagster check, whose description lists the checks of the project and whose record holds their verdicts.
One event per verdict would take Dagster 20 ms of processor time, nine times per indicator (docs/deployment.md). A step
that makes something judges it too and records the verdicts (``evaluation``). The Dagster checks belong to definitions
of their own (``recheck_assets``): the button *Execute* of a check, and the job of ``RECHECK``. Were they outputs of the
step that they are about, Dagster would write three events per check in place of one. Where a check of a step can block,
so does its Dagster check. Where that fails, so does the run that judged it (``assets.factory`` for a run that
computes). Annotations are not deferred here: Dagster reads that of ``context``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
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

from assets.choices import mendable
from assets.keys import asset_key, op_name
from assets.previews import markdown_table
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.runner import Runner

SIGNATURE = Signature([Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=AssetCheckExecutionContext)])
"""Of what judges: Dagster asks for it many times, see factory."""
BLOCKS = "While a blocking check fails, nothing is published."
VERDICTS = "verdicts"


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


@dataclass(frozen=True)
class Checks:
    """The checks of a kind of step.

    ``described`` names those of a step from the specs, ``results`` gives the verdicts that stand on disk. ``again``
    judges anew what stands on disk (None: its verdicts stand). ``name`` is that of the one Dagster check.
    """

    described: Callable[[Run, Step], list[Described]]
    results: Callable[[Runner, Step], list[CheckResult]]
    again: Callable[[Runner, Step], list[CheckResult]] | None = None
    name: str = VERDICTS

    def spec(self, run: Run, step: Step) -> AssetCheckSpec | None:
        """The Dagster check of a step; None where nothing about it is judged."""
        described = self.described(run, step)
        if not described:
            return None
        listed = "\n".join(f"- `{check.name}` ({check.severity}): {check.description}" for check in described)
        blocking = BLOCKS if any(check.severity == "blocking" for check in described) else ""
        text = f"{listed}\n\n{blocking}".strip()
        return AssetCheckSpec(self.name, asset=asset_key(step.key), description=text, blocking=bool(blocking))

    def evaluation(self, runner: Runner, step: Step) -> Iterator[AssetCheckEvaluation]:
        """The verdicts that stand on disk for what stands on disk, as one event; none where nothing is judged."""
        if described := self.described(runner.run, step):
            yield combined(self.name, described, self.results(runner, step)).evaluation(asset_key(step.key))

    def verdict(self, runner: Runner, step: Step) -> Verdict:
        """The verdict on what stands on disk, judged anew where the kind can do so."""
        runner.remembered(step)
        results = (self.again or self.results)(runner, step)
        return combined(self.name, self.described(runner.run, step), results)


def combined(name: str, described: Sequence[Described], judged: Sequence[CheckResult]) -> Verdict:
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
    return Verdict(name, not failing, severity, metadata)


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


def recheck_assets(runner: Runner, checks: Mapping[str, Checks]) -> list[AssetChecksDefinition]:
    """The checks of all steps, in parts that are small: Dagster's effort grows with the square of their checks."""
    parts: dict[tuple[str, ...], list[tuple[Step, AssetCheckSpec]]] = {}
    for step in (step for step in runner.run.steps if step.kind in checks):
        if (spec := checks[step.kind].spec(runner.run, step)) is None:
            continue
        target = runner.run.catalog.indicators[step.name].sdg.target if step.kind == "indicator" else ""
        part = ("target", target) if target else (step.kind,)
        parts.setdefault(part, []).append((step, spec))
    return [_recheck(runner, name, checks, steps) for name, steps in parts.items()]


def _recheck(
    runner: Runner, name: tuple[str, ...], checks: Mapping[str, Checks], steps: list[tuple[Step, AssetCheckSpec]]
) -> AssetChecksDefinition:
    def judge(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        selected = context.selected_asset_check_keys
        for step, spec in steps:
            if spec.key in selected:
                with mendable():
                    verdict = checks[step.kind].verdict(runner, step)
                yield verdict.result(spec.asset_key)

    judge.__signature__ = SIGNATURE  # type: ignore[attr-defined]
    specs = [spec for _, spec in steps]
    return multi_asset_check(name=op_name(("recheck", *name)), specs=specs, can_subset=True)(judge)
