"""The figures of a report as texts: value, interval, mark, change, what stands around it, and where it comes from.

What belongs here: one figure, and the way to a numeric target. What does not: which figures stand where (sections).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal, NamedTuple

from markupsafe import Markup

from sdg_pipeline.charts import small
from sdg_pipeline.site import addresses, format
from sdg_pipeline.site.model import Indicator, Language, Value
from sdg_pipeline.site.report.material import Material

Pace = Literal["reached", "fast", "slow", "still", "away"]


class Around(NamedTuple):
    """The value of a place around: a dash where there is none, its period where that is another one, its address."""

    number: str
    period: str = ""
    explain: str = ""


@dataclass(frozen=True)
class Figure:
    """A value of an area as a document shows it; ``reason`` stands where there is no value."""

    indicator: Indicator
    group: str
    period: str
    number: str
    interval: str
    mark: str
    """Key of its word; empty for a plain value."""
    reason: str
    change: str
    first_period: str
    rank: str
    explain: str
    """Address below the site."""
    editions: tuple[str, ...]
    around: tuple[Around, ...] = ()
    """Values of the places around it."""
    trend: str = ""
    """Markup of the years before; empty of fewer than three."""


@dataclass(frozen=True)
class Progress:
    """How far an indicator has come to the numeric target that a document sets."""

    figure: Figure
    first: str
    target: str
    year: str
    cite: str
    left: str
    """How far the newest value is from the target."""
    covered: int | None
    """Per cent of the way from the first value; None where there is no earlier value, or no way was left."""
    pace: str
    needed: str
    verdict: Pace | None
    arrives: int | None
    """The year in which this pace reaches the target."""
    drawing: str


@dataclass(frozen=True)
class Figures:
    """Makes the figures of one area in one language."""

    material: Material
    language: Language

    def newest(self, indicator: Indicator) -> list[Figure]:
        """The newest figure of an indicator, or those of its groups where it has no total; none without a row."""
        contents, code = self.material.contents, self.material.place.code
        value = contents.value(code, indicator.id)
        if value is not None:
            return [self._figure(indicator, value)]
        return [
            self._figure(
                indicator, other, format.group_name(group, indicator.own, contents.codes, self.language), bare=True
            )
            for group, other in contents.grouped.get(code, {}).get(indicator.id, ())
        ]

    def _figure(self, indicator: Indicator, value: Value, group: str = "", bare: bool = False) -> Figure:
        decimals, absent = indicator.decimals, value.value is None
        ranked = not bare and value.rank and value.ranked and value.ranked > 1 and indicator.unit not in format.SIZES
        return Figure(
            indicator,
            group,
            value.period,
            number="" if absent else format.number(value.value, decimals),
            interval="" if absent else format.interval(value.lower, value.upper, decimals),
            mark=format.mark_of(value),
            reason=format.reason(self.language, value.reason, value.status) if absent else "",
            change=format.change(value, decimals),
            first_period=value.first_period or "",
            rank=f"{value.rank}/{value.ranked}" if ranked and self.material.place.level != "national" else "",
            explain=addresses.explained(self.language, indicator.id, self.material.place.code),
            editions=self.material.editions.get((indicator.id, value.period), ()),
            around=() if bare else tuple(self._around(indicator, value)),
            trend="" if bare else Markup(small.spark(self.material.series.get(indicator.id, ()))),
        )

    def _around(self, indicator: Indicator, value: Value) -> Sequence[Around]:
        shown = []
        for place in self.material.around:
            other = self.material.contents.value(place.code, indicator.id)
            if other is None or other.value is None:
                shown.append(Around("–"))
            else:
                year = other.period if other.period != value.period else ""
                address = addresses.explained(self.language, indicator.id, place.code)
                shown.append(Around(format.number(other.value, indicator.decimals), year, address))
        return shown

    def progress(self, indicator: Indicator) -> Progress | None:
        """The way to the target; None where no document sets one, or the area has no value."""
        value = self.material.contents.value(self.material.place.code, indicator.id)
        if indicator.aim is None or value is None or value.value is None:
            return None
        target, year, cite = indicator.aim
        figure, decimals = self._figure(indicator, value), indicator.decimals
        walked = walk(indicator, value)
        return Progress(
            figure,
            first=format.number(value.first_value, decimals) if walked else "",
            target=format.number(target, decimals),
            year=year,
            cite=cite,
            left=format.number(_left(indicator, value.value), decimals),
            covered=walked.covered if walked else None,
            pace=format.signed(walked.pace, decimals + 1) if walked else "",
            needed=format.signed(walked.needed, decimals + 1) if walked and walked.verdict != "reached" else "",
            verdict=walked.verdict if walked else "reached" if _left(indicator, value.value) == 0 else None,
            arrives=walked.arrives if walked else None,
            drawing=Markup(small.way(*walked.points)) if walked else "",
        )


@dataclass(frozen=True)
class Walk:
    """The way from the first value by the newest to the target, in the unit of the indicator and in years."""

    points: tuple[small.Point, small.Point, small.Point]
    covered: int | None
    pace: float
    """Change a year since the first value."""
    needed: float
    """Change a year from now on that reaches the target in its year."""
    verdict: Pace
    arrives: int | None


def walk(indicator: Indicator, value: Value) -> Walk | None:
    """The way of a value; None where there is no earlier value, or the target's year is not after the newest.

    The pace is the mean change a year between the two values: it says nothing of the years between or to come.
    """
    if indicator.aim is None or value.value is None or value.first_value is None or value.first_period is None:
        return None
    target, year = indicator.aim[0], float(indicator.aim[1])
    now, start = float(value.period[:4]), float(value.first_period[:4])
    if start >= now or year <= now:
        return None
    pace, needed = (value.value - value.first_value) / (now - start), (target - value.value) / (year - now)
    before, left = _left(indicator, value.first_value), _left(indicator, value.value)
    closer = (before - left) / (now - start)
    arrives = ceil(round(now + left / closer, 6)) if left and closer > 0 else None
    return Walk(
        ((start, value.first_value), (now, value.value), (year, target)),
        covered=round(100 * (before - left) / before) if before else None,
        pace=pace,
        needed=needed,
        verdict=_verdict(left, closer, left / (year - now), indicator.decimals),
        arrives=arrives,
    )


def _left(indicator: Indicator, value: float) -> float:
    """How far a value, as it is shown, is from the target; 0 beyond it, unless it is a parity."""
    target = indicator.aim[0] if indicator.aim else value
    gap = round(value, indicator.decimals) - target
    return (
        abs(gap)
        if indicator.direction not in ("up", "down")
        else max(0.0, -gap if indicator.direction == "up" else gap)
    )


def _verdict(left: float, closer: float, needed: float, decimals: int) -> Pace:
    if left == 0:
        return "reached"
    if abs(round(closer, decimals + 1)) == 0:
        return "still"
    return "away" if closer < 0 else "fast" if round(closer - needed, 9) >= 0 else "slow"
