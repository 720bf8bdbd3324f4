"""Whether two answers about a sample are the same.

What belongs here: the comparison, and which limits the pipeline gives. What does not: who answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from scipy.stats import t

from support.surveys import Ask, Estimate, Key

RELATIVE = 1e-9
ROUNDING = 1e-12
"""Of the value; what is less is a difference of large numbers, such as the standard error of a constant."""


def differences(
    ask: Ask, ours: Mapping[Key, Estimate], theirs: Mapping[Key, Estimate], *, deff: bool = True
) -> Iterator[str]:
    """What is not the same, a line each. ``theirs`` have as ``limits`` those that ours should have."""
    for key in sorted(set(ours) | set(theirs)):
        place = f"{ask.name} {' '.join(key) or 'all'}"
        if key not in ours or key not in theirs:
            estimate = ours.get(key) or theirs[key]
            if estimate.weighted or not math.isnan(estimate.value):
                yield f"{place}: only {'theirs' if key in theirs else 'ours'}"
            continue
        for what, our, their, scale in _pairs(ask, ours[key], theirs[key], deff):
            if not _same(our, their, scale):
                yield f"{place}: {what} {our!r}, theirs {their!r}"


def _pairs(ask: Ask, our: Estimate, their: Estimate, deff: bool) -> Iterator[tuple[str, float, float, float]]:
    """Figures to compare: name, ours, theirs, and the size of what they are differences of."""
    if not their.weighted:
        yield "value", our.value, math.nan, 0
        return
    if our.error == "few_df":  # the pipeline withholds what no error can be told of
        yield "df", 0, their.df, 0
        return
    yield "value", our.value, their.value, 0
    yield "weighted", our.weighted, their.weighted, 0
    if math.isnan(their.value):  # R gives 0 / 0 an error of 0
        return
    yield "df", our.df, their.df, 0
    size = abs(their.value) + (0 if math.isnan(their.std_error) else their.std_error)
    if not _touches(ask, their):
        yield "std_error", our.std_error, their.std_error, size
    if not (_touches(ask, their) or _at_an_end(ask, their) or _at_a_step(ask, our, their)):
        for what, mine, other in zip(("lower limit", "upper limit"), our.limits, their.limits, strict=True):
            yield what, mine, other, size
    if deff and ask.deff and abs(their.std_error) > ROUNDING * size and their.deff < 1 / ROUNDING:
        yield "deff", our.deff, their.deff, 0


def _touches(ask: Ask, theirs: Estimate) -> bool:
    """Whether a quantile has a limit at a share of 0 or 1 to rounding, which decides whether there is one."""
    return ask.statistic == "quantile" and any(min(abs(p), abs(1 - p)) < RELATIVE for p in theirs.logit)


def _at_an_end(ask: Ask, theirs: Estimate) -> bool:
    """Whether a share is 0 or 1, and who is asked has no limits of such."""
    is_share = ask.statistic == "prop" or ask.variable in SHARES
    return is_share and theirs.value in (0.0, 1.0) and math.isnan(theirs.limits[0])


def _at_a_step(ask: Ask, ours: Estimate, theirs: Estimate) -> bool:
    """Whether a quantile's share has no error: rounding decides on which side of a step both its limits lie."""
    return ask.statistic == "quantile" and all(limits[0] == limits[1] for limits in (ours.limits, theirs.limits))


def _same(our: float, their: float, scale: float) -> bool:
    if math.isnan(our) or math.isnan(their):
        return math.isnan(our) and math.isnan(their)
    return math.isclose(our, their, rel_tol=RELATIVE, abs_tol=ROUNDING * scale)


def with_limits(ask: Ask, theirs: Mapping[Key, Estimate], *, rare: bool = False) -> dict[Key, Estimate]:
    """The answers with the limits that the pipeline gives: of shares logit ones, or Korn-Graubard's where ``rare``.

    Of a ratio that is a share, R is not asked for logit limits: they follow from its value, error and df.
    """
    chosen = {}
    for key, estimate in theirs.items():
        limits = estimate.limits
        if ask.statistic == "prop":
            limits = estimate.korn_graubard if rare else estimate.logit
        elif ask.statistic == "ratio" and ask.variable in SHARES:
            limits = logit(estimate)
        chosen[key] = replace(estimate, limits=limits)
    return chosen


SHARES = (
    "poor_persons", "poor_adult",
    "educational_lag", "no_food", "no_social_security", "piped_water", "persons_with_water", "internet", "physical_violence",
    "needs_dwelling", "victims",
)  # fmt: skip
"""Numerators that are a part of every denominator that they are asked with."""


def logit(estimate: Estimate) -> tuple[float, float]:
    """expit(logit p ± t(df) se / (p (1 - p))); nothing at 0 and 1."""
    p = estimate.value
    if math.isnan(p) or estimate.df < 1 or not 0 < p < 1:
        return math.nan, math.nan
    centre = math.log(p / (1 - p))
    margin = float(t.ppf(0.975, estimate.df)) * estimate.std_error / (p * (1 - p))
    return 1 / (1 + math.exp(margin - centre)), 1 / (1 + math.exp(-margin - centre))
