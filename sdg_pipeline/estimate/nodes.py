"""The frozen nodes of a plan: what is computed, by what, from which rows.

What belongs here: what a plan says. What does not: making one from a spec (plan), and its SQL (compile, rates).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.design import Design
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Comparison, Count, Gini, Quantile, Rate, Ratio, Share, SmallArea, Sql, Surveyed
from sdg_pipeline.specs.policy import Policy
from sdg_pipeline.specs.table import Table


@dataclass(frozen=True, order=True)
class Breakdown:
    """A geographic level and the dimensions that values are given by."""

    level: Level
    dimensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"[{', '.join((self.level.value, *self.dimensions))}]"


@dataclass(frozen=True)
class Grouping:
    """Breakdowns that are added up from the same rows: those of one level, with the same published totals.

    ``by_code`` are the dimensions with published totals of which the codes are used; of ``by_total`` the published
    total is. Other dimensions of these rows are added up, or named in a breakdown.
    """

    rows_of: Level
    by_code: tuple[str, ...]
    by_total: tuple[str, ...]
    breakdowns: tuple[Breakdown, ...]


@dataclass(frozen=True)
class TablePlan:
    """A ratio, count or published figure computed from one staged table."""

    indicator: Indicator
    table: Table
    multiplier: float
    numerator: exp.Expr
    denominator: exp.Expr | None
    groupings: tuple[Grouping, ...]
    precision: tuple[tuple[str, str], ...] = ()
    """Columns of the indicator table with the published precision, and the measures that hold it."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        return tuple(self.table.dimensions)


@dataclass(frozen=True)
class RatePlan:
    """Events over a population, each with a plan of its own; the breakdowns of both are the same.

    ``weights`` are those of the standard population by age group, which both plans then break down by as well.
    """

    indicator: Indicator
    method: Rate
    multiplier: float
    events: TablePlan
    population: TablePlan
    weights: tuple[tuple[str, float], ...] = ()

    @property
    def standard_dimension(self) -> str | None:
        """The dimension of age groups, where the rate is standardised."""
        return self.method.standard.dimension if self.method.standard else None


@dataclass(frozen=True)
class SurveyPlan:
    """A statistic of the records of a survey, with its sampling error.

    ``rows`` has the breakdowns, and as its numerator and denominator what the statistic is of: of a ratio both, of a
    total the value alone, of a statistic of a distribution the value whose distribution it is.
    """

    indicator: Indicator
    method: Ratio | Count | Surveyed
    multiplier: float
    rows: TablePlan
    policy: Policy

    @property
    def design(self) -> Design:
        assert self.rows.table.design is not None, "estimate.plan: a survey plan is of a table with a design"
        return self.rows.table.design

    @property
    def is_total(self) -> bool:
        return isinstance(self.method, Count)

    @property
    def of_sums(self) -> bool:
        """Whether the statistic is one of sums: a total, a ratio or a mean, and not one of a distribution."""
        return not isinstance(self.method, Quantile | Gini | Share)


@dataclass(frozen=True)
class SmallAreaPlan:
    """A model of municipalities; ``direct`` estimates them and their states, which no other plan may do."""

    indicator: Indicator
    method: SmallArea
    multiplier: float
    direct: SurveyPlan


@dataclass(frozen=True)
class ComparisonPlan:
    """One group against another of the values of a base indicator."""

    indicator: Indicator
    method: Comparison
    breakdowns: tuple[Breakdown, ...]


@dataclass(frozen=True)
class SqlPlan:
    """A SELECT written by hand, over the rows of one level of one staged table."""

    indicator: Indicator
    table: Table
    select: exp.Expr
    rows_of: Level
    breakdowns: tuple[Breakdown, ...]

    @property
    def name(self) -> str:
        """What errors call the SELECT."""
        method = self.indicator.method
        return method.file if isinstance(method, Sql) else self.indicator.id


Plan = TablePlan | RatePlan | SurveyPlan | SmallAreaPlan | ComparisonPlan | SqlPlan


Extent = Mapping[Level, tuple[str, ...]]
"""The rows that a run has at hand: by their level, the states that they cover (empty: the nation)."""
