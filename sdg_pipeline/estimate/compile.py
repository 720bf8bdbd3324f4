"""From a plan to SQL: the finest cell once, then the cube's grouping sets, then the columns of the indicator table.

What belongs here: the text of the queries. What does not: choosing rows (plan) and running anything (engine).
The queries read ``staged.<table>``, ``base`` (a comparison's indicator), ``area`` (ref_area, area_name) and ``part``
(rows_of, edition, source, sha256, coverage, in_use), which the engine provides; a rate also ``population_part``.
"""

from __future__ import annotations

from sqlglot import parse_one

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import rates
from sdg_pipeline.estimate.plan import Breakdown, ComparisonPlan, Grouping, Plan, RatePlan, SqlPlan, TablePlan
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import TOTAL, UNKNOWN, Level
from sdg_pipeline.specs.fields import DIMENSIONS, OBSERVATION
from sdg_pipeline.specs.indicator import Indicator, Published

KEYS = ("state", "municipality")
KEYS_OF = {
    Level.NATIONAL: (),
    Level.STATE: ("state",),
    Level.HARMONISED: ("state", "unit"),
    Level.MUNICIPALITY: ("state", "municipality"),
}


def compiled(plan: Plan) -> str:
    """The whole query of an indicator, laid out for reading. It returns the columns of the indicator table."""
    if isinstance(plan, TablePlan):
        query = f"WITH {_cube(plan)} {_projection(plan.indicator, plan.dimensions, _values(plan))}"
    elif isinstance(plan, RatePlan):
        cubes = (
            f"{_cube(plan.events, 'event_cell', 'event')}, {_cube(plan.population, 'population_cell', 'population')}"
        )
        by = tuple(d for d in rates.shared_dimensions(plan) if not plan.weights or d != plan.standard_dimension)
        query = f"WITH {cubes}, {rates.chain(plan)} {_projection(plan.indicator, by, rates.values(plan))}"
    elif isinstance(plan, ComparisonPlan):
        query = _comparison_query(plan)
    else:
        query = _sql_query(plan)
    return parse_one(query, dialect="duckdb").sql(dialect="duckdb", pretty=True) + "\n"


def unallocated(plan: TablePlan | RatePlan) -> str:
    """What belongs to no area of a level: geo_level, area above, time_period, dimensions and sums of ``_U`` keys."""
    plan = plan.events if isinstance(plan, RatePlan) else plan
    others = (f"'{TOTAL}' AS {d}" for d in DIMENSIONS if d not in plan.dimensions)
    columns = ", ".join(("time_period", *plan.dimensions, *others, "numerator", "denominator"))
    return (
        f"WITH {_cube(plan)} SELECT geo_level, SUBSTRING(ref_area, 1, 4) AS ref_area, {columns} "
        f"FROM cube WHERE ENDS_WITH(ref_area, '{UNKNOWN}')"
    )


def cell_query(plan: TablePlan) -> str:
    """The finest cell: the only scan of the staged table, and portable SQL."""
    numerator = expressions.sql(plan.numerator)
    unit = ("unit",) if _harmonised(plan) else ()
    keys = ", ".join(("geo_level", *KEYS, *unit, *plan.dimensions, "time_period"))
    missing = f"({numerator}) IS NULL"
    sums = f"SUM({numerator}) AS numerator"
    if plan.denominator is not None:
        denominator = expressions.sql(plan.denominator)
        missing += f" OR ({denominator}) IS NULL"
        sums += f", SUM({denominator}) AS denominator"
    n_missing, edition = f"SUM(CASE WHEN {missing} THEN 1 ELSE 0 END)", "MAX(edition)"
    if isinstance(plan.indicator.method, Published):  # other parts give other measures of the same cell
        n_missing = f"CASE WHEN COUNT({numerator}) = 1 THEN 0 ELSE 1 END"
        edition = f"COALESCE(MAX(CASE WHEN NOT {missing} THEN edition END), MAX(edition))"
    sums += "".join(f", SUM({measure}) AS {column}" for column, measure in plan.precision)
    in_use = " WHERE edition IN (SELECT edition FROM part WHERE in_use = 'yes')" if plan.table.vintages else ""
    return (
        f"SELECT {keys}, {sums}, {n_missing} AS n_missing, {edition} AS edition "
        f"FROM staged.{plan.table.id}{_UNITS if unit else ''}{in_use} GROUP BY {keys}"
    )


