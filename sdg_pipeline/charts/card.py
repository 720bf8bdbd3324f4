"""The card of an indicator: its newest national value in large figures, the states as small tiles, the source.

It is low enough to be seen whole at the head of a page; where there are no states, the years stand in their place.
What belongs here: that drawing. What does not: the page (assets), the full charts (states, tile_map, trend).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sdg_pipeline.charts import texts
from sdg_pipeline.charts.axis import fitted_axis
from sdg_pipeline.charts.models import Caption, StatesFigure, YearEstimate
from sdg_pipeline.charts.page import GREY, INK, page_of, svg
from sdg_pipeline.charts.tile_map import Grid, squares
from sdg_pipeline.charts.tiles import COLUMNS, ROWS

HEIGHT = 170
PITCH, SIDE = 28, 26
LARGE, MEDIUM, SMALL = 34, 13, 11
GAP = 24
SOURCE_LINES, UNIT_LINES = 3, 2
LONGEST_VALUE = 12


@dataclass(frozen=True)
class Words:
    """A line of text in its place."""

    y: float
    size: float
    ink: str
    text: str
    bold: bool = False


@dataclass(frozen=True)
class Point:
    """A year of the line of years; the first and the last have their words below."""

    x: float
    y: float
    year: str


def card(caption: Caption, states: StatesFigure, years: Sequence[YearEstimate]) -> str:
    """The SVG of the card, also where there is no value."""
    caption = replace(caption, bare=True)
    newest = next((y for y in sorted(years, key=lambda y: -y.year) if y.estimate and not y.forecast), None)
    page = page_of(
        caption, str(newest.year) if newest else states.period, _description(caption, states, newest), [], HEIGHT
    )
    left = caption.width - PITCH * COLUMNS
    tiles = list(squares(caption, states, Grid(left, 1, PITCH))) if states.estimates else []
    return svg(
        "card",
        page,
        words=list(_words(caption, states, newest, left - GAP)),
        squares=tiles,
        legend=_legend(caption, states) if tiles else [],
        points=[] if tiles else _points(caption, years, left),
        left=left,
        side=SIDE,
    )


def _description(caption: Caption, states: StatesFigure, newest: YearEstimate | None) -> Iterator[str]:
    yield _value(caption, newest)
    if newest and newest.estimate:
        yield f"{caption.unit}, {newest.year}."
    if states.estimates:
        yield from _summary(caption, states)


def _summary(caption: Caption, states: StatesFigure) -> Iterable[str]:
    """The states in words; the nation has its own above."""
    return texts.summary(replace(states, nation=None), caption.decimals, caption.language)


def _value(caption: Caption, newest: YearEstimate | None) -> str:
    if newest is None or newest.estimate is None:
        return texts.say(caption.language, "no_national_value")
    return texts.short_number(newest.estimate.value, caption.decimals, LONGEST_VALUE)


def _words(caption: Caption, states: StatesFigure, newest: YearEstimate | None, room: float) -> Iterator[Words]:
    """From the top: value, unit and year, interval, highest and lowest state; the source at the bottom."""
    language = caption.language
    yield Words(36, LARGE if newest else MEDIUM + 3, INK, _value(caption, newest), bold=True)
    y = 40.0
    nation = f" · {texts.say(language, 'national')}, {newest.year}" if newest else ""
    for line in texts.wrapped(f"{caption.unit}{nation}", MEDIUM, room)[:UNIT_LINES]:
        y += 18
        yield Words(y, MEDIUM, GREY, line)
    below = []
    if newest and newest.estimate and newest.estimate.interval:
        limits = texts.interval(newest.estimate.interval, caption.decimals, language)
        below.append(texts.say(language, "interval_of", interval=limits))
    if states.estimates:
        below += list(_summary(caption, states))[1:]
    y += 5
    for line in below:
        y += 15
        yield Words(y, SMALL, INK, texts.wrapped(line, SMALL, room)[0])
    source = texts.wrapped(texts.say(language, "source", text=" ".join(caption.sources)), SMALL - 1, room)
    cut = source[:SOURCE_LINES]
    if len(source) > SOURCE_LINES:
        cut[-1] = f"{cut[-1]} …"
    for number, line in enumerate(reversed(cut)):
        yield Words(HEIGHT - 4 - 13 * number, SMALL - 1, GREY, line)


def _legend(caption: Caption, states: StatesFigure) -> list[Words]:
    """In the corner of the map where no state is."""
    top = 1 + PITCH * (ROWS - 1)
    lines = (texts.say(caption.language, "states_of", period=states.period), texts.say(caption.language, "darker"))
    return [Words(top + 6 + 14 * n, SMALL - 1, GREY, line) for n, line in enumerate(lines)]


def _points(caption: Caption, years: Sequence[YearEstimate], left: float) -> list[Point]:
    """The years with an estimate that is no forecast; none where there are fewer than two."""
    ordered = [(y.year, y.estimate.value) for y in sorted(years, key=lambda y: y.year) if y.estimate and not y.forecast]
    if len(ordered) < 2:
        return []
    axis = fitted_axis([value for _, value in ordered])
    first, last = ordered[0][0], ordered[-1][0]
    right = caption.width - GAP
    return [
        Point(left + (right - left) * (year - first) / (last - first), axis.place(value, HEIGHT - 34, 12), str(year))
        for year, value in ordered
    ]
