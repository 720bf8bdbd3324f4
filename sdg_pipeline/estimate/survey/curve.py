"""Statistics of a distribution: quantiles, Gini coefficients, and what parts of the population have of a total.

What belongs here: the distribution of each domain, and estimates and scores from it. What does not: variance.
A score is a function of the value alone, so that it is computed once for each value of a domain.
"""

from __future__ import annotations

from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey import domains
from sdg_pipeline.estimate.survey.variance import variance
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.methods import Gini, Quantile, Share


def steps(plan: SurveyPlan) -> domains.Steps:
    """``cell``, ``valued``, ``unit``, ``domain``, ``curve``, those of the statistic, ``score`` and ``estimate``."""
    k, unit = domains.listed(domains.keys(plan)), domains.listed(domains.UNIT)
    given = "SUM(CASE WHEN NOT v IS NULL THEN n ELSE 0 END) AS n"
    return {
        "cell": _cells(plan),
        "valued": domains.summed(plan, _SUMS, (*domains.UNIT, "v")),
        "unit": f"SELECT {k}, {unit}, {given} FROM valued GROUP BY {k}, {unit}",
        "domain": _domains(k),
        "curve": _curve(k),
        **_statistic(plan, k),
    }


_SUMS = "MAX(edition) AS edition, SUM(w) AS w, SUM(n) AS n, SUM(n_rows) AS n_rows"


def _cells(plan: SurveyPlan) -> str:
    """The only scan of the records: weights by value; records without a value stand under an empty one."""
    k = domains.listed(domains.cell_keys(plan))
    return (
        f"SELECT {k}, v, SUM(weight) AS w, SUM(CASE WHEN weight > 0 THEN 1 ELSE 0 END) AS n, COUNT(*) AS n_rows "
        f"FROM (SELECT {k}, weight, CAST({expressions.sql(plan.rows.numerator)} AS DOUBLE) AS v "
        f"FROM {domains.rows(plan)}) AS record GROUP BY {k}, v"
    )


def _domains(k: str) -> str:
    """By domain its weight ``x``, its total ``y`` and its lowest value, its records and its PSUs."""
    given = "CASE WHEN NOT v IS NULL THEN {} ELSE 0 END"
    return (
        f"SELECT s.*, p.n_psu, p.n_strata FROM (SELECT {k}, MAX(edition) AS edition, "
        f"SUM({given.format('w')}) AS x, SUM({given.format('w * v')}) AS y, MIN(v) AS lowest, "
        f"SUM({given.format('n')}) AS n, SUM(CASE WHEN v IS NULL THEN n_rows ELSE 0 END) AS n_missing "
        f"FROM valued GROUP BY {k}) AS s JOIN (SELECT {k}, COUNT(CASE WHEN n > 0 THEN 1 END) AS n_psu, "
        f"COUNT(DISTINCT CASE WHEN n > 0 THEN stratum END) AS n_strata FROM unit GROUP BY {k}) AS p USING ({k})"
    )


def _curve(k: str) -> str:
    """By value of a domain its weight ``w``, and weight ``c`` and total ``s`` up to and with it."""
    up_to = f"OVER (PARTITION BY {k} ORDER BY v ROWS UNBOUNDED PRECEDING)"
    return (
        f"SELECT {k}, v, w, SUM(w) {up_to} AS c, SUM(w * v) {up_to} AS s "
        f"FROM (SELECT {k}, v, SUM(w) AS w FROM valued WHERE NOT v IS NULL AND w > 0 GROUP BY {k}, v) AS value_weight"
    )


def _statistic(plan: SurveyPlan, k: str) -> domains.Steps:
    method = plan.method
    if isinstance(method, Quantile):
        return _quantile(plan, k, method.p)
    if isinstance(method, Gini):
        return _gini(k)
    assert isinstance(method, Share), "estimate.plan: other methods are linear"
    return _share(k, method)


