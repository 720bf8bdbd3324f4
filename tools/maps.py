"""Draws municipalities of Mexico as SVG, for the pictures of the documents.

    python -m tools.maps shrinkage WAREHOUSE GEOJSON INDICATOR TARGET.svg
    python -m tools.maps indicator WAREHOUSE GEOJSON INDICATOR TARGET.svg

`shrinkage` shows how much of each value comes from the model. `indicator` shows its values by fifths, and its states.
GEOJSON has a polygon per municipality with its key in `cvegeo`, such as the file `geo_municipalities` of INEGI. The
drawing has no projection: a degree of longitude is shortened by the cosine of 24 degrees, the middle of the country.
"""

from __future__ import annotations

import json
import math
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from statistics import quantiles
from typing import Any

import duckdb

NARROW = math.cos(math.radians(24))
SHRINKAGE_COLOURS = ("#08306b", "#2171b5", "#6baed6", "#c6dbef", "#fdd0a2", "#f16913")
"""From a value of the survey (0) to one of the model alone (1)."""
FIFTHS = ("#d9f0e3", "#9fd5c0", "#58b3a2", "#1f8489", "#114b5f")
NO_VALUE = "#c4c4c4"
Ring = list[tuple[float, float]]


@dataclass(frozen=True)
class Country:
    """Polygons per municipality, and how degrees become points of a drawing of this width."""

    shapes: Mapping[str, list[Ring]]
    width: int

    @property
    def points(self) -> list[tuple[float, float]]:
        return [point for rings in self.shapes.values() for ring in rings for point in ring]

    def paths(self, colours: Mapping[str, str]) -> tuple[str, float]:
        """One SVG path per municipality, and the height of the drawing."""
        points = self.points
        west, north = min(x for x, _ in points), max(y for _, y in points)
        scale = self.width / ((max(x for x, _ in points) - west) * NARROW)
        height = scale * (north - min(y for _, y in points))
        drawn = []
        for area, rings in self.shapes.items():
            lines = "".join(
                "M" + "L".join(f"{(x - west) * NARROW * scale:.1f} {(north - y) * scale:.1f}" for x, y in ring) + "Z"
                for ring in rings
            )
            drawn.append(f'<path d="{lines}" fill="{colours.get(area, NO_VALUE)}"/>')
        return "".join(drawn), height


def read_country(geojson: str, width: int) -> Country:
    """The municipalities of a GeoJSON file by REF_AREA code."""
    features = json.loads(Path(geojson).read_text(encoding="utf-8"))["features"]
    return Country({f"MX{_key(f['properties'])}": list(_rings(f["geometry"])) for f in features}, width)


def shrinkage(con: duckdb.DuckDBPyConnection, geojson: str, indicator: str) -> str:
    """A map of how much of each municipality's model-based value is the model's."""
    shares = dict(con.execute("SELECT ref_area, shrinkage FROM sdg.shrinkage(?)", [indicator]).fetchall())
    steps = len(SHRINKAGE_COLOURS)
    colours = {area: SHRINKAGE_COLOURS[min(int(share * steps), steps - 1)] for area, share in shares.items()}
    paths, height = read_country(geojson, 1000).paths(colours)
    legend = "".join(_box(20 + 70 * i, height - 60, 70, 16, colour) for i, colour in enumerate(SHRINKAGE_COLOURS))
    texts = (
        _text(20, height - 70, f"Shrinkage: {indicator}")
        + _text(20, height - 26, "0: the survey alone")
        + _text(20 + 70 * steps, height - 26, "1: the model alone", "end")
    )
    return _svg(1000, height, 16, paths + legend + texts)


