"""Which rows of a staged table make which breakdown.

A breakdown is computed from the coarsest rows that carry its dimensions. National and state values come from the rows
of states where the office publishes them. Municipality values come from those of municipalities, urban and rural ones
from those of localities. Coherence checks then compare levels that were computed apart, instead of sums with
themselves. What belongs here: the choice of rows, and the refusal of expressions and breakdowns that no rows can make.
What does not: what the methods make of them (plan).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlglot import exp

from sdg_pipeline.estimate.nodes import Breakdown, Extent, Grouping, TablePlan
from sdg_pipeline.specs import expressions, operands
from sdg_pipeline.specs.base import BREAKDOWN_LEVELS, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.columns import Dimension
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Table

REMEDY = "take it out, or give the table parts and columns that can make it"


class Refused(Exception):
    """A place of the spec and why it cannot be planned; ``plan.make_plan`` adds file and line."""

    def __init__(self, place: tuple[str | int, ...], message: str, value: str, valid: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.place, self.message, self.value, self.valid = place, message, value, valid
        self.remedy: str | None = None if valid else REMEDY


@dataclass(frozen=True)
class Request:
    """What is to be planned: an indicator of a catalogue, from the rows at hand (None: all)."""

    indicator: Indicator
    catalog: Catalog
    at_hand: Extent | None

    @property
    def multiplier(self) -> float:
        """What turns a ratio into the unit of the indicator."""
        return self.catalog.multiplier(self.indicator)


def table_plan(request: Request, table: Table, trees: list[exp.Expr], also_by: tuple[str, ...] = ()) -> TablePlan:
    """Group the breakdowns by the rows that make them; Refused where no rows of the table can.

    ``trees`` are a value, or a numerator and a denominator; ``also_by`` are dimensions that are added to every
    breakdown. The multiplier of the plan is 1.
    """
    used = _measures(*trees)
    groupings: dict[tuple[Level, tuple[str, ...]], list[Breakdown]] = {}
    for i, names in enumerate(request.indicator.breakdowns):
        breakdown = breakdown_of((*names, *also_by), ("breakdowns", i), table.dimensions)
        rows_of = _rows_for(breakdown, i, table, used, request.catalog)
        if not possible(breakdown.level, rows_of, request.at_hand):
            continue
        carried = _carried(table, rows_of)
        by_code = tuple(d for d in carried if table.dimensions[d].totals == "published" and d in breakdown.dimensions)
        groupings.setdefault((rows_of, by_code), []).append(breakdown)
    grouped = tuple(_grouping(table, rows, by_code, b) for (rows, by_code), b in groupings.items())
    denominator = trees[1] if len(trees) > 1 else None
    editions = [(part.edition, request.catalog.sources[part.source].editions[part.edition]) for part in table.parts]
    forecasts = tuple(dict.fromkeys((name, e.forecast_from) for name, e in editions if e.forecast_from is not None))
    apart = tuple(dict.fromkeys(name for name, edition in editions if edition.not_comparable))
    return TablePlan(
        request.indicator, table, 1.0, trees[0], denominator, grouped, forecasts=forecasts, not_comparable=apart
    )


def possible(level: Level, rows_of: Level, at_hand: Extent | None) -> bool:
    """Whether a run has the rows of a breakdown, and for the nation all of them."""
    return at_hand is None or (rows_of in at_hand and not (level == Level.NATIONAL and at_hand[rows_of]))


def _grouping(table: Table, rows_of: Level, by_code: tuple[str, ...], breakdowns: list[Breakdown]) -> Grouping:
    totals = (d for d in _carried(table, rows_of) if table.dimensions[d].totals == "published")
    return Grouping(rows_of, by_code, tuple(d for d in totals if d not in by_code), tuple(breakdowns))


def _carried(table: Table, level: Level) -> list[str]:
    return [name for name, dimension in table.dimensions.items() if level in dimension.levels]


def parsed(texts: Mapping[str, str], table: Table, *, published: bool) -> list[exp.Expr]:
    """The parsed expressions of a method's keys, on measures that add up (or, ``published``, that do not)."""
    trees = []
    for key, text in texts.items():
        place = ("method", key)
        try:
            tree = expressions.read(text)
        except expressions.ExpressionError as error:
            raise Refused(place, str(error), text) from error
        for column in expressions.columns(tree):
            if column not in table.measures:
                raise Refused(place, f"names an unknown measure of table {table.id}", column, tuple(table.measures))
            additive = table.measures[column].additive
            if additive == published:
                why = "adds up: use count or ratio" if additive else "is a published mean and cannot be added up"
                raise Refused(place, f"names a measure that {why}", column)
        try:
            operands.require(tree, operands.ALL["number"], "condition" if key == "where" else "number")
        except expressions.ExpressionError as error:
            refused = Refused(place, str(error), text)
            refused.remedy = "measures are numbers: compare them with numbers, and make a condition 0 or 1 by CASE WHEN"
            raise refused from error
        trees.append(tree)
    return trees


