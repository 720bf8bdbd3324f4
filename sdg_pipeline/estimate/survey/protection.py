"""Withholding: what the policy withholds is emptied, with all that would give it away.

What belongs here: which rows and sums of a survey indicator go out, seen together with the other indicators of the same
sums. What does not: the choice of further rows within one table (disclosure), and what the sample alone decides
(values).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sdg_pipeline.estimate.disclosure import Cell, cells_of, complementary
from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey.values import WITHHELD

if TYPE_CHECKING:
    import pyarrow

SUMS = ("numerator", "denominator")
EMPTIED = ("obs_value", *SUMS, "std_error", "cv", "ci_lower", "ci_upper", "deff", "df")
"""Columns of a withheld row that are emptied; the sizes of its sample stay, which are the reason."""


@dataclass(frozen=True)
class LinkedPlans:
    """Plans of the other indicators whose numerator is this one's ``numerator``, or its ``denominator``."""

    numerator: tuple[SurveyPlan, ...] = ()
    denominator: tuple[SurveyPlan, ...] = ()


def protected(plan: SurveyPlan, linked: LinkedPlans, values_of: Callable[[SurveyPlan], pyarrow.Table]) -> pyarrow.Table:
    """The values of a plan without what is withheld; ``values_of`` computes them with all their figures.

    A numerator that several indicators have is withheld by all of them in the same cells. What is too uncertain as a
    share of users may be precise as a share of persons, which would give the users away. A denominator that another
    indicator withholds as its numerator goes out with the numerator, and the share of both stays. The values of the
    plan itself are computed last, so that the tables behind them are there for its differences.
    """
    interval = plan.policy.protection.interval
    below = [values_of(other) for other in linked.denominator]
    others = [values_of(other) for other in linked.numerator]
    values = values_of(plan)
    hidden = _hidden([values, *others], interval)
    values = _emptied(_withheld(values, hidden), hidden, EMPTIED)
    return _emptied(values, _hidden(below, interval), SUMS)


def _hidden(tables: Sequence[pyarrow.Table], interval: float) -> set[Cell]:
    """The cells of a numerator that are withheld: for a sample of any of the tables, and to protect these in each."""
    listed = [cells_of(table) for table in tables]
    by_sample = {
        cell
        for table, cells in zip(tables, listed, strict=True)
        for cell, status in zip(cells, table["obs_status"].to_pylist(), strict=True)
        if status == WITHHELD
    }
    hidden = set(by_sample)
    for table, cells in zip(tables, listed, strict=True):
        withheld = [row for row, cell in enumerate(cells) if cell in by_sample]
        hidden.update(cells[row] for row in complementary(table, withheld, interval))
    return hidden


def _withheld(values: pyarrow.Table, hidden: Collection[Cell]) -> pyarrow.Table:
    """The values with those marked as withheld that are ``hidden`` for another's sake."""
    import pyarrow

    statuses, reasons = values["obs_status"].to_pylist(), values["obs_reason"].to_pylist()
    for row, cell in enumerate(cells_of(values)):
        if cell in hidden and statuses[row] != WITHHELD:
            statuses[row], reasons[row] = WITHHELD, "complementary"
    for name, marks in (("obs_status", statuses), ("obs_reason", reasons)):
        values = values.set_column(values.schema.get_field_index(name), name, pyarrow.array(marks, pyarrow.string()))
    return values


def _emptied(values: pyarrow.Table, cells: Collection[Cell], columns: Sequence[str]) -> pyarrow.Table:
    """The values with ``columns`` emptied in the rows of ``cells``."""
    import pyarrow
    import pyarrow.compute as pc

    hidden = pyarrow.array([cell in cells for cell in cells_of(values)], pyarrow.bool_())
    for name in columns:
        index = values.schema.get_field_index(name)
        empty = pyarrow.scalar(None, values.schema.field(index).type)
        values = values.set_column(index, name, pc.if_else(hidden, empty, values[name]))
    return values
