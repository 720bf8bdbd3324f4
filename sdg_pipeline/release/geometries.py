"""The table of the warehouse with the shapes of areas, filled from what the step of the geometry left.

What belongs here: that table. What does not: how shapes are made (ingest.shapes).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from sdg_pipeline.layout import Layout
from sdg_pipeline.release.columns import described
from sdg_pipeline.release.tables import Row

AREA_GEOMETRY = described(
    "area_geometry",
    "Simplified shapes of the nation, states and municipalities for maps; empty where the run had no file of outlines",
    {
        "ref_area": ("VARCHAR", "Code of the area, see sdg.area"),
        "geojson": ("VARCHAR", "Geometry of GeoJSON (RFC 7946): longitudes and latitudes in degrees, WGS 84"),
        "source": ("VARCHAR", "Id of the source of the outlines"),
        "edition": ("VARCHAR", "Edition of that source"),
    },
)


def area_geometries(layout: Layout) -> Iterator[Row]:
    """Rows of AREA_GEOMETRY, where outlines were made."""
    if layout.area_geometry.is_file():
        written = json.loads(layout.area_geometry.read_text(encoding="utf-8"))
        for code, geometry in written["areas"].items():
            yield code, geometry, written["source"], written["edition"]
