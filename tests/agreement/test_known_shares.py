"""Areas that the census did not enumerate whole, and stations without readings, counted in the files themselves."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from end_to_end.product import Run

pytestmark = pytest.mark.national

PAIRS = {
    "dwellings_with_electricity": (("VPH_C_ELEC", "VPH_S_ELEC"), "VIVPARH_CV"),
    "dwellings_with_piped_water": (("VPH_AGUADV", "VPH_AGUAFV"), "VIVPARH_CV"),
    "dwellings_with_drainage": (("VPH_DRENAJ", "VPH_NODREN"), "VIVPARH_CV"),
    "dwellings_with_dirt_floor": (("VPH_PISODT", "VPH_PISOTI"), "VIVPARH_CV"),
    "population_without_health_affiliation": (("PSINDER", "PDER_SS"), "POBTOT"),
    "population_with_disability": (("PCON_DISC", "PCON_LIMI", "PSIND_LIM"), "POBTOT"),
    "population_with_disability_walking": (("PCON_DISC", "PCON_LIMI", "PSIND_LIM"), "POBTOT"),
    "afrodescendants": (("PCON_DISC", "PCON_LIMI", "PSIND_LIM"), "POBTOT"),
    "illiteracy_15_plus": (("POB0_14", "POB15_64", "POB65_MAS"), "POBTOT"),
}
"""Answers that are known, and all of whom they could be, by indicator."""


@pytest.fixture(scope="module")
def warehouse(national: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        yield con


@pytest.mark.parametrize("indicator", sorted(PAIRS))
def test_areas_without_value_are_those_that_the_census_does_not_know(
    indicator: str, warehouse: duckdb.DuckDBPyConnection, shared_data: Path
) -> None:
    answers, all_of_them = PAIRS[indicator]
    expected = {}
    with (shared_data / "inegi_censo2020" / "iter_municipios_2020.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["MUN"] != "000" and row["LOC"] == "0000":
                share = sum(int(row[answer]) for answer in answers) / int(row[all_of_them])
                if share < 0.98:
                    expected["MX" + row["ENTIDAD"] + row["MUN"]] = "L" if share < 0.9 else "U"
    rows = warehouse.execute(
        "SELECT ref_area, obs_status, obs_value IS NULL FROM observation WHERE indicator = ? AND sex = '_T' "
        "AND urbanisation = '_T' AND obs_reason = 'incomplete_enumeration'",
        [indicator],
    ).fetchall()
    assert {area: status for area, status, _ in rows} == expected
    assert all(empty == (status == "L") for _, status, empty in rows)
    assert {"L", "U"} == set(expected.values()) and "MX29048" in expected


def test_the_gap_of_indigenous_municipalities_is_of_those_that_the_census_knows(
    warehouse: duckdb.DuckDBPyConnection, shared_data: Path
) -> None:
    sums: dict[bool, list[int]] = {True: [0, 0], False: [0, 0]}
    with (shared_data / "inegi_censo2020" / "iter_municipios_2020.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["MUN"] == "000" or row["LOC"] != "0000":
                continue
            if sum(int(row[ages]) for ages in ("POB0_14", "POB15_64", "POB65_MAS")) >= 0.9 * int(row["POBTOT"]):
                of_kind = sums[int(row["P3YM_HLI"]) >= 0.4 * int(row["P_3YMAS"])]
                of_kind[0] += int(row["P15YM_AN"])
                of_kind[1] += int(row["P_15YMAS"])
    expected = 100 * (sums[True][0] / sums[True][1] - sums[False][0] / sums[False][1])
    asked = "SELECT obs_value FROM observation WHERE indicator = ? AND ref_area = 'MX'"
    ((value,),) = warehouse.execute(asked, ["illiteracy_gap_indigenous_municipalities"]).fetchall()
    assert value == pytest.approx(expected, rel=1e-12)


def test_means_of_particles_are_those_of_stations_that_measured(
    warehouse: duckdb.DuckDBPyConnection, shared_data: Path
) -> None:
    """Nine months of at least 4 micrograms, in three of four stations; Guadalajara is the only network of Jalisco."""
    stations: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with (shared_data / "sinaica" / "monthly_pollution.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["network_name"] == "Guadalajara" and row["PM2.5"]:
                stations[str(int(float(row["year"])))][row["station_id"]].append(float(row["PM2.5"]))
    expected = {}
    for year in (str(n) for n in range(2015, 2022)):
        read = [[v for v in values if v >= 4] for values in stations[year].values()]
        sound = [values for values in read if len(values) >= 9]
        months = [v for values in sound for v in values]
        expected[year] = sum(months) / len(months) if len(sound) >= 0.75 * len(read) else None
    rows = warehouse.execute(
        "SELECT time_period, obs_value, obs_reason FROM observation WHERE indicator = 'pm25_annual_mean' "
        "AND ref_area = 'MX14' AND time_period >= '2015'"
    ).fetchall()
    assert {year: value and round(value, 9) for year, value, _ in rows} == {
        year: value and round(value, 9) for year, value in expected.items()
    }
    assert {year: why for year, _, why in rows if why} == {"2019": "few_readings"}
    assert expected["2020"] == pytest.approx(20.4, abs=0.05)
