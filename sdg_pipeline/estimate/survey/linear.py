"""Totals, ratios and means: statistics whose scores are linear in two sums of a cell.

What belongs here: sums, estimates and scores of these. What does not: statistics of a distribution (curve), variance.
"""

from __future__ import annotations

from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey import domains
from sdg_pipeline.estimate.survey.sums import as_double, weighted
from sdg_pipeline.specs import expressions

WEIGHTED_SUMS = ("w", "y", "x", "yy", "yx", "xx")
"""Sums of a cell: weights, weighted numerator and denominator and their products."""
COUNTS = ("n", "n_rows", "n_missing", "outside")
"""Records with an answer and a positive weight, records with an answer, records without, and records whose numerator is
no part of the denominator. A record in neither numerator nor denominator of a ratio is no record of its domain. Of
children of five in school the sample is the children of five.
"""


def steps(plan: SurveyPlan) -> domains.Steps:
    """``cell``, ``domain``, ``score``, ``sampled`` and ``estimate``.

    ``score`` has a row for each PSU of a domain: domain_no, time_period, stratum, psu, its sums y and x, z and n. It is
    the longest of these relations by far, and so has no keys of domains. ``estimate`` has a row per domain: estimate,
    numerator, denominator, is_share, spread, n, n_missing, n_psu, df, absent. ``spread`` is the variance that a simple
    random sample of as many records, drawn with replacement, would have. ``absent`` says why there is no estimate.
    """
    k, unit = domains.listed(domains.keys(plan)), domains.listed(domains.UNIT)
    sums = ", ".join(f"SUM({name}) AS {name}" for name in (*WEIGHTED_SUMS, *COUNTS))
    of_domain = f"{k}, edition, {as_double(*WEIGHTED_SUMS)}, {domains.listed(COUNTS)}"
    of_unit = domains.summed(plan, "SUM(y) AS y, SUM(x) AS x, MAX(n) AS n", domains.UNIT, where="n_rows > 0")
    return {
        "cell": _cells(plan),
        "domain": domains.numbered(plan, of_domain, domains.summed(plan, f"MAX(edition) AS edition, {sums}")),
        "score": f"SELECT domain_no, time_period, {unit}, u.y, u.x, {_score(plan)} AS z, u.n "
        f"FROM (SELECT {k}, {unit}, {as_double('y', 'x')}, n FROM ({of_unit}) AS unit_sum) AS u "
        f"JOIN domain AS d USING ({k})",
        "sampled": domains.sampled(plan, "score"),
        "estimate": _estimates(plan),
    }


def _cells(plan: SurveyPlan) -> str:
    """The only scan of the records; one without an answer to numerator or denominator is in no sum, and is counted."""
    k = domains.listed(domains.cell_keys(plan))
    y = expressions.sql(plan.rows.numerator)
    x = "1" if plan.rows.denominator is None else expressions.sql(plan.rows.denominator)
    whole = "NOT y IS NULL AND NOT x IS NULL"
    part = whole if plan.rows.denominator is None else f"{whole} AND (x <> 0 OR y <> 0)"
    of_x: tuple[str, ...] = () if plan.rows.denominator is None else ("x",)  # a total's x is 1: no factor
    factors = {"w": (), "y": ("y",), "x": of_x, "yy": ("y", "y"), "yx": ("y", *of_x), "xx": (*of_x, *of_x)}
    sums = [f"{weighted(factors[name], part if name == 'w' else whole)} AS {name}" for name in WEIGHTED_SUMS]
    counts = {
        "n": f"{part} AND weight > 0",
        "n_rows": part,
        "n_missing": "y IS NULL OR x IS NULL",
        "outside": "y < 0 OR y > x",
    }
    sums += [f"COUNT(CASE WHEN {condition} THEN 1 END) AS {name}" for name, condition in counts.items()]
    return f"SELECT {k}, {', '.join(sums)} FROM {domains.asked(plan, y=y, x=x)} AS record GROUP BY {k}"


def _score(plan: SurveyPlan) -> str:
    """Of a total the value itself; of a ratio R = Y / X, (y - R x) / X."""
    if plan.is_total:
        return "u.y"
    return "(u.y - d.y / NULLIF(d.x, 0) * u.x) / NULLIF(d.x, 0)"


def _estimates(plan: SurveyPlan) -> str:
    k = domains.listed(domains.keys(plan))
    if plan.is_total:
        value, denominator = "CASE WHEN n > 0 THEN y END", "CAST(NULL AS DOUBLE)"
        squares = "(yy - y * y / NULLIF(w, 0))"
    else:
        value, denominator = "y / NULLIF(x, 0)", "x"
        squares = "(yy - 2 * y / NULLIF(x, 0) * yx + (y / NULLIF(x, 0)) * (y / NULLIF(x, 0)) * xx) / (x * x)"
    zero = "" if plan.is_total else "WHEN x = 0 THEN 'zero_denominator' "
    share = "0" if plan.is_total else "CASE WHEN outside = 0 THEN 1 ELSE 0 END"
    return (
        f"SELECT domain_no, {k}, edition, {value} AS estimate, y AS numerator, {denominator} AS denominator, "
        f"{share} AS is_share, w * {squares} / NULLIF(n - 1, 0) AS spread, n, n_missing, "
        f"COALESCE(s.n_psu, 0) AS n_psu, COALESCE(s.df, 0) AS df, "
        f"CASE WHEN n = 0 THEN 'no_sample' {zero}END AS absent "
        f"FROM domain LEFT JOIN sampled AS s USING (domain_no)"
    )
