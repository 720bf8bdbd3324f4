"""Energy, emissions, land, sea and remittances are those that plain pandas makes of the institutions' files.

What belongs here: nation, states and municipalities of goals 7, 14, 15 and their like, without any code of the product.
What does not: what is wrong in these files (test_planet_files).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from end_to_end.product import Run
from support.place_names import keys_of, states_of
from test_recomputed_in_pandas import Figures, _accounts, _keys, _numbers, _over, _population

from sdg_pipeline.duck import text as literal

pytestmark = pytest.mark.national

POLLUTANTS = {"pm10": "PM10", "pm25": "PM2.5", "so2": "SO2", "nox": "NOX", "voc": "COV", "ammonia": "NH3"}
IMPOSSIBLE_USERS = [
    ("MX16078", "2015"), ("MX16078", "2016"), ("MX26070", "2015"), ("MX26070", "2016"), ("MX08053", "2016"),
    ("MX20008", "2015"), ("MX23011", "2015"),
]  # fmt: skip
"""Cells of municipalities with none of their users, or a few of them."""
INVENTORIES = {
    "2008": ("CVE_ENT", "CVE_MUN", "utf-8-sig"), "2013": ("CVE EDO", "CVE MUN", "utf-8-sig"),
    "2016": ("CVE Estado", "CVE Municipio", "latin-1"),
}  # fmt: skip


def _sums(keys: pd.Series, year: str, figures: pd.Series, depths: Iterable[int] = (0, 2, 5)) -> Figures:
    """Sums of the nation, of states and of municipalities, by the digits of their keys; a row without a key has none."""
    sums: Figures = {}
    for depth in depths:
        for area, x in figures.groupby(keys.str[:depth].where(keys.str.len() >= depth)).sum().items():
            sums["MX" + str(area), year] = float(x)
    return sums


def _people(shared: Path, year: str) -> Figures:
    """CONAPO's municipalities, and what they add up to."""
    rows = pd.read_csv(shared / "conapo/poblacion_municipal_1990_2040_total.csv", dtype=str)
    return _sums(rows["CVE"].str.zfill(5), year, _numbers(rows[year]))


def _workbook(path: Path, sheet: str = "DATOS") -> pd.DataFrame:
    return pd.read_excel(path, sheet_name=sheet, dtype=str, engine="calamine")


def _states(figures: Figures) -> Figures:
    return {k: x for k, x in figures.items() if len(k[0]) < 7}


def _users(shared: Path) -> dict[str, Figures]:
    rows = _workbook(shared / "cfe/Usuarios_Electricidad.xlsx")
    rows = rows[~rows["CVE_MUN"].str.endswith("999")]
    keys = rows["CVE_MUN"].where(rows["CVE_MUN"] != "09000", "09")
    states: Figures = {}
    towns: Figures = {}
    for year in map(str, range(2010, 2017)):
        sums = _sums(keys, year, _numbers(rows[year]))
        states |= _states(sums)
        towns |= {k: x for k, x in sums.items() if len(k[0]) == 7 and year in {"2015", "2016"}}
    for year in ("2015", "2016"):
        first, second = ("MX16050", year), ("MX16051", year)
        towns[first], towns[second] = towns[second], towns[first]
    for key in IMPOSSIBLE_USERS:
        del towns[key]
    people = _people(shared, "2015") | _people(shared, "2016")
    return {
        "electricity_users_per_100_inhabitants": _over(states, _population(shared)),
        "electricity_users_per_100_inhabitants_municipal": _over(towns, people),
    }


def _sales(shared: Path) -> dict[str, Figures]:
    rows = _workbook(shared / "inegi_ageo2017/VentasElectricidad.xlsx")
    rows = rows.drop_duplicates("CVE_MUN").dropna(subset=["Total ventas elec"])
    keys = rows["CVE_MUN"].replace("23110", "23010")
    part = {c: _sums(keys, "2016", _numbers(rows[c])) for c in rows.columns[2:]}
    people, total = _people(shared, "2016"), part["Total ventas elec"]
    return {
        "electricity_sales_per_inhabitant": _over(total, people, 1000),
        "residential_electricity_per_inhabitant": _over(part["VE Domestico"], people, 1000),
        "residential_electricity_share": _over(part["VE Domestico"], total),
        "public_lighting_electricity_share": _over(part["VE alumbrado publico"], total),
        "water_pumping_electricity_share": _over(part["VE Bombeo agua potable y negra"], total),
        "farming_electricity_share": _over(part["VE Agricola"], total),
    }


