"""Areas with their newest totals for geographic tools: GeoParquet 1.1, and GeoJSON of the states (RFC 7946).

No format of a release: outlines are of the home, whose run may have read no geometry. So a folder is written when it is
asked for, out of a sealed release. What belongs here: those files. What does not: how outlines are made of official
shapes (``ingest.shapes``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline import duck
from sdg_pipeline.errors import UsageError
from sdg_pipeline.estimate import universe
from sdg_pipeline.files import read_json
from sdg_pipeline.publish import newest, parquet
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

AREAS, STATES = "areas.parquet", "states.geojson"
PARTS = ("time_period", "obs_value", "ci_lower", "ci_upper", "obs_status", "obs_reason")
"""What there is of each indicator; ``obs_value`` has the name of the indicator alone."""
LEVELS = ("national", "state", "municipality")


@dataclass(frozen=True)
class Outlines:
    """Shapes of areas as GeoJSON texts by REF_AREA, in degrees (OGC:CRS84), and what they are of."""

    areas: Mapping[str, str]
    source: str
    edition: str


def outlines(path: Path) -> Outlines:
    """The shapes of a home; UsageError where its run has read none."""
    if not path.is_file():
        raise UsageError(f"there are no outlines at {path}; remedy: run with a source of outlines, see docs/site.md")
    written = read_json(path)
    return Outlines(written["areas"], written["source"], written["edition"])


def write(
    con: duckdb.DuckDBPyConnection, release: Path, indicators: Sequence[Indicator], shapes: Outlines, folder: Path
) -> int:
    """Write both files into a folder, and return the number of areas."""
    folder.mkdir(parents=True, exist_ok=True)
    _pivot(con, release, indicators)
    places = con.sql("SELECT * FROM of_places ORDER BY ref_area").to_arrow_table()
    table = places.filter([area in shapes.areas for area in places["ref_area"].to_pylist()])
    _geo_parquet(table, shapes, folder / AREAS)
    states = [row for row in table.to_pylist() if row["geo_level"] == "state"]
    (folder / STATES).write_text(_geojson(states, shapes), encoding="utf-8")
    return int(table.num_rows)


def _named(indicator: str, part: str) -> str:
    return indicator if part == "obs_value" else f"{indicator}__{part}"


def _pivot(con: duckdb.DuckDBPyConnection, release: Path, indicators: Sequence[Indicator]) -> None:
    """Table ``of_places``: a row an area, and the newest total of each indicator in columns of its own."""
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW observation AS FROM read_parquet({duck.text(release / parquet.OBSERVATIONS)})"
    )
    newest.offer(con, indicators)
    parts = ", ".join(
        f"max({part}) FILTER (indicator = {duck.text(i.id)}) AS {duck.name(_named(i.id, part))}"
        for i in indicators
        for part in PARTS
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE of_places AS SELECT ref_area, "
        "max_by(area_name, (geo_vintage, time_period, area_name)) AS area_name, "
        f"any_value(geo_level) AS geo_level, {parts} FROM observation "
        f"JOIN newest_period USING (geo_level, time_period, {', '.join(universe.TOTAL_KEY)}) "
        f"WHERE geo_level IN {LEVELS} GROUP BY ref_area"
    )


def _geo_parquet(table: pa.Table, shapes: Outlines, path: Path) -> None:
    """A column of WKB, and the metadata that say so (https://geoparquet.org/releases/v1.1.0)."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import shapely

    drawn = shapely.from_geojson([shapes.areas[area] for area in table["ref_area"].to_pylist()])
    table = table.append_column("geometry", pa.array(shapely.to_wkb(drawn).tolist(), pa.binary()))
    described = {
        "encoding": "WKB",
        "geometry_types": sorted({shape.geom_type for shape in drawn}),
        "orientation": "counterclockwise",
        "bbox": shapely.total_bounds(drawn).tolist() if table.num_rows else [],
    }
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": described}}
    said = {"geo": json.dumps(geo), "outlines": f"{shapes.source}/{shapes.edition}"}
    pq.write_table(table.replace_schema_metadata(said), path, compression="zstd")


def _geojson(rows: Sequence[Mapping[str, Any]], shapes: Outlines) -> str:
    features = ",\n".join(
        f'{{"type":"Feature","id":{json.dumps(row["ref_area"])},'
        f'"properties":{json.dumps(dict(row), ensure_ascii=False)},"geometry":{shapes.areas[row["ref_area"]]}}}'
        for row in rows
    )
    return f'{{"type":"FeatureCollection","features":[\n{features}\n]}}\n'
