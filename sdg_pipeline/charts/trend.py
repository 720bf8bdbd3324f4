"""The trend of the nation: a dot per year, its interval, and a line that is broken where a year has no estimate.

The values stand in a row of numbers below the years, where no line comes. What belongs here: that drawing.
What does not: which years there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sdg_pipeline.charts import texts
from sdg_pipeline.charts.axis import Axis, fitted_axis
from sdg_pipeline.charts.models import Caption, Estimate, YearEstimate
from sdg_pipeline.charts.page import MARGIN, page_of, svg

PLOT = 210
HEAD, FOOT = 10, 48
SIZE = 12
GAP = 12
SIDE = 24
"""Room of the first and the last dot beside the ends of the axis."""
LONGEST_VALUE = 9


@dataclass(frozen=True)
class Dot:
    """An estimate in its place."""

    x: float
    y: float
    bar: tuple[float, float] | None
    tip: str
    forecast: bool
    breaks: bool = False


@dataclass(frozen=True)
class Label:
    """A year and its value below the axis."""

    x: float
    year: str
    value: str


@dataclass(frozen=True)
class Frame:
    """The plot of a trend: its axes and its edges."""

    axis: Axis
    first: int
    last: int
    left: float
    right: float
    top: float

    @property
    def bottom(self) -> float:
        return self.top + PLOT

    def x(self, year: int) -> float:
        width = self.right - 2 * SIDE - self.left
        return self.left + SIDE + width * (year - self.first) / (self.last - self.first)

    def y(self, value: float) -> float:
        return self.axis.place(value, self.bottom, self.top)


def trend_chart(caption: Caption, years: Sequence[YearEstimate]) -> str | None:
    """The SVG of the nation's estimates in the order of the years; None where fewer than two years have one."""
    ordered = sorted(years, key=lambda point: point.year)
    estimates = {point.year: point.estimate for point in ordered if point.estimate is not None}
    if len(estimates) < 2:
        return None
    axis = fitted_axis([value for estimate in estimates.values() for value in estimate.extent])
    forecasts = {point.year for point in ordered if point.forecast}
    description = _description(caption, estimates, forecasts)
    period = f"{texts.say(caption.language, 'national')}, {min(estimates)}–{max(estimates)}"
    page = page_of(caption, period, description, [_note(caption, estimates, forecasts, axis)], HEAD + PLOT + FOOT)
    ticks = texts.tick_labels(axis)
    left = (0 if caption.bare else MARGIN) + GAP + max(texts.text_width(tick, SIZE) for tick in ticks)
    right = caption.width - (GAP if caption.bare else MARGIN)
    frame = Frame(axis, min(estimates), max(estimates), left, right, page.top + HEAD)
    dots = {year: _dot(caption, point, frame) for year, point in _points(ordered).items()}
    return svg(
        "trend",
        page,
        frame=frame,
        ticks=[(frame.y(tick), label) for tick, label in zip(axis.ticks, ticks, strict=True)],
        lines=[[dots[year] for year in run] for run in _runs(ordered, forecasts)],
        forecast_lines=[[dots[year] for year in run] for run in _forecast_runs(ordered, forecasts)],
        dots=list(dots.values()),
        labels=_labels(caption, estimates, frame),
        size=SIZE,
    )


def _points(ordered: Sequence[YearEstimate]) -> dict[int, YearEstimate]:
    return {point.year: point for point in ordered if point.estimate is not None}


def _said(caption: Caption, estimate: Estimate, forecast: bool) -> str:
    value = texts.estimate_text(estimate, caption.decimals, caption.language)
    return texts.say(caption.language, "forecast", value=value) if forecast else value


def _description(caption: Caption, estimates: Mapping[int, Estimate], forecasts: Collection[int]) -> Iterator[str]:
    """All years in words."""
    language = caption.language
    yield f"{texts.say(language, 'national')}."
    for year, estimate in estimates.items():
        yield f"{year}: {_said(caption, estimate, year in forecasts)}."


def _note(caption: Caption, estimates: Mapping[int, Estimate], forecasts: Collection[int], axis: Axis) -> str:
    language, legend = caption.language, []
    if any(estimate.interval for estimate in estimates.values()):
        legend.append(texts.say(language, "interval_note"))
    if forecasts:
        legend.append(texts.say(language, "forecast_note"))
    if not axis.has_zero:
        legend.append(texts.say(language, "axis_note"))
    return " ".join(legend)


def _dot(caption: Caption, point: YearEstimate, frame: Frame) -> Dot:
    assert point.estimate is not None, "charts.trend: dots are of years with an estimate"
    tip = f"{point.year}: {_said(caption, point.estimate, point.forecast)}"
    interval = point.estimate.interval
    bar = (frame.y(interval[1]), frame.y(interval[0])) if interval else None
    return Dot(frame.x(point.year), frame.y(point.estimate.value), bar, tip, point.forecast, point.breaks)


def _forecast_runs(ordered: Sequence[YearEstimate], forecasts: Collection[int]) -> list[list[int]]:
    """Years that the dashed line joins: the forecasts, and the year before the first of them."""
    before = [point for point in ordered if point.year not in forecasts][-1:]
    return _runs([*before, *(point for point in ordered if point.year in forecasts)]) if forecasts else []


def _runs(ordered: Sequence[YearEstimate], without: Collection[int] = ()) -> list[list[int]]:
    """Years that a line joins: a year without an estimate breaks it, a year that is not in the series does not."""
    runs: list[list[int]] = [[]]
    for point in ordered:
        if point.estimate is None or point.year in without:
            runs.append([])
        elif point.breaks:
            runs.append([point.year])
        else:
            runs[-1].append(point.year)
    return [run for run in runs if len(run) > 1]


def _labels(caption: Caption, estimates: Mapping[int, Estimate], frame: Frame) -> list[Label]:
    """Years with their values, from the last one back, as many as stand side by side."""
    values = {year: texts.short_number(e.value, caption.decimals, LONGEST_VALUE) for year, e in estimates.items()}
    room = GAP + max(texts.text_width(value, SIZE) for value in (*values.values(), str(frame.last)))
    labels: list[Label] = []
    for year in sorted(values, reverse=True):
        if not labels or labels[-1].x - frame.x(year) >= room:
            labels.append(Label(frame.x(year), str(year), values[year]))
    return labels[::-1]
