"""From a spec to a plan: which rows of the staged table make which breakdown.

A breakdown is computed from the coarsest rows that carry its dimensions: national and state values from the rows of
states where the office publishes them, municipality values from those of municipalities, urban and rural from those
of localities. Coherence checks then compare levels that were computed apart, instead of sums with themselves.
What belongs here: the choice of rows, and the refusal of what cannot be planned. What does not: what a plan is made of
(nodes), SQL text, and the check of all specs at once (check).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Literal

from sqlglot import exp

from sdg_pipeline.errors import SpecErrors
from sdg_pipeline.estimate import written
from sdg_pipeline.estimate.nodes import Breakdown, ComparisonPlan, Extent, Grouping, Plan, RatePlan, SqlPlan, TablePlan
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import BREAKDOWN_LEVELS, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Comparison, Published, Rate, Ratio, Sql
from sdg_pipeline.specs.table import Dimension, Table


class _Refused(Exception):
    """Internal: a place of the spec and why it cannot be planned."""

    def __init__(self, place: tuple[str | int, ...], message: str, value: str, valid: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.place, self.message, self.value, self.valid = place, message, value, valid


def make_plan(indicator: Indicator, catalog: Catalog, at_hand: Extent | None = None) -> Plan:
    """The plan of an indicator, or SpecErrors.

    ``at_hand`` tells which rows a run has and the states they cover; None means all. Breakdowns that need other rows
    are left out, and so are national values of rows that do not cover the nation; the coverage notes of a partial
    run tell.
    """
    try:
        return _planned(indicator, catalog, at_hand)
    except _Refused as refused:
        document = catalog.document(indicator)
        problem = document.problem(refused.place, refused.message, value=refused.value, valid=refused.valid)
        raise SpecErrors([problem]) from None


def rows_behind(indicator: Indicator, catalog: Catalog, at_hand: Extent) -> dict[Level, Level]:
    """For each published level that can be given, the level of the rows that its totals come from.

    The totals of a comparison come from the groups of its base indicator.
    """
    plan = make_plan(indicator, catalog, at_hand)
    if isinstance(plan, ComparisonPlan):
        base = make_plan(catalog.indicators[plan.method.of], catalog, at_hand)
        made = _made(base, lambda b: plan.method.dimension in b.dimensions)
        return {b.level: made[b.level] for b in plan.breakdowns if b.level in made}
    return _made(plan, lambda _: True)


def _made(plan: Plan, wanted: Callable[[Breakdown], bool]) -> dict[Level, Level]:
    """Rows behind each level of a plan, taken from its breakdown by the fewest of the wanted dimensions."""
    if isinstance(plan, SqlPlan):
        return {b.level: plan.rows_of for b in plan.breakdowns}
    if isinstance(plan, RatePlan):
        return _made(plan.events, wanted)
    groupings = plan.groupings if isinstance(plan, TablePlan) else ()
    found = [(b, g.rows_of) for g in groupings for b in g.breakdowns if wanted(b)]
    return {b.level: rows for b, rows in sorted(found, key=lambda item: -len(item[0].dimensions))}


def _planned(indicator: Indicator, catalog: Catalog, at_hand: Extent | None) -> Plan:
    method = indicator.method
    if isinstance(method, Comparison):
        return _comparison(indicator, method, catalog)
    table = catalog.tables[method.table]
    if isinstance(method, Sql):
        return _sql(indicator, method, catalog, at_hand)
    if isinstance(method, Rate):
        return _rate(indicator, method, catalog, at_hand)
    if isinstance(method, Ratio):
        texts = {"numerator": method.numerator, "denominator": method.denominator}
        plan = _table_plan(indicator, table, _expressions(texts, table, published=False), catalog, at_hand)
        return replace(plan, multiplier=catalog.multiplier(indicator))
    published = isinstance(method, Published)
    value = _expressions({"value": str(method.value)}, table, published=published)
    plan = _table_plan(indicator, table, value, catalog, at_hand)
    return replace(plan, precision=_precision(method, table)) if isinstance(method, Published) else plan


def _precision(method: Published, table: Table) -> tuple[tuple[str, str], ...]:
    named = {
        "cv": method.cv,
        "std_error": method.std_error,
        "ci_lower": method.ci_lower,
        "ci_upper": method.ci_upper,
    }
    given = {column: measure for column, measure in named.items() if measure is not None}
    _expressions(given, table, published=True)
    return tuple(given.items())


def _rate(indicator: Indicator, method: Rate, catalog: Catalog, at_hand: Extent | None) -> RatePlan:
    """Both sides; ``at_hand`` tells of the rows of events, and a population is taken to be whole or absent."""
    if method.population.table not in catalog.tables:
        known = tuple(catalog.tables)
        raise _Refused(("method", "population", "table"), "names an unknown table", method.population.table, known)
    counted, people = catalog.tables[method.table], catalog.tables[method.population.table]
    events = _expressions({"events": method.events}, counted, published=False)
    population = _expressions({"population": method.population.measure}, people, published=False)
    weights, by_age = _weights(method, counted, catalog)
    return RatePlan(
        indicator,
        method,
        catalog.multiplier(indicator),
        _table_plan(indicator, counted, events, catalog, at_hand, by_age),
        _table_plan(indicator, people, population, catalog, None, by_age),
        weights,
    )


def _weights(method: Rate, counted: Table, catalog: Catalog) -> tuple[tuple[tuple[str, float], ...], tuple[str, ...]]:
    """Weights of the standard population by age group, and the dimension that is added to every breakdown."""
    if method.standard is None:
        return (), ()
    place = ("method", "standard", "codelist")
    codelist = catalog.codelists.get(method.standard.codelist)
    if codelist is None:
        raise _Refused(place, "names an unknown code list", method.standard.codelist, tuple(catalog.codelists))
    weights = tuple((code, spec.weight) for code, spec in codelist.codes.items() if spec.weight is not None)
    if not weights:
        raise _Refused(place, "names a code list without weights", method.standard.codelist)
    if method.standard.dimension not in counted.dimensions:
        known = tuple(counted.dimensions)
        raise _Refused(("method", "standard", "dimension"), "is not one of the table", method.standard.dimension, known)
    return weights, (method.standard.dimension,)


def _table_plan(
    indicator: Indicator,
    table: Table,
    trees: list[exp.Expr],
    catalog: Catalog,
    at_hand: Extent | None,
    also_by: tuple[str, ...] = (),
) -> TablePlan:
    """Group the breakdowns by the rows that make them; ``trees`` are a value, or a numerator and a denominator."""
    used = _measures(*trees)
    groupings: dict[tuple[Level, tuple[str, ...]], list[Breakdown]] = {}
    for i, names in enumerate(indicator.breakdowns):
        breakdown = _breakdown((*names, *also_by), ("breakdowns", i), table.dimensions)
        rows_of = _rows_for(breakdown, i, table, used, catalog)
        if not _possible(breakdown.level, rows_of, at_hand):
            continue
        carried = _carried(table, rows_of)
        by_code = tuple(d for d in carried if table.dimensions[d].totals == "published" and d in breakdown.dimensions)
        groupings.setdefault((rows_of, by_code), []).append(breakdown)
    grouped = tuple(_grouping(table, rows, by_code, b) for (rows, by_code), b in groupings.items())
    return TablePlan(indicator, table, 1.0, trees[0], trees[1] if len(trees) > 1 else None, grouped)


def _possible(level: Level, rows_of: Level, at_hand: Extent | None) -> bool:
    """Whether a run has the rows of a breakdown, and for the nation all of them."""
    return at_hand is None or (rows_of in at_hand and not (level == Level.NATIONAL and at_hand[rows_of]))


def _grouping(table: Table, rows_of: Level, by_code: tuple[str, ...], breakdowns: list[Breakdown]) -> Grouping:
    totals = (d for d in _carried(table, rows_of) if table.dimensions[d].totals == "published")
    return Grouping(rows_of, by_code, tuple(d for d in totals if d not in by_code), tuple(breakdowns))


def _carried(table: Table, level: Level) -> list[str]:
    return [name for name, dimension in table.dimensions.items() if level in dimension.levels]


def _expressions(texts: Mapping[str, str], table: Table, *, published: bool) -> list[exp.Expr]:
    """The parsed expressions of a method's keys, on measures that add up (or, ``published``, that do not)."""
    trees = []
    for key, text in texts.items():
        place = ("method", key)
        try:
            tree = expressions.read(text)
        except expressions.ExpressionError as error:
            raise _Refused(place, str(error), text) from error
        for column in expressions.columns(tree):
            if column not in table.measures:
                known = tuple(table.measures)
                raise _Refused(place, f"names an unknown measure of table {table.id}", column, known)
            additive = table.measures[column].additive
            if additive == published:
                why = "adds up: use count or ratio" if additive else "is a published mean and cannot be added up"
                raise _Refused(place, f"names a measure that {why}", column)
        trees.append(tree)
    return trees


