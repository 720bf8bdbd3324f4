"""The domains of a survey: by which columns records are added up, and the design of the full sample.

What belongs here: keys, grouping sets and the strata of all records. What does not: statistics (linear, curve).
A domain never filters the design: PSUs without a record of it count as zeros (variance).
"""

from __future__ import annotations

from collections.abc import Mapping

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import cube
from sdg_pipeline.estimate.nodes import Grouping, SurveyPlan, TablePlan
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import Level

UNIT = ("stratum", "psu")
"""Columns of the primary sampling unit; the second is unique within the first."""


Steps = Mapping[str, str]
"""Queries by the name under which later ones read them, in order: common table expressions, or tables of their own."""


def chained(steps: Steps) -> str:
    """The steps as common table expressions."""
    return ", ".join(f"{name} AS ({query})" for name, query in steps.items())


def keys(plan: SurveyPlan) -> tuple[str, ...]:
    """Columns that identify a domain."""
    return ("geo_level", "ref_area", "time_period", *plan.rows.dimensions)


def listed(columns: tuple[str, ...], alias: str = "") -> str:
    """The columns as a list, of a relation where an alias is given."""
    return ", ".join(f"{alias}.{column}" if alias else column for column in columns)


def cell_keys(plan: SurveyPlan) -> tuple[str, ...]:
    """Columns of the finest cell: areas, groups, year, edition and PSU."""
    return ("geo_level", *cube.KEYS, *plan.rows.dimensions, "time_period", "edition", *UNIT)


def rows(plan: SurveyPlan) -> str:
    """The staged records that a run uses: of editions that have all measures, and of series the newest cut."""
    chosen = ["edition IN (SELECT edition FROM part WHERE in_use = 'yes')"] if plan.rows.table.vintages else []
    chosen += [f"NOT edition IN ({', '.join(map(literal, plan.lacking))})"] if plan.lacking else []
    where = f" WHERE {' AND '.join(chosen)}" if chosen else ""
    return f"staged.{plan.rows.table.id}{where}"


def asked(plan: SurveyPlan, **values: str) -> str:
    """The records that a statistic is of, with named ``values``; where it is not known whether one is, none has any.

    The condition chooses records and not PSUs: those without a record count with zero, as of any domain.
    """
    kept = listed((*cell_keys(plan), "weight"))
    if plan.where is None:
        named = ", ".join(f"CAST({sql} AS DOUBLE) AS {name}" for name, sql in values.items())
        return f"(SELECT {kept}, {named} FROM {rows(plan)})"
    where = expressions.sql(plan.where)
    named = ", ".join(f"CASE WHEN {where} THEN CAST({sql} AS DOUBLE) END AS {name}" for name, sql in values.items())
    return f"(SELECT {kept}, {named} FROM (SELECT * FROM {rows(plan)}) AS every WHERE COALESCE({where}, TRUE))"


def sample(plan: SurveyPlan) -> str:
    """The staged records of the whole sample, which of a part are those of another table."""
    return f"staged.{plan.sample.id}" if plan.is_part else rows(plan)


def summed(plan: SurveyPlan, sums: str, by: tuple[str, ...] = (), where: str = "") -> str:
    """SELECT of ``sums`` over the cells, by domain and the columns ``by``: one pass for each level of rows."""
    condition = f" AND {where}" if where else ""
    passes = [_summed(plan.rows, grouping, sums, by, condition) for grouping in plan.rows.groupings]
    return " UNION ALL ".join(passes) or _none(plan, sums, by)


def _summed(plan: TablePlan, grouping: Grouping, sums: str, by: tuple[str, ...], condition: str) -> str:
    sets = ", ".join(f"({listed((*cube.columns_of(b), *by))})" for b in grouping.breakdowns)
    return (
        f"SELECT {cube.level(grouping)} AS geo_level, {cube.ref_area(grouping)} AS ref_area, time_period, "
        f"{cube.dimension_columns(plan, grouping)}{listed((*by, sums))} FROM cell "
        f"WHERE geo_level = {literal(grouping.rows_of.value)}{condition} GROUP BY GROUPING SETS ({sets})"
    )


def _none(plan: SurveyPlan, sums: str, by: tuple[str, ...]) -> str:
    """No rows: the run has not the records that the breakdowns need, which the coverage notes tell."""
    texts = ", ".join(f"'' AS {column}" for column in keys(plan))
    return f"SELECT {listed((texts, *by, sums))} FROM cell WHERE 1 = 0 GROUP BY {listed(by) or 'ALL'}"


def numbered(plan: SurveyPlan, columns: str, sums: str) -> str:
    """SELECT of ``columns`` of the domains' ``sums``, with ``domain_no``, which scores carry in place of all keys."""
    order = listed(keys(plan))
    return (
        f"SELECT CAST(ROW_NUMBER() OVER (ORDER BY {order}) AS INT) AS domain_no, {columns} FROM ({sums}) AS domain_sum"
    )


def sampled(plan: SurveyPlan, units: str) -> str:
    """SELECT by ``domain_no`` of the PSUs with a record of the domain that has a positive weight.

    ``df`` are these PSUs less their strata. Of a total of a part of the sample all PSUs of these strata count. One
    without a record has nothing of what is added up, as it would if the whole sample were asked.
    """
    is_total_of_part = plan.is_part and plan.is_total
    units_of = "h" if is_total_of_part else "s"
    by_stratum = (
        f"SELECT domain_no, time_period, stratum, COUNT(*) AS n_psu FROM {units} WHERE n > 0 "
        "GROUP BY domain_no, time_period, stratum"
    )
    whole = " JOIN design AS h USING (time_period, stratum)" if is_total_of_part else ""
    return (
        f"SELECT domain_no, SUM(s.n_psu) AS n_psu, SUM({units_of}.n_psu) - COUNT(*) AS df "
        f"FROM ({by_stratum}) AS s{whole} GROUP BY domain_no"
    )


def design(plan: SurveyPlan) -> str:
    """Strata of the full sample: their PSUs and the share of them that is not in the sample (1 without correction)."""
    spec = plan.sample.design or plan.design
    left = "1.0"
    if spec.population_psus is not None:
        left = (
            "CASE WHEN MAX(population_psus) IS NULL THEN 1.0 ELSE 1.0 - COUNT(DISTINCT psu) / MAX(population_psus) END"
        )
    if spec.certainty_strata:
        certain = ", ".join(literal(code) for code in spec.certainty_strata)
        left = f"CASE WHEN stratum IN ({certain}) THEN 0.0 ELSE {left} END"
    return (
        f"SELECT time_period, stratum, COUNT(DISTINCT psu) AS n_psu, {left} AS unsampled "
        f"FROM {sample(plan)} GROUP BY time_period, stratum"
    )


def level_of_rows(plan: SurveyPlan) -> Level:
    """The level of the records, of which a survey has one."""
    return plan.rows.table.parts[0].level
