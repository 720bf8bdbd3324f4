"""The sheet that every chart is drawn on: title, unit, period, notes, source, and the template that writes SVG.

Jinja escapes every text. What belongs here: what all charts share. What does not: the drawing of one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sdg_pipeline.charts.models import Caption
from sdg_pipeline.charts.texts import say, wrapped

if TYPE_CHECKING:
    from jinja2 import Environment

WIDTH = 640
MARGIN = 20
TITLE_SIZE, SUBTITLE_SIZE, NOTE_SIZE = 16, 13, 11
TITLE_LINE, NOTE_LINE = 21, 15
INK, GREY, GRID, WHITE = "#212529", "#495057", "#dee2e6", "#ffffff"
ESTIMATE, INTERVAL = "#2171b5", "#9ecae1"
NATIONAL, NATIONAL_INTERVAL = "#c92a2a", "#ffc9c9"


@dataclass(frozen=True)
class Line:
    """A line of text and its base line."""

    y: float
    text: str


@dataclass(frozen=True)
class Page:
    """The words of a chart in their places; a drawing fills what lies from ``top`` to ``bottom``."""

    caption: Caption
    description: str
    title: tuple[Line, ...]
    subtitle: Line
    top: float
    bottom: float
    height: float
    notes: tuple[Line, ...] = ()


def page_of(
    caption: Caption, period: str, description: Iterable[str], notes: Iterable[str | None], room: float
) -> Page:
    """The sheet of a chart that draws on ``room`` pixels of height; notes that are None are left out."""
    if caption.bare:
        return Page(caption, " ".join(description), (), Line(0, period), 0, room, room + MARGIN / 4)
    inner = caption.width - 2 * MARGIN
    title = _lines(wrapped(caption.title, TITLE_SIZE, inner), 28, TITLE_LINE)
    subtitle = Line(title[-1].y + 20, f"{caption.unit} · {period}")
    top = subtitle.y + 14
    bottom = top + room
    texts = [note for note in notes if note] + [say(caption.language, "source", text=" ".join(caption.sources))]
    written = [line for text in texts for line in wrapped(text, NOTE_SIZE, inner)]
    foot = _lines(written, bottom + 22, NOTE_LINE)
    return Page(caption, " ".join(description), title, subtitle, top, bottom, foot[-1].y + 14, foot)


def _lines(texts: list[str], first: float, distance: float) -> tuple[Line, ...]:
    return tuple(Line(first + distance * number, text) for number, text in enumerate(texts))


def svg(template: str, page: Page, **drawing: Any) -> str:
    """The SVG of a chart; the same figures give the same bytes."""
    return _environment().get_template(f"{template}.svg").render(page=page, **drawing)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sdg_pipeline.charts"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["px"] = _pixels
    environment.globals |= {
        "WIDTH": WIDTH, "MARGIN": MARGIN, "TITLE_SIZE": TITLE_SIZE, "SUBTITLE_SIZE": SUBTITLE_SIZE,
        "NOTE_SIZE": NOTE_SIZE, "INK": INK, "GREY": GREY, "GRID": GRID, "WHITE": WHITE, "ESTIMATE": ESTIMATE,
        "INTERVAL": INTERVAL, "NATIONAL": NATIONAL, "NATIONAL_INTERVAL": NATIONAL_INTERVAL,
    }  # fmt: skip
    return environment


def _pixels(value: float) -> str:
    """A place to a tenth of a pixel, as short as it can be written."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def svg_text(name: str, drawing: str) -> str:
    """A small drawing whose words stand around it; readers of a screen skip it."""
    return f'<svg class="{name}" aria-hidden="true">{drawing}</svg>'
