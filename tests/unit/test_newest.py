"""The newest period with values, as the desk, the README and an explanation show it: no forecast, no empty year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from release_fixture import catalog, observation, write_observations

from sdg_pipeline.explain import choice
from sdg_pipeline.publish import headline, readme
from sdg_pipeline.specs.indicator import Indicator

OBSERVED = [
    observation("water", "MX", 40.0, time_period="2010"),
    observation("water", "MX01", 50.0, time_period="2010"),
]
PROJECTED = [
    observation("water", area, 70.0, time_period="2030", obs_status="F", obs_reason="projection")
    for area in ("MX", "MX01")
]
EMPTY = [
    observation("water", area, None, time_period="2019", obs_status="O", obs_reason="not_published")
    for area in ("MX", "MX01")
]


@pytest.fixture
def indicator(tmp_path: Path) -> Indicator:
    return catalog(tmp_path / "specs").indicators["water"]


def shown(tmp_path: Path, indicator: Indicator, rows: list[dict[str, Any]]) -> headline.Headline:
    path = write_observations(tmp_path / "water.parquet", rows)
    with duckdb.connect() as con:
        con.execute(f"CREATE VIEW observation AS FROM '{path}'")
        return headline.headline(con, indicator, "per cent")


def test_the_headline_is_no_forecast_and_no_year_without_values(tmp_path: Path, indicator: Indicator) -> None:
    figures = shown(tmp_path, indicator, [*OBSERVED, *PROJECTED, *EMPTY])
    assert figures.national is not None
    assert (figures.national.period, figures.national.value) == ("2010", 40.0)
    assert [(s.period, s.value) for s in figures.states] == [("2010", 50.0)]
    assert [(f.period, f.forecast) for f in figures.trend] == [("2010", False), ("2030", True)]


def test_the_readme_shows_the_same(tmp_path: Path, indicator: Indicator) -> None:
    path = write_observations(tmp_path / "observations.parquet", [*OBSERVED, *PROJECTED, *EMPTY])
    with duckdb.connect() as con:
        assert readme.headlines([indicator], path, con)["water"].value == 40.0


def test_explain_asks_for_the_same() -> None:
    assert choice.newest([*OBSERVED[:1], *PROJECTED[:1], *EMPTY[:1]])["time_period"] == "2010"