def _scores(k: str, z: str, join: str) -> str:
    """Scores by PSU, with ``zz`` for what simple random sampling would have given."""
    return (
        f"SELECT {k}, r.stratum, r.psu, SUM(r.w * ({z})) AS z, SUM(r.w * ({z}) * ({z})) AS zz, SUM(r.n) AS n "
        f"FROM valued AS r JOIN domain AS d USING ({k}) {join} WHERE NOT r.v IS NULL GROUP BY {k}, r.stratum, r.psu"
    )


def _estimates(k: str, estimate: str, join: str, numerator: str = "CAST(NULL AS DOUBLE)") -> str:
    """A row a domain; a distribution with negative values has no share and no Gini coefficient."""
    return (
        f"SELECT {k}, d.edition, {estimate} AS estimate, {numerator} AS numerator, d.x AS denominator, 0 AS is_share, "
        f"d.x * q.zz / NULLIF(d.n - 1, 0) AS spread, d.n, d.n_missing, d.n_psu, d.n_strata, "
        f"{_ABSENT} AS absent FROM domain AS d {join} "
        f"LEFT JOIN (SELECT {k}, SUM(zz) AS zz FROM score GROUP BY {k}) AS q USING ({k})"
    )


_ABSENT = "CASE WHEN d.n = 0 THEN 'no_sample' END"
_ABSENT_PART = (
    "CASE WHEN d.n = 0 THEN 'no_sample' WHEN d.lowest < 0 THEN 'negative_values' "
    "WHEN d.y = 0 THEN 'zero_denominator' END"
)


_CURVE = "curve AS c JOIN domain AS d USING ({0})"


def _gini(k: str) -> domains.Steps:
    """G = sum of w_i w_j |y_i - y_j| over 2 N Y; the score is its derivative by w_k.

    Langel and Tillé (2013), Variance estimation of the Gini index, JRSS A 176, 521-540: A / (N Y) - G / N - G y / Y
    with A the sum of w_j |y - y_j|.
    """
    apart = "(c.v * (2 * c.c - c.w - d.x) + d.y - 2 * c.s + c.w * c.v)"
    whole = (
        f"SELECT {k}, SUM(c.w * {apart}) / (2 * MAX(d.x) * NULLIF(MAX(d.y), 0)) AS g "
        f"FROM {_CURVE.format(k)} GROUP BY {k}"
    )
    z = f"{apart} / (d.x * NULLIF(d.y, 0)) - t.g / d.x - t.g * r.v / NULLIF(d.y, 0)"
    joined = f"JOIN curve AS c USING ({k}, v) JOIN statistic AS t USING ({k})"
    estimates = _estimates(k, "t.g", f"LEFT JOIN statistic AS t USING ({k})").replace(_ABSENT, _ABSENT_PART)
    return {"statistic": whole, "score": _scores(k, z, joined), "estimate": estimates}


def _share(k: str, method: Share) -> domains.Steps:
    """(T(b) - T(a)) over (T(d) - T(c)), where T(p) is the total of the poorest p of the population.

    T(p) = p N q - sum of w max(q - y, 0) with q the quantile of p, which is the maximum over q: so the score of T(p)
    is p q - max(q - y, 0) (Langel and Tillé 2011, Statistical inference for the quintile share ratio, JSPI 141,
    2976-2985). Shares 0 and 1 of the population are exact.
    """
    points = tuple(dict.fromkeys((*method.of, *method.over)))
    inner = [p for p in points if 0 < p < 1]
    quantiles = ", ".join(f"MIN(CASE WHEN c.c >= {p!r} * d.x THEN c.v END) AS q{points.index(p)}" for p in inner)
    at = f"SELECT {k}{', ' if inner else ''}{quantiles} FROM {_CURVE.format(k)} GROUP BY {k}"

    def total(p: float) -> str:
        i = points.index(p)
        if p in (0.0, 1.0):
            return "0.0" if p == 0 else "MAX(d.y)"
        return f"({p!r} * MAX(d.x) * MAX(a.q{i}) - SUM(c.w * GREATEST(a.q{i} - c.v, 0)))"

    def score(p: float) -> str:
        i = points.index(p)
        if p in (0.0, 1.0):
            return "0.0" if p == 0 else "r.v"
        return f"({p!r} * t.q{i} - GREATEST(t.q{i} - r.v, 0))"

    (low, high), (over_low, over_high) = method.of, method.over
    kept = "".join(f", MAX(a.q{points.index(p)}) AS q{points.index(p)}" for p in inner)
    whole = (
        f"SELECT {k}{kept}, {total(high)} - {total(low)} AS part, {total(over_high)} - {total(over_low)} AS rest "
        f"FROM {_CURVE.format(k)} JOIN at_point AS a USING ({k}) GROUP BY {k}"
    )
    over = f"({score(over_high)} - {score(over_low)})"
    z = f"({score(high)} - {score(low)} - t.part / NULLIF(t.rest, 0) * {over}) / NULLIF(t.rest, 0)"
    joined = f"JOIN statistic AS t USING ({k})"
    estimates = _estimates(k, "t.part / NULLIF(t.rest, 0)", f"LEFT {joined}").replace(_ABSENT, _ABSENT_PART)
    return {"at_point": at, "statistic": whole, "score": _scores(k, z, joined), "estimate": estimates}


