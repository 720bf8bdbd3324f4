"""Statistics of a distribution: quantiles, Gini coefficients, and what parts of the population have of a total.

What belongs here: the distribution of each domain, and estimates and scores from it. What does not: variance.
A score is a function of the value alone, so that it is computed once for each value of a domain.
"""

from __future__ import annotations

from functools import singledispatch

from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey import domains
from sdg_pipeline.estimate.survey.sums import as_double, exact, ordered
from sdg_pipeline.estimate.survey.variance import variance
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.methods import Gini, Quantile, Share


def steps(plan: SurveyPlan) -> domains.Steps:
    """``cell``, ``domain``, ``valued``, ``sampled``, ``curve``, those of the statistic, ``score`` and ``estimate``."""
    k = domains.listed(domains.keys(plan))
    of_domain = f"{k}, edition, {as_double('x', 'y')}, lowest, n, n_missing"
    placed = domains.summed(plan, "SUM(w) AS w, SUM(n) AS n", (*domains.UNIT, "v"), where="NOT v IS NULL")
    units = f"(SELECT domain_no, time_period, stratum, SUM(n) AS n FROM valued GROUP BY {_UNIT}) AS unit"
    return {
        "cell": _cells(plan),
        "domain": domains.numbered(plan, of_domain, domains.summed(plan, _OF_DOMAIN)),
        "valued": f"SELECT domain_no, time_period, {domains.listed(domains.UNIT)}, v, w, p.n "
        f"FROM ({placed}) AS p JOIN domain AS d USING ({k})",
        "sampled": domains.sampled(plan, units),
        "curve": _CURVE,
        **_statistic(plan.method, plan),
    }


_UNIT = domains.listed(("domain_no", "time_period", *domains.UNIT))
_VALUED = "CASE WHEN NOT v IS NULL THEN {} ELSE 0 END"
_OF_DOMAIN = (
    f"MAX(edition) AS edition, SUM({_VALUED.format('w')}) AS x, {exact('CAST(w AS DOUBLE) * v')} AS y, "
    f"MIN(v) AS lowest, SUM({_VALUED.format('n')}) AS n, SUM(CASE WHEN v IS NULL THEN n_rows ELSE 0 END) AS n_missing"
)
"""By domain its weight ``x``, its total ``y`` and its lowest value, its records with and without a value."""
_UP_TO = "OVER (PARTITION BY domain_no ORDER BY v ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
_CURVE = (
    f"SELECT domain_no, v, CAST(w AS DOUBLE) AS w, CAST(SUM(w) {_UP_TO} AS DOUBLE) AS c, "
    f"CAST({exact('CAST(w AS DOUBLE) * v')} {_UP_TO} AS DOUBLE) AS s "
    "FROM (SELECT domain_no, v, SUM(w) AS w FROM valued WHERE w > 0 GROUP BY domain_no, v) AS value_weight"
)
"""By value of a domain its weight ``w``, and weight ``c`` and total ``s`` up to and with it."""


def _cells(plan: SurveyPlan) -> str:
    """The only scan of the records: weights by value; records without a value stand under an empty one."""
    k = domains.listed(domains.cell_keys(plan))
    return (
        f"SELECT {k}, v, {exact('weight')} AS w, COUNT(CASE WHEN weight > 0 THEN 1 END) AS n, COUNT(*) AS n_rows "
        f"FROM {domains.asked(plan, v=expressions.sql(plan.rows.numerator))} AS record GROUP BY {k}, v"
    )


@singledispatch
def _statistic(method: object, plan: SurveyPlan) -> domains.Steps:
    """The steps from ``curve`` to ``score`` and ``estimate``; each statistic of a distribution registers here."""
    raise NotImplementedError(f"estimate.survey.curve has no statistic {type(method).__name__}")


def _scores(z: str, join: str) -> str:
    """Scores by PSU, with ``zz`` for what simple random sampling would have given."""
    w, unit = "CAST(r.w AS DOUBLE)", "r.domain_no, r.time_period, r.stratum, r.psu"
    return (
        f"SELECT {unit}, {ordered(f'{w} * ({z})')} AS z, {ordered(f'{w} * ({z}) * ({z})')} AS zz, SUM(r.n) AS n "
        f"FROM valued AS r JOIN domain AS d USING (domain_no) {join} GROUP BY {unit}"
    )


