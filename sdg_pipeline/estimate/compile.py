"""From a plan to SQL: the finest cell once, then the cube's grouping sets, then the columns of the indicator table.

What belongs here: the text of the queries. What does not: choosing rows (plan) and running anything (engine). The
engine provides the tables that queries read. They are ``staged.<table>``, ``base`` (a comparison's indicator), ``area``
(ref_area, area_name) and ``part`` (rows_of, edition, source, sha256, coverage, in_use). A rate also reads
``population_part``, a survey ``student`` (df, t).
"""

from __future__ import annotations

from functools import singledispatch

from sqlglot import parse_one

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import marks, missing, rates, withheld
from sdg_pipeline.estimate.cube import cube_of
from sdg_pipeline.estimate.nodes import ComparisonPlan, Plan, RatePlan, SmallAreaPlan, SqlPlan, SurveyPlan, TablePlan
from sdg_pipeline.estimate.survey import values as survey
from sdg_pipeline.estimate.survey.domains import chained
from sdg_pipeline.specs.base import TOTAL, UNKNOWN, Level
from sdg_pipeline.specs.fields import DIMENSIONS, OBSERVATION
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Published

Columns = dict[str, str | None]
"""SQL by column of the indicator table; None where the column is empty."""


@singledispatch
def compiled(plan: Plan, scored: bool = False) -> str:
    """The whole query of a plan, which returns the columns of the indicator table; each type of plan registers here.

    ``scored`` says that the scores of a survey are there as tables of their own: its query is then the rest. Other
    plans have no scores.
    """
    raise NotImplementedError(f"estimate.compile has no query of {type(plan).__name__}")


@compiled.register
def _table_query(plan: TablePlan, scored: bool = False) -> str:
    return f"WITH {cube_of(plan)} {_projection(plan.indicator, plan.dimensions, _values(plan))}"


@compiled.register
def _rate_query(plan: RatePlan, scored: bool = False) -> str:
    events = cube_of(plan.events, "event_cell", "event")
    cubes = f"{events}, {cube_of(plan.population, 'population_cell', 'population')}"
    by = tuple(d for d in rates.shared_dimensions(plan) if not plan.weights or d != plan.standard_dimension)
    return f"WITH {cubes}, {rates.chain(plan)} {_projection(plan.indicator, by, rates.values(plan))}"


@compiled.register
def _survey_query(plan: SurveyPlan, scored: bool = False) -> str:
    steps = survey.cube(plan) if scored else {**survey.scores(plan), **survey.cube(plan)}
    return f"WITH {chained(steps)} {_projection(plan.indicator, plan.rows.dimensions, survey.columns(plan))}"


def laid_out(query: str) -> str:
    """A query laid out for reading; runs do without, since it takes longer than many a query."""
    return parse_one(query, dialect="duckdb").sql(dialect="duckdb", pretty=True, copy=False) + "\n"


@singledispatch
def unallocated(plan: Plan) -> str | None:
    """The query of what belongs to no area of a level, or None of a plan whose areas are not sums.

    It returns geo_level, the area above as ref_area, time_period, dimensions, numerator and denominator of ``_U`` keys.
    """
    return None


@unallocated.register
def _unallocated_events(plan: RatePlan) -> str:
    return _unallocated(plan.events)


@unallocated.register
def _unallocated(plan: TablePlan) -> str:
    others = (f"'{TOTAL}' AS {d}" for d in DIMENSIONS if d not in plan.dimensions)
    columns = ", ".join(("time_period", *plan.dimensions, *others, "numerator", "denominator"))
    return (
        f"WITH {cube_of(plan)} SELECT geo_level, SUBSTRING(ref_area, 1, 4) AS ref_area, {columns} "
        f"FROM cube WHERE ENDS_WITH(ref_area, '{UNKNOWN}')"
    )


