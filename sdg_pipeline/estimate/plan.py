"""From a spec to a plan: what each method makes of which rows.

What belongs here: the plan of each kind of method, and the refusal of what cannot be planned. What does not: the choice
of rows (rows), what a plan is made of (nodes), SQL text, the check of all specs (check).
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

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
from sdg_pipeline.estimate.rows import Refused, Request
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
    """The plan of an indicator, or SpecErrors with the place of the spec that cannot be planned.

    ``at_hand`` names the rows that a run has and the states they cover; None means all. Breakdowns that need other rows
    are left out, as are national values of rows that do not cover the nation. The coverage notes of a partial run list
    them.
    """
    try:
        return _planned(Request(indicator, catalog, at_hand))
    except Refused as refused:
        document = catalog.document(indicator)
        problem = document.problem(
            refused.place, refused.message, value=refused.value, valid=refused.valid, remedy=refused.remedy
        )
        raise SpecErrors([problem]) from None


def rows_behind(indicator: Indicator, catalog: Catalog, at_hand: Extent) -> dict[Level, Level]:
    """For each published level that the rows at hand can give, the level of the rows that its totals come from.

    The totals of a comparison come from the groups of its base indicator.
    """
    plan = make_plan(indicator, catalog, at_hand)
    if not isinstance(plan, ComparisonPlan):
        return plan.rows_behind()
    base = make_plan(catalog.indicators[plan.method.indicator], catalog, at_hand)
    groups = base.rows_behind(lambda b: plan.method.dimension in b.dimensions)
    return {b.level: groups[b.level] for b in plan.breakdowns if b.level in groups}


def _planned(request: Request) -> Plan:
    """The plan of a method; a table with a sampling design makes a survey's estimate of it."""
    indicator = request.indicator
    table = request.catalog.tables[indicator.table] if indicator.table is not None else None
    if table is not None and table.design is not None:
        return _survey(indicator.method, request)
    if table is not None and getattr(indicator.method, "where", None) is not None:
        message = f"chooses records of a survey, and {table.id} has no sampling design: say it in a measure"
        raise Refused(("method", "where"), message, table.id)
    return _plan(indicator.method, request)


@singledispatch
def _plan(method: object, request: Request) -> Plan:
    """The plan that a kind of method makes of a request; every kind of ``specs.methods`` registers here."""
    raise NotImplementedError(f"estimate.plan has no plan of {type(method).__name__}")


@_plan.register
def _ratio(method: Ratio, request: Request) -> TablePlan:
    table = request.catalog.tables[method.table]
    texts = {"numerator": method.numerator, "denominator": method.denominator}
    plan = rows.table_plan(request, table, rows.parsed(texts, table, published=False))
    return replace(plan, multiplier=request.multiplier)


@_plan.register
def _count(method: Count, request: Request) -> TablePlan:
    table = request.catalog.tables[method.table]
    return rows.table_plan(request, table, rows.parsed({"value": method.value}, table, published=False))


@_plan.register
def _published(method: Published, request: Request) -> TablePlan:
    table = request.catalog.tables[method.table]
    if table.readings is not None:
        raise Refused(("method", "table"), "has readings, which count and ratio add up", table.id)
    plan = rows.table_plan(request, table, rows.parsed({"value": method.value}, table, published=True))
    return replace(plan, precision=_precision(method, table))


def _precision(method: Published, table: Table) -> tuple[tuple[str, str], ...]:
    named = {
        "cv": method.cv,
        "std_error": method.std_error,
        "ci_lower": method.ci_lower,
        "ci_upper": method.ci_upper,
    }
    measures = {column: measure for column, measure in named.items() if measure is not None}
    rows.parsed(measures, table, published=True)
    return tuple(measures.items())


@_plan.register(Surveyed)
def _survey(method: object, request: Request) -> SurveyPlan:
    """The plan of a statistic of records; Refused where table, method or breakdowns are not those of a survey."""
    indicator = request.indicator
    table = request.catalog.tables[indicator.table or ""]
    if table.design is None:
        raise Refused(("method", "table"), "has no sampling design, which this method needs", table.id)
    if not isinstance(method, Ratio | Count | Surveyed):
        kinds = ("ratio", "count", "mean", "quantile", "gini", "share", "fgt")
        raise Refused(("method", "kind"), "is not for the records of a survey", indicator.method.kind, kinds)
    for i, names in enumerate(indicator.breakdowns):
        level, levels = names[0], tuple(domain.value for domain in table.design.domains)
        if level not in levels and level in tuple(Level):
            why = f"is no domain of the survey, which was designed for {' and '.join(levels)}: {table.design.why}"
            raise Refused(("breakdowns", i, 0), why, level, levels)
    if table.design.sample == "part" and isinstance(method, Count):
        message = (
            f"is a total of {table.id}, a part of a sample that it does not name, so that units without a record would "
            f"not count in its error: stage the whole sample and name it in tables/{table.id}.yaml, "
            "design.sample: <id>"
        )
        raise Refused(("method", "kind"), message, method.kind)
    trees = rows.parsed(statistic_texts(method), table, published=False)
    plan = rows.table_plan(request, table, trees)
    sample = request.catalog.tables[table.design.sample_table or table.id]
    where = rows.parsed({"where": method.where}, table, published=False)[0] if method.where else None
    survey = SurveyPlan(indicator, method, request.multiplier, plan, sample, request.catalog.policy, where)
    if len(survey.lacking) == len(table.parts):
        raise Refused(("method",), f"names measures that no edition of {table.id} gives together", method.kind)
    return survey


