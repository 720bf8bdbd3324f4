"""The map of tiles: a square per state, coloured by fifths of the values, with its abbreviation and its value.

What belongs here: that drawing. What does not: which square a state has (tiles).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sdg_pipeline.charts import texts
from sdg_pipeline.charts.axis import class_number, quantile_limits
from sdg_pipeline.charts.models import Caption, StatesFigure
from sdg_pipeline.charts.page import GREY, INK, MARGIN, WHITE, page_of, svg
from sdg_pipeline.charts.tiles import COLUMNS, ROWS, TILES

SIDE, SPACE = 57, 3
PITCH = SIDE + SPACE
LEGEND_ROW = 19
LEGEND_TOP = 4
"""Row of tiles from which the legend fills the empty lower left corner."""
LONGEST_VALUE = 7
CLASSES = (("#eff3ff", INK), ("#bdd7e7", INK), ("#6baed6", INK), ("#2171b5", WHITE), ("#08306b", WHITE))
"""Colours of the classes and of the letters on them: ColorBrewer's Blues, told apart by all kinds of eyes."""
NO_VALUE = (WHITE, GREY)
OUTLINE, NO_VALUE_OUTLINE = "#c6dbef", "#868e96"


@dataclass(frozen=True)
class Square:
    """A tile in its place with its words."""

    code: str
    x: float
    y: float
    fill: str
    ink: str
    outline: str
    abbreviation: str
    value: str
    tip: str


@dataclass(frozen=True)
class Grid:
    """Where the first tile stands, and from one tile to the next."""

    left: float
    top: float
    pitch: float


@dataclass(frozen=True)
class Step:
    """A class in the legend."""

    y: float
    fill: str
    text: str


def tile_map(caption: Caption, figure: StatesFigure) -> str | None:
    """The SVG of the map; None where no state has a value."""
    if not figure.estimates:
        return None
    limits = quantile_limits([estimate.value for estimate in figure.estimates.values()], len(CLASSES))
    description = (
        texts.say(caption.language, "map"),
        *texts.summary(figure, caption.decimals, caption.language),
    )
    notes = [texts.missing_note(figure, caption.language)]
    page = page_of(caption, figure.period, description, notes, PITCH * ROWS)
    nation = texts.number(figure.nation.value, caption.decimals) if figure.nation is not None else None
    return svg(
        "tile_map",
        page,
        squares=list(squares(caption, figure, Grid(MARGIN, page.top, PITCH))),
        steps=list(_steps(caption, figure, limits, page.top + PITCH * LEGEND_TOP + 22)),
        legend=texts.say(caption.language, "fifths" if len(limits) == len(CLASSES) - 1 else "classes"),
        nation=nation,
        nation_x=MARGIN + PITCH * COLUMNS - SPACE,
        national=texts.say(caption.language, "national"),
        side=SIDE,
        outline=OUTLINE,
    )


def squares(caption: Caption, figure: StatesFigure, grid: Grid) -> Iterator[Square]:
    """The tile of each state; one without a value is said to have none."""
    limits = quantile_limits([estimate.value for estimate in figure.estimates.values()], len(CLASSES))
    names = {state.code: texts.state_name(state.name, caption.language) for state in figure.states}
    for code, tile in TILES.items():
        estimate = figure.estimates.get(code)
        fill, ink = CLASSES[class_number(estimate.value, limits)] if estimate else NO_VALUE
        full = texts.estimate_text(estimate, caption.decimals, caption.language) if estimate else "–"
        short = texts.short_number(estimate.value, caption.decimals, LONGEST_VALUE) if estimate else "–"
        tip = f"{names.get(code, tile.abbreviation)}: {full}"
        x, y = grid.left + grid.pitch * tile.column, grid.top + grid.pitch * tile.row
        yield Square(code, x, y, fill, ink, OUTLINE if estimate else NO_VALUE_OUTLINE, tile.abbreviation, short, tip)


def _steps(caption: Caption, figure: StatesFigure, limits: Sequence[float], top: float) -> Iterator[Step]:
    """The lowest and the highest value of each class: what is in it, not where it might end."""
    values = sorted(estimate.value for estimate in figure.estimates.values())
    for place in range(len(limits) + 1):
        members = [value for value in values if class_number(value, limits) == place]
        ends = dict.fromkeys(texts.number(value, caption.decimals) for value in (members[0], members[-1]))
        low, high = (*ends, *ends)[0], list(ends)[-1]
        text = low if low == high else texts.say(caption.language, "interval", lower=low, upper=high)
        yield Step(top + LEGEND_ROW * place, CLASSES[place][0], text)