_UNITS = " LEFT JOIN unit_of USING (municipality)"
"""Adds ``unit``: the harmonised unit of a municipality whose borders changed, nothing for the others."""


def _harmonised(plan: TablePlan) -> bool:
    return any(b.level == Level.HARMONISED for grouping in plan.groupings for b in grouping.breakdowns)


def _cube(plan: TablePlan, cell: str = "cell", cube: str = "cube") -> str:
    """The cells, and their sums by every breakdown; keys that name no municipality end in ``_U`` here."""
    sums = " UNION ALL ".join(_cube_query(plan, grouping, cell) for grouping in plan.groupings)
    return f"{cell} AS ({cell_query(plan)}), {cube} AS ({sums or _empty_cube(plan, cell)})"


def _empty_cube(plan: TablePlan, cell: str) -> str:
    """No rows: every breakdown needs a part that is not at hand, which the coverage notes tell."""
    columns = ("rows_of", "geo_level", "ref_area", "time_period", *plan.dimensions)
    texts = ", ".join(f"'' AS {column}" for column in columns)
    return f"SELECT {texts}, 0 AS numerator, 0 AS denominator, 0 AS n_missing, '' AS edition FROM {cell} WHERE 1 = 0"


def _cube_query(plan: TablePlan, grouping: Grouping, cell: str) -> str:
    """One pass over the cells of one level: a grouping set for each breakdown."""
    denominator = "SUM(denominator)" if plan.denominator is not None else "NULL"
    precision = "".join(f"SUM({column}) AS {column}, " for column, _ in plan.precision)
    return (
        f"SELECT {literal(grouping.rows_of.value)} AS rows_of, {_level(grouping)} AS geo_level, "
        f"{_ref_area(grouping)} AS ref_area, time_period, {_dimension_columns(plan, grouping)}"
        f"SUM(numerator) AS numerator, {denominator} AS denominator, {precision}SUM(n_missing) AS n_missing, "
        f"MAX(edition) AS edition FROM {cell} WHERE {_where(grouping)} GROUP BY GROUPING SETS ({_sets(grouping)})"
    )


def _columns_of(breakdown: Breakdown) -> tuple[str, ...]:
    return ("time_period", *KEYS_OF[breakdown.level], *breakdown.dimensions)


def _sets(grouping: Grouping) -> str:
    return ", ".join(f"({', '.join(_columns_of(b))})" for b in grouping.breakdowns)


def _where(grouping: Grouping) -> str:
    conditions = [f"geo_level = {literal(grouping.rows_of.value)}"]
    conditions += [f"{d} <> '{TOTAL}'" for d in grouping.by_code]
    conditions += [f"{d} = '{TOTAL}'" for d in grouping.by_total]
    return " AND ".join(conditions)


def _grouped(column: str, grouping: Grouping, value: str, otherwise: str) -> str:
    """``value`` in the sets that group by ``column``, ``otherwise`` in the rest."""
    inside = [column in _columns_of(b) for b in grouping.breakdowns]
    if all(inside):
        return value
    return f"CASE WHEN GROUPING({column}) = 0 THEN {value} ELSE {otherwise} END" if any(inside) else otherwise


def _level(grouping: Grouping) -> str:
    by_state = _grouped("state", grouping, f"'{Level.STATE}'", f"'{Level.NATIONAL}'")
    by_unit = _grouped("unit", grouping, f"'{Level.HARMONISED}'", by_state)
    return _grouped("municipality", grouping, f"'{Level.MUNICIPALITY}'", by_unit)


def _ref_area(grouping: Grouping) -> str:
    by_state = _grouped("state", grouping, "CONCAT('MX', state)", "'MX'")
    key = f"CASE WHEN municipality = '{UNKNOWN}' THEN CONCAT(state, '{UNKNOWN}') ELSE municipality END"
    by_unit = _grouped("unit", grouping, f"CONCAT('MX', COALESCE(unit, '{UNKNOWN}'))", by_state)
    return _grouped("municipality", grouping, f"CONCAT('MX', {key})", by_unit)


