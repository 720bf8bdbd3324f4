"""A map of outlines, each in the colour of the class of its value; the key has what is in each class.

The colours are classes of CSS (``c0`` to ``c4``, ``none``), so that a page has them dark as well.
What belongs here: that drawing and its classes. What does not: the outlines (a geometry) and the page around them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from sdg_pipeline.charts.axis import class_number, quantile_limits
from sdg_pipeline.charts.texts import number

CLASSES = 5


@dataclass(frozen=True)
class Shape:
    """An outline with the words of its tip; ``value`` is None where there is none, ``href`` where it leads."""

    path: str
    tip: str
    value: float | None = None
    href: str = ""
    number: int | None = None
    """The INEGI key as a number, by which scripts know it."""


@dataclass(frozen=True)
class Class:
    """A class of the key: its lowest and its highest value, and how many places are in it."""

    number: int
    low: str
    high: str
    count: int


def classes(values: Iterable[float], decimals: int) -> tuple[list[float], tuple[Class, ...]]:
    """The limits of the classes, each with as many values, and what is in each. Values count as they are shown."""
    shown = sorted(round(value, decimals) + 0.0 for value in values)
    if not shown:
        return [], ()
    limits = quantile_limits(shown, CLASSES)
    members: list[list[float]] = [[] for _ in range(len(limits) + 1)]
    for value in shown:
        members[class_number(value, limits)].append(value)
    return limits, tuple(
        Class(place, number(inside[0], decimals), number(inside[-1], decimals), len(inside))
        for place, inside in enumerate(members)
    )


def choropleth(size: tuple[int, int], shapes: Sequence[Shape], limits: Sequence[float], decimals: int) -> str:
    """The SVG of a map; a shape without a value is marked by the style of the page. Without any, the map is plain."""
    plain = all(shape.value is None for shape in shapes)
    drawn = (_path(shape, "plain") if plain else _drawn(shape, limits, decimals) for shape in shapes)
    return f'<svg class="map" viewBox="0 0 {size[0]} {size[1]}" role="group">{"".join(drawn)}</svg>'


def outline(box: tuple[int, int, int, int], shapes: Iterable[Shape]) -> str:
    """The SVG of a map without values, whose shapes lead to pages; ``box`` is the part of the drawing that it shows."""
    drawn = "".join(f'<a href="{escape(s.href)}">{_path(s, "plain")}</a>' for s in shapes)
    return f'<svg class="map" viewBox="{" ".join(map(str, box))}" role="group">{drawn}</svg>'


LOCATOR_STYLE = (
    "path{fill:#b3d6dc;stroke:#fff;stroke-width:.4;vector-effect:non-scaling-stroke}"
    "path:target{fill:#b3372f;stroke:#b3372f;stroke-width:2}"
    "@media(prefers-color-scheme:dark){path{fill:#2f8094;stroke:#12171d}path:target{fill:#ff8f84;stroke:#ff8f84}}"
)


def locator(box: tuple[int, int, int, int], shapes: Mapping[str, str]) -> str:
    """A picture of shapes by id; the one that its address names behind ``#`` is coloured."""
    left, top, width, height = box
    drawn = "".join(f'<path id="{name}" d="{path}"/>' for name, path in shapes.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} {top} {width} {height}" width="{width}" '
        f'height="{height}"><style>{LOCATOR_STYLE}</style>{drawn}</svg>\n'
    )


def _drawn(shape: Shape, limits: Sequence[float], decimals: int) -> str:
    if shape.value is None:
        return _path(shape, "none")
    return _path(shape, f"c{class_number(round(shape.value, decimals) + 0.0, limits)}")


def _path(shape: Shape, style: str) -> str:
    key = "" if shape.number is None else f' data-n="{shape.number}"'
    return f'<path class="{style}"{key} d="{shape.path}"><title>{escape(shape.tip)}</title></path>'
