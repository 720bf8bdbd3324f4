"""The first half of every query: the finest cell of a staged table once, then its sums by every breakdown.

What belongs here: the scan of the staged table and the grouping sets of the cube. What does not: the columns of the
indicator table (compile), and choosing rows (plan).
"""

from __future__ import annotations

from sqlglot import exp

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import withheld
from sdg_pipeline.estimate.nodes import Breakdown, Grouping, TablePlan
from sdg_pipeline.estimate.survey import sums
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import TOTAL, UNKNOWN, Level
from sdg_pipeline.specs.methods import Published

KEYS = ("state", "municipality")
KEYS_OF = {
    Level.NATIONAL: (),
    Level.STATE: ("state",),
    Level.HARMONISED: ("state", "unit"),
    Level.MUNICIPALITY: ("state", "municipality"),
}


def cell_query(plan: TablePlan) -> str:
    """The finest cell: the only scan of the staged table, and portable SQL."""
    rows, counts = f"staged.{plan.table.id}", None
    if plan.table.readings is not None:
        rows, counts = withheld.readings(plan)
    numerator = expressions.sql(plan.numerator)
    unit = ("unit",) if is_harmonised(plan) else ()
    keys = ", ".join(("geo_level", *KEYS, *unit, *plan.dimensions, "time_period"))
    missing = f"({numerator}) IS NULL"
    added = f"{_summed(plan, plan.numerator, counts)} AS numerator"
    if plan.denominator is not None:
        denominator = expressions.sql(plan.denominator)
        missing += f" OR ({denominator}) IS NULL"
        added += f", {_summed(plan, plan.denominator, counts)} AS denominator"
    if counts is not None:
        missing = f"({counts}) AND ({missing})"
    n_missing, edition = f"SUM(CASE WHEN {missing} THEN 1 ELSE 0 END)", "MAX(edition)"
    if isinstance(plan.indicator.method, Published):  # other parts give other measures of the same cell
        n_missing = f"CASE WHEN COUNT({numerator}) = 1 THEN 0 ELSE 1 END"
        edition = f"COALESCE(MAX(CASE WHEN NOT {missing} THEN edition END), MAX(edition))"
    added += "".join(f", SUM({measure}) AS {column}" for column, measure in plan.precision)
    added += withheld.instruments(plan) if counts is not None else withheld.sites(plan)
    chosen = ["edition IN (SELECT edition FROM part WHERE in_use = 'yes')"] if plan.table.vintages else []
    chosen += [
        f"NOT (geo_level = {literal(rows_of)} AND edition = {literal(edition)})" for rows_of, edition in plan.lacking
    ]
    where = f" WHERE {' AND '.join(chosen)}" if chosen else ""
    return (
        f"SELECT {keys}, {added}, {n_missing} AS n_missing, {edition} AS edition "
        f"FROM {rows}{_UNITS if unit else ''}{where} GROUP BY {keys}"
    )


def has_amounts(plan: TablePlan, expression: exp.Expr | None) -> bool:
    """Whether rows of doubles are added, whose sum depends on its order; a published figure is alone in its cell."""
    if expression is None or isinstance(plan.indicator.method, Published):
        return False
    return any(plan.table.measures[c].type != "count" for c in expressions.columns(expression))


def _summed(plan: TablePlan, expression: exp.Expr, condition: str | None) -> str:
    """The sum of an expression over rows (that meet a condition), the same to the last bit whatever the threads."""
    value = expressions.sql(expression)
    if condition is not None:
        value = f"CASE WHEN {condition} THEN {value} ELSE 0 END"
    return sums.exact(value) if has_amounts(plan, expression) else f"SUM({value})"


def _added(plan: TablePlan, column: str, expression: exp.Expr) -> str:
    """The sum of a column over cells, a double where the cells hold decimals."""
    return f"CAST(SUM({column}) AS DOUBLE)" if has_amounts(plan, expression) else f"SUM({column})"


_UNITS = " LEFT JOIN unit_of USING (municipality)"
"""Adds ``unit``: the harmonised unit of a municipality whose borders changed, nothing for the others."""


def is_harmonised(plan: TablePlan) -> bool:
    return any(b.level == Level.HARMONISED for grouping in plan.groupings for b in grouping.breakdowns)