def _measures(*trees: exp.Expr) -> list[str]:
    return [c for tree in trees for c in expressions.columns(tree)]


def breakdown_of(written: tuple[str, ...], place: tuple[str | int, ...], dimensions: Collection[str]) -> Breakdown:
    """A breakdown as written in a spec at ``place``; Refused unless it is a level and, once each, ``dimensions``."""
    levels = tuple(level.value for level in BREAKDOWN_LEVELS)
    if not written or written[0] not in levels:
        raise Refused((*place, 0), "does not begin with a level", written[0] if written else "(nothing)", levels)
    for j, dimension in enumerate(written[1:], start=1):
        if dimension not in dimensions:
            raise Refused((*place, j), "is not a dimension of the table", dimension, tuple(dimensions))
    if len(set(written)) != len(written):
        raise Refused(place, "names a dimension twice", ", ".join(written))
    return Breakdown(Level(written[0]), written[1:])


def _rows_for(breakdown: Breakdown, number: int, table: Table, used: list[str], catalog: Catalog) -> Level:
    """The level of the coarsest part that can make the breakdown, or a refusal with the reason."""
    reasons = []
    for part in sorted(table.parts, key=lambda p: p.level.depth):
        reason = _unfit(part.level, breakdown, table, used) or _lacking(part.level, table, used)
        edition = catalog.sources[part.source].editions[part.edition]
        if reason is None and breakdown.level == Level.NATIONAL and edition.states:
            reason = f"the {part.level} rows cover only the states {', '.join(edition.states)}"
        if reason is None:
            return part.level
        reasons.append(reason)
    message = f"no rows of table {table.id} can make it: {'; '.join(dict.fromkeys(reasons))}"
    raise Refused(("breakdowns", number), message, str(breakdown))


def _lacking(level: Level, table: Table, used: list[str]) -> str | None:
    """Why no rows of a level make a figure: what is added up must be in the same rows, of cuts in each of them.

    One edition is enough, and the years of the others have no value. Other figures stand in any part.
    """
    anywhere = {m for part in table.parts if part.level == level for m in part.measures or table.measures}
    absent = [m for m in used if m not in anywhere]
    if absent:
        return f"no {level} rows have {absent[0]}"
    added = {m for m in used if table.measures[m].additive and table.design is None}
    together = [added <= measures for (rows_of, _), measures in table.measures_by_rows().items() if rows_of == level]
    if (all if table.vintages else any)(together):
        return None
    return f"{'not all' if table.vintages else 'no'} {level} rows have {' and '.join(sorted(added))}"


def _unfit(level: Level, breakdown: Breakdown, table: Table, used: list[str]) -> str | None:
    if level.depth < breakdown.level.depth:
        return f"the {level} rows are coarser"
    missing = [d for d in breakdown.dimensions if level not in table.dimensions[d].levels]
    if missing:
        return f"the {level} rows have no {', '.join(missing)}"
    for dimension in breakdown.dimensions:
        spread = any(m.by == dimension for m in table.measures.values())
        without = [m for m in used if spread and table.measures[m].by != dimension]
        if without:
            return f"the measure {without[0]} is not given by {dimension}"
    if not all(table.measures[m].additive for m in used):
        if level != breakdown.level:
            return f"a published mean of the {level} rows cannot be added up"
        if any(_summed(table.dimensions[d], d, breakdown) for d in _carried(table, level)):
            return f"a published mean of the {level} rows cannot be added up over groups"
    return None


def _summed(dimension: Dimension, name: str, breakdown: Breakdown) -> bool:
    return dimension.totals == "computed" and name not in breakdown.dimensions
