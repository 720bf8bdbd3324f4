"""Rules judged by Great Expectations.

The only module that imports great_expectations, and only inside functions: the import takes 6 s, see
``warm_up``. What belongs here: running the frames of rules in DuckDB, handing the judged columns to Great
Expectations and returning its verdicts as CheckResult. What does not: what the rules are (rules).

Speed, measured on 10,000 rows and 2 cores: a validation costs about 10 ms and an expectation 3 to 4. Most of it goes
into building the graph of metrics. Asking for failing rows (SUMMARY) doubles that, and every batch is hashed twice. So
there is one validation per indicator, for the verdicts only, in which rules with the same expectation share one column.
A second one is for the rules whose column did not pass.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import logging
import math
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sdg_pipeline.duck import arrow
from sdg_pipeline.quality.results import MAX_FAILING_ROWS_KEPT, CheckResult
from sdg_pipeline.quality.rules import Rule

if TYPE_CHECKING:
    import duckdb
    import pandas
    import pyarrow
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

VERDICT_ONLY: dict[str, Any] = {"result_format": "BOOLEAN_ONLY"}
WITH_FAILING_ROWS: dict[str, Any] = {
    "result_format": "SUMMARY",
    "partial_unexpected_count": MAX_FAILING_ROWS_KEPT,
}
logger = logging.getLogger(__name__)
IMPORTED_IN_STEPS = ("pandas", "sqlalchemy.orm", "scipy.stats", "altair", "great_expectations.expectations")


class CheckToolError(RuntimeError):
    """Great Expectations or a rule's query broke: it says nothing of the data, neither good nor bad."""


