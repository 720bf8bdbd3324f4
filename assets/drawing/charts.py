"""The pictures of an indicator: states with their intervals, a map of tiles, the trend of the nation.

What belongs here: what is drawn where. What does not: where the figures come from (sdg_pipeline.publish.headline).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from assets.drawing.canvas import GREY, INK, PALE, WHITE, Canvas, Colour

BAR: Colour = (116, 169, 207)
NATION: Colour = (214, 40, 40)
CLASSES: tuple[Colour, ...] = ((239, 243, 255), (189, 215, 231), (107, 174, 214), (49, 130, 189), (8, 81, 156))
DARK_FROM = 3
"""Class from which letters on a tile are white."""
NO_VALUE: Colour = (222, 226, 230)
WIDTH = 580
LABELS = 190
ROW = 17
TILE = 54
TILES = {
    "02": (0, 0, "BC"), "26": (1, 0, "SON"), "08": (2, 0, "CHIH"), "05": (3, 0, "COAH"), "19": (4, 0, "NL"),
    "28": (5, 0, "TAMPS"), "03": (0, 1, "BCS"), "25": (1, 1, "SIN"), "10": (2, 1, "DGO"), "32": (3, 1, "ZAC"),
    "24": (4, 1, "SLP"), "18": (1, 2, "NAY"), "14": (2, 2, "JAL"), "01": (3, 2, "AGS"), "11": (4, 2, "GTO"),
    "22": (5, 2, "QRO"), "13": (6, 2, "HGO"), "06": (2, 3, "COL"), "16": (3, 3, "MICH"), "15": (4, 3, "MEX"),
    "09": (5, 3, "CDMX"), "29": (6, 3, "TLAX"), "30": (7, 3, "VER"), "31": (9, 3, "YUC"), "12": (4, 4, "GRO"),
    "17": (5, 4, "MOR"), "21": (6, 4, "PUE"), "27": (7, 4, "TAB"), "04": (8, 4, "CAMP"), "23": (9, 4, "QROO"),
    "20": (6, 5, "OAX"), "07": (7, 5, "CHIS"),
}  # fmt: skip
"""A tile a state, by INEGI key: its column and row, as near its neighbours as squares allow, and its abbreviation."""


def states_chart(report: Mapping[str, Any]) -> bytes | None:
    """A bar a state from the highest value, its confidence interval as a whisker, the nation as a line."""
    states = [s for s in report["states"] if s["value"] is not None]
    if not states:
        return None
    nation = report["national"] if report["national"] and report["national"]["period"] == report["period"] else None
    reach = [v for s in states for v in (s["value"], s["lower"], s["upper"]) if v is not None]
    low, high = min(0.0, *reach), max(0.0, *reach, nation["value"] if nation else 0.0)
    canvas = Canvas(WIDTH, 30 + ROW * len(states) + 26)
    labels = [f"{state['value']:,.{report['decimals']}f}" for state in states]
    room = WIDTH - LABELS - 16 - max(canvas.text_width(label) for label in labels)

    def x(value: float) -> float:
        return float(LABELS + room * (value - low) / ((high - low) or 1.0))

    bottom = 30 + ROW * len(states)
    canvas.text(4, 16, f"{report['unit_label']}, {report['period']}", face="bold")
    for tick in ticks(low, high):
        canvas.box(x(tick), 26, 1, bottom - 26, PALE)
        canvas.text(x(tick), bottom + 15, _short(tick), GREY, anchor=0.5)
    for number, state in enumerate(states):
        y = 30 + ROW * number
        canvas.text(LABELS - 6, y + 12, _fit(canvas, state["name"], LABELS - 10), anchor=1)
        left, right = sorted((x(0.0), x(state["value"])))
        canvas.box(left, y + 3, right - left, ROW - 6, BAR)
        if state["lower"] is not None and state["upper"] is not None:
            _whisker(canvas, x(state["lower"]), x(state["upper"]), y + ROW / 2)
        end = max(right, x(state["upper"]) if state["upper"] is not None else right)
        canvas.text(end + 5, y + 12, labels[number], GREY)
    if nation:
        canvas.box(x(nation["value"]), 24, 1, bottom - 24, NATION)
        canvas.text(WIDTH - 4, 16, f"México {nation['value']:,.{report['decimals']}f}", NATION, anchor=1)
    return canvas.png()


def _whisker(canvas: Canvas, left: float, right: float, y: float) -> None:
    canvas.box(left, y, right - left, 1, INK)
    for end in (left, right):
        canvas.box(end, y - 3, 1, 7, INK)


def tile_map(report: Mapping[str, Any]) -> bytes | None:
    """The states as tiles, coloured by fifths of their values; a grey tile has no value."""
    values = {s["code"]: s["value"] for s in report["states"] if s["value"] is not None}
    if not values:
        return None
    limits = fifths(list(values.values()))
    canvas = Canvas(TILE * 10 + 40, TILE * 6 + 44)
    for key, (column, row, name) in TILES.items():
        value = values.get(f"MX{key}")
        colour = NO_VALUE if value is None else CLASSES[_class(value, limits)]
        ink = WHITE if value is not None and _class(value, limits) >= DARK_FROM else INK
        left, top = 20 + TILE * column, 26 + TILE * row
        canvas.box(left, top, TILE - 3, TILE - 3, colour)
        canvas.text(left + TILE / 2 - 1, top + 22, name, ink, ground=colour, anchor=0.5, face="bold")
        if value is not None:
            canvas.text(left + TILE / 2 - 1, top + 39, _short(value), ink, ground=colour, anchor=0.5)
    canvas.text(20, 16, f"{report['unit_label']}, {report['period']}", face="bold")
    _legend(canvas, limits)
    return canvas.png()


def _legend(canvas: Canvas, limits: Sequence[float]) -> None:
    """Colours and limits of the classes, in the empty lower left corner."""
    for number, colour in enumerate(CLASSES[: len(limits) + 1]):
        top = TILE * 4 + 34 + 20 * number
        canvas.box(20, top, 18, 14, colour)
        low = f"from {_short(limits[number - 1])}" if number else f"below {_short(limits[0])}" if limits else "all"
        canvas.text(44, top + 12, low, GREY)


def trend(report: Mapping[str, Any]) -> bytes | None:
    """The national values over the years, with their intervals; None where there is one year only."""
    points = report["trend"]
    if len(points) < 2:
        return None
    reach = [v for p in points for v in (p["value"], p["lower"], p["upper"]) if v is not None]
    marks = ticks(min(reach), max(reach)) or [min(reach)]
    low, high = min(*reach, *marks), max(*reach, *marks)
    first, last = int(points[0]["period"]), int(points[-1]["period"])
    canvas = Canvas(WIDTH, 250)

    def place(year: int, value: float) -> tuple[float, float]:
        return 70 + (WIDTH - 110) * (year - first) / (last - first), 215 - 180 * (value - low) / ((high - low) or 1.0)

    canvas.text(4, 16, f"México: {report['unit_label']}", face="bold")
    for tick in marks:
        y = place(first, tick)[1]
        canvas.box(66, y, WIDTH - 90, 1, PALE)
        canvas.text(60, y + 4, _short(tick), GREY, anchor=1)
    for year in sorted({round(tick) for tick in ticks(first, last)} | {first, last}):
        canvas.text(place(year, low)[0], 236, str(year), GREY, anchor=0.5)
    places = [place(int(p["period"]), p["value"]) for p in points]
    for point, (x, _) in zip(points, places, strict=True):
        if point["lower"] is not None and point["upper"] is not None:
            top, bottom = place(first, point["upper"])[1], place(first, point["lower"])[1]
            canvas.box(x - 3, top, 7, bottom - top, CLASSES[1])
    canvas.stroke(places, 2, CLASSES[4])
    for x, y in places:
        canvas.disc(x, y, 3, CLASSES[4])
    return canvas.png()


def fifths(values: Sequence[float]) -> list[float]:
    """Limits of five classes with as many values each; fewer where values are equal."""
    ordered = sorted(values)
    limits = dict.fromkeys(ordered[len(ordered) * n // len(CLASSES)] for n in range(1, len(CLASSES)))
    return [limit for limit in limits if limit > ordered[0]]


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``: 1, 2 or 5 times a power of ten apart."""
    if high <= low:
        return []
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _class(value: float, limits: Sequence[float]) -> int:
    return sum(value >= limit for limit in limits)


def _short(value: float) -> str:
    """A number in few letters: 12.3, 4,567, 1.2M."""
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:,.1f}M"
    if size >= 1000 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 1 else f"{value:.3g}"


def _fit(canvas: Canvas, text: str, width: float) -> str:
    """The text, cut where it would not fit."""
    while text and canvas.text_width(text) > width:
        text = text.rstrip("…")[:-1] + "…"
    return text
