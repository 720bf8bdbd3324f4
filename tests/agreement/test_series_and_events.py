"""Series, events and denominators give the figures that the institutions published."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import pytest
from end_to_end.product import Run

from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.methods import Rate

pytestmark = pytest.mark.national

HOMICIDE_FILES = {
    ("2018", "oct2020"): 29_099, ("2018", "mar22"): 29_097, ("2018", "ago23"): 29_095, ("2018", "dec2024"): 29_096,
    ("2019", "oct2020"): 29_458, ("2019", "mar22"): 29_480, ("2019", "ago23"): 29_500, ("2019", "dec2024"): 29_500,
}  # fmt: skip
"""SESNSP, IDEFC: files of intentional homicide of a year, as each cut counted them."""
POPULATION_2024 = 132_274_416
"""CONAPO, mid-2024, national total."""
POOR_MILLIONS = {"2020": 55.654225, "2022": 46.80451, "2024": 38.489971}
"""INEGI and CONEVAL, persons in poverty, millions."""
MIN_INDICATORS, MIN_WITH_MUNICIPALITIES = 60, 35


@pytest.fixture(scope="module")
def warehouse(national: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        yield con


def value(con: duckdb.DuckDBPyConnection, indicator: str, area: str, period: str) -> float:
    rows = con.execute(
        "SELECT obs_value FROM observation WHERE indicator = ? AND ref_area = ? AND time_period = ? "
        "AND sex = '_T' AND age = '_T'",
        [indicator, area, period],
    ).fetchall()
    assert len(rows) == 1, rows
    return float(rows[0][0])


def test_each_cut_of_the_crime_series_can_be_asked_for(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "SELECT time_period, source_edition, obs_value FROM vintage WHERE indicator = 'intentional_homicide_files' "
        "AND ref_area = 'MX' AND time_period IN ('2018', '2019')"
    ).fetchall()
    assert {(year, cut): int(files) for year, cut, files in rows} == HOMICIDE_FILES


def test_the_newest_cut_is_the_value_in_use(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert value(warehouse, "intentional_homicide_files", "MX", "2019") == HOMICIDE_FILES["2019", "dec2024"]


@pytest.mark.parametrize(("older", "newer"), [("oct2020", "mar22"), ("mar22", "ago23"), ("ago23", "dec2024")])
def test_revisions_add_up_to_the_difference_of_the_cuts(
    older: str, newer: str, warehouse: duckdb.DuckDBPyConnection
) -> None:
    changed = warehouse.execute(
        "SELECT sum(new_value - old_value) FROM revision WHERE measure = 'intentional_homicide_files' "
        "AND edition_from = ? AND edition_to = ? AND time_period = '2019'",
        [older, newer],
    ).fetchall()[0][0]
    assert changed == HOMICIDE_FILES["2019", newer] - HOMICIDE_FILES["2019", older]


def test_revisions_say_month_and_subtype(warehouse: duckdb.DuckDBPyConnection) -> None:
    details = warehouse.execute("SELECT DISTINCT detail FROM revision WHERE table_id = 'crimes'").fetchall()
    assert details
    assert all('"month":' in text and '"crime_subtype":' in text for (text,) in details)


def test_months_that_are_not_there_yet_are_no_zeros(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "SELECT DISTINCT obs_value, obs_reason FROM observation WHERE indicator = 'intentional_homicide_files' "
        "AND time_period = '2024' AND ref_area = 'MX'"
    ).fetchall()
    assert rows == [(None, "missing_component")]


def test_population_of_the_nation(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert value(warehouse, "population", "MX", "2024") == POPULATION_2024


def test_harmonised_units_hold_their_members(warehouse: duckdb.DuckDBPyConnection) -> None:
    members = ["MX02001", "MX02002", "MX02006", "MX02007"]
    parts = sum(value(warehouse, "population", area, "2024") for area in members)
    assert value(warehouse, "population", "MX02001H", "2024") == parts


@pytest.mark.parametrize(("year", "millions"), POOR_MILLIONS.items())
def test_persons_in_poverty(year: str, millions: float, warehouse: duckdb.DuckDBPyConnection) -> None:
    persons = value(warehouse, "persons_in_poverty", "MX", year)
    assert persons == pytest.approx(1e6 * millions, abs=0.5)


def test_every_rate_names_its_denominator(warehouse: duckdb.DuckDBPyConnection) -> None:
    nameless = warehouse.execute(
        "SELECT DISTINCT indicator FROM observation WHERE obs_value IS NOT NULL AND denominator IS NOT NULL "
        "AND denominator_source IS NULL"
    ).fetchall()
    assert nameless == []


def test_a_missing_stretch_of_a_series_is_said(national: Run) -> None:
    """Years of the events of a rate without a value, since what they are divided by begins later."""
    short = {}
    for indicator in catalogs.load(PROJECT / "indicator_specs").sound().indicators.values():
        if isinstance(indicator.method, Rate) and indicator.method.pool_years == 1:
            years = [
                {year for (year,) in duckdb.sql(f"SELECT DISTINCT time_period FROM '{path}'").fetchall()}
                for path in (national.product.layout.staged(indicator.method.table),
                             national.product.layout.indicator(indicator.id))
            ]  # fmt: skip
            if years[0] - years[1]:
                short[indicator.id] = any(re.search(r"begins in \d{4}", a.text.en) for a in indicator.assumptions)
    assert short == dict.fromkeys(
        (
            "disaster_loss_share_of_gdp", "nox_emissions_per_inhabitant", "gdp_per_head", "so2_emissions_per_inhabitant",
            "electricity_users_per_100_inhabitants_municipal", "pm25_emissions_per_inhabitant",
            "state_taxes_per_inhabitant",
        ),
        True,
    )  # fmt: skip


def test_denominators_of_rates_can_be_compared(warehouse: duckdb.DuckDBPyConnection) -> None:
    """CONAPO keeps its three tables equal, of women too, whether they are a group or all that a rate is of."""
    rows = warehouse.execute(
        "SELECT sex, denominator, list(DISTINCT denominator_source ORDER BY denominator_source) "
        "FROM denominators('MX', 2023) WHERE sex <> 'M' AND age = '_T' GROUP BY ALL ORDER BY sex"
    ).fetchall()
    assert rows == [
        ("F", 66997184, ["conapo_municipal/2023-women", "conapo_state/2023", "conapo_state_age/2023"]),
        ("_T", 131135337, ["conapo_municipal/2023-total", "conapo_state/2023", "conapo_state_age/2023"]),
    ]


def test_every_area_is_in_the_register(warehouse: duckdb.DuckDBPyConnection) -> None:
    strangers = warehouse.execute(
        "SELECT DISTINCT ref_area FROM observation ANTI JOIN area USING (ref_area)"
    ).fetchall()
    assert strangers == []


def test_all_seventeen_goals_and_enough_of_them(warehouse: duckdb.DuckDBPyConnection) -> None:
    goals = warehouse.execute("SELECT DISTINCT goal FROM indicator ORDER BY 1").fetchall()
    assert [goal for (goal,) in goals] == list(range(1, 18))
    total, municipal = warehouse.execute(
        "SELECT count(DISTINCT indicator), count(DISTINCT indicator) FILTER (geo_level = 'municipality') "
        "FROM observation WHERE obs_value IS NOT NULL"
    ).fetchall()[0]
    assert total >= MIN_INDICATORS
    assert municipal >= MIN_WITH_MUNICIPALITIES
