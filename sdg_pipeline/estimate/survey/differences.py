"""Differences between estimates of a survey, with their sampling errors and tests.

What belongs here: which pairs of published values are compared, and the design-based test of each. What does not:
differences that are indicators (methods ``gap`` and ``parity``), differences between releases. Two groups of one sample
are not independent. The variance of a difference is that of the difference of scores, so that covariance within PSUs
and strata counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.duck import arrow, write_parquet
from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import universe
from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey import domains
from sdg_pipeline.estimate.survey.sums import ordered
from sdg_pipeline.estimate.survey.variance import by_stratum, covariance, summed
from sdg_pipeline.specs.base import TOTAL, UNKNOWN
from sdg_pipeline.specs.fields import DIFFERENCE, DIFFERENCE_KEY, DIMENSIONS

if TYPE_CHECKING:
    import duckdb
    import pyarrow


READ = ("domain", "score", "estimate")
"""Tables of ``finish.make_scores`` that differences are made of."""


def write(con: duckdb.DuckDBPyConnection, plan: SurveyPlan, target: Path) -> int:
    """Write the differences between the published values (view ``observation``), and return how many there are.

    Of a sample with replicates there are none: its variances are not those of scores. Needs the tables of
    ``finish.make_scores``, which ``engine.estimate`` leaves.
    """
    universe.offer_common(con, plan.indicator)
    con.register("tested", _with_p_values(arrow(con, query(plan))))
    columns = ", ".join(field.name for field in DIFFERENCE)
    tested = universe.own_codes(f"SELECT {columns} FROM tested", plan.indicator)
    return write_parquet(con, tested, ", ".join(DIFFERENCE_KEY), target)


def query(plan: SurveyPlan) -> str:
    """The SQL of all differences of an indicator; it reads ``common`` (its values) and the scores."""
    pairs = " UNION ALL ".join((*_gaps(plan), *_from_nation(plan), _changes(plan)))
    linear = plan.design.replication is None
    compared = ", ".join(f"p.{name}" for name in ("comparison", "ref_area", "geo_level", "time_period", *DIMENSIONS))
    one = " AND ".join(f"a.{name} = p.{name}" for name in domains.keys(plan))
    two = " AND ".join(f"b.{name} = p.r_{name}" for name in domains.keys(plan))
    return (
        "WITH "
        f"numbered AS (SELECT ROW_NUMBER() OVER (ORDER BY {domains.listed(DIFFERENCE_KEY[1:], 'p')}) AS pair, "
        f"a.domain_no, b.domain_no AS other_no, p.* FROM ({pairs}) AS p JOIN domain AS a ON {one} "
        f"JOIN domain AS b ON {two} WHERE {linear}), "
        f"{_variances(plan)} "
        f"SELECT {literal(plan.indicator.id)} AS indicator, {compared}, p.dimension, p.reference, p.obs_value, "
        "p.reference_value, p.obs_value - p.reference_value AS difference, "
        f"{plan.multiplier} * SQRT(v.variance) AS std_error, CAST(v.df AS DOUBLE) AS df, "
        f"p.obs_value - p.reference_value - s.t * {plan.multiplier} * SQRT(v.variance) AS ci_lower, "
        f"p.obs_value - p.reference_value + s.t * {plan.multiplier} * SQRT(v.variance) AS ci_upper "
        "FROM numbered AS p JOIN tested AS v USING (pair) "
        "JOIN student AS s USING (df)"
    )


_SHOWN = "NOT {0}.obs_value IS NULL"


def _pair(plan: SurveyPlan, comparison: str, dimension: str, reference: str, condition: str) -> str:
    """SELECT of pairs of published values ``c`` and ``r`` that are the same but for the column ``dimension``."""
    kept = ("ref_area", "geo_level", "time_period", *DIMENSIONS)
    same = [f"c.{name} = r.{name}" for name in ("ref_area", "time_period", *DIMENSIONS) if name != dimension]
    other = ", ".join(f"r.{name} AS r_{name}" for name in domains.keys(plan))
    return (
        f"SELECT {literal(comparison)} AS comparison, {domains.listed(kept, 'c')}, {literal(dimension)} AS dimension, "
        f"{reference} AS reference, c.obs_value, r.obs_value AS reference_value, {other} "
        f"FROM common AS c JOIN common AS r ON {' AND '.join(same)} "
        f"WHERE {_SHOWN.format('c')} AND {_SHOWN.format('r')} AND {condition}"
    )


def _gaps(plan: SurveyPlan) -> list[str]:
    """Each group of a dimension against the reference group that the policy names."""
    return [
        _pair(
            plan, "gap", name, literal(code),
            f"r.{name} = {literal(code)} AND NOT c.{name} IN ({literal(code)}, '{TOTAL}', '{UNKNOWN}')",
        )
        for name, code in plan.policy.references.items()
        if name in plan.rows.dimensions
    ]  # fmt: skip


def _from_nation(plan: SurveyPlan) -> list[str]:
    """Each state against the nation, for every group of both; totals do not compare."""
    if plan.is_total:
        return []
    condition = "c.geo_level = 'state' AND r.geo_level = 'national'"
    return [_pair(plan, "nation", "ref_area", "r.ref_area", condition)]


def _changes(plan: SurveyPlan) -> str:
    """Each year against the newest before it; samples of two years are taken to be independent.

    A year that is not comparable with the one before is tested against none.
    """
    condition = (
        "c.obs_reason IS DISTINCT FROM 'methodology_changed' AND "
        "r.time_period = (SELECT MAX(b.time_period) FROM common AS b WHERE b.ref_area = c.ref_area "
        "AND b.time_period < c.time_period)"
    )
    return _pair(plan, "change", "time_period", "r.time_period", condition)


def _variances(plan: SurveyPlan) -> str:
    """Common table expressions to ``tested``: by pair the variance of the difference, and its degrees of freedom.

    By stratum the variances of both sides less twice their covariance, to which only PSUs of both add: a state shares
    few of the nation's. Degrees of freedom are those of the two domains together. ``paired`` stands by itself, since
    DuckDB would else join the scores of all domains that share a PSU, and choose the pairs last.
    """
    one, two = "a.domain_no = p.domain_no", "b.domain_no = p.other_no"
    same = "b.time_period = a.time_period AND b.stratum = a.stratum"
    units = "SUM(s.units) AS units FROM met AS m LEFT JOIN shared AS s USING (pair, stratum)"
    if plan.is_part and plan.is_total:  # as in domains.sampled
        units = "SUM(m.strata * h.n_psu) AS units FROM met AS m JOIN design AS h USING (time_period, stratum)"
    of_stratum = covariance(plan.design, "COALESCE(s.products, 0)", "m.sums")
    return (
        f"part AS ({by_stratum(plan.design)}), "
        f"total AS (SELECT domain_no, time_period, stratum, {ordered('z')} AS z, MAX(n) AS n FROM score "
        "GROUP BY domain_no, time_period, stratum), "
        "paired AS MATERIALIZED (SELECT p.pair, p.other_no, a.time_period, a.stratum, a.psu, a.z, a.n "
        f"FROM numbered AS p JOIN score AS a ON {one}), "
        f"shared AS (SELECT a.pair, a.stratum, {ordered('a.z * b.z')} AS products, "
        "COUNT(CASE WHEN a.n > 0 AND b.n > 0 THEN 1 END) AS units FROM paired AS a "
        f"JOIN score AS b ON b.domain_no = a.other_no AND {same} AND b.psu = a.psu GROUP BY a.pair, a.stratum), "
        f"met AS (SELECT p.pair, a.time_period, a.stratum, a.z * b.z AS sums, "
        f"CASE WHEN a.n > 0 AND b.n > 0 THEN 1 ELSE 0 END AS strata FROM numbered AS p JOIN total AS a ON {one} "
        f"JOIN total AS b ON {two} AND {same}), "
        f"apart AS (SELECT p.pair, a.time_period, a.stratum, a.added FROM numbered AS p JOIN part AS a ON {one} "
        f"UNION ALL SELECT p.pair, b.time_period, b.stratum, b.added FROM numbered AS p JOIN part AS b ON {two} "
        f"UNION ALL SELECT m.pair, m.time_period, m.stratum, -2 * {of_stratum} AS added FROM met AS m "
        "JOIN design AS h USING (time_period, stratum) LEFT JOIN shared AS s USING (pair, stratum)), "
        f"spread AS (SELECT pair, {ordered('variance')} AS variance FROM (SELECT pair, time_period, "
        f"{summed(plan.design)} AS variance FROM (SELECT pair, time_period, stratum, "
        f"CASE WHEN COUNT(added) = COUNT(*) THEN {ordered('added')} END AS added FROM apart "
        "GROUP BY pair, time_period, stratum) AS stratum GROUP BY pair, time_period) AS year GROUP BY pair), "
        "tested AS (SELECT p.pair, GREATEST(v.variance, 0) AS variance, a.df + b.df - COALESCE(u.units, 0) "
        "+ COALESCE(u.strata, 0) AS df FROM numbered AS p JOIN spread AS v USING (pair) "
        f"JOIN estimate AS a ON {one} JOIN estimate AS b ON {two} LEFT JOIN (SELECT m.pair, SUM(m.strata) AS strata, "
        f"{units} GROUP BY m.pair) AS u USING (pair))"
    )


def _with_p_values(differences: pyarrow.Table) -> pyarrow.Table:
    """With the two-sided p-value of no difference, by Student's t."""
    import numpy
    import pyarrow
    from scipy.stats import t

    difference, error, df = (
        differences[name].to_numpy(zero_copy_only=False).astype(float) for name in ("difference", "std_error", "df")
    )
    with numpy.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * t.sf(numpy.abs(difference) / error, df)
    array = pyarrow.array(p_value, pyarrow.float64(), mask=numpy.isnan(p_value))
    return differences.append_column("p_value", array)
