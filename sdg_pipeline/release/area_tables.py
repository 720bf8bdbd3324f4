"""The tables of the warehouse about areas: which there are, and their shapes, which the step of the geometry left.

What belongs here: those tables. What does not: how shapes are made (ingest.shapes).
"""

from __future__ import annotations

from collections.abc import Iterator

from sdg_pipeline.ingest.geography import NATION, Register
from sdg_pipeline.layout import Layout
from sdg_pipeline.packages import geography
from sdg_pipeline.release.columns import described
from sdg_pipeline.release.tables import Row

AREA = described(
    "area",
    "Nation, states and municipalities of all vintages of the register",
    {
        "ref_area": ("VARCHAR", "Code: MX, MX and state key, MX and municipality key"),
        "key": ("VARCHAR", "INEGI key with its zeros; empty for the nation"),
        "name": ("VARCHAR", "Name of the area"),
        "level": ("VARCHAR", "national, state or municipality"),
        "state": ("VARCHAR", "Key of the state that the area is or lies in; empty for the nation"),
        "state_name": ("VARCHAR", "Name of that state; NULL for the nation"),
        "first_vintage": ("BIGINT", "First vintage with the area; 0 where it has been there from the start"),
        "last_vintage": ("BIGINT", "Last vintage with the area; 9999 where it still exists"),
        "parents": ("VARCHAR[]", "Codes of the municipalities that it was split from"),
        "former_names": ("VARCHAR[]", "Names that it had in earlier editions of a source"),
        "other_names": ("VARCHAR[]", "Newer names, other spellings and short forms in editions of a source"),
    },
)

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


def areas(register: Register) -> Iterator[Row]:
    """Rows of AREA."""
    for code, area in sorted(register.areas.items()):
        state = register.areas.get(NATION + area.state) if area.state else None
        yield (
            *(code, area.key, area.name, area.level.value, area.state, state.name if state else None),
            *(area.first_vintage, area.last_vintage, [NATION + p for p in area.parents]),
            *(list(area.former), list(area.other)),
        )


def area_geometries(layout: Layout) -> Iterator[Row]:
    """Rows of AREA_GEOMETRY, where outlines were made."""
    if layout.area_geometry.is_file():
        shapes = geography.outlines(layout.area_geometry)
        for code, geometry in shapes.areas.items():
            yield code, geometry, shapes.source, shapes.edition