def _estimates(plan: SurveyPlan, estimate: str, join: str, absent: str) -> str:
    """A row a domain; a distribution with negative values has no share and no Gini coefficient."""
    return (
        f"SELECT domain_no, {domains.listed(domains.keys(plan), 'd')}, d.edition, {estimate} AS estimate, "
        "CAST(NULL AS DOUBLE) AS numerator, d.x AS denominator, 0 AS is_share, "
        f"d.x * q.zz / NULLIF(d.n - 1, 0) AS spread, d.n, d.n_missing, COALESCE(s.n_psu, 0) AS n_psu, "
        f"COALESCE(s.df, 0) AS df, {absent} AS absent FROM domain AS d "
        f"LEFT JOIN sampled AS s USING (domain_no) LEFT JOIN {join} USING (domain_no) "
        f"LEFT JOIN (SELECT domain_no, {ordered('zz')} AS zz FROM score GROUP BY domain_no) AS q USING (domain_no)"
    )


_ABSENT = "CASE WHEN d.n = 0 THEN 'no_sample' END"
_ABSENT_PART = (
    "CASE WHEN d.n = 0 THEN 'no_sample' WHEN d.lowest < 0 THEN 'negative_values' "
    "WHEN d.y = 0 THEN 'zero_denominator' END"
)


_VALUES = "curve AS c JOIN domain AS d USING (domain_no)"


@_statistic.register
def _gini(method: Gini, plan: SurveyPlan) -> domains.Steps:
    """G = sum of w_i w_j |y_i - y_j| over 2 N Y; the score is its derivative by w_k.

    It is A / (N Y) - G / N - G y / Y with A the sum of w_j |y - y_j|. Source: Langel and Tillé (2013). Variance
    estimation of the Gini index. JRSS A 176, 521-540.
    """
    apart = "(c.v * (2 * c.c - c.w - d.x) + d.y - 2 * c.s + c.w * c.v)"
    whole = (
        f"SELECT domain_no, {ordered(f'c.w * {apart}')} / (2 * MAX(d.x) * NULLIF(MAX(d.y), 0)) AS g "
        f"FROM {_VALUES} GROUP BY domain_no"
    )
    z = f"{apart} / (d.x * NULLIF(d.y, 0)) - t.g / d.x - t.g * r.v / NULLIF(d.y, 0)"
    joined = "JOIN curve AS c USING (domain_no, v) JOIN statistic AS t USING (domain_no)"
    estimates = _estimates(plan, "t.g", "statistic AS t", _ABSENT_PART)
    return {"statistic": whole, "score": _scores(z, joined), "estimate": estimates}


@_statistic.register
def _share(method: Share, plan: SurveyPlan) -> domains.Steps:
    """(T(b) - T(a)) over (T(d) - T(c)), where T(p) is the total of the poorest p of the population.

    T(p) = p N q - sum of w max(q - y, 0) with q the quantile of p, which is the maximum over q. So the score of T(p) is
    p q - max(q - y, 0). Shares 0 and 1 of the population are exact. Source: Langel and Tillé (2011). Statistical
    inference for the quintile share ratio. JSPI 141, 2976-2985.
    """
    points = tuple(dict.fromkeys((*method.part, *method.over)))
    inner = [p for p in points if 0 < p < 1]
    quantiles = ", ".join(f"MIN(CASE WHEN c.c >= {p!r} * d.x THEN c.v END) AS q{points.index(p)}" for p in inner)
    at = f"SELECT domain_no{', ' if inner else ''}{quantiles} FROM {_VALUES} GROUP BY domain_no"

    def total(p: float) -> str:
        i = points.index(p)
        if p in (0.0, 1.0):
            return "0.0" if p == 0 else "MAX(d.y)"
        return f"({p!r} * MAX(d.x) * MAX(a.q{i}) - {ordered(f'c.w * GREATEST(a.q{i} - c.v, 0)')})"

    def score(p: float) -> str:
        i = points.index(p)
        if p in (0.0, 1.0):
            return "0.0" if p == 0 else "r.v"
        return f"({p!r} * t.q{i} - GREATEST(t.q{i} - r.v, 0))"

    (low, high), (over_low, over_high) = method.part, method.over
    kept = "".join(f", MAX(a.q{points.index(p)}) AS q{points.index(p)}" for p in inner)
    whole = (
        f"SELECT domain_no{kept}, {total(high)} - {total(low)} AS part, {total(over_high)} - {total(over_low)} AS rest "
        f"FROM {_VALUES} JOIN at_point AS a USING (domain_no) GROUP BY domain_no"
    )
    over = f"({score(over_high)} - {score(over_low)})"
    z = f"({score(high)} - {score(low)} - t.part / NULLIF(t.rest, 0) * {over}) / NULLIF(t.rest, 0)"
    joined = "JOIN statistic AS t USING (domain_no)"
    estimates = _estimates(plan, "t.part / NULLIF(t.rest, 0)", "statistic AS t", _ABSENT_PART)
    return {"at_point": at, "statistic": whole, "score": _scores(z, joined), "estimate": estimates}


