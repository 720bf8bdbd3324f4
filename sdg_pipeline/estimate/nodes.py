"""The frozen nodes of a plan: what is computed, by what, from which rows.

What belongs here: what a plan says, and what follows from it alone. What does not: making one from a spec (plan), and
what needs SQL, files or a catalogue. Those are functions that dispatch on the type of the plan (compile, rates, engine,
provenance, companions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.design import Design
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import (
    Comparison,
    Count,
    Gini,
    Published,
    Quantile,
    Rate,
    Ratio,
    Share,
    SmallArea,
    Sql,
    Surveyed,
)
from sdg_pipeline.specs.policy import Policy
from sdg_pipeline.specs.table import Table


@dataclass(frozen=True, order=True)
class Breakdown:
    """A geographic level and the dimensions that values are given by."""

    level: Level
    dimensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"[{', '.join((self.level.value, *self.dimensions))}]"


Wanted = Callable[[Breakdown], bool]


def every(breakdown: Breakdown) -> bool:
    """True of all breakdowns."""
    return True


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
    forecasts: tuple[tuple[str, str], ...] = ()
    """Editions of projections that the rows are from, and the first year that each of them forecasts."""
    not_comparable: tuple[str, ...] = ()
    """Editions whose values cannot be compared with those of the edition before."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        return tuple(self.table.dimensions)

    @property
    def used(self) -> frozenset[str]:
        """Measures that the figure is computed from."""
        trees = (self.numerator, *([self.denominator] if self.denominator is not None else []))
        return frozenset(column.name for tree in trees for column in tree.find_all(exp.Column))

    @property
    def lacking(self) -> tuple[tuple[Level, str], ...]:
        """Level and edition of rows that lack a measure which is added up: the indicator takes the other years.

        Of published figures, other parts give other measures of the same cell; of cuts, one alone is in use.
        """
        if isinstance(self.indicator.method, Published) or self.table.vintages:
            return ()
        return tuple(rows for rows, measures in self.table.measures_by_rows().items() if not self.used <= measures)

    def rows_behind(self, wanted: Wanted = every) -> dict[Level, Level]:
        """By published level, the level of the rows of its breakdown by the fewest of the wanted dimensions."""
        behind = [(b, g.rows_of) for g in self.groupings for b in g.breakdowns if wanted(b)]
        return {b.level: rows for b, rows in sorted(behind, key=lambda item: -len(item[0].dimensions))}


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

    def rows_behind(self, wanted: Wanted = every) -> dict[Level, Level]:
        """By published level, the level of the rows of events."""
        return self.events.rows_behind(wanted)


@dataclass(frozen=True)
class SurveyPlan:
    """A statistic of the records of a survey, with its sampling error.

    ``rows`` has the breakdowns, and its numerator and denominator are what the statistic is of. A ratio has both, a
    total the value alone. A statistic of a distribution has the value whose distribution it is. ``sample`` is the table
    with all units of the sample: that of the records, unless these are a part of it.
    """

    indicator: Indicator
    method: Ratio | Count | Surveyed
    multiplier: float
    rows: TablePlan
    sample: Table
    policy: Policy
    where: exp.Expr | None = None
    """Condition of the records that the statistic is of; None: all."""

    @property
    def is_part(self) -> bool:
        """Whether the records are a part of the sample: units without a record count with zero."""
        return self.sample.id != self.rows.table.id

    @property
    def lacking(self) -> tuple[str, ...]:
        """Editions that do not give all measures of the statistic: it takes the years that have them."""
        trees = (self.rows.numerator, self.rows.denominator, self.where)
        used = {column.name for tree in trees if tree is not None for column in tree.find_all(exp.Column)}
        return tuple(p.edition for p in self.rows.table.parts if p.measures and not used <= set(p.measures))

    @property
    def design(self) -> Design:
        assert self.rows.table.design is not None, "estimate.plan: a survey plan is of a table with a design"
        return self.rows.table.design

    @property
    def is_total(self) -> bool:
        return isinstance(self.method, Count)

    @property
    def is_linear(self) -> bool:
        """Whether the statistic is one of sums: a total, a ratio or a mean, and not one of a distribution."""
        return not isinstance(self.method, Quantile | Gini | Share)

    def rows_behind(self, wanted: Wanted = every) -> dict[Level, Level]:
        """By published level, the level of the records."""
        return self.rows.rows_behind(wanted)


@dataclass(frozen=True)
class SmallAreaPlan:
    """A model of municipalities; ``direct`` estimates them and their states, which no other plan may do."""

    indicator: Indicator
    method: SmallArea
    multiplier: float
    direct: SurveyPlan

    def rows_behind(self, wanted: Wanted = every) -> dict[Level, Level]:
        """The level of the records behind municipalities, the only level that a model gives."""
        return self.direct.rows_behind(lambda b: b.level == Level.MUNICIPALITY)


@dataclass(frozen=True)
class ComparisonPlan:
    """One group against another of the values of a base indicator."""

    indicator: Indicator
    method: Comparison
    breakdowns: tuple[Breakdown, ...]

    def rows_behind(self, wanted: Wanted = every) -> dict[Level, Level]:
        """None: its rows are the values of another indicator (see ``plan.rows_behind``)."""
        return {}


@dataclass(frozen=True)
class SqlPlan:
    """A SELECT written by hand, over the rows of one level of one staged table."""

    indicator: Indicator
    table: Table
    select: exp.Expr
    rows_of: Level
    breakdowns: tuple[Breakdown, ...]

    @property
    def file(self) -> str:
        """What errors call the SELECT: the file that holds it."""
        method = self.indicator.method
        return method.file if isinstance(method, Sql) else self.indicator.id

    def rows_behind(self, wanted: Wanted = every) -> dict[Level, Level]:
        """By published level, the level of the rows that the SELECT reads."""
        return {b.level: self.rows_of for b in self.breakdowns}


Plan = TablePlan | RatePlan | SurveyPlan | SmallAreaPlan | ComparisonPlan | SqlPlan


Extent = Mapping[Level, tuple[str, ...]]
"""The rows that a run has at hand: by their level, the states that they cover (empty: the nation)."""
