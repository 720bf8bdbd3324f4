"""A map of how much of each municipality's model-based value is the model's: SVG for the documents.

    python tools/shrinkage_map.py WAREHOUSE GEOJSON INDICATOR TARGET.svg

GEOJSON has a polygon a municipality with its key in `cvegeo`, such as the file `geo_municipalities` of INEGI. Areas are
drawn without projection, a degree of longitude shortened by the cosine of 24 degrees, the middle of the country.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

WIDTH = 1000
NARROW = math.cos(math.radians(24))
COLOURS = ("#08306b", "#2171b5", "#6baed6", "#c6dbef", "#fdd0a2", "#f16913")
"""From a value of the survey (0) to one of the model alone (1)."""


def main(warehouse: str, geojson: str, indicator: str, target: str) -> None:
    """Write the map."""
    with duckdb.connect(warehouse, read_only=True) as con:
        shrinkage = dict(con.execute("SELECT ref_area, shrinkage FROM sdg.shrinkage(?)", [indicator]).fetchall())
    features = json.loads(Path(geojson).read_text(encoding="utf-8"))["features"]
    shapes = [(f"MX{_key(f['properties'])}", list(_rings(f["geometry"]))) for f in features]
    points = [point for _, rings in shapes for ring in rings for point in ring]
    west, north = min(x for x, _ in points), max(y for _, y in points)
    scale = WIDTH / ((max(x for x, _ in points) - west) * NARROW)
    height = scale * (north - min(y for _, y in points))
    paths = "".join(_path(area, rings, shrinkage, west, north, scale) for area, rings in shapes)
    legend = "".join(
        f'<rect x="{20 + 70 * i}" y="{height - 60:.0f}" width="70" height="16" fill="{colour}"/>'
        for i, colour in enumerate(COLOURS)
    )
    words = (
        f'<text x="20" y="{height - 70:.0f}">Shrinkage: {indicator}</text>'
        f'<text x="20" y="{height - 26:.0f}">0: the survey alone</text>'
        f'<text x="{20 + 70 * len(COLOURS)}" y="{height - 26:.0f}" text-anchor="end">1: the model alone</text>'
    )
    Path(target).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" font-family="sans-serif" '
        f'font-size="16"><rect width="100%" height="100%" fill="white"/>{paths}{legend}{words}</svg>\n',
        encoding="utf-8",
    )


def _key(properties: dict[str, Any]) -> str:
    return str(next(value for name, value in properties.items() if name.lower() == "cvegeo")).zfill(5)


def _rings(geometry: dict[str, Any]) -> Iterator[list[tuple[float, float]]]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        yield from ([(x, y) for x, y, *_ in ring] for ring in polygon)


def _path(
    area: str,
    rings: list[list[tuple[float, float]]],
    shrinkage: dict[str, float],
    west: float,
    north: float,
    scale: float,
) -> str:
    value = shrinkage.get(area)
    colour = "#bbbbbb" if value is None else COLOURS[min(int(value * len(COLOURS)), len(COLOURS) - 1)]
    lines = "".join(
        "M" + "L".join(f"{(x - west) * NARROW * scale:.1f} {(north - y) * scale:.1f}" for x, y in ring) + "Z"
        for ring in rings
    )
    return f'<path d="{lines}" fill="{colour}"/>'


if __name__ == "__main__":
    main(*sys.argv[1:])