def _plants(shared: Path) -> dict[str, Figures]:
    rows = _workbook(shared / "sener_inere/ER_Actual.xlsx")
    capacity = _numbers(rows["CAPACIDAD INSTALADA (MW)"])
    large = rows["TIPO FUENTE ENER"] == "Grande Hidroeléctrica"
    return {
        "renewable_capacity": _sums(rows["CVE_MUN"], "2014", capacity),
        "renewable_capacity_without_large_hydro": _sums(rows["CVE_MUN"], "2014", capacity.where(~large, 0)),
        "renewable_generation": _sums(rows["CVE_MUN"], "2014", _numbers(rows["GENERACIÓN (GWh/a) "])),
    }


def inventory(shared: Path, year: str) -> pd.DataFrame:
    """The rows of an inventory with their keys under ``key``."""
    state, town, encoding = INVENTORIES[year]
    rows = pd.read_csv(shared / f"semarnat_inem/INEM-{year}-municipal.csv", dtype=str, encoding=encoding)
    rows.columns = rows.columns.str.strip()
    rows = rows.dropna(subset=[town])
    return rows.assign(key=rows[state].str.zfill(2) + rows[town].str.zfill(3))


def _emissions(shared: Path) -> dict[str, Figures]:
    tonnes: dict[str, Figures] = {name: {} for name in POLLUTANTS}
    for year in INVENTORIES:
        rows = inventory(shared, year)
        for name, column in POLLUTANTS.items():
            tonnes[name] |= _sums(rows["key"], year, _numbers(rows[column]))
    people = _people(shared, "2016")
    each = {f"{n}_emissions_per_inhabitant": _over(tonnes[n], people, 1000) for n in ("pm25", "so2", "nox")}
    return {**{f"{name}_emissions": x for name, x in tonnes.items()}, **each}


def _actions(shared: Path) -> dict[str, Figures]:
    rows = pd.read_excel(shared / "inegi_simbad/BS01.xlsx", sheet_name="DATOS", dtype=str, engine="calamine")
    sums: dict[str, Figures] = {}
    for indicator, column in {
        "trees_planted": "Árboles plantados", "reforested_area": "Superficie reforestada (hectáreas) a/",
        "environmental_complaints": "Denuncias recibidas en materia ambiental",
        "environmental_licences": "Licencias Ambientales Únicas vigentes b/",
    }.items():  # fmt: skip
        sums[indicator] = {}
        for year in range(2010, 2015):
            sums[indicator] |= _sums(rows["CVE_MUN"], str(year), _numbers(rows[f"{column}.{year - 1994}"]))
    return sums


def _land(shared: Path) -> dict[str, Figures]:
    rows = _workbook(shared / "inegi_simbad/BS02.xlsx")
    part = {c: _sums(rows["CVE_MUN"], "2005", _numbers(rows[c])) for c in rows.columns[3:]}
    surface = part["Superficie continental (Kilómetros cuadrados)"]
    wooded = {k: x + part["Selva"][k] for k, x in part["Bosque"].items()}
    return {
        "forest_share": _over(wooded, surface),
        "secondary_vegetation_share": _over(part["Vegetación secundaria a/"], surface),
        "land_without_vegetation_share": _over(part["Áreas sin vegetación"], surface),
        "farmland_share": _over(part["Agricultura"], surface),
        "urban_land_share": _over(part["Áreas urbanas"], surface),
    }