def judge(subject: str, rules: Sequence[Rule], connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """The verdict on each rule of ``subject`` (the id of an indicator or a table), in the order of ``rules``.

    ``connection`` has what the queries of the rules read, ``observation`` and ``expected_area`` of an indicator. Raises
    CheckToolError where a query or Great Expectations fails for a reason other than the data.
    """
    if not rules:
        return []
    tables = {sql: _frame(subject, sql, connection) for sql in dict.fromkeys(r.frame_sql for r in rules)}
    frame = _side_by_side(rules, tables)
    suspects = _suspects(subject, rules, frame)
    verdicts = _validate(subject, suspects, frame, WITH_FAILING_ROWS) if suspects else {}
    failures = {check: verdict for check, verdict in verdicts.items() if not verdict.success}
    return [_result(subject, rule, tables[rule.frame_sql], failures.get(rule.check)) for rule in rules]


def _frame(subject: str, sql: str, connection: duckdb.DuckDBPyConnection) -> pyarrow.Table:
    import duckdb

    try:
        return arrow(connection, sql)
    except duckdb.Error as error:
        raise CheckToolError(f"{subject}: the query of a check failed: {error}\n{sql}") from error


def _side_by_side(rules: Sequence[Rule], tables: Mapping[str, pyarrow.Table]) -> pandas.DataFrame:
    """The judged columns of all rules, each named after its check, in one frame.

    Frames differ in length; the shorter columns end in nulls, which no rule judges. Row numbers stay those of
    each rule's own frame.
    """
    import pandas

    columns = {rule.check: tables[rule.frame_sql].column(rule.column).to_pandas() for rule in rules}
    return pandas.DataFrame(columns)


def _suspects(subject: str, rules: Sequence[Rule], frame: pandas.DataFrame) -> list[Rule]:
    """The rules that do not pass together with those that judge cells in the same way: one fails at least."""
    import pandas

    groups: dict[tuple[str, ...], list[Rule]] = {}
    for rule in rules:
        of_a_column = rule.check if rule.expectation == "ExpectColumnValuesToBeUnique" else ""
        groups.setdefault((rule.expectation, repr(rule.arguments), of_a_column), []).append(rule)
    named = {group[0].check: group for group in groups.values()}
    columns = {
        name: pandas.concat([frame[rule.check].dropna() for rule in group], ignore_index=True)
        for name, group in named.items()
    }
    verdicts = _validate(subject, [group[0] for group in named.values()], pandas.DataFrame(columns), VERDICT_ONLY)
    return [rule for name, group in named.items() if not verdicts[name].success for rule in group]


_one_at_a_time = threading.Lock()
"""Steps run side by side, and the context of Great Expectations is one."""


def _validate(
    subject: str, rules: Sequence[Rule], frame: pandas.DataFrame, result_format: dict[str, Any]
) -> dict[str, ExpectationValidationResult]:
    """Great Expectations' result by check; one validation for all rules, and one validation at a time."""
    try:
        with _one_at_a_time:
            definition = _batch_definition()
            from great_expectations import ExpectationSuite, expectations

            suite = ExpectationSuite(
                name=subject,
                expectations=[
                    getattr(expectations, rule.expectation)(column=rule.check, **dict(rule.arguments)) for rule in rules
                ],
            )
            batch = definition.get_batch({"dataframe": frame[[rule.check for rule in rules]]})
            results = batch.validate(suite, result_format=result_format).results
    except Exception as error:  # whatever it is, it is the tool's and says nothing of the data
        raise CheckToolError(f"{subject}: Great Expectations failed: {type(error).__name__}: {error}") from error
    by_check = {r.expectation_config.kwargs["column"]: r for r in results if r.expectation_config is not None}
    for rule in rules:
        if rule.check not in by_check:
            raise CheckToolError(f"{subject}: Great Expectations gave no verdict on {rule.check}")
        message = _raised(by_check[rule.check].exception_info)
        if message:
            raise CheckToolError(f"{subject}: Great Expectations failed on {rule.check}: {message}")
    return by_check


def _raised(info: Mapping[str, Any] | None) -> str | None:
    """The message of an exception that Great Expectations swallowed; it reports one, or one a metric."""
    if not info:
        return None
    entries: Iterable[Any] = [info] if "raised_exception" in info else info.values()
    messages = [str(e["exception_message"]) for e in entries if e["raised_exception"]]
    return "; ".join(dict.fromkeys(messages)) or None


def _result(subject: str, rule: Rule, table: pyarrow.Table, failure: ExpectationValidationResult | None) -> CheckResult:
    n_failing, rows = 0, []
    if failure is not None:
        n_failing = int(failure.result["unexpected_count"])
        numbers = [int(n) for n in failure.result["partial_unexpected_index_list"]]
        rows = table.select(list(rule.shows)).take(numbers).to_pylist()
    return CheckResult(
        border=rule.border,
        subject=subject,
        check=rule.check,
        severity=rule.severity,
        passed=failure is None,
        description=rule.description,
        owner=rule.owner,
        reason=rule.reason,
        observed=_observed(rule, table, n_failing),
        n_failing=n_failing,
        failing_rows=tuple({name: _plain(value) for name, value in row.items()} for row in rows),
    )


def _plain(value: Any) -> Any:
    """JSON has no infinity and no NaN."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _observed(rule: Rule, table: pyarrow.Table, n_failing: int) -> str:
    """One line on what was seen, good or bad."""
    if rule.check == "agrees_with":
        return _observed_official(table, n_failing)
    column = table.column(rule.column)
    n_judged = len(column) - column.null_count
    if rule.check.startswith("complete_"):
        text = f"{n_judged - n_failing:,} of {n_judged:,} expected areas have a row"
        return text if n_judged else "no area of this level within the coverage of the run"
    if not table.num_rows:
        return "nothing to judge within the coverage of the run"
    text = f"{n_failing:,} of {table.num_rows:,} rows fail"
    if rule.column in ("obs_value", "value") and n_judged:
        import pyarrow.compute as compute

        ends = compute.min_max(column).as_py()
        text += f"; values from {ends['min']:,.6g} to {ends['max']:,.6g}, {column.null_count:,} empty"
    return text


def _observed_official(table: pyarrow.Table, n_failing: int) -> str:
    rows = table.select(["ref_area", "tolerances_off", "deviation"]).to_pylist()
    outside = sorted({r["ref_area"] for r in rows if r["tolerances_off"] is None})
    compared = [r for r in rows if r["tolerances_off"] is not None]
    deviations = [r["deviation"] for r in compared if r["deviation"] is not None]
    text = f"{len(compared) - n_failing} of {len(compared)} official figures agree"
    if deviations:
        text += f", largest deviation {max(deviations):.6g}"
    if outside:
        text += f"; not compared, outside the coverage of the run: {', '.join(outside)}"
    return text


@cache
def _batch_definition() -> BatchDefinition[Any]:
    """The one context of the process: in memory, silent, sending nothing anywhere."""
    _wait_for_import()
    os.environ["GX_ANALYTICS_ENABLED"] = "False"  # read when the package is imported
    import great_expectations
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    source = context.data_sources.add_pandas("indicators")
    gc.freeze()  # specs and imports stay until the end: full collections that walk them take a 25th of all indicators
    atexit.register(gc.unfreeze)  # at the end the interpreter collects it as ever; else DuckDB tells of leaks
    return source.add_dataframe_asset("judged_columns").add_batch_definition_whole_dataframe("whole")


_warming: list[threading.Thread] = []


def warm_up() -> None:
    """Begin to import Great Expectations in a thread, so that it is there when the first indicator is.

    Idempotent. A run that ends early does not wait for all of it: the import goes in steps and stops between
    two. It must not simply be a daemon: a thread killed inside a C++ extension takes the process down with an
    abort.
    """
    if _warming:
        return
    stop = threading.Event()

    def work() -> None:
        os.environ["GX_ANALYTICS_ENABLED"] = "False"
        for name in IMPORTED_IN_STEPS:
            if stop.is_set():
                return
            try:
                importlib.import_module(name)
            except Exception as error:  # the process is ending, or judge imports it again and tells the error
                logger.debug("the early import of %s ended: %s", name, error)
                return

    def finish() -> None:
        stop.set()
        thread.join()

    thread = threading.Thread(target=work, name="import great_expectations", daemon=True)
    _warming.append(thread)
    atexit.register(finish)
    thread.start()


def _wait_for_import() -> None:
    """Two threads that import the same packages at once can see halves of them; so the second waits."""
    for thread in _warming:
        thread.join()
