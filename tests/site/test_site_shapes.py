"""Outlines of municipalities: a valid coverage, nobody lost, clear errors; and the real file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import shapely

from sdg_pipeline.errors import GeographyError, InputError
from sdg_pipeline.ingest import geography
from sdg_pipeline.ingest.geography import Area, Register
from sdg_pipeline.ingest.shapes import outlines
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.base import Level

PATH = re.compile(r"(M-?\d+ -?\d+l(-?\d+[ -]?)+(-?\d+[ -]?)*z)+")


def square(key: str, x: float, y: float, side: float = 1.0, shape: str = "Polygon") -> dict:
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    return {"properties": {"key": key}, "geometry": {"type": shape, "coordinates": [ring]}}


def register(*keys: str) -> Register:
    areas = [Area(key, key, Level.MUNICIPALITY, 2010) for key in keys]
    return Register({area.code: area for area in areas})


def written(tmp_path: Path, *features: dict) -> Path:
    file = tmp_path / "shapes.geojson"
    file.write_text(json.dumps({"features": features}), encoding="utf-8")
    return file


def test_neighbours_whose_edges_do_not_meet_are_joined(tmp_path: Path) -> None:
    """A gap of 500 metres between two squares is closed, and their state is one outline."""
    file = written(tmp_path, square("01001", -102, 20), square("01002", -100.995, 20.002))
    drawn = outlines(file, "key", 2020, register("01001", "01002"))
    assert sorted(drawn["municipalities"]) == ["MX01001", "MX01002"]
    assert all(PATH.fullmatch(path) for path in drawn["municipalities"].values())
    assert drawn["states"]["MX01"].count("M") == 1
    left, top, width, height = drawn["boxes"]["MX01"]
    assert (left, top, width) == (-12, -12, 3024)
    assert 0 < height < 2000
    areas = {code: shapely.from_geojson(geometry) for code, geometry in drawn["areas"].items()}
    assert sorted(areas) == ["MX", "MX01", "MX01001", "MX01002"]
    assert areas["MX01001"].touches(areas["MX01002"])
    assert areas["MX"].equals(areas["MX01"]) and areas["MX01"].area == pytest.approx(2.005, abs=0.02)


@pytest.mark.parametrize(
    ("features", "keys", "error", "message"),
    [
        ([square("01001", -102, 20)], ("01001", "01002"), InputError, "lacks municipalities of 2020; found '01002'"),
        ([square("01001", -102, 20), square("01001", -101, 20)], ("01001",), InputError, "a municipality twice; found '01001'"),
        ([square("01009", -102, 20)], ("01001",), GeographyError, "does not know"),
        ([{"properties": {}, "geometry": None}], ("01001",), InputError, "no GeoJSON whose features have the property 'key'"),
        ([{"properties": {"key": "01001"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}], ("01001",), InputError,
         "has features that are no polygons; found '01001'"),
        ([square("01001", -102, 20), square("01002", -90, 20, 0.001)], ("01001", "01002"), InputError,
         "municipalities vanish when simplified; found 'MX01002'"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_drawn_is_an_error(
    tmp_path: Path, features: list, keys: tuple, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        outlines(written(tmp_path, *features), "key", 2020, register(*keys))


def test_bytes_that_are_no_json_are_an_error(tmp_path: Path) -> None:
    file = tmp_path / "shapes.geojson"
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="no GeoJSON"):
        outlines(file, "key", 2020, register("01001"))


@pytest.mark.national
def test_the_real_outlines_lose_nobody(shared_data: Path) -> None:
    areas = geography.register(PROJECT / "indicator_specs")
    drawn = outlines(shared_data / "geo/municipios_2020.geojson", "cvegeo", 2020, areas)
    assert len(drawn["municipalities"]) == 2469 == len(areas.existing(2020, Level.MUNICIPALITY))
    assert len(drawn["states"]) == len(drawn["boxes"]) == 32
    assert {"MX20375", "MX20426"} <= set(drawn["municipalities"])
    assert all(PATH.fullmatch(path) for path in drawn["municipalities"].values())
    shapes = {code: shapely.from_geojson(geometry) for code, geometry in drawn["areas"].items()}
    assert set(shapes) == {"MX", *drawn["states"], *drawn["municipalities"]}
    assert [code for code, shape in shapes.items() if not shape.is_valid or shape.is_empty] == []
    inside = sum(shape.area for code, shape in shapes.items() if len(code) == 7)
    assert shapes["MX"].area == pytest.approx(inside, rel=1e-3)
    again = outlines(shared_data / "geo/municipios_2020.geojson", "cvegeo", 2020, areas)
    assert again == drawn