def _infants(shared: Path) -> dict[str, Figures]:
    rows = _workbook(shared / "conapo_tmi/tasas_mortalidad_infantil_2010_2015.xlsx", "Hoja1")
    keys = "MX" + rows["Claveentidad"].str.zfill(2) + rows["Clavemunicipio"].str.zfill(3)
    rates = ((k, y, x) for y in ("2010", "2015") for k, x in zip(keys, rows[f"TMI{y}"].astype(float), strict=True))
    return {"infant_mortality_municipal_model": {(key, year): x for key, year, x in rates if x == x}}


def _remittances(shared: Path) -> dict[str, Figures]:
    rows = pd.read_csv(shared / "banxico/remesas_entidad.csv", dtype=str)
    dollars: Figures = {}
    for year in map(str, range(2003, 2026)):
        own = rows[rows["PERIODO"].str.startswith(year)]
        dollars |= _sums(own["CVE_ENT"].str.zfill(2), year, _numbers(own["VALOR_USD"]), (0, 2))
    return {
        "remittances_received": dollars,
        "remittances_received_per_inhabitant": _over(dollars, _population(shared), 1),
    }


def _fish(shared: Path) -> dict[str, Figures]:
    rows = pd.read_csv(shared / "conapesca/produccion_pesquera_2008_2014.csv", dtype=str)
    keys, weight = rows["clave_de_entidad"].str.strip().str.zfill(2), _numbers(rows["peso_vivo_kilogramos"])
    tonnes, worth, farmed = {}, {}, {}
    for year in map(str, range(2008, 2015)):
        own = rows["ejercicio_fiscal"] == year
        tonnes |= _sums(keys[own], year, weight[own] / 1000, (0, 2))
        worth |= _sums(keys[own], year, _numbers(rows.loc[own, "valor_pesos"]), (0, 2))
        if year < "2014":
            reared = weight[own].where(rows.loc[own, "origen"] == "ACUACULTURA", 0)
            farmed |= _sums(keys[own], year, reared / 1000, (0, 2))
    return {
        "fish_production_per_inhabitant": _over(tonnes, _population(shared), 1000),
        "fish_production_value": worth,
        "fish_production_share_of_gdp": _over(worth, _accounts(shared, "PIB", "VALOR_CORRIENTE")),
        "aquaculture_production": farmed,
        "aquaculture_share": _over(farmed, tonnes),
    }


def _coast(shared: Path) -> dict[str, Figures]:
    rows = _workbook(shared / "conagua_calidad/Calidad_del_Agua_Superficial_2022.xlsx", "CASUP_2022")
    rows = rows[rows["GRUPO"] == "COSTERO"]
    states = states_of(rows["ESTADO"])
    keys = keys_of(states, rows["MUNICIPIO"]).fillna(states)

    def sites(chosen: pd.Series) -> Figures:
        return _sums(keys, "2022", chosen.astype(float))

    def met(column: str) -> Figures:
        return _over(sites(rows[column] == "SI"), sites(rows[column] != "ND"))

    return {
        "coastal_sites_of_good_quality": _over(sites(rows["SEMAFORO"] == "Verde"), sites(rows["SEMAFORO"] != "")),
        "coastal_sites_within_enterococci": met("CUMPLE_CON_ENTEROC"),
        "coastal_sites_with_enough_oxygen": met("CUMPLE_CON_OD"),
    }


def _parks(shared: Path) -> dict[str, Figures]:
    rows = pd.read_csv(shared / "conanp/listado_anp_2024_12.tsv", sep="\t", dtype=str)
    keys = rows["ESTADOS"].map({**_keys(), "Queretaro": "22"}).fillna("")
    new = rows["PRIMER DECRETO"] >= "2016"
    land, sea = (_numbers(rows[f"SUPERFICIE {x}"]) / 100 for x in ("TERRESTRE", "MARINA"))
    wet = sea > 0

    def sums(figures: pd.Series, among: pd.Series) -> Figures:
        return _sums(keys[among], "2024", figures[among], (0, 2))

    every = land >= 0
    years = rows["PRIMER DECRETO"].str[:4]
    grown = {
        name: {
            ("MX", year): 100 * float(surface[years <= year].sum()) / whole
            for year in sorted(set(years)) if year >= "1990"
        }
        for name, surface, whole in (("marine", sea, 3_149_920), ("terrestrial", land, 1_959_248))
    }  # fmt: skip
    return {
        "protected_land_area_by_state": sums(land, every),
        "protected_areas_number": sums(every.astype(float), every),
        "protected_land_area_added": sums(land.where(new, 0), every),
        "marine_protected_area_by_state": sums(sea, wet),
        "marine_protected_areas_number": sums(wet.astype(float), wet),
        "marine_protected_area_added": sums(sea.where(new, 0), wet),
        **{f"{name}_protected_share_by_decree": x for name, x in grown.items()},
    }