def _values(plan: TablePlan) -> Columns:
    """Value, status and precision of a cube row; a sum with a missing component is no value."""
    whole = "c.n_missing = 0"
    status, reason = marks.status_and_reason(plan)
    published = isinstance(plan.indicator.method, Published)
    causes = [("c.n_missing <> 0", "not_published" if published else "missing_component"), *withheld.causes(plan)]
    value = "c.numerator"
    if plan.denominator is not None:
        causes.append(("c.denominator = 0", "zero_denominator"))
        value = f"{plan.multiplier} * c.numerator / c.denominator"
    shown = f"CASE {' '.join(f'WHEN {condition} THEN NULL' for condition, _ in causes)} ELSE {{}} END"
    absent = f"CASE {' '.join(f'WHEN {condition} THEN {literal(why)}' for condition, why in causes)} END"
    return {
        "obs_value": shown.format(value),
        "numerator": None if published else f"CASE WHEN {whole} THEN c.numerator END",
        "denominator": f"CASE WHEN {whole} THEN c.denominator END",
        "denominator_source": "CONCAT(p.source, '/', p.edition)" if plan.denominator is not None else None,
        "precision": _precision(plan),
        "obs_status": f"CASE {' '.join(f'WHEN {c} THEN {literal(missing.STATUS[why])}' for c, why in causes)} "
        f"ELSE {status} END",
        "obs_reason": absent if reason is None else f"COALESCE({absent}, {reason})",
        "geo_vintage": literal(plan.table.geography.vintage),
        **({"n_obs": f"c.{withheld.SITES}"} if plan.table.sites is not None else {}),
        **{column: f"c.{column}" for column, _ in plan.precision},
    }


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