def cube_of(plan: TablePlan, cell: str = "cell", cube: str = "cube") -> str:
    """The cells, and their sums by every breakdown; keys that name no municipality end in ``_U`` here."""
    query = " UNION ALL ".join(_cube_query(plan, grouping, cell) for grouping in plan.groupings)
    summed = cube if not withheld.shares_of(plan) else "sums"
    steps = f"{cell} AS ({cell_query(plan)}), {summed} AS ({query or _empty_cube(plan, cell)})"
    return steps if summed == cube else f"{steps}, {withheld.enumerated(plan, summed)}"


def _empty_cube(plan: TablePlan, cell: str) -> str:
    """No rows: every breakdown needs a part that is not at hand; the coverage notes list these parts."""
    columns = ("rows_of", "geo_level", "ref_area", "time_period", *plan.dimensions)
    texts = ", ".join(f"'' AS {column}" for column in columns)
    return (
        f"SELECT {texts}, 0 AS numerator, 0 AS denominator, 0 AS n_missing, '' AS edition{_instruments(plan, '0')} "
        f"FROM {cell} WHERE 1 = 0"
    )


def _instruments(plan: TablePlan, value: str = "SUM({})") -> str:
    """Columns of the cube that count instruments or sites, where the table has any."""
    names = [withheld.SITES] if plan.table.sites is not None else []
    names += [withheld.INSTRUMENTS, withheld.SOUND] if plan.table.readings is not None else []
    return "".join(f", {value.format(name)} AS {name}" for name in names)


def _cube_query(plan: TablePlan, grouping: Grouping, cell: str) -> str:
    """One pass over the cells of one level: a grouping set for each breakdown."""
    denominator = _added(plan, "denominator", plan.denominator) if plan.denominator is not None else "NULL"
    precision = "".join(f"SUM({column}) AS {column}, " for column, _ in plan.precision)
    return (
        f"SELECT {literal(grouping.rows_of.value)} AS rows_of, {level(grouping)} AS geo_level, "
        f"{ref_area(grouping)} AS ref_area, time_period, {dimension_columns(plan, grouping)}"
        f"{_added(plan, 'numerator', plan.numerator)} AS numerator, {denominator} AS denominator, "
        f"{precision}SUM(n_missing) AS n_missing, "
        f"MAX(edition) AS edition{_instruments(plan)} FROM {cell} WHERE {_where(grouping)} "
        f"GROUP BY GROUPING SETS ({_sets(grouping)})"
    )


def columns_of(breakdown: Breakdown) -> tuple[str, ...]:
    return ("time_period", *KEYS_OF[breakdown.level], *breakdown.dimensions)


def _sets(grouping: Grouping) -> str:
    return ", ".join(f"({', '.join(columns_of(b))})" for b in grouping.breakdowns)


def _where(grouping: Grouping) -> str:
    conditions = [f"geo_level = {literal(grouping.rows_of.value)}"]
    conditions += [f"{d} <> '{TOTAL}'" for d in grouping.by_code]
    conditions += [f"{d} = '{TOTAL}'" for d in grouping.by_total]
    return " AND ".join(conditions)


def _grouped(column: str, grouping: Grouping, value: str, otherwise: str) -> str:
    """``value`` in the sets that group by ``column``, ``otherwise`` in the rest."""
    inside = [column in columns_of(b) for b in grouping.breakdowns]
    if all(inside):
        return value
    return f"CASE WHEN GROUPING({column}) = 0 THEN {value} ELSE {otherwise} END" if any(inside) else otherwise


def level(grouping: Grouping) -> str:
    by_state = _grouped("state", grouping, f"'{Level.STATE}'", f"'{Level.NATIONAL}'")
    by_unit = _grouped("unit", grouping, f"'{Level.HARMONISED}'", by_state)
    return _grouped("municipality", grouping, f"'{Level.MUNICIPALITY}'", by_unit)


def ref_area(grouping: Grouping) -> str:
    by_state = _grouped("state", grouping, "CONCAT('MX', state)", "'MX'")
    key = f"CASE WHEN municipality = '{UNKNOWN}' THEN CONCAT(state, '{UNKNOWN}') ELSE municipality END"
    by_unit = _grouped("unit", grouping, f"CONCAT('MX', COALESCE(unit, '{UNKNOWN}'))", by_state)
    return _grouped("municipality", grouping, f"CONCAT('MX', {key})", by_unit)


def dimension_columns(plan: TablePlan, grouping: Grouping) -> str:
    return "".join(
        f"{_grouped(dimension, grouping, dimension, literal(TOTAL))} AS {dimension}, " for dimension in plan.dimensions
    )
