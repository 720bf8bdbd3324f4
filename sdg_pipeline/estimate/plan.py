"""From a spec to a plan: what each method makes of which rows.

What belongs here: the plan of each kind of method, and the refusal of what cannot be planned. What does not: the choice
of rows (rows), what a plan is made of (nodes), SQL text, and the check of all specs at once (check).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from sdg_pipeline.errors import SpecErrors
from sdg_pipeline.estimate import rows, written
from sdg_pipeline.estimate.nodes import (
    Breakdown,
    ComparisonPlan,
    Extent,
    Plan,
    RatePlan,
    SmallAreaPlan,
    SqlPlan,
    SurveyPlan,
    TablePlan,
)
from sdg_pipeline.estimate.rows import Refused
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import (
    Comparison,
    Count,
    Mean,
    Published,
    Rate,
    Ratio,
    SmallArea,
    Sql,
    Surveyed,
    statistic_texts,
)
from sdg_pipeline.specs.table import Table


def make_plan(indicator: Indicator, catalog: Catalog, at_hand: Extent | None = None) -> Plan:
    """The plan of an indicator, or SpecErrors.

    ``at_hand`` tells which rows a run has and the states they cover; None means all. Breakdowns that need other rows
    are left out, and so are national values of rows that do not cover the nation; the coverage notes of a partial
    run tell.
    """
    try:
        return _planned(indicator, catalog, at_hand)
    except Refused as refused:
        document = catalog.document(indicator)
        problem = document.problem(refused.place, refused.message, value=refused.value, valid=refused.valid)
        raise SpecErrors([problem]) from None


def rows_behind(indicator: Indicator, catalog: Catalog, at_hand: Extent) -> dict[Level, Level]:
    """For each published level that can be given, the level of the rows that its totals come from.

    The totals of a comparison come from the groups of its base indicator.
    """
    plan = make_plan(indicator, catalog, at_hand)
    if isinstance(plan, ComparisonPlan):
        base = make_plan(catalog.indicators[plan.method.indicator], catalog, at_hand)
        made = _made(base, lambda b: plan.method.dimension in b.dimensions)
        return {b.level: made[b.level] for b in plan.breakdowns if b.level in made}
    return _made(plan, lambda _: True)


def _made(plan: Plan, wanted: Callable[[Breakdown], bool]) -> dict[Level, Level]:
    """Rows behind each level of a plan, taken from its breakdown by the fewest of the wanted dimensions."""
    if isinstance(plan, SqlPlan):
        return {b.level: plan.rows_of for b in plan.breakdowns}
    if isinstance(plan, RatePlan):
        return _made(plan.events, wanted)
    if isinstance(plan, SurveyPlan):
        return _made(plan.rows, wanted)
    if isinstance(plan, SmallAreaPlan):
        return _made(plan.direct.rows, lambda b: b.level == Level.MUNICIPALITY)
    groupings = plan.groupings if isinstance(plan, TablePlan) else ()
    found = [(b, g.rows_of) for g in groupings for b in g.breakdowns if wanted(b)]
    return {b.level: rows for b, rows in sorted(found, key=lambda item: -len(item[0].dimensions))}


def _planned(indicator: Indicator, catalog: Catalog, at_hand: Extent | None) -> Plan:
    method = indicator.method
    if isinstance(method, Comparison):
        return _comparison(indicator, method, catalog)
    if isinstance(method, SmallArea):
        return _small_area(indicator, method, catalog, at_hand)
    table = catalog.tables[method.table]
    if table.design is not None or isinstance(method, Surveyed):
        return _survey(indicator, table, catalog, at_hand)
    if isinstance(method, Sql):
        return _sql(indicator, method, catalog, at_hand)
    if isinstance(method, Rate):
        return _rate(indicator, method, catalog, at_hand)
    if isinstance(method, Ratio):
        texts = {"numerator": method.numerator, "denominator": method.denominator}
        plan = rows.table_plan(indicator, table, rows.parsed(texts, table, published=False), catalog, at_hand)
        return replace(plan, multiplier=catalog.multiplier(indicator))
    published = isinstance(method, Published)
    value = rows.parsed({"value": str(method.value)}, table, published=published)
    plan = rows.table_plan(indicator, table, value, catalog, at_hand)
    return replace(plan, precision=_precision(method, table)) if isinstance(method, Published) else plan


def _survey(indicator: Indicator, table: Table, catalog: Catalog, at_hand: Extent | None) -> SurveyPlan:
    method = indicator.method
    if table.design is None:
        raise Refused(("method", "table"), "has no sampling design, which this method needs", table.id)
    if not isinstance(method, Ratio | Count | Surveyed):
        kinds = ("ratio", "count", "mean", "quantile", "gini", "share", "fgt")
        raise Refused(("method", "kind"), "is not for the records of a survey", method.kind, kinds)
    for i, names in enumerate(indicator.breakdowns):
        level, levels = names[0], tuple(domain.value for domain in table.design.domains)
        if level not in levels and level in tuple(Level):
            why = f"is no domain of the survey, which was designed for {' and '.join(levels)}: {table.design.why}"
            raise Refused(("breakdowns", i, 0), why, level, levels)
    texts = statistic_texts(method)
    trees = rows.parsed(texts, table, published=False)
    plan = rows.table_plan(indicator, table, trees, catalog, at_hand)
    return SurveyPlan(indicator, method, catalog.multiplier(indicator), plan, catalog.policy)


def _small_area(indicator: Indicator, method: SmallArea, catalog: Catalog, at_hand: Extent | None) -> SmallAreaPlan:
    place = ("method", "indicator")
    base = _planned(catalog.indicators[method.indicator], catalog, at_hand)
    if not isinstance(base, SurveyPlan) or not isinstance(base.method, Ratio | Mean):
        raise Refused(place, "is no share estimated from a survey (ratio or mean)", method.indicator)
    if base.design.replication is not None:
        raise Refused(place, "has variances from replicates, which a model of areas does not take", method.indicator)
    if not base.rows.table.geography.has_municipalities:
        raise Refused(place, f"is of table {base.rows.table.id}, whose records name no municipality", method.indicator)
    if indicator.breakdowns != (("municipality",),):
        message = "are those of a model of municipalities: [[municipality]]"
        raise Refused(("breakdowns",), message, ", ".join(map(str, indicator.breakdowns)))
    if catalog.multiplier(indicator) != base.multiplier:
        raise Refused(("unit",), f"is not that of {method.indicator}", indicator.unit)
    levels = (Breakdown(Level.STATE), Breakdown(Level.MUNICIPALITY))
    groupings = tuple(replace(g, breakdowns=levels) for g in base.rows.groupings[:1])
    direct = replace(base, rows=replace(base.rows, groupings=groupings))
    return SmallAreaPlan(indicator, method, base.multiplier, direct)


def _precision(method: Published, table: Table) -> tuple[tuple[str, str], ...]:
    named = {
        "cv": method.cv,
        "std_error": method.std_error,
        "ci_lower": method.ci_lower,
        "ci_upper": method.ci_upper,
    }
    given = {column: measure for column, measure in named.items() if measure is not None}
    rows.parsed(given, table, published=True)
    return tuple(given.items())


def _rate(indicator: Indicator, method: Rate, catalog: Catalog, at_hand: Extent | None) -> RatePlan:
    """Both sides; ``at_hand`` tells of the rows of events, and a population is taken to be whole or absent."""
    if method.population.table not in catalog.tables:
        known = tuple(catalog.tables)
        raise Refused(("method", "population", "table"), "names an unknown table", method.population.table, known)
    counted, people = catalog.tables[method.table], catalog.tables[method.population.table]
    events = rows.parsed({"events": method.events}, counted, published=False)
    population = rows.parsed({"population": method.population.measure}, people, published=False)
    weights, by_age = _weights(method, counted, catalog)
    return RatePlan(
        indicator,
        method,
        catalog.multiplier(indicator),
        rows.table_plan(indicator, counted, events, catalog, at_hand, by_age),
        rows.table_plan(indicator, people, population, catalog, None, by_age),
        weights,
    )


def _weights(method: Rate, counted: Table, catalog: Catalog) -> tuple[tuple[tuple[str, float], ...], tuple[str, ...]]:
    """Weights of the standard population by age group, and the dimension that is added to every breakdown."""
    if method.standard is None:
        return (), ()
    place = ("method", "standard", "codelist")
    codelist = catalog.codelists.get(method.standard.codelist)
    if codelist is None:
        raise Refused(place, "names an unknown code list", method.standard.codelist, tuple(catalog.codelists))
    weights = tuple((code, spec.weight) for code, spec in codelist.codes.items() if spec.weight is not None)
    if not weights:
        raise Refused(place, "names a code list without weights", method.standard.codelist)
    if method.standard.dimension not in counted.dimensions:
        known = tuple(counted.dimensions)
        raise Refused(("method", "standard", "dimension"), "is not one of the table", method.standard.dimension, known)
    return weights, (method.standard.dimension,)


def _comparison(indicator: Indicator, method: Comparison, catalog: Catalog) -> ComparisonPlan:
    base = catalog.indicators[method.indicator]
    table = catalog.tables[base.table or ""]
    if method.dimension not in table.dimensions:
        message = f"is not a dimension of {base.id}"
        raise Refused(("method", "dimension"), message, method.dimension, tuple(table.dimensions))
    codes = catalog.codelists[table.dimensions[method.dimension].codelist].codes
    sides: tuple[tuple[Literal["compare", "reference"], str], ...] = (
        ("compare", method.compare),
        ("reference", method.reference),
    )
    for key, code in sides:
        if code not in codes:
            raise Refused(("method", key), "is not a code of the dimension", code, tuple(codes))
    made = {frozenset(b) for b in base.breakdowns}
    breakdowns = []
    for i, names in enumerate(indicator.breakdowns):
        breakdown = rows.breakdown_of(names, ("breakdowns", i), [d for d in table.dimensions if d != method.dimension])
        if frozenset((*names, method.dimension)) not in made:
            message = f"needs the breakdown {[*names, method.dimension]} of {base.id}, which has none"
            raise Refused(("breakdowns", i), message, str(breakdown))
        breakdowns.append(breakdown)
    return ComparisonPlan(indicator, method, tuple(breakdowns))


def _sql(indicator: Indicator, method: Sql, catalog: Catalog, at_hand: Extent | None) -> SqlPlan:
    table = catalog.tables[method.table]
    try:
        select = written.read(catalog.folder(indicator) / method.file, table)
    except written.WrittenSqlError as error:
        raise Refused(("method", "file"), str(error), error.value) from error
    levels = tuple(part.level.value for part in table.parts)
    if method.rows_of.value not in levels:
        raise Refused(("method", "rows_of"), f"is not the level of a part of {table.id}", method.rows_of, levels)
    breakdowns = [rows.breakdown_of(names, ("breakdowns", i), ()) for i, names in enumerate(indicator.breakdowns)]
    possible = tuple(b for b in breakdowns if rows.possible(b.level, method.rows_of, at_hand))
    return SqlPlan(indicator, table, select, method.rows_of, possible)