def _projection(indicator: Indicator, dimensions: tuple[str, ...], values: Columns) -> str:
    """The columns of the indicator table from ``cube c`` joined with names and sources."""
    columns: Columns = {
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


def direct(plan: SmallAreaPlan) -> str:
    """The direct estimates that a model of small areas starts from, by municipality and state."""
    steps = {**survey.scores(plan.direct), **survey.cube(plan.direct)}
    return f"WITH {chained(steps)} SELECT * FROM cube WHERE NOT ENDS_WITH(ref_area, '{UNKNOWN}')"


@compiled.register
def _modelled_query(plan: SmallAreaPlan, scored: bool = False) -> str:
    """The indicator table from ``modelled`` (estimates of the model), ``unmodelled`` (areas without) and ``direct``."""
    times, low = plan.multiplier, plan.direct.policy.cv.low
    value, error = f"{times} * c.eblup", f"{times} * SQRT(c.mse)"
    cv = "100 * SQRT(c.mse) / c.eblup"
    columns: Columns = {
        "obs_value": value,
        "n_obs": "c.n",
        "n_psu": "c.n_psu",
        "std_error": error,
        "cv": cv,
        "ci_lower": f"{times} * c.lower",
        "ci_upper": f"{times} * c.upper",
        "precision": "'model_based'",
        "obs_status": f"CASE WHEN NOT c.absent IS NULL THEN {missing.status('c.absent', *missing.STATUS)} "
        f"WHEN {cv} >= {low} THEN 'U' ELSE 'E' END",
        "obs_reason": "COALESCE(c.absent, CASE WHEN c.n > 0 THEN 'model_based' ELSE 'model_without_sample' END)",
        "nature": "'M'",
        "geo_vintage": literal(plan.direct.rows.table.geography.vintage),
    }
    rows_of = literal(plan.direct.rows.groupings[0].rows_of.value if plan.direct.rows.groupings else "")
    return (
        f"WITH cube AS (SELECT {rows_of} AS rows_of, m.*, 'municipality' AS geo_level, s.time_period, s.edition, "
        "COALESCE(d.n, 0) AS n, COALESCE(d.n_psu, 0) AS n_psu "
        "FROM (SELECT ref_area, eblup, mse, lower, upper, NULL AS absent FROM modelled UNION ALL "
        "SELECT ref_area, NULL, NULL, NULL, NULL, absent FROM unmodelled) AS m "
        "LEFT JOIN direct AS d USING (ref_area) JOIN direct AS s ON s.ref_area = SUBSTRING(m.ref_area, 1, 4)) "
        f"{_projection(plan.indicator, (), columns)}"
    )


def _constants(indicator: Indicator) -> dict[str, str]:
    return {
        "indicator": literal(indicator.id),
        "series": literal(indicator.series),
        "sdg_indicator": literal(indicator.sdg_indicator),
        "unit_measure": literal(indicator.unit),
        "nature": literal(indicator.nature),
        "spec_hash": "$spec_hash",
    }


def _select_list(columns: Columns, cube: str) -> str:
    """All columns of the indicator table, typed and in order; those not computed are the cube's or empty."""
    kept = {"ref_area", "geo_level", "time_period", *DIMENSIONS}
    parts = []
    for field in OBSERVATION:
        value = columns.get(field.name, f"{cube}.{field.name}" if field.name in kept else None)
        as_it_is = field.kind == "text" and value is not None
        typed = value if as_it_is else f"CAST({'NULL' if value is None else value} AS {field.sql_type})"
        parts.append(f"{typed} AS {field.name}")
    return ", ".join(parts)


@compiled.register
def _comparison_query(plan: ComparisonPlan, scored: bool = False) -> str:
    """Two groups of the base indicator side by side; where either has no value there is none."""
    method, kind = plan.method, plan.method.kind
    others = [d for d in DIMENSIONS if d != method.dimension]
    totals = plan.indicator.totals  # of the base as well, but for the dimension that is compared
    same = " AND ".join(f"r.{k} = c.{k}" for k in ("ref_area", "time_period", *others))
    wanted = " OR ".join(
        f"(c.geo_level = '{b.level}'"
        + "".join(f" AND c.{d} {'<>' if d in b.dimensions else '='} '{totals[d]}'" for d in others)
        + ")"
        for b in plan.breakdowns
    )
    value, parts = "c.obs_value - r.obs_value", {}
    if kind == "parity":
        value = "c.obs_value / NULLIF(r.obs_value, 0)"
        parts = {
            "numerator": "c.obs_value",
            "denominator": "r.obs_value",
            "denominator_source": "CONCAT(r.source, '/', r.source_edition)",
        }
    carried = (
        "area_name",
        "geo_vintage",
        "coverage",
        "source",
        "source_edition",
        "source_sha256",
        "precision",
    )
    columns: Columns = {
        **_constants(plan.indicator),
        **{name: f"c.{name}" for name in carried},
        method.dimension: f"'{TOTAL}'",
        "obs_value": value,
        **parts,
        **_status_of_groups(value),
    }
    groups = f"c.{method.dimension} = {literal(method.compare)} AND r.{method.dimension} = {literal(method.reference)}"
    return f"SELECT {_select_list(columns, 'c')} FROM base AS c JOIN base AS r ON {same} WHERE {groups} AND ({wanted})"


def _status_of_groups(value: str) -> Columns:
    """Status and reason of a comparison: those of the group that has no value, else the mark of either."""
    zero = literal(missing.STATUS["zero_denominator"])
    return {
        "obs_status": f"CASE WHEN c.obs_value IS NULL THEN c.obs_status WHEN r.obs_value IS NULL THEN r.obs_status "
        f"WHEN ({value}) IS NULL THEN {zero} ELSE COALESCE(NULLIF(c.obs_status, 'A'), r.obs_status) END",
        "obs_reason": f"CASE WHEN c.obs_value IS NULL THEN c.obs_reason WHEN r.obs_value IS NULL THEN r.obs_reason "
        f"WHEN ({value}) IS NULL THEN 'zero_denominator' ELSE COALESCE(c.obs_reason, r.obs_reason) END",
    }


@compiled.register
def _sql_query(plan: SqlPlan, scored: bool = False) -> str:
    columns: Columns = {
        "obs_value": "c.obs_value",
        "numerator": "c.numerator",
        "denominator": "c.denominator",
        "denominator_source": "CASE WHEN NOT c.denominator IS NULL THEN CONCAT(p.source, '/', p.edition) END",
        "precision": "'full_count'",
        "obs_status": f"CASE WHEN c.obs_value IS NULL THEN {literal(missing.STATUS['not_computable'])} ELSE 'A' END",
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