@_plan.register
def _small_area(method: SmallArea, request: Request) -> SmallAreaPlan:
    indicator, place = request.indicator, ("method", "indicator")
    base = _planned(replace(request, indicator=request.catalog.indicators[method.indicator]))
    if not isinstance(base, SurveyPlan) or not isinstance(base.method, Ratio | Mean):
        raise Refused(place, "is no share estimated from a survey (ratio or mean)", method.indicator)
    if base.design.replication is not None:
        raise Refused(place, "has variances from replicates, which a model of areas does not take", method.indicator)
    if not base.rows.table.geography.has_municipalities:
        raise Refused(place, f"is of table {base.rows.table.id}, whose records name no municipality", method.indicator)
    if indicator.breakdowns != (("municipality",),):
        message = "are those of a model of municipalities: [[municipality]]"
        raise Refused(("breakdowns",), message, ", ".join(map(str, indicator.breakdowns)))
    if request.multiplier != base.multiplier:
        raise Refused(("unit",), f"is not that of {method.indicator}", indicator.unit)
    for i, other in enumerate(method.compared_with):
        if request.catalog.indicators[other].unit != indicator.unit:
            unit = request.catalog.indicators[other].unit
            raise Refused(("method", "compared_with", i), f"has the unit {unit}, not that of the model", other)
    levels = (Breakdown(Level.STATE), Breakdown(Level.MUNICIPALITY))
    groupings = tuple(replace(g, breakdowns=levels) for g in base.rows.groupings[:1])
    direct = replace(base, rows=replace(base.rows, groupings=groupings))
    return SmallAreaPlan(indicator, method, base.multiplier, direct)


@_plan.register
def _rate(method: Rate, request: Request) -> RatePlan:
    """Both sides; the extent of the request is that of the events, and a population is taken to be whole or absent."""
    tables = request.catalog.tables
    if method.population.table not in tables:
        place = ("method", "population", "table")
        raise Refused(place, "names an unknown table", method.population.table, tuple(tables))
    counted, people = tables[method.table], tables[method.population.table]
    judged = [table.id for table in (counted, people) if table.known_share or table.caveats or table.readings]
    if judged:
        message = "is of a table with known_share, caveats or readings, which a rate does not judge"
        raise Refused(("method",), message, judged[0])
    events = rows.parsed({"events": method.events}, counted, published=False)
    population = rows.parsed({"population": method.population.measure}, people, published=False)
    weights, by_age = _weights(method, counted, request.catalog)
    return RatePlan(
        request.indicator,
        method,
        request.multiplier,
        rows.table_plan(request, counted, events, by_age),
        rows.table_plan(replace(request, at_hand=None), people, population, by_age),
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
    dimension = method.standard.dimension
    if dimension not in counted.dimensions:
        valid = tuple(counted.dimensions)
        raise Refused(("method", "standard", "dimension"), "is not one of the table", dimension, valid)
    return weights, (dimension,)


@_plan.register
def _comparison(method: Comparison, request: Request) -> ComparisonPlan:
    base = request.catalog.indicators[method.indicator]
    table = request.catalog.tables[base.table or ""]
    if method.dimension not in table.dimensions:
        message = f"is not a dimension of {base.id}"
        raise Refused(("method", "dimension"), message, method.dimension, tuple(table.dimensions))
    codes = request.catalog.codelists[table.dimensions[method.dimension].codelist].codes
    for key, code in (("compare", method.compare), ("reference", method.reference)):
        if code not in codes:
            raise Refused(("method", key), "is not a code of the dimension", code, tuple(codes))
    grouped = {frozenset(b) for b in base.breakdowns}
    others = [d for d in table.dimensions if d != method.dimension]
    breakdowns = []
    for i, names in enumerate(request.indicator.breakdowns):
        breakdown = rows.breakdown_of(names, ("breakdowns", i), others)
        if frozenset((*names, method.dimension)) not in grouped:
            message = f"needs the breakdown {[*names, method.dimension]} of {base.id}, which has none"
            raise Refused(("breakdowns", i), message, str(breakdown))
        breakdowns.append(breakdown)
    return ComparisonPlan(request.indicator, method, tuple(breakdowns))


@_plan.register
def _sql(method: Sql, request: Request) -> SqlPlan:
    indicator, table = request.indicator, request.catalog.tables[method.table]
    try:
        select = written.read(method.file, request.catalog.sql(indicator, method.file) or b"", table)
    except written.WrittenSqlError as error:
        raise Refused(("method", "file"), str(error), error.value) from error
    levels = tuple(part.level.value for part in table.parts)
    if method.rows_of.value not in levels:
        raise Refused(("method", "rows_of"), f"is not the level of a part of {table.id}", method.rows_of, levels)
    breakdowns = [rows.breakdown_of(names, ("breakdowns", i), ()) for i, names in enumerate(indicator.breakdowns)]
    possible = tuple(b for b in breakdowns if rows.possible(b.level, method.rows_of, request.at_hand))
    return SqlPlan(indicator, table, select, method.rows_of, possible)
