"""A sheet of pixels to draw on: boxes, lines, discs and letters, smoothed at their edges.

Pixels are numbers of colours; an ink on a ground is a ramp of colours between the two, so that a picture stays below
256 colours and compresses well. What belongs here: drawing. What does not: what is drawn (charts), the file (png).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.drawing.png import indexed_png, read_grey

if TYPE_CHECKING:
    import numpy

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
INK: Colour = (33, 37, 41)
GREY: Colour = (134, 142, 150)
PALE: Colour = (233, 236, 239)
SHADES = 8
FOLDER = Path(__file__).parent
LETTER_FOR_UNKNOWN = "?"


@cache
def _glyphs() -> tuple[Any, dict[str, Any]]:
    return read_grey((FOLDER / "glyphs.png").read_bytes()), json.loads((FOLDER / "glyphs.json").read_text("utf-8"))


class Canvas:
    """A sheet of ``width`` times ``height`` pixels; places are (x, y) from the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        import numpy

        self.width, self.height = width, height
        self._colours: dict[Colour, int] = {}
        self._ramps: dict[tuple[Colour, Colour], numpy.ndarray] = {}
        self._pixels: numpy.ndarray = numpy.full((height, width), self._number(WHITE), dtype=numpy.uint8)

    def png(self) -> bytes:
        """The picture as a file."""
        return indexed_png(self._pixels, bytes(part for colour in self._colours for part in colour))

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A rectangle on whole pixels, at least one wide and high."""
        left, top = round(x), round(y)
        right, bottom = max(round(x + width), left + 1), max(round(y + height), top + 1)
        self._pixels[max(top, 0) : bottom, max(left, 0) : right] = self._number(colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour, ground: Colour = WHITE) -> None:
        """A filled circle."""
        self.stroke([(x, y), (x, y)], 2 * radius, colour, ground)

    def stroke(
        self, points: Sequence[tuple[float, float]], width: float, colour: Colour, ground: Colour = WHITE
    ) -> None:
        """A line through the points with round ends."""
        import numpy

        for (x0, y0), (x1, y1) in pairwise(points):
            reach = width / 2 + 1
            left, right = int(max(min(x0, x1) - reach, 0)), int(min(max(x0, x1) + reach + 1, self.width))
            top, bottom = int(max(min(y0, y1) - reach, 0)), int(min(max(y0, y1) + reach + 1, self.height))
            if left >= right or top >= bottom:
                continue
            ys, xs = numpy.mgrid[top:bottom, left:right]
            dx, dy = x1 - x0, y1 - y0
            along = ((xs - x0) * dx + (ys - y0) * dy) / ((dx * dx + dy * dy) or 1)
            along = along.clip(0, 1)
            away = numpy.hypot(xs - (x0 + along * dx), ys - (y0 + along * dy))
            self._blend(left, top, (width / 2 + 0.5 - away).clip(0, 1), colour, ground)

    def text(
        self, x: float, y: float, text: str, colour: Colour = INK, *, ground: Colour = WHITE,
        face: str = "plain", anchor: float = 0.0,
    ) -> None:  # fmt: skip
        """Letters with their base line at ``y``; ``anchor`` 0 begins at ``x``, 0.5 is centred there, 1 ends there."""
        sheet, places = _glyphs()
        row = list(places["faces"]).index(face) * places["height"]
        pen = x - anchor * self.text_width(text, face)
        for letter in text:
            begin, wide, advance = _place(places["faces"][face], letter)
            block = sheet[row : row + places["height"], begin : begin + wide]
            self._blend(round(pen) - places["room"], round(y) - places["baseline"], block / 255, colour, ground)
            pen += advance

    def text_width(self, text: str, face: str = "plain") -> float:
        """How far letters reach, in pixels."""
        letters = _glyphs()[1]["faces"][face]
        return float(sum(_place(letters, letter)[2] for letter in text))

    def _blend(self, left: int, top: int, cover: numpy.ndarray, colour: Colour, ground: Colour) -> None:
        """Lay a colour over what is there, by how much of each pixel it covers; never lighter than before."""
        import numpy

        cut_left, cut_top = max(-left, 0), max(-top, 0)
        cover = cover[cut_top : max(self.height - top, 0), cut_left : max(self.width - left, 0)]
        if not cover.size:
            return
        ramp = self._ramp(colour, ground)
        y, x = top + cut_top, left + cut_left
        there = self._pixels[y : y + cover.shape[0], x : x + cover.shape[1]]
        shade = numpy.rint(cover * SHADES).astype(numpy.uint8)
        there[shade > 0] = ramp[shade[shade > 0]]

    def _ramp(self, colour: Colour, ground: Colour) -> numpy.ndarray:
        import numpy

        if (colour, ground) not in self._ramps:
            shades = [self._number(_mixed(colour, ground, i / SHADES)) for i in range(SHADES + 1)]
            self._ramps[colour, ground] = numpy.array(shades, numpy.uint8)
        return self._ramps[colour, ground]

    def _number(self, colour: Colour) -> int:
        return self._colours.setdefault(colour, len(self._colours))


def _place(letters: dict[str, Any], letter: str) -> tuple[int, int, float]:
    begin, wide, advance = letters.get(letter) or letters[LETTER_FOR_UNKNOWN]
    return begin, wide, advance


def _mixed(colour: Colour, ground: Colour, share: float) -> Colour:
    red, green, blue = (round(g + (c - g) * share) for c, g in zip(colour, ground, strict=True))
    return red, green, blue
