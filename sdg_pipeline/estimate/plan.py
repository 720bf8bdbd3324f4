"""From a spec to a plan: which rows of the staged table make which breakdown.

A breakdown is computed from the coarsest rows that carry its dimensions: national and state values from the rows of
states where the office publishes them, municipality values from those of municipalities, urban and rural from those
of localities. Coherence checks then compare levels that were computed apart, instead of sums with themselves.
What belongs here: plans, and the refusal of what cannot be planned. What does not: SQL text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from sdg_pipeline.errors import Problem, SpecErrors
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import PUBLISHED_LEVELS, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Comparison, Count, Indicator, Published, Ratio, Sql
from sdg_pipeline.specs.table import Dimension, Table


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

    @property
    def dimensions(self) -> tuple[str, ...]:
        return tuple(self.table.dimensions)


@dataclass(frozen=True)
class ComparisonPlan:
    """One group against another of the values of a base indicator."""

    indicator: Indicator
    method: Comparison
    breakdowns: tuple[Breakdown, ...]


@dataclass(frozen=True)
class SqlPlan:
    """A SELECT written by hand, over one staged table."""

    indicator: Indicator
    table: Table
    select: exp.Expr


Plan = TablePlan | ComparisonPlan | SqlPlan


class _Refused(Exception):
    """Internal: a place of the spec and why it cannot be planned."""

    def __init__(self, place: tuple[str | int, ...], message: str, value: str, valid: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.place, self.message, self.value, self.valid = place, message, value, valid


def make_plan(indicator: Indicator, catalog: Catalog, levels: Collection[Level] | None = None) -> Plan:
    """The plan of an indicator, or SpecErrors.

    ``levels`` are the levels of the parts that are at hand; breakdowns that need another part are left out then,
    which the coverage notes of a partial run tell. None means all parts.
    """
    problems: list[Problem] = []
    plan = _plan(indicator, catalog, levels, problems)
    if plan is None:
        raise SpecErrors(problems)
    return plan


def rows_behind(indicator: Indicator, catalog: Catalog, levels: Collection[Level]) -> dict[Level, Level]:
    """For each published level that can be given, the level of the rows that its totals come from.

    The totals of a comparison come from the groups of its base indicator.
    """
    plan = make_plan(indicator, catalog, levels)
    if isinstance(plan, ComparisonPlan):
        base = make_plan(catalog.indicators[plan.method.of], catalog, levels)
        made = _made(base, levels, lambda b: plan.method.dimension in b.dimensions)
        return {b.level: made[b.level] for b in plan.breakdowns if b.level in made}
    return _made(plan, levels, lambda _: True)


def _made(plan: Plan, levels: Collection[Level], wanted: Callable[[Breakdown], bool]) -> dict[Level, Level]:
    """Rows behind each level of a plan, taken from its breakdown by the fewest of the wanted dimensions."""
    if isinstance(plan, TablePlan):
        found = [(b, g.rows_of) for g in plan.groupings for b in g.breakdowns if wanted(b)]
        return {b.level: rows for b, rows in sorted(found, key=lambda item: -len(item[0].dimensions))}
    fit = {level: [rows for rows in levels if rows.depth >= level.depth] for level in PUBLISHED_LEVELS}
    return {level: min(rows, key=lambda r: r.depth) for level, rows in fit.items() if rows}


def check(catalog: Catalog) -> list[Problem]:
    """Every problem of expressions and breakdowns in all specs."""
    problems: list[Problem] = []
    for table in catalog.tables.values():
        problems.extend(_check_table(table, catalog))
    for indicator in catalog.indicators.values():
        known = indicator.table is None or indicator.table in catalog.tables
        base = indicator.base is None or indicator.base in catalog.indicators
        if known and base and indicator.unit in catalog.codelists["units"].codes:
            _plan(indicator, catalog, None, problems)
    return problems


def _check_table(table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    spread = {m.by for m in table.measures.values() if m.by}
    if len(spread) > 1:
        yield document.problem(("measures",), "are spread by more than one dimension", value=", ".join(sorted(spread)))
    seen: set[Level] = set()
    for i, part in enumerate(table.parts):
        if part.level in seen:
            yield document.problem(("parts", i, "level"), "is the level of an earlier part too", value=part.level.value)
        seen.add(part.level)
        for j, rule in enumerate(part.rows):
            try:
                expressions.read(rule.keep)
            except expressions.ExpressionError as error:
                yield document.problem(("parts", i, "rows", j, "keep"), str(error), value=rule.keep)
    for name, dimension in table.dimensions.items():
        if name not in DIMENSIONS:
            yield document.problem(
                ("dimensions", name),
                "is not a dimension of the indicator table",
                value=name,
                valid=DIMENSIONS,
            )
        if dimension.column is None and name not in spread:
            yield document.problem(("dimensions", name), "has no column, and no measure is spread by it", value=name)


def _plan(
    indicator: Indicator, catalog: Catalog, levels: Collection[Level] | None, problems: list[Problem]
) -> Plan | None:
    try:
        return _planned(indicator, catalog, levels)
    except _Refused as refused:
        document = catalog.document(indicator)
        problem = document.problem(refused.place, refused.message, value=refused.value, valid=refused.valid)
        problems.append(problem)
        return None


def _planned(indicator: Indicator, catalog: Catalog, levels: Collection[Level] | None) -> Plan:
    method = indicator.method
    if isinstance(method, Comparison):
        return _comparison(indicator, method, catalog)
    table = catalog.tables[method.table]
    if isinstance(method, Sql):
        return SqlPlan(indicator, table, _select(indicator, method, catalog))
    numerator, denominator = _expressions(method, table)
    used = _measures(numerator, denominator)
    groupings: dict[tuple[Level, tuple[str, ...]], list[Breakdown]] = {}
    for i, written in enumerate(indicator.breakdowns):
        breakdown = _breakdown(written, ("breakdowns", i), table.dimensions)
        rows_of = _rows_for(breakdown, i, table, used, catalog)
        if levels is not None and rows_of not in levels:
            continue
        carried = _carried(table, rows_of)
        by_code = tuple(d for d in carried if table.dimensions[d].totals == "published" and d in breakdown.dimensions)
        groupings.setdefault((rows_of, by_code), []).append(breakdown)
    return TablePlan(
        indicator,
        table,
        catalog.multiplier(indicator) if isinstance(method, Ratio) else 1.0,
        numerator,
        denominator,
        tuple(_grouping(table, rows, by_code, b) for (rows, by_code), b in groupings.items()),
    )


def _grouping(table: Table, rows_of: Level, by_code: tuple[str, ...], breakdowns: list[Breakdown]) -> Grouping:
    totals = (d for d in _carried(table, rows_of) if table.dimensions[d].totals == "published")
    return Grouping(rows_of, by_code, tuple(d for d in totals if d not in by_code), tuple(breakdowns))


def _carried(table: Table, level: Level) -> list[str]:
    return [name for name, dimension in table.dimensions.items() if level in dimension.levels]


def _expressions(method: Ratio | Count | Published, table: Table) -> tuple[exp.Expr, exp.Expr | None]:
    texts = (
        {"numerator": method.numerator, "denominator": method.denominator}
        if isinstance(method, Ratio)
        else {"value": str(method.value)}
    )
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
            if additive == isinstance(method, Published):
                why = "adds up: use count or ratio" if additive else "is a published mean and cannot be added up"
                raise _Refused(place, f"names a measure that {why}", column)
        trees.append(tree)
    return trees[0], trees[1] if len(trees) > 1 else None


def _measures(*trees: exp.Expr | None) -> list[str]:
    return [c for tree in trees if tree is not None for c in expressions.columns(tree)]


def _breakdown(written: tuple[str, ...], place: tuple[str | int, ...], dimensions: Collection[str]) -> Breakdown:
    levels = tuple(level.value for level in PUBLISHED_LEVELS)
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
        reason = _unfit(part.level, breakdown, table, used)
        edition = catalog.sources[part.source].editions[part.edition]
        if reason is None and breakdown.level == Level.NATIONAL and edition.states:
            reason = f"the {part.level} rows cover only the states {', '.join(edition.states)}"
        if reason is None:
            return part.level
        reasons.append(reason)
    message = f"no rows of table {table.id} can make it: {'; '.join(dict.fromkeys(reasons))}"
    raise _Refused(("breakdowns", number), message, str(breakdown))


def _unfit(level: Level, breakdown: Breakdown, table: Table, used: list[str]) -> str | None:
    if level.depth < breakdown.level.depth:
        return f"the {level} rows are coarser"
    missing = [d for d in breakdown.dimensions if level not in table.dimensions[d].levels]
    if missing:
        return f"the {level} rows have no {', '.join(missing)}"
    for dimension in breakdown.dimensions:
        spread = table.dimensions[dimension].column is None
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
        raise _Refused(
            ("method", "dimension"),
            f"is not a dimension of {base.id}",
            method.dimension,
            tuple(table.dimensions),
        )
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
    for i, written in enumerate(indicator.breakdowns):
        breakdown = _breakdown(written, ("breakdowns", i), [d for d in table.dimensions if d != method.dimension])
        if frozenset((*written, method.dimension)) not in made:
            message = f"needs the breakdown {[*written, method.dimension]} of {base.id}, which has none"
            raise _Refused(("breakdowns", i), message, str(breakdown))
        breakdowns.append(breakdown)
    return ComparisonPlan(indicator, method, tuple(breakdowns))


SQL_COLUMNS = (
    "rows_of",
    "geo_level",
    "state",
    "municipality",
    "time_period",
    "numerator",
    "denominator",
    "obs_value",
)
"""What a ``kind: sql`` file returns; ``rows_of`` is the level of the part that the row was computed from."""


def _select(indicator: Indicator, method: Sql, catalog: Catalog) -> exp.Expr:
    from sqlglot import parse
    from sqlglot.errors import SqlglotError

    place = ("method", "file")
    try:
        statements = parse((catalog.folder(indicator) / method.file).read_text(encoding="utf-8"), dialect="duckdb")
    except SqlglotError as error:
        raise _Refused(place, f"is not SQL: {str(error).splitlines()[0]}", method.file) from error
    tree = statements[0]
    if len(statements) != 1 or not isinstance(tree, exp.Select):
        raise _Refused(place, "holds something other than one SELECT", method.file)
    local = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        reads_staged = table.db == "staged" and table.name == method.table and isinstance(table.this, exp.Identifier)
        if not reads_staged and (table.db or table.name not in local):
            raise _Refused(place, f"reads another table than staged.{method.table}", table.sql())
    if tuple(tree.named_selects) != SQL_COLUMNS:
        raise _Refused(place, f"does not return the columns {', '.join(SQL_COLUMNS)}", ", ".join(tree.named_selects))
    return tree
