"""Scales of charts: axes that fit their values, and classes of colours.

What belongs here: arithmetic of scales. What does not: words and shapes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = 5
"""How many steps an axis has at most."""
MARGIN = 0.03
"""Room beyond the lowest and the highest value, as a share of the axis."""
RESOLUTION = 1e-9
"""Values that are nearer than this are drawn as equal; indicators show six decimals at most."""
DIGITS = 12
"""A tick is rounded here: 3 * 0.1 is 0.3."""


@dataclass(frozen=True)
class Axis:
    """A scale from ``low`` to ``high`` with round ticks between them."""

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int
    """Digits after the point that tell the ticks apart."""

    @property
    def has_zero(self) -> bool:
        return self.low <= 0 <= self.high

    def place(self, value: float, start: float, end: float) -> float:
        """Where a value lies between the places of the two ends."""
        return start + (end - start) * (value - self.low) / (self.high - self.low)


def fitted_axis(values: Sequence[float]) -> Axis:
    """An axis around the values; it begins at zero where zero is nearer to them than they are apart."""
    low, high = min(values), max(values)
    if high - low < RESOLUTION:
        margin = abs(low) / 10 if abs(low) > RESOLUTION else 1.0
        low, high = low - margin, high + margin
    begins_at_zero, ends_at_zero = 0 <= low <= high - low, low - high <= high <= 0
    margin = MARGIN * (high - low)
    low = 0.0 if begins_at_zero else low - margin
    high = 0.0 if ends_at_zero else high + margin
    step = _round_step((high - low) / STEPS)
    first, last = math.ceil(round(low / step, DIGITS)), math.floor(round(high / step, DIGITS))
    ticks = tuple(round(n * step, DIGITS) for n in range(first, last + 1))
    return Axis(low, high, ticks, max(0, -math.floor(math.log10(step))))


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5 or 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def quantile_limits(values: Sequence[float], classes: int) -> list[float]:
    """Where the second and later classes begin, each with as many values; fewer classes where values are equal."""
    ordered = sorted(values)
    limits = dict.fromkeys(ordered[len(ordered) * n // classes] for n in range(1, classes))
    return [limit for limit in limits if limit > ordered[0]]


def class_number(value: float, limits: Sequence[float]) -> int:
    """The class of a value, from 0."""
    return sum(value >= limit for limit in limits)
