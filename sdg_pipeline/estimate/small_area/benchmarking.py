"""Benchmarking: estimates of small areas that add up to the direct total of their group.

What belongs here: the adjustment and its price in mean squared error. What does not: how the estimates were made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sdg_pipeline.errors import ModelError
from sdg_pipeline.estimate.small_area.areas import refuse, refuse_unequal
from sdg_pipeline.estimate.small_area.in_order import dot

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sdg_pipeline.estimate.small_area.areas import Flags, Floats

MODEL = "benchmarking"
UNLIMITED = (-math.inf, math.inf)
PROPORTION = (0.0, 1.0)
Method = Literal["ratio", "difference"]


@dataclass(frozen=True, eq=False)
class Benchmarked:
    """Adjusted estimates of D areas in their order, and what was done in each of G groups.

    ``at_limit`` marks the areas at a limit. ``adjustment`` is the factor of the other areas of a group, or their shift
    in the unit of the estimates. ``discrepancy`` is the direct less the model total in standard errors of the direct
    one, NaN where its variance is missing: beyond 2 or so, suspect the model in that group.
    """

    estimate: Floats
    mse: Floats
    at_limit: Flags
    groups: tuple[str, ...]
    model_total: Floats
    direct_total: Floats
    adjustment: Floats
    discrepancy: Floats


@dataclass(frozen=True, eq=False)
class Areas:
    """D areas: theta_d, its mean squared error, the population N_d and the key of the group, each (D) in one order."""

    estimate: ArrayLike
    mse: ArrayLike
    population: ArrayLike
    group: Sequence[str]


def benchmark(
    areas: Areas,
    totals: Mapping[str, float],
    total_variances: Mapping[str, float] | None = None,
    method: Method = "ratio",
    limits: tuple[float, float] = UNLIMITED,
) -> Benchmarked:
    """Adjust theta_d (D) so that N_d theta_d sums to the direct total in every group.

    ``totals`` holds the direct total of every group in the unit of N_d theta_d, ``total_variances`` its variance in
    that unit squared.

    ``ratio``, the default, multiplies the areas of a group by one factor: 0 stays 0, nothing becomes negative, and how
    areas compare with each other (twice as poor) is kept. ``difference`` adds one amount to all of them, for estimates
    that may be negative. ``limits`` (``PROPORTION`` for proportions) hold an area that would pass them at the limit
    and share what is left among the others; the sum stays that of the group.

    ``mse`` becomes mse_d + (adjusted - theta_d)². theta_d is, approximately, the mean of the area given the data, so
    its error is uncorrelated with an adjustment made from the same data, and squares add up: You, Y., Rao, J. N. K. and
    Dick, P. (2004), Benchmarking hierarchical Bayes small area estimators in the Canadian census undercoverage
    estimation, Statistics in Transition 6, 631-640. This is the price if the model holds; where it fails in a group,
    the adjustment removes bias and the true error falls instead.

    Raises ModelError for groups without total and the reverse, unusable numbers, and totals that cannot be reached.
    """
    import numpy

    theta, error, people = (numpy.asarray(v, dtype=float) for v in (areas.estimate, areas.mse, areas.population))
    keys, variances = numpy.asarray(areas.group, dtype=object), total_variances or {}
    refuse_unequal(MODEL, theta.shape, error.shape, people.shape, keys.shape)
    _refuse_numbers(theta, error, people)
    _refuse_groups(set(keys), totals, variances)
    rule, adjusted = _Rule(method, limits), numpy.clip(theta, *limits)
    groups = tuple(sorted(totals))
    model, direct = numpy.zeros(len(groups)), numpy.array([float(totals[g]) for g in groups])
    adjustment = numpy.zeros(len(groups))
    for i, name in enumerate(groups):
        member = keys == name
        model[i] = dot(people[member], theta[member])
        adjusted[member], adjustment[i] = _adjusted(adjusted[member], people[member], float(direct[i]), rule, name)
    spread = numpy.sqrt([variances.get(g, math.nan) for g in groups])
    return Benchmarked(
        estimate=adjusted,
        mse=error + (adjusted - theta) ** 2,
        at_limit=(adjusted <= limits[0]) | (adjusted >= limits[1]),
        groups=groups,
        model_total=model,
        direct_total=direct,
        adjustment=adjustment,
        discrepancy=(direct - model) / spread,
    )


def _refuse_numbers(theta: Floats, error: Floats, people: Floats) -> None:
    import numpy

    refuse(MODEL, "estimate", ~numpy.isfinite(theta), "not finite", "leave areas without estimate out")
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


@dataclass(frozen=True)
class _Rule:
    """How areas are adjusted, and the limits that they keep."""

    method: Method
    limits: tuple[float, float]


def _adjusted(theta: Floats, people: Floats, total: float, rule: _Rule, name: str) -> tuple[Floats, float]:
    """The adjusted areas of one group and the adjustment of those that are free.

    theta lies within the limits, so an adjustment passes but one of them, and holding areas there can only send the
    others further the same way: none needs to be freed again, and as many rounds as areas are enough.
    """
    import numpy

    base = theta if rule.method == "ratio" else numpy.ones(len(theta))
    if rule.method == "ratio" and (total < 0 or (theta < 0).any()):
        raise ModelError(
            MODEL,
            "a ratio needs a total and estimates of 0 or more",
            place=f"group {name}",
            value=min(total, float(theta.min())),
            remedy="set limits, or use the difference",
        )
    rounding = 1e-12 * (abs(total) + dot(people, abs(theta)))
    values, free = theta.copy(), numpy.ones(len(theta), dtype=bool)
    while True:
        missing = total - dot(people, numpy.where(free, theta, values))
        reach = dot(people[free], base[free])
        if reach == 0 and abs(missing) > rounding:
            raise ModelError(
                MODEL,
                "no adjustment within the limits gives the total",
                place=f"group {name}",
                value=total,
                remedy="compare the total with the population times the limits",
            )
        share = float(missing / reach) if reach > 0 else 0.0
        values[free] = (theta + share * base)[free]
        passed = free & ((values < rule.limits[0]) | (values > rule.limits[1]))
        if not passed.any():
            return values, share + (rule.method == "ratio")
        values[passed] = numpy.clip(values[passed], *rule.limits)
        free &= ~passed