@_statistic.register
def _quantile(method: Quantile, plan: SurveyPlan) -> domains.Steps:
    """The lowest value with at least a share p of the weight at or below it, with the interval of Woodruff.

    The limits of the share at or below the quantile are taken back through the distribution. The standard error is
    their distance over twice the quantile of Student's t, as in R's survey 4.1. The score of the quantile is that of
    the share, scaled to this standard error. Source: Woodruff (1952). Confidence intervals for medians and other
    position measures. JASA 47, 635-646.
    """
    p = method.p
    at = f"SELECT domain_no, MIN(CASE WHEN c.c >= {p!r} * d.x THEN c.v END) AS q FROM {_VALUES} GROUP BY domain_no"
    below = (
        f"SELECT domain_no, MAX(CASE WHEN c.v <= a.q THEN c.c END) / MAX(d.x) AS f, MAX(a.q) AS q FROM {_VALUES} "
        f"JOIN at_point AS a USING (domain_no) GROUP BY domain_no"
    )
    z = "(CASE WHEN r.v <= b.q THEN 1.0 ELSE 0.0 END - b.f) / NULLIF(d.x, 0)"
    joined = "JOIN below AS b USING (domain_no)"
    margin = "s.t * SQRT(e.variance)"
    limits = (
        f"SELECT domain_no, b.q, b.f - {margin} AS low, b.f + {margin} AS high, s.t, e.variance "
        f"FROM domain AS d JOIN share_variance AS e USING (domain_no) {joined} "
        f"JOIN sampled AS n USING (domain_no) JOIN student AS s ON s.df = n.df"
    )

    def inverse(limit: str) -> str:
        """As in R: no limit where the share leaves 0 to 1; the lowest value where no weight lies below."""
        lowest = f"MIN(CASE WHEN c.c >= l.{limit} * d.x THEN c.v END)"
        return f"CASE WHEN MAX(l.{limit}) BETWEEN 0 AND 1 THEN COALESCE({lowest}, MAX(c.v)) END"

    whole = (
        f"SELECT domain_no, MAX(l.q) AS q, {inverse('low')} AS lower, {inverse('high')} AS upper, MAX(l.t) AS t, "
        f"MAX(l.variance) AS variance FROM {_VALUES} JOIN limits AS l USING (domain_no) GROUP BY domain_no"
    )
    error = "(t.upper - t.lower) / (2 * t.t)"
    scaled = (
        f"SELECT {_UNIT}, -z * {error} / NULLIF(SQRT(t.variance), 0) AS z, zz, n FROM share_score "
        f"JOIN statistic AS t USING (domain_no)"
    )
    estimates = _estimates(plan, "b.q", "below AS b", _ABSENT)
    return {
        "at_point": at,
        "below": below,
        "share_score": _scores(z, joined),
        "share_variance": variance(plan.design, "share_score"),
        "limits": limits,
        "statistic": whole,
        "score": scaled,
        "estimate": estimates,
    }
