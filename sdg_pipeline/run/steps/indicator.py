"""The step of an indicator: staged tables to values, judged by the rules of its spec.

What belongs here: handing over tables, and where files and verdicts lie. What does not: formulas, SQL, rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from sdg_pipeline.files import write_text
from sdg_pipeline.publish import headline
from sdg_pipeline.publish.headline import Headline
from sdg_pipeline.quality import results
from sdg_pipeline.run import inputs
from sdg_pipeline.run.graph import Key, Reach, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Report, Result, StateStore
from sdg_pipeline.run.steps.kind import StepContext, StepKind
from sdg_pipeline.specs import shared_sums

if TYPE_CHECKING:
    import duckdb

    from sdg_pipeline.estimate.engine import Inputs
    from sdg_pipeline.specs.base import Level
    from sdg_pipeline.specs.indicator import Indicator


class IndicatorReport(Report):
    """How many rows an indicator has, and what a person looks for first in it."""

    rows: int
    headline: Headline


class IndicatorKind(StepKind):
    """Computes and judges one indicator."""

    name: ClassVar[str] = "indicator"
    report: ClassVar[type[Report]] = IndicatorReport

    def nodes(self, reach: Reach, before: Sequence[Step]) -> Iterator[Step]:
        """An indicator of the run, after its tables and the indicators that it compares or takes as auxiliary."""
        catalog = reach.catalog
        for indicator in reach.indicators():
            needed = (*([indicator.base] if indicator.base else []), *indicator.auxiliary)
            tables = catalog.tables_of(catalog.root_of(indicator) if indicator.auxiliary else indicator)
            read: list[Key] = [("staged", table) for table in (*tables, *reach.of_same_records(indicator))]
            yield Step((self.name, indicator.id), (*read, *dict.fromkeys((self.name, other) for other in needed)))

    def identity(self, run: Run, state: StateStore, step: Step) -> str:
        indicator = run.catalog.indicators[step.name]
        linked = shared_sums.linked_tables(indicator, run.catalog, run.reach.of_same_records(indicator))
        hashes = [run.catalog.spec_hash(i) for i in (indicator, *linked.numerator, *linked.denominator)]
        raws = [[r.source, r.edition, r.sha256, r.partial, r.states] for r in inputs.raw_files(run, indicator)]
        return " ".join([*hashes, inputs.definition_hash(run, indicator), json.dumps(raws), inputs.register_hash(run)])

    def perform(self, context: StepContext) -> Result:
        from sdg_pipeline.estimate.companions import write_companions
        from sdg_pipeline.estimate.engine import estimate
        from sdg_pipeline.estimate.plan import make_plan
        from sdg_pipeline.estimate.vintages import write_as_of

        run, layout = context.run, context.run.layout
        indicator = run.catalog.indicators[context.step.name]
        target, outputs = layout.indicator(indicator.id), [layout.indicator(indicator.id), layout.checks(indicator.id)]
        tables = inputs.indicator_inputs(run, indicator)
        with inputs.connection(run) as con:
            rows = estimate(con, indicator, run.catalog, tables, target)
            if inputs.has_vintages(run, indicator):
                outputs.append(layout.vintages(indicator.id))
                write_as_of(con, indicator, run.catalog, tables, outputs[-1])
            checks = _judge(run, con, indicator, tables)
            outputs += write_companions(make_plan(indicator, run.catalog, tables.at_hand), con, layout)
            first = headline.headline(con, indicator, run.catalog.codelists["units"].codes[indicator.unit].en)
        write_text(layout.checks(indicator.id), results.dump(checks))
        failed = tuple(check.check for check in checks if not check.passed)
        passed = len(checks) - len(failed)
        context.log(f"{indicator.id}: {rows:,} values, {passed} of {len(checks)} checks passed")
        report = IndicatorReport(rows=rows, headline=first, checks_passed=passed, checks_failed=failed)
        return Result(tuple(outputs), report)

    def begin_early(self) -> None:
        from sdg_pipeline.quality import gx

        gx.warm_up()


def judge_again(run: Run, indicator: Indicator) -> list[results.CheckResult]:
    """Judge the values that stand on disk; where a verdict has changed, the next run computes them again."""
    from sdg_pipeline.estimate.engine import offer

    path, tables = run.layout.checks(indicator.id), inputs.indicator_inputs(run, indicator)
    with inputs.connection(run) as con:
        offer(con, tables)
        checks = _judge(run, con, indicator, tables)
    if not path.exists() or results.dump(checks) != path.read_text(encoding="utf-8"):
        write_text(path, results.dump(checks))
    return checks


def _judge(run: Run, con: duckdb.DuckDBPyConnection, indicator: Indicator, tables: Inputs) -> list[results.CheckResult]:
    """Run the rules of the spec, and the coherence of levels and groups, on the values on disk."""
    from sdg_pipeline.estimate.compile import unallocated
    from sdg_pipeline.estimate.engine import offer_expected_areas, offer_observations
    from sdg_pipeline.estimate.plan import make_plan
    from sdg_pipeline.quality import coherence, gx, rules

    offer_observations(con, run.layout.indicator(indicator.id))
    vintage = inputs.root_table(run, indicator).geography.vintage
    offer_expected_areas(con, inputs.areas(run), vintage, _coverage(run, indicator))
    verdicts = gx.judge(indicator.id, rules.rules_for(indicator, inputs.extent(run, indicator)), con)
    rest = unallocated(make_plan(indicator, run.catalog, tables.at_hand))
    if rest is not None:
        verdicts += coherence.judge(con, indicator, rest)
    return verdicts


def _coverage(run: Run, indicator: Indicator) -> dict[Level, tuple[str, ...]]:
    """By published level that the run can give, the states whose areas it can give (empty: all of them)."""
    from sdg_pipeline.estimate.plan import rows_behind

    at_hand = inputs.staged_table(run, inputs.root_table(run, indicator).id).at_hand
    return {level: at_hand[rows] for level, rows in rows_behind(indicator, run.catalog, at_hand).items()}
