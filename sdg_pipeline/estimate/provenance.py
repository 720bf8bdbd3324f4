"""The rows of a staged table that were added up into one value.

What belongs here: the query of these rows, by type of plan. What does not: running it and showing them (explain).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate.nodes import Grouping, Plan, RatePlan, SurveyPlan, TablePlan
from sdg_pipeline.ingest.geography import NATION, Register
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import TOTAL, Level

RECORD = ("weight", "stratum", "psu")
"""Columns of the design of a record, which are shown with it."""


@dataclass(frozen=True)
class RowsOfValue:
    """Rows of the staged ``table``: the condition that chooses them, in SQL, and the columns that show them."""

    table: str
    where: str
    columns: tuple[str, ...]


@singledispatch
def rows_of_value(plan: Plan, value: Mapping[str, Any], register: Register) -> RowsOfValue | None:
    """The rows of the staged table that make ``value``, a row of the indicator table; of a rate, those with events.

    ``register`` names the municipalities of a harmonised unit. The result is None where no rows are added up. So it is
    for a comparison, a model, a SELECT written by hand, and a value that the plan does not give.
    """
    return None


@rows_of_value.register
def _of_table(plan: TablePlan, value: Mapping[str, Any], register: Register) -> RowsOfValue | None:
    return _rows(plan, value, register)


@rows_of_value.register
def _of_rate(plan: RatePlan, value: Mapping[str, Any], register: Register) -> RowsOfValue | None:
    added_up = {plan.standard_dimension} if plan.standard_dimension else set()
    rows = _rows(plan.events, value, register, added_up=added_up)
    if rows is None:
        return None
    has_events = f"({expressions.sql(plan.events.numerator)}) <> 0"
    return RowsOfValue(rows.table, f"{rows.where} AND {has_events}", rows.columns)


@rows_of_value.register
def _of_survey(plan: SurveyPlan, value: Mapping[str, Any], register: Register) -> RowsOfValue | None:
    return _rows(plan.rows, value, register, RECORD)


def _rows(
    plan: TablePlan,
    value: Mapping[str, Any],
    register: Register,
    design: tuple[str, ...] = (),
    added_up: Collection[str] = (),
) -> RowsOfValue | None:
    """The rows of a table's plan; ``added_up`` are dimensions of its breakdowns that the value adds up again."""
    named = {d for d in plan.dimensions if value[d] != plan.indicator.totals[d]}
    grouping = _grouping(plan, value["geo_level"], named, added_up)
    if grouping is None:
        return None
    conditions = [f"geo_level = '{grouping.rows_of}'", f"time_period = {literal(value['time_period'])}"]
    conditions += [f"edition = {literal(value['source_edition'])}"] if plan.table.vintages else []
    conditions += [f"{d} = {literal(value[d])}" for d in sorted(named)]
    conditions += [f"{d} = '{TOTAL}'" for d in grouping.by_total]
    conditions += _place(value, register)
    trees = [tree for tree in (plan.numerator, plan.denominator) if tree is not None]
    measures = dict.fromkeys(column for tree in trees for column in expressions.columns(tree))
    columns = ("state", "municipality", "locality", *plan.table.key, *plan.dimensions, *design, *measures)
    return RowsOfValue(plan.table.id, " AND ".join(conditions), tuple(dict.fromkeys(columns)))


def _grouping(plan: TablePlan, level: str, named: set[str], added_up: Collection[str]) -> Grouping | None:
    """The grouping whose rows make the breakdown of a value; None where the plan has no such breakdown."""
    pairs = ((g, b) for g in plan.groupings for b in g.breakdowns)
    return next((g for g, b in pairs if b.level == level and set(b.dimensions) - set(added_up) == named), None)


def _place(value: Mapping[str, Any], register: Register) -> list[str]:
    key = str(value["ref_area"]).removeprefix(NATION)
    if value["geo_level"] == Level.NATIONAL:
        return []
    if value["geo_level"] == Level.STATE:
        return [f"state = {literal(key)}"]
    members = [key]
    if value["geo_level"] == Level.HARMONISED:
        members = sorted(m for m, unit in register.units().items() if unit.key == key) or [key]
    return [f"municipality IN ({', '.join(literal(m) for m in members)})"]
