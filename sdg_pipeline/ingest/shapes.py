"""Official outlines of municipalities as paths for maps: a valid coverage, simplified, projected, in whole numbers.

The official copies are no coverage: edges of neighbours do not meet. They are snapped to one, simplified together, so
that no gap opens between neighbours, projected (Lambert's conformal conic with INEGI's parallels for Mexico) and
rounded. States are unions of their municipalities. No municipality may be lost on the way: that is an error. What
belongs here: that recipe. What does not: maps (charts).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.errors import InputError
from sdg_pipeline.files import write_text
from sdg_pipeline.ingest.geography import NATION, Register
from sdg_pipeline.layout import Layout
from sdg_pipeline.specs.base import Level

if TYPE_CHECKING:
    import numpy as np

SNAPPING = 0.008
"""In degrees: nodes nearer than this are one. At 0.01 a municipality vanishes, at 0.007 edges do not meet."""
TOLERANCE = 0.031
"""In degrees: detail that is smaller is left out."""
WIDTH = 3000
"""Of the drawing, in its units; at 2000 two small municipalities have no area left."""
STATE_TOLERANCE = 5
"""Detail of the borders of states that is left out, in units of the drawing: a pixel on a page."""
PARALLELS, ORIGIN = (17.5, 29.5), (12.0, -102.0)
"""INEGI's conic projection for the country: standard parallels, latitude and longitude of the origin, in degrees."""
SMALLEST_HOLE = 0.05
"""In square degrees: a smaller hole in a state is none."""
ROOM = 12
"""Around a state on a map of it alone, in units of the drawing."""
DECIMALS = 4
"""Of degrees in GeoJSON: eleven metres, far below the detail that is left."""
MAX_NAMED = 10
REMEDY = "take another edition of the outlines, or mend the spec of its source"


