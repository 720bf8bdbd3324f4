"""Benchmarking: proportions of small areas that add up to the direct total of their group.

What belongs here: the adjustment and its price in mean squared error. What does not: how the estimates were made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sdg_pipeline.errors import ModelError
from sdg_pipeline.estimate.small_area.areas import refuse, refuse_unequal
from sdg_pipeline.estimate.small_area.in_order import dot

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sdg_pipeline.estimate.small_area.areas import Floats

MODEL = "benchmarking"
TOLERANCE = 1e-13
"""Of the shift, which is a relative error of odds."""


@dataclass(frozen=True, eq=False)
class Benchmarked:
    """Adjusted proportions of D areas in their order, and what was done in each of G groups.

    ``adjustment`` is the shift of the logits of a group. ``discrepancy`` is the direct less the model total in standard
    errors of the direct one, NaN where its variance is missing. Beyond 2 or so, suspect the model in that group.
    """

    estimate: Floats
    mse: Floats
    groups: tuple[str, ...]
    model_total: Floats
    direct_total: Floats
    adjustment: Floats
    discrepancy: Floats


@dataclass(frozen=True, eq=False)
class Areas:
    """D areas: proportion theta_d, its mean squared error, population N_d and key of the group, (D) in one order."""

    estimate: ArrayLike
    mse: ArrayLike
    population: ArrayLike
    group: Sequence[str]


def benchmark(
    areas: Areas, totals: Mapping[str, float], total_variances: Mapping[str, float] | None = None
) -> Benchmarked:
    """Adjust theta_d (D) so that N_d theta_d sums to the direct total in every group, and stays inside (0, 1).

    ``totals`` holds the direct total of every group in the unit of N_d theta_d, ``total_variances`` its variance in
    that unit squared.

    The logits of a group are shifted by one amount, so that odds are multiplied by one factor. The order is kept, and
    no proportion reaches 0 or 1. A proportion and its complement are adjusted alike. A ratio, which was used before,
    left areas at 1. Source: Rosenman, McCartan and Olivella (2023). Recalibration of predicted probabilities using the
    "logit shift": why does it work, and when can it be expected to work well? Political Analysis 31, 651-661.

    ``mse`` becomes mse_d + (adjusted - theta_d)². theta_d is, approximately, the mean of the area given the data. Its
    error is therefore uncorrelated with an adjustment made from the same data, and squares add up. This is the price if
    the model holds; where it fails in a group, the adjustment removes bias and the true error falls instead. Source:
    You, Rao and Dick (2004). Benchmarking hierarchical Bayes small area estimators in the Canadian census undercoverage
    estimation. Statistics in Transition 6, 631-640.

    Raises ModelError for groups without total and the reverse, unusable numbers, and totals that cannot be reached.
    """
    import numpy

    theta, error, people = (numpy.asarray(v, dtype=float) for v in (areas.estimate, areas.mse, areas.population))
    keys, variances = numpy.asarray(areas.group, dtype=object), total_variances or {}
    refuse_unequal(MODEL, theta.shape, error.shape, people.shape, keys.shape)
    _refuse_numbers(theta, error, people)
    _refuse_groups(set(keys), totals, variances)
    adjusted, groups = theta.copy(), tuple(sorted(totals))
    model, direct = numpy.zeros(len(groups)), numpy.array([float(totals[g]) for g in groups])
    adjustment = numpy.zeros(len(groups))
    for i, name in enumerate(groups):
        member = keys == name
        model[i] = dot(people[member], theta[member])
        adjustment[i] = _shift(theta[member], people[member], float(direct[i]), name)
        adjusted[member] = _shifted(theta[member], adjustment[i])
    spread = numpy.sqrt([variances.get(g, math.nan) for g in groups])
    return Benchmarked(
        estimate=adjusted,
        mse=error + (adjusted - theta) ** 2,
        groups=groups,
        model_total=model,
        direct_total=direct,
        adjustment=adjustment,
        discrepancy=(direct - model) / spread,
    )


def _refuse_numbers(theta: Floats, error: Floats, people: Floats) -> None:
    outside = ~((theta > 0) & (theta < 1))
    refuse(MODEL, "estimate", outside, "not inside (0, 1)", "leave areas without estimate out")
    refuse(MODEL, "mse", ~((error >= 0) & (error < math.inf)), "not 0 or more", "pass mean squared errors")
    refuse(MODEL, "population", ~((people >= 0) & (people < math.inf)), "not 0 or more", "pass persons")


def _refuse_groups(groups: set[str], totals: Mapping[str, float], variances: Mapping[str, float]) -> None:
    alone = groups ^ {name for name, total in totals.items() if math.isfinite(total)}
    alone |= {name for name, v in variances.items() if name not in totals or not 0 < v < math.inf}
    if alone:
        raise ModelError(
            MODEL,
            "every group needs areas and a finite direct total, whose variance, if given, is above 0",
            value=", ".join(sorted(alone)),
            remedy="pass the direct total of every group of the areas and of no other",
        )


def _shifted(theta: Floats, shift: float) -> Floats:
    from scipy.special import expit, logit

    shifted: Floats = expit(logit(theta) + shift)
    return shifted


def _shift(theta: Floats, people: Floats, total: float, name: str) -> float:
    """The shift of logits with which a group has its total. It lies where all areas would have the mean of the total.
    That is between the shift of the area with the largest logit and that of the smallest.
    """
    from scipy.optimize import brentq
    from scipy.special import logit

    mean = total / people.sum() if people.sum() > 0 else math.nan
    if not 0 < mean < 1:
        raise ModelError(
            MODEL,
            "no proportions inside (0, 1) give the total",
            place=f"group {name}",
            value=total,
            remedy="compare the total with the population",
        )
    apart = logit(mean) - logit(theta)
    low, high = float(apart.min()), float(apart.max())
    if high - low < TOLERANCE:
        return low
    root: float = brentq(lambda shift: dot(people, _shifted(theta, shift)) - total, low, high, xtol=TOLERANCE)
    return root
