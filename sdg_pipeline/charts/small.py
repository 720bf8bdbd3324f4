"""Small drawings beside a figure: the years before it, and the way from the first year by the newest to a target.

What belongs here: those drawings. What does not: which years there are, and what is said of them.
"""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]
"""A year and a value."""
WIDTH, HEIGHT, EDGE = 120.0, 34.0, 5.0


def spark(points: Sequence[Point]) -> str:
    """The SVG of values by year, the newest with a dot; empty of fewer than three, which are no trend."""
    if len(points) < 3:
        return ""
    placed = _placed(points)
    return _svg("spark", _line(placed, "s") + _dot(placed[-1], "now"))


def way(first: Point, newest: Point, target: Point) -> str:
    """The SVG of the way: a line as far as it went, a dashed one to the target, which is a ring."""
    start, now, end = _placed((first, newest, target))
    dots = _dot(start, "first") + _dot(now, "now") + _dot(end, "aim")
    return _svg("way", _line((now, end), "ahead") + _line((start, now), "s") + dots)


def _svg(name: str, drawing: str) -> str:
    return f'<svg class="{name}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" aria-hidden="true">{drawing}</svg>'


def _placed(points: Sequence[Point]) -> list[Point]:
    """The places of points in the box, which they fill."""
    years, values = [p[0] for p in points], [p[1] for p in points]
    across, up = max(years) - min(years) or 1.0, max(values) - min(values) or 1.0
    return [
        (
            EDGE + (WIDTH - 2 * EDGE) * (year - min(years)) / across,
            HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - min(values)) / up,
        )
        for year, value in points
    ]


def _line(points: Sequence[Point], kind: str) -> str:
    return f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def _dot(point: Point, kind: str) -> str:
    return f'<circle class="{kind}" cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="3"/>'
