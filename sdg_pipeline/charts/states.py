"""The chart of states: a row per state from the highest value, its dot, its interval, and both as numbers at the right.

Dots on an axis that fits and not bars from zero, on which 98.8 and 99.3 per cent look equal. Numbers stand in columns
of their own, where no line comes. What belongs here: that drawing. What does not: scales (axis) and words (texts).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sdg_pipeline.charts import texts
from sdg_pipeline.charts.axis import Axis, fitted_axis
from sdg_pipeline.charts.models import Caption, Estimate, StatesFigure
from sdg_pipeline.charts.page import MARGIN, WIDTH, page_of, svg

ROW = 19
HEAD, FOOT = 6, 24
SIZE = 12
GAP = 16
LONGEST_NAME, LONGEST_NUMBER = 33, 10
"""In letters: two columns of numbers and the longest name of a state leave room for the plot."""
NATION = "MX"


@dataclass(frozen=True)
class Entry:
    """A state, or the nation, with its numbers as texts."""

    code: str
    name: str
    estimate: Estimate
    value: str
    interval: str

    @property
    def national(self) -> bool:
        return self.code == NATION


@dataclass(frozen=True)
class Columns:
    """Where names end, the plot begins and ends, values end and intervals end."""

    names: float
    left: float
    right: float
    values: float
    intervals: float


@dataclass(frozen=True)
class Row:
    """An entry in its place."""

    entry: Entry
    y: float
    dot: float
    bar: tuple[float, float] | None


def states_chart(caption: Caption, figure: StatesFigure) -> str | None:
    """The SVG of the states in the order of their values; None where no state has one."""
    if not figure.estimates:
        return None
    entries = _entries(caption, figure)
    axis = fitted_axis([value for entry in entries for value in entry.estimate.extent])
    columns = _columns(entries)
    description = texts.summary(figure, caption.decimals, caption.language)
    room = HEAD + ROW * len(entries) + FOOT
    page = page_of(caption, figure.period, description, _notes(caption, figure, axis), room)
    rows = [_row(entry, page.top + HEAD + ROW * (n + 0.5), axis, columns) for n, entry in enumerate(entries)]
    places = [axis.place(tick, columns.left, columns.right) for tick in axis.ticks]
    return svg(
        "states",
        page,
        rows=rows,
        columns=columns,
        ticks=list(zip(places, texts.tick_labels(axis), strict=True)),
        row=ROW,
        size=SIZE,
        plot_bottom=page.bottom - FOOT,
    )


def _entries(caption: Caption, figure: StatesFigure) -> list[Entry]:
    """From the highest value; a nation that compares with the states is among them."""
    language, decimals = caption.language, caption.decimals
    names = {state.code: texts.state_name(state.name, language) for state in figure.states}
    names[NATION] = texts.say(language, "national")
    estimates = dict(figure.estimates)
    if figure.nation is not None and _comparable(figure):
        estimates[NATION] = figure.nation
    return [
        Entry(
            code,
            names[code] if len(names[code]) <= LONGEST_NAME else f"{names[code][: LONGEST_NAME - 1]}…",
            estimate,
            texts.short_number(estimate.value, decimals, LONGEST_NUMBER),
            texts.interval(estimate.interval, decimals, language, LONGEST_NUMBER) if estimate.interval else "",
        )
        for code, estimate in sorted(estimates.items(), key=lambda item: (-item[1].value, item[0]))
    ]


def _comparable(figure: StatesFigure) -> bool:
    """Whether the nation's value lies among those of the states; a total does not, and would squeeze the axis."""
    values = [estimate.value for estimate in figure.estimates.values()]
    return figure.nation is not None and min(values) <= figure.nation.value <= max(values)


def _columns(entries: Iterable[Entry]) -> Columns:
    names, values, intervals = (
        max(texts.text_width(text, SIZE) for text in column)
        for column in zip(*((e.name, e.value, e.interval) for e in entries), strict=True)
    )
    names_end = MARGIN + names
    values_end = WIDTH - MARGIN - (intervals + GAP if intervals else 0.0)
    return Columns(names_end, names_end + GAP, values_end - values - GAP, values_end, WIDTH - MARGIN)


def _row(entry: Entry, y: float, axis: Axis, columns: Columns) -> Row:
    def x(value: float) -> float:
        return axis.place(value, columns.left, columns.right)

    interval = entry.estimate.interval
    return Row(entry, y, x(entry.estimate.value), (x(interval[0]), x(interval[1])) if interval else None)


def _notes(caption: Caption, figure: StatesFigure, axis: Axis) -> Iterator[str | None]:
    language, legend = caption.language, []
    if any(estimate.interval for estimate in figure.estimates.values()):
        legend.append(texts.say(language, "interval_note"))
    if figure.nation is not None and _comparable(figure):
        legend.append(texts.say(language, "nation_note"))
    elif figure.nation is not None:
        legend.append(texts.say(language, "national_value", value=texts.number(figure.nation.value, caption.decimals)))
    if not axis.has_zero:
        legend.append(texts.say(language, "axis_note"))
    yield " ".join(legend)
    yield texts.missing_note(figure, language)