def outlines(file: Path, key: str, vintage: int, register: Register) -> dict[str, Any]:
    """The outlines of the municipalities in ``file`` (GeoJSON) and of their states, and the size of the drawing.

    ``areas`` has the same shapes, and the nation's, as geometries of GeoJSON in degrees.

    ``key`` is the property with the INEGI key. InputError where the file is no GeoJSON of polygons, where its keys are
    not those of the register, or where a municipality would vanish.
    """
    import shapely

    keys, shapes = _read(file, key)
    _require_keys(file, keys, vintage, register)
    clean = shapely.coverage_clean(shapes, snapping_distance=SNAPPING, merge_strategy="min_area")
    if not shapely.coverage_is_valid(clean):
        raise InputError(file, "its outlines are no coverage when they are snapped", remedy=REMEDY)
    simple = shapely.coverage_simplify(clean, TOLERANCE)
    states = sorted({name[:2] for name in keys})
    unions = [shapely.coverage_union_all([s for k, s in zip(keys, simple, strict=True) if k[:2] == n]) for n in states]
    left, _, right, top = shapely.total_bounds(shapely.transform(simple, _projected))
    scale = WIDTH / (right - left)

    def placed(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        on_page: np.ndarray[Any, Any] = (_projected(points) - [left, top]) * [scale, -scale]
        return on_page

    drawn = shapely.transform(simple, placed)
    paths = {NATION + name: _path(shape) for name, shape in zip(keys, drawn, strict=True)}
    lost = sorted(code for code, path in paths.items() if not path)
    if lost:
        raise InputError(
            file, "municipalities vanish when simplified", value=", ".join(lost[:MAX_NAMED]), remedy=REMEDY
        )
    whole = [_without_slivers(union) for union in unions]
    around = shapely.transform(whole, placed)
    return {
        "size": [WIDTH, math.ceil(max(shapely.bounds(shape)[3] for shape in around))],
        "states": {
            NATION + name: _path(shape)
            for name, shape in zip(states, shapely.coverage_simplify(around, STATE_TOLERANCE), strict=True)
        },
        "municipalities": dict(sorted(paths.items())),
        "boxes": {NATION + name: _box(shapely.bounds(shape)) for name, shape in zip(states, around, strict=True)},
        "areas": _geojson(zip(["", *states, *keys], [shapely.union_all(whole), *whole, *simple], strict=True)),
    }


def _geojson(shapes: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Geometries of GeoJSON by REF_AREA; corners that neighbours share are rounded to the same."""
    import shapely

    rounded = ((key, shapely.transform(shape, lambda points: points.round(DECIMALS))) for key, shape in shapes)
    return {
        NATION + key: shapely.to_geojson(shapely.orient_polygons(shape))
        for key, shape in sorted(rounded, key=lambda pair: pair[0])
    }


def _read(file: Path, key: str) -> tuple[list[str], Any]:
    import shapely

    try:
        features = json.loads(file.read_text(encoding="utf-8"))["features"]
        keys = [str(feature["properties"][key]) for feature in features]
        shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features])
    except (ValueError, KeyError, TypeError, shapely.errors.GEOSException) as error:
        raise InputError(
            file, f"is no GeoJSON whose features have the property {key!r} ({error!r})", remedy=REMEDY
        ) from error
    wrong = [k for k, shape in zip(keys, shapes, strict=True) if shape.geom_type not in ("Polygon", "MultiPolygon")]
    if wrong:
        raise InputError(file, "has features that are no polygons", value=", ".join(wrong[:MAX_NAMED]), remedy=REMEDY)
    return keys, shapely.make_valid(shapes)


def _require_keys(file: Path, keys: Sequence[str], vintage: int, register: Register) -> None:
    twice = sorted({name for name in keys if keys.count(name) > 1}) if len(set(keys)) < len(keys) else []
    if twice:
        raise InputError(file, "has a municipality twice", value=", ".join(twice[:MAX_NAMED]), remedy=REMEDY)
    register.require(keys, vintage, str(file))
    absent = {area.key for area in register.existing(vintage, Level.MUNICIPALITY)} - set(keys)
    if absent:
        raise InputError(
            file, f"lacks municipalities of {vintage}", value=", ".join(sorted(absent)[:MAX_NAMED]), remedy=REMEDY
        )


def _projected(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Longitudes and latitudes on Lambert's conformal conic of a sphere (Snyder 1987, equations 15-1 to 15-4)."""
    import numpy as np

    low, high = (math.radians(parallel) for parallel in PARALLELS)
    origin, meridian = (math.radians(degrees) for degrees in ORIGIN)
    cone = math.log(math.cos(low) / math.cos(high)) / math.log(_half(high) / _half(low))
    factor = math.cos(low) * _half(low) ** cone / cone
    distance = factor / np.tan(math.pi / 4 + np.radians(points[:, 1]) / 2) ** cone
    angle = cone * (np.radians(points[:, 0]) - meridian)
    placed: np.ndarray[Any, Any] = np.column_stack(
        [distance * np.sin(angle), factor / _half(origin) ** cone - distance * np.cos(angle)]
    )
    return placed


def _half(latitude: float) -> float:
    return math.tan(math.pi / 4 + latitude / 2)


def _path(shape: Any) -> str:
    """A path of SVG in whole numbers and steps; empty where no ring has an area left."""
    polygons = shape.geoms if shape.geom_type == "MultiPolygon" else [shape]
    rings = [ring for polygon in polygons if not polygon.is_empty for ring in (polygon.exterior, *polygon.interiors)]
    return "".join(_ring(ring) for ring in rings)


def _ring(ring: Any) -> str:
    points = [(round(x), round(y)) for x, y in ring.coords]
    corners = [point for point, before in zip(points, [None, *points], strict=False) if point != before][:-1]
    if len(corners) < 3:
        return ""
    steps = (f"{x - a} {y - b}" for (x, y), (a, b) in zip(corners[1:], corners, strict=False))
    return f"M{corners[0][0]} {corners[0][1]}l{' '.join(steps).replace(' -', '-')}z"


def _without_slivers(union: Any) -> Any:
    """A state without the slits that lie between its municipalities: holes are other states, and those are large."""
    import shapely

    parts = union.geoms if union.geom_type == "MultiPolygon" else [union]
    rings = [[ring for ring in part.interiors if shapely.Polygon(ring).area >= SMALLEST_HOLE] for part in parts]
    return shapely.MultiPolygon([(part.exterior.coords, inner) for part, inner in zip(parts, rings, strict=True)])


def _box(bounds: Iterable[float]) -> list[int]:
    left, top, right, bottom = bounds
    return [round(left) - ROOM, round(top) - ROOM, round(right - left) + 2 * ROOM, round(bottom - top) + 2 * ROOM]


def save(drawn: dict[str, Any], source: str, edition: str, layout: Layout) -> None:
    """Write outlines and areas with the source that they come from."""
    origin = {"source": source, "edition": edition}
    outlines = {**{key: value for key, value in drawn.items() if key != "areas"}, **origin}
    write_text(layout.geometry, json.dumps(outlines, separators=(",", ":")) + "\n")
    write_text(layout.area_geometry, json.dumps({"areas": drawn["areas"], **origin}, separators=(",", ":")) + "\n")
