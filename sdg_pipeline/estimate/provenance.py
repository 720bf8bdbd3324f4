"""The rows of a staged table that were added up into one value.

What belongs here: the query of these rows, by type of plan. What does not: running it and showing them (explain).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate.nodes import Plan, RatePlan, SurveyPlan, TablePlan
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
def rows_of_value(plan: Plan, value: Mapping[str, Any]) -> RowsOfValue | None:
    """The rows of the staged table that make ``value``, a row of the indicator table; of a rate, those with events.

    None where no rows are added up: of a comparison, a model and a SELECT written by hand.
    """
    return None


@rows_of_value.register
def _of_table(plan: TablePlan, value: Mapping[str, Any]) -> RowsOfValue:
    return _rows(plan, _conditions(plan, value))


@rows_of_value.register
def _of_rate(plan: RatePlan, value: Mapping[str, Any]) -> RowsOfValue:
    has_events = f"({expressions.sql(plan.events.numerator)}) <> 0"
    return _rows(plan.events, [*_conditions(plan.events, value), has_events])


@rows_of_value.register
def _of_survey(plan: SurveyPlan, value: Mapping[str, Any]) -> RowsOfValue:
    return _rows(plan.rows, _conditions(plan.rows, value), RECORD)


def _rows(plan: TablePlan, conditions: list[str], design: tuple[str, ...] = ()) -> RowsOfValue:
    trees = [tree for tree in (plan.numerator, plan.denominator) if tree is not None]
    measures = dict.fromkeys(column for tree in trees for column in expressions.columns(tree))
    columns = ("state", "municipality", "locality", *plan.table.key, *plan.dimensions, *design, *measures)
    return RowsOfValue(plan.table.id, " AND ".join(conditions), columns)


def _conditions(plan: TablePlan, value: Mapping[str, Any]) -> list[str]:
    """SQL: the rows of the level, year, edition, groups and area of a value."""
    named = {d for d in plan.dimensions if value[d] != TOTAL}
    grouping = next(
        g for g in plan.groupings for b in g.breakdowns if b.level == value["geo_level"] and set(b.dimensions) == named
    )
    conditions = [f"geo_level = '{grouping.rows_of}'", f"time_period = {literal(value['time_period'])}"]
    conditions += [f"edition = {literal(value['source_edition'])}"] if plan.table.vintages else []
    conditions += [f"{d} = {literal(value[d])}" for d in named]
    conditions += [f"{d} = '{TOTAL}'" for d in grouping.by_total]
    key = value["ref_area"].removeprefix("MX")
    if key:
        conditions.append(f"{'state' if value['geo_level'] == Level.STATE else 'municipality'} = {literal(key)}")
    return conditions