def indicator(con: duckdb.DuckDBPyConnection, geojson: str, identifier: str) -> str:
    """A map of the municipalities by fifths, beside a bar per state and the national value."""
    [(title, unit, period, source)] = con.execute(HEAD, [identifier]).fetchall()
    values = dict(con.execute(MUNICIPALITIES, [identifier, period]).fetchall())
    breaks = quantiles(values.values(), n=len(FIFTHS))
    colours = {area: FIFTHS[bisect_right(breaks, value)] for area, value in values.items()}
    paths, height = read_country(geojson, 740).paths(colours)
    bounds = [min(values.values()), *breaks, max(values.values())]
    legend = "".join(
        _box(20, height - 40 - 20 * i, 26, 16, colour)
        + _text(54, height - 27 - 20 * i, f"{bounds[i]:.1f} to {bounds[i + 1]:.1f}")
        for i, colour in enumerate(FIFTHS)
    )
    states = con.execute("SELECT area_name, obs_value, national_value FROM sdg.by_state(?)", [identifier]).fetchall()
    words = (
        _text(20, 30, f"{title}, {period}", size=20)
        + _text(20, 52, f"{unit}. {len(values):,} municipalities by fifths; 32 states; the line is the nation")
        + _text(20, height + 58, f"Source: {source}. Values, hashes and definitions: FROM sdg.latest", size=11)
    )
    drawing = f'<g transform="translate(0 60)">{paths}{legend}</g>{_bars(states, 770, 84)}{words}'
    return _svg(1080, height + 72, 13, drawing)


HEAD = """
SELECT i.title_en, i.unit_en, max(o.time_period), any_value(s.title_en)
FROM sdg.indicator AS i JOIN sdg.observation AS o ON o.indicator = i.id JOIN sdg.source AS s ON s.id = o.source
WHERE i.id = ? AND o.geo_level = 'municipality' GROUP BY ALL
"""
MUNICIPALITIES = """
SELECT ref_area, obs_value FROM sdg.latest NATURAL JOIN sdg.total_key
WHERE indicator = ? AND time_period = ? AND geo_level = 'municipality' AND obs_value IS NOT NULL
"""


def _bars(states: list[tuple[str, float, float]], x: float, y: float) -> str:
    """A bar per state on a scale from 0, its value in a column of its own, and a line at the national value."""
    high, nation, name_width, room = max(value for _, value, _ in states), states[0][2], 118, 140
    drawn = []
    for i, (name, value, _) in enumerate(states):
        top = y + 13.4 * i
        drawn.append(_text(x + name_width - 6, top + 9, name.split(" de ")[0] if len(name) > 19 else name, "end", 11))
        drawn.append(_box(x + name_width, top, room * value / high, 10, FIFTHS[2]))
        drawn.append(_text(x + name_width + room + 38, top + 9, f"{value:.1f}", "end", 11))
    at = x + name_width + room * nation / high
    line = f'<path d="M{at:.1f} {y - 6}V{y + 13.4 * len(states)}" stroke="#b3261e" stroke-width="1.5"/>'
    return "".join(drawn) + line + _text(at, y - 10, f"National {nation:.1f}", "middle", 11)


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, anchor: str = "start", size: int | None = None) -> str:
    font = f' font-size="{size}"' if size else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{font}>{escape(words)}</text>'


def _svg(width: float, height: float, size: int, inner: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'font-family="DejaVu Sans, sans-serif" font-size="{size}">'
        f'<rect width="100%" height="100%" fill="white"/>{inner}</svg>\n'
    )


def _key(properties: dict[str, Any]) -> str:
    return str(next(value for name, value in properties.items() if name.lower() == "cvegeo")).zfill(5)


def _rings(geometry: dict[str, Any]) -> Iterator[Ring]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        yield from ([(x, y) for x, y, *_ in ring] for ring in polygon)


DRAWINGS = {"shrinkage": shrinkage, "indicator": indicator}


def main(drawing: str, warehouse: str, geojson: str, identifier: str, target: str) -> None:
    """Write one drawing."""
    with duckdb.connect(warehouse, read_only=True) as con:
        Path(target).write_text(DRAWINGS[drawing](con, geojson, identifier), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
