"""The figures of a report as texts: value, interval, mark, change, what stands around it, and where it comes from.

What belongs here: one figure, and the way to a numeric target. What does not: which figures stand where (sections).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from markupsafe import Markup

from sdg_pipeline.charts import small
from sdg_pipeline.site import addresses, format
from sdg_pipeline.site.model import Indicator, Language, Value
from sdg_pipeline.site.report.material import Material
from sdg_pipeline.site.toward import Toward


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
    first_period: str
    target: str
    year: str
    cite: str
    left: str
    """How far the newest value is from the target."""
    covered: int | None
    """Per cent of the way from the value of the base year; None where there is none, or no way was left."""
    pace: str
    needed: str
    verdict: str
    """Class of progress, or why there is none: the key of its words."""
    ratio: str
    """Actual growth in per cent of the required; empty where it is reached or there is none."""
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
        """The way to the target; None where no document sets one for this level, or the area has no value."""
        toward = self.material.progress.get(indicator.id)
        value = self.material.contents.value(self.material.place.code, indicator.id)
        if indicator.aim is None or toward is None or value is None or value.value is None:
            return None
        if toward.target_value is None:
            return None
        figure, decimals = self._figure(indicator, value), indicator.decimals
        walked = walk(indicator, toward)
        return Progress(
            figure,
            first=format.number(toward.base_value, decimals) if walked else "",
            first_period=toward.base_period or "",
            target=format.number(toward.target_value, decimals),
            year=toward.target_year,
            cite=indicator.aim.cite,
            left=format.number(_left(indicator, value.value, toward.target_value), decimals),
            covered=walked.covered if walked else None,
            pace=format.signed(walked.pace, decimals + 1) if walked else "",
            needed=format.signed(walked.needed, decimals + 1) if walked and toward.kind != "reached" else "",
            verdict=toward.kind or toward.reason or "",
            ratio=format.number(toward.ratio, 0) if toward.ratio is not None and toward.kind != "reached" else "",
            arrives=walked.arrives if walked else None,
            drawing=Markup(small.way(*walked.points)) if walked else "",
        )


@dataclass(frozen=True)
class Walk:
    """The way from the base year by the newest value to the target, in the unit of the indicator and in years."""

    points: tuple[small.Point, small.Point, small.Point]
    covered: int | None
    pace: float
    """Change a year since the base year."""
    needed: float
    """Change a year from now on that reaches the target in its year."""
    arrives: int | None


def walk(indicator: Indicator, toward: Toward) -> Walk | None:
    """The way of a value; None where two values give no ratio, or the target's year is not after the newest.

    The pace is the mean change a year between the two values: it says nothing of the years between or to come.
    """
    target, value, first = toward.target_value, toward.obs_value, toward.base_value
    if toward.ratio is None or target is None or value is None or first is None or toward.base_period is None:
        return None
    start, now, year = (float(period[:4]) for period in (toward.base_period, toward.time_period, toward.target_year))
    if year <= now:
        return None
    before, left = _left(indicator, first, target), _left(indicator, value, target)
    closer = (before - left) / (now - start)
    return Walk(
        ((start, first), (now, value), (year, target)),
        covered=round(100 * (before - left) / before) if before else None,
        pace=(value - first) / (now - start),
        needed=(target - value) / (year - now),
        arrives=ceil(round(now + left / closer, 6)) if left and closer > 0 else None,
    )


def _left(indicator: Indicator, value: float, target: float) -> float:
    """How far a value, as it is shown, is from the target; 0 beyond it, unless it is a parity."""
    gap = round(value, indicator.decimals) - target
    return (
        abs(gap)
        if indicator.direction not in ("up", "down")
        else max(0.0, -gap if indicator.direction == "up" else gap)
    )
