"""What is wrong in the real files of energy, emissions, land and sea, and what becomes of it; and their national totals.

What belongs here: each kind of dirt on the institution's own file, with the contract, correction, exclusion or break that
answers it. Totals are those of the catalogue of files, but for those that it has from memory alone. What does not: all
values once more (test_planet_recomputed).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest
from end_to_end.product import PROJECT, Run
from test_planet_recomputed import IMPOSSIBLE_USERS, INVENTORIES, POLLUTANTS, _workbook, fires, inventory
from test_recomputed_in_pandas import _numbers

from sdg_pipeline.duck import text as literal
from sdg_pipeline.specs.catalog import Catalog

pytestmark = pytest.mark.national

USERS, SALES = "cfe/Usuarios_Electricidad.xlsx", "inegi_ageo2017/VentasElectricidad.xlsx"
INLAND = ["05", "08", "10", "11", "15", "17", "21", "22", "29"]
"""States without a coast whose fish the files have as all farmed until 2013, but for 79 tonnes of México in 2010."""


def staged(run: Run, table: str, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as con:
        con.execute(f"CREATE VIEW t AS SELECT * FROM read_parquet({literal(run.product.layout.staged(table))})")
        return con.execute(query).fetchall()


def within(catalog: Catalog, table: str, rule: str, number: float) -> bool:
    """Whether the contract of a table lets a number pass."""
    bounds = catalog.contracts[table].rules[rule]
    low = float("-inf") if bounds.at_least is None else bounds.at_least
    return low <= number <= (float("inf") if bounds.at_most is None else bounds.at_most)


# ---- dirt ----------------------------------------------------------------------------------------------------------


def test_totals_among_municipalities_are_found_and_left_out(shared_data: Path, catalog: Catalog, national: Run) -> None:
    rows = _workbook(shared_data / USERS)
    users = _numbers(rows["2016"])
    nation, states = rows["CVE_MUN"] == "99999", rows["CVE_MUN"].str.endswith("999")
    towns = users[~states].sum()
    assert (users[nation].sum(), users[states & ~nation].sum(), towns) == (40_766_173, 40_766_173, 40_766_106)
    assert not within(catalog, "electricity_users", "users_of_the_nation", users.sum())
    assert within(catalog, "electricity_users", "users_of_the_nation", towns)
    assert staged(national, "electricity_users", "SELECT sum(users) FROM t WHERE time_period = '2016'") == [(towns,)]


def test_the_nation_of_2010_is_not_its_states(shared_data: Path) -> None:
    rows = _workbook(shared_data / USERS)
    users, states = _numbers(rows["2010"]), rows["CVE_MUN"].str.endswith("999") & (rows["CVE_MUN"] != "99999")
    assert users[rows["CVE_MUN"] == "99999"].sum() == 33_912_823
    assert users[states].sum() == users[~rows["CVE_MUN"].str.endswith("999")].sum() == 34_392_503


def test_a_year_ten_times_too_large_is_found_and_left_out(shared_data: Path, catalog: Catalog, national: Run) -> None:
    rows = _workbook(shared_data / USERS)
    towns = rows[~rows["CVE_MUN"].str.endswith("999")]
    growth = {
        year: _numbers(towns[year]).sum() / _numbers(towns[str(int(year) - 1)]).sum() for year in ("2016", "2017")
    }
    assert growth["2017"] == pytest.approx(10.18, abs=0.005)
    assert not within(catalog, "electricity_users", "users_from_year_to_year", growth["2017"])
    assert within(catalog, "electricity_users", "users_from_year_to_year", growth["2016"])
    assert not within(catalog, "electricity_users", "users_of_the_nation", _numbers(towns["2017"]).sum())
    assert staged(national, "electricity_users", "SELECT max(time_period) FROM t") == [("2016",)]


def test_rows_that_changed_places_are_corrected(shared_data: Path, national: Run) -> None:
    rows = _workbook(shared_data / USERS).set_index("CVE_MUN")
    towns = ["16050", "16051"]
    assert rows.loc[towns, "2014"].tolist() == ["27651", "5230"] and rows.loc[towns, "2015"].tolist() == [
        "5248",
        "29050",
    ]
    query = (
        "SELECT users FROM t WHERE municipality IN ('16050', '16051') AND time_period = '2015' ORDER BY municipality"
    )
    assert staged(national, "electricity_users", query) == [(29_050,), (5_248,)]


def test_users_that_are_none_or_few_have_no_value(shared_data: Path, catalog: Catalog, national: Run) -> None:
    rows = _workbook(shared_data / USERS).set_index("CVE_MUN")
    cells = {key: _numbers(rows[key[1]])[key[0][2:]] for key in IMPOSSIBLE_USERS}
    assert list(cells.values()) == [4, 4, 0, 0, 105, 91, 0]
    assert not within(catalog, "electricity_users", "users_of_a_municipality", cells["MX16078", "2015"])
    file = literal(national.product.layout.indicator("electricity_users_per_100_inhabitants_municipal"))
    with duckdb.connect() as con:
        query = f"SELECT obs_reason FROM read_parquet({file}) WHERE ref_area = ? AND time_period = ?"
        reasons = [con.execute(query, key).fetchall() for key in IMPOSSIBLE_USERS]
    assert reasons == [[("missing_component",)]] * len(IMPOSSIBLE_USERS)


def test_a_year_that_repeats_the_one_before_is_not_read(shared_data: Path, catalog: Catalog) -> None:
    rows = pd.read_excel(shared_data / "inegi_simbad/BS01.xlsx", sheet_name="DATOS", engine="calamine")
    waste = {y: rows[f"Volumen de basura recolectada (miles de toneladas).{y - 1994}"] for y in (2004, 2005)}
    repeated = ((waste[2005] == waste[2004]) & (waste[2005] > 0)).sum()
    assert (repeated, (waste[2005] > 0).sum()) == (529, 855)
    assert "waste 2005" in catalog.tables["environmental_actions"].ignored_columns
    assert not within(catalog, "electricity_users", "users_from_year_to_year", 1.0)


def test_doubled_rows_are_found_and_one_of_them_is_taken(shared_data: Path, catalog: Catalog, national: Run) -> None:
    rows = _workbook(shared_data / SALES)
    sold, again = _numbers(rows["Total ventas elec"]), rows["CVE_MUN"].duplicated()
    once = catalog.tables["electricity_sales"].parts[0].once
    assert once is not None and once.rows == again.sum() == 94
    assert set(rows.loc[again, "CVE_MUN"].str[:2]) == {"06", "13"}
    assert not within(catalog, "electricity_sales", "sales_of_the_nation", sold.sum())
    assert within(catalog, "electricity_sales", "sales_of_the_nation", sold[~again].sum())
    [(total, count)] = staged(national, "electricity_sales", "SELECT sum(sales), count(*) FROM t")
    assert (total, count) == (pytest.approx(sold[~again].sum()), len(rows) - 94 - 1)  # one row has no figure


def test_negative_sales_are_shown(shared_data: Path, catalog: Catalog) -> None:
    rows = _workbook(shared_data / SALES)
    rules = {
        "residential_is_not_negative": "VE Domestico", "lighting_is_not_negative": "VE alumbrado publico",
        "water_pumping_is_not_negative": "VE Bombeo agua potable y negra", "farming_is_not_negative": "VE Agricola",
    }  # fmt: skip
    below = {rule: int((_numbers(rows[column]) < 0).sum()) for rule, column in rules.items()}
    assert list(below.values()) == [1, 1, 1, 5]
    assert all(catalog.contracts["electricity_sales"].rules[rule].severity == "warning" for rule in below)


def test_inventories_whose_methods_changed_are_no_series(shared_data: Path, catalog: Catalog, national: Run) -> None:
    monoxide = {year: _numbers(inventory(shared_data, year)["CO"]).sum() for year in INVENTORIES}
    assert monoxide["2008"] / monoxide["2013"] > 4
    editions = catalog.sources["semarnat_inem"].editions
    assert [bool(edition.not_comparable) for edition in editions.values()] == [False, True, True]
    file = literal(national.product.layout.indicator("so2_emissions"))
    with duckdb.connect() as con:
        marks = con.execute(f"SELECT DISTINCT time_period, obs_status FROM read_parquet({file}) ORDER BY 1").fetchall()
    assert marks == [("2008", "A"), ("2013", "B"), ("2016", "B")]


def test_fine_particles_beyond_the_coarse_ones_are_shown(shared_data: Path, catalog: Catalog) -> None:
    beyond = {}
    for year in INVENTORIES:
        rows = inventory(shared_data, year)
        shares = _numbers(rows["PM2.5"]) / _numbers(rows["PM10"])
        beyond[year] = [within(catalog, "emissions", "fine_within_coarse_of_a_municipality", x) for x in shares].count(
            False
        )
    assert beyond == {"2008": 1, "2013": 1, "2016": 0}


def test_the_unclear_year_of_land_use_is_that_of_its_municipalities(shared_data: Path, catalog: Catalog) -> None:
    register = pd.read_csv(PROJECT / "indicator_specs/geography/municipalities.csv", dtype=str)
    of_2010 = set(register.loc[register["first_vintage"] == "2010", "key"])
    own = set(_workbook(shared_data / "inegi_simbad/BS02.xlsx")["CVE_MUN"])
    assert own < of_2010 and of_2010 - own == {"14125", "23009"}  # founded in 2007 and 2008
    assert catalog.sources["inegi_land_use"].editions["2005"].period == "2005"
    [said] = [a for a in catalog.indicators["forest_share"].assumptions if "does not say its year" in a.text.en]
    assert said.impact == "high"


def test_fish_that_changed_its_origin_ends_the_series(shared_data: Path, catalog: Catalog, national: Run) -> None:
    rows = pd.read_csv(shared_data / "conapesca/produccion_pesquera_2008_2014.csv", dtype=str)
    wild = rows[(rows["origen"] == "CAPTURA") & rows["clave_de_entidad"].str.zfill(2).isin(INLAND)]
    tonnes = (_numbers(wild["peso_vivo_kilogramos"]) / 1000).groupby(wild["ejercicio_fiscal"]).sum()
    assert tonnes.drop("2014").sum() < 100 < 5000 < tonnes["2014"]
    year = rows[rows["ejercicio_fiscal"] == "2014"]
    weight = _numbers(year["peso_vivo_kilogramos"])
    share = weight[year["origen"] == "ACUACULTURA"].sum() / weight.sum()
    assert not within(catalog, "fish_by_origin", "farmed_share_of_the_nation", share)
    assert staged(national, "fish_by_origin", "SELECT max(time_period) FROM t") == [("2013",)]


def test_roads_are_not_read_since_their_states_are_in_pieces(shared_data: Path, catalog: Catalog) -> None:
    rows = _workbook(shared_data / "inegi_ageo2017/Long_Carreteras.xlsx")
    towns = rows["CVE_MUN"].groupby(rows["CVE_MUN"].str[:2]).nunique()
    assert "09" not in towns and towns["21"] == 10 and rows["CVE_MUN"].duplicated().sum() == 115
    assert not any("roads" in table for table in catalog.tables)


# ---- totals --------------------------------------------------------------------------------------------------------

TOTALS: dict[tuple[str, str, str], tuple[float, float]] = {
    ("electricity_users_per_100_inhabitants", "2016", "numerator"): (40_766_106, 0),
    ("electricity_sales_per_inhabitant", "2016", "numerator"): (218_017_000, 500),
    ("renewable_capacity", "2014", "obs_value"): (17_351, 0.5),
    ("renewable_capacity_without_large_hydro", "2014", "obs_value"): (17_351 - 11_774, 1),
    ("renewable_generation", "2014", "obs_value"): (46_560, 0.5),
    ("pm10_emissions", "2016", "obs_value"): (889_745, 0.5),
    ("pm25_emissions", "2016", "obs_value"): (602_553, 0.5),
    ("so2_emissions", "2016", "obs_value"): (1_360_939, 0.5),
    ("nox_emissions", "2016", "obs_value"): (3_059_941, 0.5),
    ("pm10_emissions", "2013", "obs_value"): (1_005_196, 0.5),
    ("pm25_emissions", "2013", "obs_value"): (759_270, 0.5),
    ("so2_emissions", "2013", "obs_value"): (1_674_057, 0.5),
    ("nox_emissions", "2013", "obs_value"): (3_854_883, 0.5),
    ("pm10_emissions", "2008", "obs_value"): (798_998, 0.5),
    ("pm25_emissions", "2008", "obs_value"): (571_039, 0.5),
    ("so2_emissions", "2008", "obs_value"): (2_241_214, 0.5),
    ("nox_emissions", "2008", "obs_value"): (4_887_442, 0.5),
    ("reforested_area", "2011", "obs_value"): (327_560, 0),
    ("reforested_area", "2013", "obs_value"): (149_657, 0),
    ("reforested_area", "2014", "obs_value"): (173_335, 0),
    ("environmental_complaints", "2014", "obs_value"): (33_780, 0),
    ("environmental_licences", "2014", "obs_value"): (2_255, 0),
    ("forest_share", "2005", "denominator"): (1_959_247.97, 0.005),
    ("forest_share", "2005", "numerator"): (222_279 + 122_241, 1),
    ("forest_fires_number", "2025", "obs_value"): (7_016, 0),
    ("forest_area_burnt", "2025", "obs_value"): (1_230_212.27, 0.005),
    ("protected_areas_number", "2024", "obs_value"): (232, 0),
    ("protected_land_area_by_state", "2024", "obs_value"): (230_965.632, 0.0005),
    ("marine_protected_area_by_state", "2024", "obs_value"): (749_041.554, 0.0005),
    ("marine_protected_share_by_decree", "2024", "obs_value"): (23.8, 0.05),
    ("terrestrial_protected_share_by_decree", "2024", "obs_value"): (11.8, 0.05),
    ("branches_of_all_lenders", "2022", "numerator"): (16_641, 0),
    ("cash_machines_of_all_lenders", "2022", "numerator"): (63_842, 0),
    ("remittances_received", "2022", "obs_value"): (58_868e6, 0.5e6),
    ("remittances_received", "2023", "obs_value"): (63_319e6, 0.5e6),
    ("remittances_received", "2024", "obs_value"): (65_017e6, 0.5e6),
    ("maize_area_lost_share", "2018", "denominator"): (7_345_786, 0.5),
    ("maize_area_lost_share", "2021", "denominator"): (7_310_676, 0.5),
    ("maize_area_lost_share", "2022", "denominator"): (6_871_723, 0.5),
    ("maize_area_lost_share", "2018", "numerator"): (225_967, 0.5),
    ("maize_area_lost_share", "2021", "numerator"): (150_953, 0.5),
    ("maize_area_lost_share", "2022", "numerator"): (94_883, 0.5),
}
"""Figure of the nation and its tolerance, which is half the last digit that the catalogue of files gives."""


@pytest.mark.parametrize("figure", TOTALS, ids="-".join)
def test_the_nation_has_the_total_of_the_catalogue(figure: tuple[str, str, str], national: Run) -> None:
    indicator, year, column = figure
    file = literal(national.product.layout.indicator(indicator))
    with duckdb.connect() as con:
        query = f"SELECT {column} FROM read_parquet({file}) WHERE ref_area = 'MX' AND time_period = ? AND sex = '_T'"
        [(ours,)] = con.execute(query, [year]).fetchall()
    total, tolerance = TOTALS[figure]
    assert ours == pytest.approx(total, abs=max(tolerance, 1e-6))


def test_the_inventory_of_2016_is_that_of_the_states(shared_data: Path) -> None:
    rows = inventory(shared_data, "2016")
    states = pd.read_csv(shared_data / "semarnat_inem/INEM-2016-estatal.csv", dtype=str, encoding="latin-1")
    states.columns = states.columns.str.strip()
    states = states.dropna(subset=["Estado"]).set_index("CVE Estado")
    for column in POLLUTANTS.values():
        sums = _numbers(rows[column]).groupby(rows["key"].str[:2]).sum()
        assert sums.to_dict() == pytest.approx(_numbers(states[column]).to_dict(), abs=0.001), column


def test_fires_of_states_are_those_of_the_catalogue(shared_data: Path) -> None:
    assert fires(shared_data)["key"].str[:2].value_counts().head(3).to_dict() == {"14": 919, "15": 796, "16": 682}


def test_infant_mortality_weighted_by_population(shared_data: Path, national: Run) -> None:
    query = "SELECT sum(persons), sum(infant_mortality * persons) / sum(persons) FROM t WHERE time_period = '2015'"
    [(persons, rate)] = staged(national, "infant_mortality_municipal", query)
    assert (persons, rate) == (119_530_753, pytest.approx(16.2, abs=0.05))