def _quantile(plan: SurveyPlan, k: str, p: float) -> domains.Steps:
    """The lowest value with at least ``p`` of the weight at or below it, with the interval of Woodruff.

    Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47, 635-646: limits of the
    share at or below the quantile, taken back through the distribution; the standard error is their distance over
    twice the quantile of Student's t, as in R's survey 4.1. The score of the quantile is that of the share, scaled to
    this standard error.
    """
    at = f"SELECT {k}, MIN(CASE WHEN c.c >= {p!r} * d.x THEN c.v END) AS q FROM {_CURVE.format(k)} GROUP BY {k}"
    below = (
        f"SELECT {k}, MAX(CASE WHEN c.v <= a.q THEN c.c END) / MAX(d.x) AS f, MAX(a.q) AS q FROM {_CURVE.format(k)} "
        f"JOIN at_point AS a USING ({k}) GROUP BY {k}"
    )
    z = "(CASE WHEN r.v <= b.q THEN 1.0 ELSE 0.0 END - b.f) / NULLIF(d.x, 0)"
    joined = f"JOIN below AS b USING ({k})"
    margin = "s.t * SQRT(e.variance)"
    limits = (
        f"SELECT {k}, b.q, b.f - {margin} AS low, b.f + {margin} AS high, s.t, e.variance "
        f"FROM domain AS d JOIN share_variance AS e USING ({k}) {joined} "
        f"JOIN student AS s ON s.df = d.n_psu - d.n_strata"
    )

    def inverse(limit: str) -> str:
        """As in R: no limit where the share leaves 0 to 1; the lowest value where no weight lies below."""
        found = f"MIN(CASE WHEN c.c >= l.{limit} * d.x THEN c.v END)"
        return f"CASE WHEN MAX(l.{limit}) BETWEEN 0 AND 1 THEN COALESCE({found}, MAX(c.v)) END"

    whole = (
        f"SELECT {k}, MAX(l.q) AS q, {inverse('low')} AS lower, {inverse('high')} AS upper, MAX(l.t) AS t, "
        f"MAX(l.variance) AS variance FROM {_CURVE.format(k)} JOIN limits AS l USING ({k}) GROUP BY {k}"
    )
    error = "(t.upper - t.lower) / (2 * t.t)"
    scaled = (
        f"SELECT {k}, stratum, psu, -z * {error} / NULLIF(SQRT(t.variance), 0) AS z, zz, n FROM share_score "
        f"JOIN statistic AS t USING ({k})"
    )
    estimates = _estimates(k, "b.q", f"LEFT {joined}")
    return {
        "at_point": at,
        "below": below,
        "share_score": _scores(k, z, joined),
        "share_variance": variance(plan.design, k, "share_score"),
        "limits": limits,
        "statistic": whole,
        "score": scaled,
        "estimate": estimates,
    }
