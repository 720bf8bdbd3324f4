"""Areas for geographic tools, read back with geopandas and DuckDB: outlines in place, values those of the release."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import duckdb
import geopandas
import pandas
import pytest
from typer.testing import CliRunner
from unit.release_fixture import contents, indicators, settings

from sdg_pipeline import duck
from sdg_pipeline.cli.commands import app
from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.packages import geography
from sdg_pipeline.packages.geography import Outlines
from sdg_pipeline.release.build import build
from sdg_pipeline.specs import catalog


def square(left: int) -> str:
    corners = [[left, 20], [left + 1, 20], [left + 1, 21], [left, 21], [left, 20]]
    return f'{{"type":"Polygon","coordinates":[{corners}]}}'


SHAPES = Outlines(
    {"MX": square(-100), "MX01": square(-99), "MX20": square(-98), "MX20067": square(-97)}, "marco", "2020"
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    layout = Layout(tmp_path_factory.mktemp("home"))
    release = build(contents(layout), layout, settings(layout))
    folder = layout.home / "geo"
    con = duck.connect(settings(layout), layout.home)
    assert geography.write(con, release, indicators(), SHAPES, folder) == 4
    return folder


def test_geopandas_reads_geoparquet(exported: Path) -> None:
    read = geopandas.read_parquet(exported / "areas.parquet").set_index("ref_area")
    assert read.crs is not None and read.crs.to_authority() == ("OGC", "CRS84")
    assert read["water"].to_dict() == {"MX": 90.125, "MX01": 99.0, "MX20": 80.5, "MX20067": 85.25}
    assert read.loc["MX20", ["area_name", "geo_level", "water__obs_status"]].tolist() == ["Oaxaca", "state", "A"]
    assert read.geometry.loc["MX20"].bounds == (-98.0, 20.0, -97.0, 21.0)
    assert pandas.isna(read["water_gap"]["MX01"]) and read["water_gap"]["MX20"] == 1.5


def test_duckdb_reads_its_columns(exported: Path) -> None:
    rows = duckdb.sql(f"SELECT ref_area, without FROM '{exported / 'areas.parquet'}' WHERE without > 5").fetchall()
    assert rows == [("MX", 10.0), ("MX20", 20.0)]


def test_geopandas_reads_the_states(exported: Path) -> None:
    read = geopandas.read_file(exported / "states.geojson")
    assert read["ref_area"].tolist() == ["MX01", "MX20"] and read["water"].tolist() == [99.0, 80.5]
    assert read.geometry.iloc[0].bounds == (-99.0, 20.0, -98.0, 21.0)


def test_without_outlines_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no outlines at .*areas\.json; remedy: run with a source of outlines"):
        geography.outlines(tmp_path / "areas.json")


def test_an_indicator_that_is_named_twice_is_written_once(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(exported.parent)
    layout.area_geometry.parent.mkdir(parents=True, exist_ok=True)
    layout.area_geometry.write_text(json.dumps(asdict(SHAPES)), encoding="utf-8")
    monkeypatch.setenv("SDG_HOME", str(layout.home))
    monkeypatch.setattr(catalog, "load", lambda _: contents(Layout(tmp_path)).catalog)
    named = ["--indicator", "water", "--indicator", "water_gap", "--indicator", "water"]
    shown = CliRunner().invoke(app, ["export", "geography", str(tmp_path / "geo"), *named])
    assert shown.exit_code == 0, shown.exception
    assert "4 areas, 2 indicators" in shown.output
    columns = list(geopandas.read_parquet(tmp_path / "geo" / "areas.parquet").columns)
    assert [c for c in columns if c.startswith("water") and "__" not in c] == ["water", "water_gap"]