def _measures(*trees: exp.Expr) -> list[str]:
    return [c for tree in trees for c in expressions.columns(tree)]


def _breakdown(written: tuple[str, ...], place: tuple[str | int, ...], dimensions: Collection[str]) -> Breakdown:
    levels = tuple(level.value for level in BREAKDOWN_LEVELS)
    if not written or written[0] not in levels:
        raise _Refused((*place, 0), "does not begin with a level", written[0] if written else "(nothing)", levels)
    for j, dimension in enumerate(written[1:], start=1):
        if dimension not in dimensions:
            raise _Refused((*place, j), "is not a dimension of the table", dimension, tuple(dimensions))
    if len(set(written)) != len(written):
        raise _Refused(place, "names a dimension twice", ", ".join(written))
    return Breakdown(Level(written[0]), written[1:])


def _rows_for(breakdown: Breakdown, number: int, table: Table, used: list[str], catalog: Catalog) -> Level:
    """The level of the coarsest part that can make the breakdown, or a refusal with the reason."""
    reasons = []
    for part in sorted(table.parts, key=lambda p: p.level.depth):
        reason = _unfit(part.level, breakdown, table, used) or _not_given(part.level, table, used)
        edition = catalog.sources[part.source].editions[part.edition]
        if reason is None and breakdown.level == Level.NATIONAL and edition.states:
            reason = f"the {part.level} rows cover only the states {', '.join(edition.states)}"
        if reason is None:
            return part.level
        reasons.append(reason)
    message = f"no rows of table {table.id} can make it: {'; '.join(dict.fromkeys(reasons))}"
    raise _Refused(("breakdowns", number), message, str(breakdown))