def fires(shared: Path) -> pd.DataFrame:
    """The fires of 2025 with the key of their municipality under ``key``."""
    rows = pd.read_csv(shared / "conafor/incendios_2025.csv", dtype=str)
    states = rows["entidad"].map({**_keys(), "Ciudad De México": "09"})
    return rows.assign(key=states + rows["cve_municipio"].str.zfill(3))


def _fires(shared: Path) -> dict[str, Figures]:
    rows = fires(shared)
    burnt, protected = _numbers(rows["total_ha"]), _numbers(rows["ha_anp"])
    cause = rows["posible_causa"]
    number = _sums(rows["key"], "2025", burnt * 0 + 1)
    area = _sums(rows["key"], "2025", burnt)
    harmed = _sums(rows["key"], "2025", burnt.where(rows["regimen_fuego"] == "Sensible", 0))
    by_farming = cause.isin(["Actividades agrícolas", "Actividades pecuarias"]).astype(float)
    return {
        "forest_area_burnt": area,
        "forest_fires_number": number,
        "burnt_area_of_sensitive_vegetation_share": _over(harmed, area),
        "burnt_area_in_protected_areas_share": _over(_sums(rows["key"], "2025", protected), area),
        "forest_fires_by_farming_share": _over(_sums(rows["key"], "2025", by_farming), number),
        "intentional_forest_fires_share": _over(
            _sums(rows["key"], "2025", (cause == "Intencional").astype(float)), number
        ),
    }


def _banks(shared: Path) -> dict[str, Figures]:
    rows = pd.read_csv(shared / "cnbv/serie_nacional_2010_2024T2.csv", dtype=str)
    rows.columns = rows.columns.str.split("\n").str[-1]
    rows = rows[(rows["Periodo_Trimestre"] == "4T") & (rows["Periodo_Año"] < "2024")]

    def series(cells: pd.Series) -> Figures:
        return {("MX", y): float(x) for y, x in zip(rows["Periodo_Año"], _numbers(cells), strict=True) if x}

    people = _population(shared)
    women, men = (rows.iloc[:, 37 + n] for n in (0, 1))
    of_women = series(women)
    return {
        "branches_of_all_lenders": _over(series(rows["Banca, Socap y Sofipo_Sucursales"]), people, 100_000),
        "cash_machines_of_all_lenders": _over(
            series(rows["Banca, Socap y Sofipo_Cajeros automáticos"]), people, 100_000
        ),
        "deposit_accounts_of_women_share": _over(of_women, {k: x + of_women[k] for k, x in series(men).items()}),
    }


SOURCES: tuple[Callable[[Path], dict[str, Figures]], ...] = (
    _users, _sales, _plants, _emissions, _actions, _land, _infants, _remittances, _fish, _coast, _parks, _fires, _banks,
)  # fmt: skip


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.__name__.strip("_"))
def test_values_are_those_of_pandas(
    source: Callable[[Path], dict[str, Figures]], national: Run, shared_data: Path
) -> None:
    for indicator, expected in source(shared_data).items():
        file = literal(national.product.layout.indicator(indicator))
        with duckdb.connect() as con:
            rows = con.execute(
                f"SELECT ref_area, time_period, obs_value FROM read_parquet({file}) WHERE obs_value IS NOT NULL"
            ).fetchall()
        ours = {(area, year): value for area, year, value in rows}
        assert ours, indicator
        assert set(ours) == set(expected), (indicator, sorted(set(ours) ^ set(expected))[:10])
        assert ours == pytest.approx(expected, rel=1e-9, abs=1e-9), indicator