def _dimension_columns(plan: TablePlan, grouping: Grouping) -> str:
    return "".join(
        f"{_grouped(dimension, grouping, dimension, literal(TOTAL))} AS {dimension}, " for dimension in plan.dimensions
    )


def _values(plan: TablePlan) -> dict[str, str]:
    """Value, status and precision of a cube row; a sum with a missing component is no value."""
    whole = "c.n_missing = 0"
    if plan.denominator is None:
        value = f"CASE WHEN {whole} THEN c.numerator END"
        status, reason = _unbroken(plan)
    else:
        value = f"CASE WHEN {whole} AND c.denominator <> 0 THEN {plan.multiplier} * c.numerator / c.denominator END"
        normal, note = _unbroken(plan)
        status = f"CASE WHEN c.denominator = 0 THEN 'M' ELSE {normal} END"
        reason = "CASE WHEN c.denominator = 0 THEN 'zero_denominator'" + (
            f" ELSE {note} END" if note != "NULL" else " END"
        )
    published = isinstance(plan.indicator.method, Published)
    absent = literal("not_published" if published else "missing_component")
    return {
        "obs_value": value,
        "numerator": "NULL" if published else f"CASE WHEN {whole} THEN c.numerator END",
        "denominator": f"CASE WHEN {whole} THEN c.denominator END",
        "denominator_source": "CONCAT(p.source, '/', p.edition)" if plan.denominator is not None else "NULL",
        "precision": _precision(plan),
        "obs_status": f"CASE WHEN {whole} THEN {status} ELSE 'M' END",
        "obs_reason": f"CASE WHEN {whole} THEN {reason} ELSE {absent} END",
        "geo_vintage": literal(plan.table.geography.vintage),
        **{column: f"c.{column}" for column, _ in plan.precision},
    }


def _unbroken(plan: TablePlan) -> tuple[str, str]:
    """Status and reason of a value: of a series over time, a break where the municipality lost territory before it."""
    if not _harmonised(plan) or plan.table.geography.borders == "of_vintage":
        return "'A'", "NULL"
    first_after = "(SELECT MIN(t.time_period) FROM cube AS t WHERE t.time_period >= b.vintage)"
    before = "EXISTS (SELECT 1 FROM cube AS t WHERE t.time_period < b.vintage)"
    broken = (
        "EXISTS (SELECT 1 FROM broken AS b WHERE b.ref_area = c.ref_area "
        f"AND c.time_period = {first_after} AND {before})"
    )
    return f"CASE WHEN {broken} THEN 'B' ELSE 'A' END", f"CASE WHEN {broken} THEN 'borders_changed' END"


def _precision(plan: TablePlan) -> str:
    """What is said of a value's precision; classes of the CV are the institution's own, where it has any."""
    method = plan.indicator.method
    if not isinstance(method, Published):
        return literal("full_count")
    if method.cv is None or method.cv_classes is None:
        return literal("published")
    moderate, low = method.cv_classes
    return (
        f"CASE WHEN c.cv IS NULL THEN 'published' WHEN c.cv < {moderate} THEN 'high' "
        f"WHEN c.cv < {low} THEN 'moderate' ELSE 'low' END"
    )


def _projection(indicator: Indicator, dimensions: tuple[str, ...], values: dict[str, str]) -> str:
    """The columns of the indicator table from ``cube c`` joined with names and sources."""
    columns = {
        **_constants(indicator),
        **{d: f"'{TOTAL}'" for d in DIMENSIONS if d not in dimensions},
        "area_name": "a.area_name",
        "coverage": "p.coverage",
        "source": "p.source",
        "source_edition": "p.edition",
        "source_sha256": "p.sha256",
        **values,
    }
    return (
        f"SELECT {_select_list(columns, 'c')} FROM cube AS c "
        f"JOIN area AS a ON a.ref_area = c.ref_area JOIN part AS p ON p.rows_of = c.rows_of AND p.edition = c.edition "
        f"WHERE NOT ENDS_WITH(c.ref_area, '{UNKNOWN}')"
    )


