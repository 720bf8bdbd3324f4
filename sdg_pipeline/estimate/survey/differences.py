"""Differences between estimates of a survey, with their sampling errors and tests.

What belongs here: which pairs of published values are compared, and the design-based test of each. What does not:
differences that are indicators (methods ``gap`` and ``parity``), differences between releases.
Two groups of one sample are not independent: the variance of a difference is that of the difference of scores, so
that covariance within PSUs and strata counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import parse_one

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey import domains, values
from sdg_pipeline.estimate.survey.variance import variance
from sdg_pipeline.files import written_aside
from sdg_pipeline.specs.base import TOTAL, UNKNOWN
from sdg_pipeline.specs.fields import DIFFERENCE, DIFFERENCE_KEY, DIMENSIONS

if TYPE_CHECKING:
    import duckdb
    import pyarrow


def write(con: duckdb.DuckDBPyConnection, plan: SurveyPlan, target: Path) -> int:
    """Write the differences between the published values (view ``observation``), and return how many there are.

    Of a sample with replicates there are none: its variances are not those of scores. Needs the tables that the
    estimates were computed from, see ``engine.estimate``.
    """
    con.register("tested", _with_p_values(con.sql(query(plan)).to_arrow_table()))
    columns = ", ".join(field.name for field in DIFFERENCE)
    with written_aside(target) as aside:
        con.execute(
            f"COPY (SELECT {columns} FROM tested ORDER BY {', '.join(DIFFERENCE_KEY)}) TO {literal(aside)} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        return int(con.execute(f"SELECT count(*) FROM read_parquet({literal(aside)})").fetchall()[0][0])


def query(plan: SurveyPlan) -> str:
    """The SQL of all differences of an indicator; it reads what its estimates read, and ``observation``."""
    pairs = " UNION ALL ".join((*_gaps(plan), *_from_nation(plan), _changes(plan)))
    linear = plan.design.replication is None
    per_year = variance(plan.design, "pair, time_period", "apart")
    compared = ", ".join(f"p.{name}" for name in ("comparison", "ref_area", "geo_level", "time_period", *DIMENSIONS))
    text = (
        f"WITH {values.scores(plan)}, "
        f"numbered AS (SELECT ROW_NUMBER() OVER (ORDER BY {', '.join(DIFFERENCE_KEY[1:])}) AS pair, * "
        f"FROM ({pairs}) AS pairs WHERE {linear}), "
        f"apart AS ({_scores_apart(plan)}), "
        f"per_year AS ({per_year}), "
        "tested_variance AS (SELECT pair, SUM(variance) AS variance FROM per_year GROUP BY pair), "
        "freedom AS (SELECT pair, SUM(units) - COUNT(*) AS df FROM (SELECT pair, time_period, stratum, "
        "COUNT(*) AS units FROM apart WHERE n > 0 GROUP BY pair, time_period, stratum) AS strata GROUP BY pair) "
        f"SELECT {literal(plan.indicator.id)} AS indicator, {compared}, p.dimension, p.reference, p.obs_value, "
        "p.reference_value, p.obs_value - p.reference_value AS difference, "
        f"{plan.multiplier} * SQRT(v.variance) AS std_error, CAST(f.df AS DOUBLE) AS df, "
        f"p.obs_value - p.reference_value - s.t * {plan.multiplier} * SQRT(v.variance) AS ci_lower, "
        f"p.obs_value - p.reference_value + s.t * {plan.multiplier} * SQRT(v.variance) AS ci_upper "
        "FROM numbered AS p JOIN tested_variance AS v USING (pair) JOIN freedom AS f USING (pair) "
        "JOIN student AS s USING (df)"
    )
    return parse_one(text, dialect="duckdb").sql(dialect="duckdb", pretty=True)


_SHOWN = "NOT {0}.obs_value IS NULL"


def _pair(plan: SurveyPlan, comparison: str, dimension: str, reference: str, differs: str, condition: str) -> str:
    """Pairs of published values ``c`` and ``r`` that are the same but for the column ``differs``."""
    kept = ("ref_area", "geo_level", "time_period", *DIMENSIONS)
    same = [f"c.{name} = r.{name}" for name in ("ref_area", "time_period", *DIMENSIONS) if name != differs]
    other = ", ".join(f"r.{name} AS r_{name}" for name in domains.keys(plan))
    return (
        f"SELECT {literal(comparison)} AS comparison, {domains.listed(kept, 'c')}, {literal(dimension)} AS dimension, "
        f"{reference} AS reference, c.obs_value, r.obs_value AS reference_value, {other} "
        f"FROM observation AS c JOIN observation AS r ON {' AND '.join(same)} "
        f"WHERE {_SHOWN.format('c')} AND {_SHOWN.format('r')} AND {condition}"
    )


def _gaps(plan: SurveyPlan) -> list[str]:
    """Each group of a dimension against the reference group that the policy names."""
    return [
        _pair(
            plan, "gap", name, literal(code), name,
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
    return [_pair(plan, "nation", "ref_area", "r.ref_area", "ref_area", condition)]


def _changes(plan: SurveyPlan) -> str:
    """Each year against the newest before it; samples of two years are taken to be independent."""
    condition = (
        "r.time_period = (SELECT MAX(b.time_period) FROM observation AS b WHERE b.ref_area = c.ref_area "
        "AND b.time_period < c.time_period)"
    )
    return _pair(plan, "change", "time_period", "r.time_period", "time_period", condition)


def _scores_apart(plan: SurveyPlan) -> str:
    """By pair and PSU the score of the one value less that of the other."""
    keys = domains.keys(plan)
    one = " AND ".join(f"s.{name} = p.{name}" for name in keys)
    two = " AND ".join(f"s.{name} = p.r_{name}" for name in keys)
    columns = "p.pair, s.time_period, s.stratum, s.psu"
    return (
        f"SELECT pair, time_period, stratum, psu, SUM(z) AS z, SUM(n) AS n FROM ("
        f"SELECT {columns}, s.z, s.n FROM numbered AS p JOIN score AS s ON {one} UNION ALL "
        f"SELECT {columns}, -s.z AS z, s.n FROM numbered AS p JOIN score AS s ON {two}"
        ") AS sides GROUP BY pair, time_period, stratum, psu"
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
