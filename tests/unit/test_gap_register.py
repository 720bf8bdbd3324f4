"""The register of gaps on a country written by hand: each cell has one class, and empty ones have their reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from release_fixture import REGISTER, catalog, observation, write_observations

from sdg_pipeline.open_government.gaps import ADDS_UP, EXPLAINED, GAPS
from sdg_pipeline.open_government.subject import Material
from sdg_pipeline.open_government.table import Table
from sdg_pipeline.open_government.tables import GAP, GAP_GRID, UN_GAP
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.gaps import Gaps
from sdg_pipeline.specs.indicator import Indicator

UN = b"code,why,es,en\n6.1.1,,Agua,Water\n1.5.3,countries,Estrategia,Strategy\n17.1.1,,Ingresos,Revenue\n"
WATER = [
    observation("water", "MX", 90.0),
    observation("water", "MX20", None, obs_reason="not_published"),
    observation("water", "MX01001", 99.5),
    observation("water", "MX20067", 10.0, time_period="2010"),
    observation("water", "MX20067", 12.0, time_period="2040", obs_status="F"),
]
BY_SEX = [observation("without", area, 5.0, sex=sex) for area in ("MX20067", "MX01001") for sex in "FM"]
PEOPLE = [observation("people", "MX01001", 10.0), observation("people", "MX20067", 30.0)]


def words(**texts: str) -> dict[str, Any]:
    return {
        "title": {"en": "Missing", "es": "Falta"},
        "closes_with": {"en": "{source}, {next}, {level}", "es": "{level}"} | texts,
    }


def material(folder: Path, con: duckdb.DuckDBPyConnection, reasons: tuple[str, ...] = ("not_published",)) -> Material:
    """Water, an indicator of groups alone, one without municipalities, and people; areas 01001, 20067 and a new one."""
    specs = catalog(folder)
    plain = specs.indicators["water"].model_dump(mode="json")
    people = Indicator.model_validate(
        {**plain, "id": "people", "former": [], "sdg": {"target": "11.3", "relation": "national"}}
    )
    kinds = ("no_level", "not_in_register", "by_group_only", "partial_coverage", "no_group")
    register = Gaps.model_validate(
        {
            "id": "register",
            "owner": "team:data",
            "population": ["people"],
            "classes": {kind: words() for kind in kinds},
            "reasons": {reason: words() for reason in reasons},
        }
    )
    whole: Catalog = replace(
        specs,
        indicators={**specs.indicators, "people": people},
        gaps={"register": register},
        files={"goals/un_indicators.csv": UN},
    )
    rows = {"water": WATER, "without": BY_SEX, "people": PEOPLE, "water_gap": [observation("water_gap", "MX", 1.0)]}
    files = {i: write_observations(folder / f"{i}.parquet", values) for i, values in rows.items()}
    return Material(con, whole, REGISTER, files, {}, lambda table: folder / table.file)


def read(folder: Path, table: Table, columns: str) -> list[tuple[Any, ...]]:
    return duckdb.sql(f"SELECT {columns} FROM '{folder / table.file}' ORDER BY ALL").fetchall()


@pytest.fixture
def judged(tmp_path: Path) -> dict[str, CheckResult]:
    with duckdb.connect() as con:
        return {check.check: check for check in GAPS.judge(material(tmp_path, con))}


def test_each_cell_has_one_class(judged: dict[str, CheckResult], tmp_path: Path) -> None:
    """The newest year is 2020: a value of 2010 fills nothing, and a forecast of 2040 is none."""
    grid = read(tmp_path, GAP_GRID, "indicator, class, cells")
    of_municipalities = duckdb.sql(
        f"SELECT indicator, class, cells FROM '{tmp_path / GAP_GRID.file}' WHERE geo_level = 'municipality' ORDER BY ALL"
    ).fetchall()
    assert of_municipalities == [
        ("people", "not_in_register", 1),
        ("people", "value", 2),
        ("water", "not_in_register", 1),
        ("water", "partial_coverage", 1),
        ("water", "value", 1),
        ("water_gap", "no_level", 3),
        ("without", "by_group_only", 2),
        ("without", "not_in_register", 1),
    ]
    assert sum(cells for _, _, cells in grid) == 4 * (1 + 2 + 3)
    assert judged[ADDS_UP].passed
    assert judged[ADDS_UP].observed == "4 indicators; cells: national 4, state 8, municipality 12"


def test_an_empty_cell_is_a_row_with_its_reason(judged: dict[str, CheckResult], tmp_path: Path) -> None:
    """No state has a value: the cell that the source leaves empty has its reason, the other is not covered."""
    cells = read(tmp_path, GAP, "indicator, ref_area, time_period, reason, closes_with_en, closes_with_es")
    assert cells == [
        ("water", "MX20", "2020", "not_published", "Census, no date is known, state", "entidad federativa")
    ]
    query = f"SELECT class, cells FROM '{tmp_path / GAP_GRID.file}' WHERE geo_level = 'state' AND indicator = 'water'"
    assert sorted(duckdb.sql(query).fetchall()) == [("empty", 1), ("partial_coverage", 1)]
    assert judged[EXPLAINED].passed


def test_people_are_those_of_the_areas(judged: dict[str, CheckResult], tmp_path: Path) -> None:
    query = (
        f"SELECT people FROM '{tmp_path / GAP_GRID.file}' WHERE geo_level = 'municipality' "
        "AND (indicator, class) IN (('water', 'partial_coverage'), ('water_gap', 'no_level')) ORDER BY indicator"
    )
    assert duckdb.sql(query).fetchall() == [(30.0,), (40.0,)]


def test_a_reason_without_words_is_named(tmp_path: Path) -> None:
    rows = [observation("water", "MX01", 1.0), observation("water", "MX20", None, obs_reason="not_published")]
    with duckdb.connect() as con:
        bare = material(tmp_path, con, reasons=())
        write_observations(bare.indicators["water"], [*WATER[:1], *rows])
        checks = {check.check: check for check in GAPS.judge(bare)}
    assert not checks[EXPLAINED].passed
    assert [row["reason"] for row in checks[EXPLAINED].failing_rows] == ["not_published"]
    cells = read(tmp_path, GAP, "indicator, ref_area, time_period, reason, closes_with_en")
    assert cells == [("water", "MX20", "2020", "not_published", None)]


def test_indicators_of_the_un_without_any_of_ours(judged: dict[str, CheckResult], tmp_path: Path) -> None:
    assert read(tmp_path, UN_GAP, "sdg_indicator, goal, why") == [
        ("1.5.3", 1, "countries"),
        ("17.1.1", 17, "not_examined"),
    ]