def _constants(indicator: Indicator) -> dict[str, str]:
    return {
        "indicator": literal(indicator.id),
        "series": literal(indicator.sdg.code or indicator.sdg.target),
        "unit_measure": literal(indicator.unit),
        "nature": literal(indicator.nature),
        "spec_hash": "$spec_hash",
    }


def _select_list(columns: dict[str, str], cube: str) -> str:
    """All columns of the indicator table, typed and in order; those not computed are the cube's or empty."""
    kept = {"ref_area", "geo_level", "time_period", *DIMENSIONS}
    parts = []
    for field in OBSERVATION:
        value = columns.get(field.name, f"{cube}.{field.name}" if field.name in kept else "NULL")
        typed = value if field.kind == "text" and value != "NULL" else f"CAST({value} AS {field.sql_type})"
        parts.append(f"{typed} AS {field.name}")
    return ", ".join(parts)


def _comparison_query(plan: ComparisonPlan) -> str:
    """Two groups of the base indicator side by side; where either has no value there is none."""
    method, kind = plan.method, plan.method.kind
    others = [d for d in DIMENSIONS if d != method.dimension]
    same = " AND ".join(f"r.{k} = c.{k}" for k in ("ref_area", "time_period", *others))
    wanted = " OR ".join(
        f"(c.geo_level = '{b.level}'"
        + "".join(f" AND c.{d} {'<>' if d in b.dimensions else '='} '{TOTAL}'" for d in others)
        + ")"
        for b in plan.breakdowns
    )
    if kind == "parity":
        value, numerator, denominator = "c.obs_value / NULLIF(r.obs_value, 0)", "c.obs_value", "r.obs_value"
    else:
        value, numerator, denominator = "c.obs_value - r.obs_value", "NULL", "NULL"
    missing = f"({value}) IS NULL"
    carried = (
        "area_name",
        "geo_vintage",
        "coverage",
        "source",
        "source_edition",
        "source_sha256",
        "precision",
    )
    columns = {
        **_constants(plan.indicator),
        **{name: f"c.{name}" for name in carried},
        method.dimension: f"'{TOTAL}'",
        "obs_value": value,
        "numerator": numerator,
        "denominator": denominator,
        "denominator_source": "NULL" if denominator == "NULL" else "CONCAT(r.source, '/', r.source_edition)",
        "obs_status": f"CASE WHEN {missing} THEN 'M' ELSE 'A' END",
        "obs_reason": f"CASE WHEN {missing} THEN 'group_without_value' END",
    }
    groups = f"c.{method.dimension} = {literal(method.compare)} AND r.{method.dimension} = {literal(method.reference)}"
    return f"SELECT {_select_list(columns, 'c')} FROM base AS c JOIN base AS r ON {same} WHERE {groups} AND ({wanted})"


def _sql_query(plan: SqlPlan) -> str:
    columns = {
        "obs_value": "c.obs_value",
        "numerator": "c.numerator",
        "denominator": "c.denominator",
        "denominator_source": "CASE WHEN NOT c.denominator IS NULL THEN CONCAT(p.source, '/', p.edition) END",
        "precision": "'full_count'",
        "obs_status": "CASE WHEN c.obs_value IS NULL THEN 'M' ELSE 'A' END",
        "obs_reason": "CASE WHEN c.obs_value IS NULL THEN 'not_computable' END",
        "geo_vintage": literal(plan.table.geography.vintage),
    }
    key = f"CASE c.geo_level WHEN '{Level.NATIONAL}' THEN '' WHEN '{Level.STATE}' THEN c.state ELSE c.municipality END"
    levels = ", ".join(literal(b.level.value) for b in plan.breakdowns) or "''"
    return (
        f"WITH written AS ({plan.select.sql(dialect='duckdb')}), "
        f"cube AS (SELECT c.*, {literal(plan.rows_of.value)} AS rows_of, CONCAT('MX', {key}) AS ref_area, "
        f"(SELECT MAX(edition) FROM part WHERE rows_of = {literal(plan.rows_of.value)}) AS edition "
        f"FROM written AS c WHERE c.geo_level IN ({levels})) "
        f"{_projection(plan.indicator, (), columns)}"
    )
