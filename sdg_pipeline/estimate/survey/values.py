"""Columns of the indicator table from the estimates of a survey: limits, classes of precision, and the policy.

What belongs here: the last common table expression, ``cube``, and what is said of its rows. What does not: statistics
(linear, curve), limits that SQL cannot compute (intervals), suppression of further cells (disclosure).
"""

from __future__ import annotations

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import marks, missing
from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey import curve, domains, linear
from sdg_pipeline.estimate.survey.variance import variance
from sdg_pipeline.specs.methods import Quantile

WITHHELD = missing.SUPPRESSED
"""Status of a value that the policy withholds; ``protection`` empties its row once all such rows are there."""
ABSENT = ("no_sample", "zero_denominator", "negative_values")
"""Why the records give no value (``absent`` of the steps linear and curve)."""


def scores(plan: SurveyPlan) -> domains.Steps:
    """The steps to ``score``, ``estimate`` and ``design``, which values and differences are made of."""
    return {"design": domains.design(plan), **(linear if plan.is_linear else curve).steps(plan)}


def cube(plan: SurveyPlan) -> domains.Steps:
    """The steps from ``scores`` to ``cube``, with a row per domain."""
    k = domains.listed(domains.keys(plan))
    error = "SQRT(v.variance)"
    woodruff = ""
    if _has_own_limits(plan):
        error = "(w.upper - w.lower) / (2 * w.t)"
        woodruff = "LEFT JOIN statistic AS w USING (domain_no) "
    own_limits = ", w.lower, w.upper" if woodruff else ", CAST(NULL AS DOUBLE) AS lower, CAST(NULL AS DOUBLE) AS upper"
    deff = "v.variance / NULLIF(e.spread, 0)"
    if isinstance(plan.method, Quantile):  # of the share at or below the quantile
        deff = "f.variance / NULLIF(e.spread, 0)"
        woodruff += "LEFT JOIN share_variance AS f USING (domain_no) "
    replicated = plan.design.replication is not None
    spread = "SELECT domain_no, variance FROM replicate_variance" if replicated else variance(plan.design)
    present = "CASE WHEN e.absent IS NULL THEN {} END"
    rows_of = literal(domains.level_of_rows(plan).value)
    rows = (
        f"SELECT {rows_of} AS rows_of, {k}, e.edition, {present.format('e.estimate')} AS estimate, "
        f"e.numerator, e.denominator, e.is_share, {present.format(error)} AS error, {deff} AS deff, "
        f"e.n, e.n_missing, e.n_psu, e.df, s.t, e.absent"
        f"{own_limits} FROM estimate AS e LEFT JOIN variance AS v USING (domain_no) {woodruff}"
        f"LEFT JOIN student AS s ON s.df = e.df"
    )
    return {"variance": spread, "cube": rows}


def columns(plan: SurveyPlan) -> dict[str, str | None]:
    """Value, precision and status of a row of ``cube c``.

    Rows that the policy withholds have status ``Q`` and still all their figures: which others must be withheld with
    them depends on the figures.
    """
    times = plan.multiplier
    value, error = f"{times} * c.estimate", f"{times} * c.error"
    cv = "100 * c.error / NULLIF(ABS(c.estimate), 0)"
    reason = f"COALESCE(c.absent, {_withheld(plan)})"
    apart = marks.not_comparable(plan.rows)
    broken, why = ("".join(f"WHEN {mark[0]} THEN {literal(mark[place])} " for mark in apart) for place in (1, 2))
    return {
        "obs_value": value,
        "numerator": "c.numerator",
        "denominator": "c.denominator",
        "denominator_source": "CASE WHEN NOT c.denominator IS NULL THEN CONCAT(p.source, '/', p.edition) END",
        "n_obs": "c.n",
        "n_missing": "c.n_missing",
        "n_psu": "c.n_psu",
        "std_error": error,
        "cv": cv,
        "ci_lower": f"{times} * ({_limit(plan, 'lower', '-')})",
        "ci_upper": f"{times} * ({_limit(plan, 'upper', '+')})",
        "deff": "c.deff",
        "df": "c.df",
        "precision": _precision(plan, cv),
        "obs_status": f"CASE WHEN NOT c.absent IS NULL THEN {missing.status('c.absent', *ABSENT)} "
        f"WHEN NOT {reason} IS NULL THEN {literal(WITHHELD)} "
        f"{broken}WHEN {_is_low(plan, cv)} THEN 'U' ELSE 'A' END",
        "obs_reason": f"COALESCE({reason}, CASE {why}WHEN {_is_low(plan, cv)} THEN 'low_precision' END)",
        "geo_vintage": literal(plan.rows.table.geography.vintage),
    }


def _limit(plan: SurveyPlan, side: str, sign: str) -> str:
    """A quantile has limits of its own, a share those of its logit, all else those of Student's t.

    Limits of rare shares stay empty here: intervals.korn_graubard gives them.
    """
    straight = f"c.estimate {sign} c.t * c.error"
    if _has_own_limits(plan):
        return f"c.{side}"
    if plan.is_total or not plan.is_linear:
        return straight
    rare = plan.policy.rare_share
    logit = f"LN(c.estimate / (1 - c.estimate)) {sign} c.t * c.error / (c.estimate * (1 - c.estimate))"
    return (
        f"CASE WHEN c.is_share = 0 THEN {straight} "
        f"WHEN c.estimate > {rare} AND c.estimate < {1 - rare} THEN 1 / (1 + EXP(-({logit}))) END"
    )


def _has_own_limits(plan: SurveyPlan) -> bool:
    """Whether limits come from the distribution itself: those of quantiles, unless the sample is replicated."""
    return isinstance(plan.method, Quantile) and plan.design.replication is None


def _withheld(plan: SurveyPlan) -> str:
    """Why the policy withholds a value, if it does."""
    least, cv = plan.policy.minimum, plan.policy.cv
    low = f"WHEN 100 * c.error >= {cv.low} * ABS(c.estimate) THEN 'low_precision' " if cv.when_low == "withhold" else ""
    return (
        f"CASE WHEN c.n < {least.records} THEN 'small_sample' WHEN c.n_psu < {least.psus} THEN 'few_psus' "
        f"WHEN c.df < {least.df} THEN 'few_df' {low}END"
    )


def _is_low(plan: SurveyPlan, cv: str) -> str:
    return f"{cv} >= {plan.policy.cv.low}"


def _precision(plan: SurveyPlan, cv: str) -> str:
    """The class by the CV; where the estimate is 0 there is none, and the limits must tell."""
    return (
        f"CASE WHEN c.estimate = 0 OR c.error IS NULL THEN 'undetermined' WHEN {cv} < {plan.policy.cv.moderate} "
        f"THEN 'high' WHEN {_is_low(plan, cv)} THEN 'low' ELSE 'moderate' END"
    )