def _not_given(level: Level, table: Table, used: list[str]) -> str | None:
    """Why the parts of a level lack a figure: one of them must give it, and all of them where it is added up."""
    given = [set(part.measures or table.measures) for part in table.parts if part.level == level]
    lacking = [m for m in used if not (all if table.measures[m].additive else any)(m in names for names in given)]
    return f"not all {level} rows have {lacking[0]}" if lacking else None


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


def _comparison(indicator: Indicator, method: Comparison, catalog: Catalog) -> ComparisonPlan:
    base = catalog.indicators[method.of]
    table = catalog.tables[base.table or ""]
    if method.dimension not in table.dimensions:
        message = f"is not a dimension of {base.id}"
        raise _Refused(("method", "dimension"), message, method.dimension, tuple(table.dimensions))
    codes = catalog.codelists[table.dimensions[method.dimension].codelist].codes
    sides: tuple[tuple[Literal["compare", "reference"], str], ...] = (
        ("compare", method.compare),
        ("reference", method.reference),
    )
    for key, code in sides:
        if code not in codes:
            raise _Refused(("method", key), "is not a code of the dimension", code, tuple(codes))
    made = {frozenset(b) for b in base.breakdowns}
    breakdowns = []
    for i, names in enumerate(indicator.breakdowns):
        breakdown = _breakdown(names, ("breakdowns", i), [d for d in table.dimensions if d != method.dimension])
        if frozenset((*names, method.dimension)) not in made:
            message = f"needs the breakdown {[*names, method.dimension]} of {base.id}, which has none"
            raise _Refused(("breakdowns", i), message, str(breakdown))
        breakdowns.append(breakdown)
    return ComparisonPlan(indicator, method, tuple(breakdowns))


def _sql(indicator: Indicator, method: Sql, catalog: Catalog, at_hand: Extent | None) -> SqlPlan:
    table = catalog.tables[method.table]
    try:
        select = written.read(catalog.folder(indicator) / method.file, table)
    except written.WrittenSqlError as error:
        raise _Refused(("method", "file"), str(error), error.value) from error
    levels = tuple(part.level.value for part in table.parts)
    if method.rows_of.value not in levels:
        raise _Refused(("method", "rows_of"), f"is not the level of a part of {table.id}", method.rows_of, levels)
    breakdowns = [_breakdown(names, ("breakdowns", i), ()) for i, names in enumerate(indicator.breakdowns)]
    possible = tuple(b for b in breakdowns if _possible(b.level, method.rows_of, at_hand))
    return SqlPlan(indicator, table, select, method.rows_of, possible)
