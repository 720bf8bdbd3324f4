"""Statistics that R `survey` has not, as functions of the weights, and their exact derivatives by each weight.

What belongs here: formulas of inequality straight from their definitions, slow and clear, and their derivatives in closed
form for surveys of many records. What does not: variances. The derivatives are scores: the variance of a statistic is
that of their weighted total (Deville 1999), which R computes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from support.surveys import Key, Survey

Numbers = npt.NDArray[Any]
"""Values are real; weights may be complex, see ``differentiated``."""
Statistic = Callable[[Numbers, Numbers], Any]
"""Of values, shape (n,), and weights, shape (n,) or (m, n) for m times the same."""
Scored = Callable[[Numbers, Numbers], tuple[float, Numbers]]
"""Value and scores, of values and weights."""
Bounds = tuple[float, float]
STEP = 1e-30


def gini(y: Numbers, w: Numbers) -> Any:
    """Mean difference of all pairs of the population, over twice the mean."""
    apart = np.abs(y[:, None] - y)
    return (w @ apart * w).sum(axis=-1) / (2 * w.sum(axis=-1) * (w @ y))


def poorest(y: Numbers, w: Numbers, p: float) -> Any:
    """Total of the poorest share p (generalised Lorenz curve): max over q of p N q - sum w (q - y)+."""
    totals = p * w.sum(axis=-1, keepdims=True) * y - w @ np.maximum(y - y[:, None], 0)
    best = np.take_along_axis(totals, totals.real.argmax(axis=-1, keepdims=True), axis=-1)[..., 0]
    return best if p > 0 else 0 * best


def share(interval: Bounds, over: Bounds = (0.0, 1.0)) -> Statistic:
    """What one part of the population has for each unit of another; `of` (0.8, 1) over (0, 0.2) is S80/S20."""

    def ratio(y: Numbers, w: Numbers) -> Any:
        above, below = (poorest(y, w, upper) - poorest(y, w, lower) for lower, upper in (interval, over))
        return above / below

    return ratio


def poverty(line: float, alpha: int) -> Statistic:
    """Mean over the population of ((line - y) / line)^alpha of those below the line (Foster, Greer, Thorbecke)."""

    def mean(y: Numbers, w: Numbers) -> Any:
        return w @ np.where(y < line, (1 - y / line) ** alpha, 0.0) / w.sum(axis=-1)

    return mean


def differentiated(statistic: Statistic) -> Scored:
    """The statistic with its derivative by each weight, exact: the imaginary part after an imaginary step."""

    def scored(y: Numbers, w: Numbers) -> tuple[float, Numbers]:
        stepped = w + 1j * STEP * np.eye(len(w))  # a row for each weight
        return float(statistic(y, w)), np.imag(statistic(y, stepped)) / STEP

    return scored


def gini_closed(y: Numbers, w: Numbers) -> tuple[float, Numbers]:
    """The same as ``differentiated(gini)`` by one sort.

    dG / dw_i = G (2 s_i / D - 1 / N - y_i / Y), with s_i = sum_j w_j |y_i - y_j|, D = sum_i w_i s_i, Y the total.
    """
    order = np.argsort(y, kind="stable")
    sorted_y, sorted_w = y[order], w[order]
    population, total = w.sum(), w @ y
    before, sum_before = np.cumsum(sorted_w), np.cumsum(sorted_w * sorted_y)
    apart = np.empty(len(y))
    apart[order] = sorted_y * (2 * before - population) - 2 * sum_before + total
    pairs = w @ apart
    value = pairs / (2 * population * total)
    return value, value * (2 * apart / pairs - 1 / population - y / total)


def share_closed(interval: Bounds, over: Bounds = (0.0, 1.0)) -> Scored:
    """The same as ``differentiated(share(…))`` by one sort: dT(p) / dw_i = p q - (q - y_i)+, q the quantile of p."""

    def part(y: Numbers, w: Numbers, bounds: Bounds) -> tuple[float, Numbers]:
        order = np.argsort(y, kind="stable")
        reached = np.cumsum(w[order])
        totals, derivatives = [], []
        for p in bounds:
            q = y[order][np.searchsorted(reached, p * reached[-1])] if p < 1 else y.max()
            derivative = p * q - np.maximum(q - y, 0) if p > 0 else np.zeros(len(y))
            derivatives.append(derivative)
            totals.append(float(w @ derivative))  # homogeneous of degree 1 in the weights
        return totals[1] - totals[0], derivatives[1] - derivatives[0]

    def scored(y: Numbers, w: Numbers) -> tuple[float, Numbers]:
        above, above_by = part(y, w, interval)
        below, below_by = part(y, w, over)
        return above / below, (above_by - above / below * below_by) / below

    return scored


def with_scores(
    survey: Survey, measure: str, statistic: Scored, by: tuple[str, ...]
) -> tuple[Survey, dict[Key, float]]:
    """The sample with a measure ``score``, the scores within each domain; and the statistic of each domain."""
    records = survey.records.assign(score=np.where(survey.records[measure].isna(), math.nan, 0.0))
    values = {}
    for key, group in records.groupby(list(by)) if by else [((), records)]:
        used = group[(group["weight"] > 0) & group[measure].notna()]
        y, w = used[measure].to_numpy(float), used["weight"].to_numpy(float)
        values[key], scores = statistic(y, w) if len(used) else (math.nan, [])
        records.loc[used.index, "score"] = scores
    return replace(survey, records=records), values
