"""Counts, shares and rates of the files beside the surveys are those that plain pandas makes of the same files.

What belongs here: the nation and every state, by year, without any code of the product. What does not: figures that
somebody else published (``checks.agrees_with``), sites (test_sites_recomputed) and surveys (test_survey_figures).
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from end_to_end.product import PROJECT, Run

from sdg_pipeline.duck import text as literal

pytestmark = pytest.mark.national

Figures = dict[tuple[str, str], float]
"""By area (``MX``, ``MX01``) and year."""

OTHER_NAMES = {
    "Coahuila": "05", "Michoacán": "16", "Veracruz": "30", "Estado de México": "15", "ESTADO DE MÉXICO": "15",
    "QUERÉTARO ARTEAGA": "22",
}  # fmt: skip


def _keys() -> dict[str, str]:
    with (PROJECT / "indicator_specs" / "geography" / "states.csv").open(encoding="utf-8") as file:
        names = {row["name"]: row["key"] for row in csv.DictReader(file)}
    return {**names, **{name.upper(): key for name, key in names.items()}, **OTHER_NAMES}


def _numbers(cells: pd.Series) -> pd.Series:
    return pd.to_numeric(cells.astype(str).str.replace(",", "").str.replace(" ", ""), errors="coerce").fillna(0)


def _totals(states: pd.Series, years: pd.Series, figures: pd.Series) -> Figures:
    """Sums of the nation, and of every state that has a key."""
    rows = pd.DataFrame({"state": states, "year": years.astype(str), "figure": figures})
    sums = {("MX", str(year)): float(x) for year, x in rows.groupby("year")["figure"].sum().items()}
    for (state, year), x in rows.dropna(subset=["state"]).groupby(["state", "year"])["figure"].sum().items():
        sums["MX" + str(state), str(year)] = float(x)
    return sums


def _over(numerators: Figures, denominators: Figures, times: float = 100) -> Figures:
    return {k: times * x / denominators[k] for k, x in numerators.items() if denominators.get(k)}


def _population(shared: Path) -> Figures:
    rows = pd.read_csv(shared / "conapo/poblacion_entidad_sexo_1950_2070.csv", dtype=str)
    rows = rows[(rows["genero"] == "Total")]
    areas = "MX" + rows["cve_ent"].where(rows["cve_ent"] != "00", "")
    return dict(zip(zip(areas, rows["n_year"], strict=True), _numbers(rows["pob_mid_year"]), strict=True))


def _accounts(shared: Path, activity: str, column: str) -> Figures:
    rows = pd.read_csv(shared / "inegi_pibe/pib_estatal.csv", dtype=str)
    rows = rows[rows["CLAVE_INDUSTRIA"] == activity]
    areas = "MX" + rows["CVE_ENT"].str.zfill(2).where(rows["CVE_ENT"] != "0", "")
    return dict(zip(zip(areas, rows["PERIODO"], strict=True), _numbers(rows[column]) * 1e6, strict=True))


def _disasters(shared: Path) -> dict[str, Figures]:
    rows = pd.read_excel(
        shared / "cenapred/Basehistorica_2000_a_2024.xlsx", sheet_name="Datos", dtype=str, engine="calamine"
    )
    rows.columns = rows.columns.str.strip()
    rows = rows[rows["Año"] != "2000"]
    states = rows["Estado"].str.strip().map(_keys())
    columns = {
        "disaster_deaths": "Defunciones", "disaster_affected_people": "Población afectada",
        "schools_damaged_by_disasters": "Escuelas", "health_facilities_damaged_by_disasters": "Hospitales",
        "dwellings_damaged_by_disasters": "Viviendas dañadas", "disaster_loss": "Total de daños (millones de pesos)",
    }  # fmt: skip
    sums = {i: _totals(states, rows["Año"], _numbers(rows[column])) for i, column in columns.items()}
    sums["disaster_loss"] = {k: x * 1e6 for k, x in sums["disaster_loss"].items()}
    persons = _population(shared)
    return {
        **sums,
        "disaster_death_rate": _over(sums["disaster_deaths"], persons, 100_000),
        "disaster_affected_rate": _over(sums["disaster_affected_people"], persons, 100_000),
        "disaster_loss_share_of_gdp": _over(sums["disaster_loss"], _accounts(shared, "PIB", "VALOR_CORRIENTE")),
    }


def _manufacturing(shared: Path) -> dict[str, Figures]:
    constant = _accounts(shared, "31-33", "VALOR_CONSTANTE")
    current = _accounts(shared, "31-33", "VALOR_CORRIENTE")
    persons = _population(shared)
    return {
        "manufacturing_share_of_gdp": _over(constant, _accounts(shared, "PIB", "VALOR_CONSTANTE")),
        "manufacturing_share_of_gdp_current": _over(current, _accounts(shared, "PIB", "VALOR_CORRIENTE")),
        "manufacturing_per_head": _over(constant, {k: persons[k] for k in constant if k in persons}, 1),
    }


def _banks(shared: Path) -> dict[str, Figures]:
    rows = pd.read_csv(shared / "cnbv/inclusion_financiera_estatal_2022T4.csv", dtype=str)
    states = rows["Estado_accessState"].map(_keys())
    years = pd.Series("2022", index=rows.index)

    def summed(column: str) -> Figures:
        return _totals(states, years, _numbers(rows[column].where(states.notna(), "0")))

    adults = summed("Poblacion_adulta_accessState")
    return {
        "commercial_bank_branches": _over(summed("Sucursales_banca_comercial"), adults, 100_000),
        "cash_machines": _over(summed("Cajeros"), adults, 100_000),
    }


def _broadband(shared: Path) -> dict[str, Figures]:
    with zipfile.ZipFile(shared / "ift_baf/TODO_BAF.zip") as packed:
        rows = pd.read_csv(packed.open("TODO_BAF/TD_ACC_BAF_ITE_VA.csv"), dtype=str, encoding="latin-1")
    rows = rows[(rows["MES"] == "12") & (rows["ANIO"] >= "2015")]
    states = rows["K_MUNICIPIO"].str[:2].where(rows["K_MUNICIPIO"].str[:2] != "99")
    accesses = _totals(states, rows["ANIO"], _numbers(rows["A_TOTAL_E"]))
    fibre = _numbers(rows["A_TOTAL_E"]).where(rows["TECNO_ACCESO_INTERNET"] == "Fibra Óptica", 0)
    return {
        "fixed_broadband_subscriptions_number": accesses,
        "fixed_broadband_subscriptions": _over(accesses, _population(shared)),
        "fibre_share_of_fixed_broadband": _over(_totals(states, rows["ANIO"], fibre), accesses),
    }


def _others(shared: Path) -> dict[str, Figures]:
    fish = pd.read_csv(shared / "conapesca/produccion_pesquera_2008_2014.csv", dtype=str)
    weight = _numbers(fish["peso_vivo_kilogramos"]) / 1000
    waste = pd.read_excel(shared / "inegi_cngmd2015/P1001.xlsx", dtype=str, engine="calamine")
    collected = _totals(waste["CVE_MUN"].str[:2], pd.Series("2014", index=waste.index), _numbers(waste["p2_2"]))
    parks = pd.read_csv(shared / "conanp/listado_anp_2024_12.tsv", sep="\t", dtype=str)
    sea, land = (_numbers(parks[f"SUPERFICIE {x}"]).sum() / 100 for x in ("MARINA", "TERRESTRE"))
    plants = pd.read_excel(
        shared / "sener_nacei/PowerPlantsRenewGE1MW_NorthAmerica_201606.xlsx", dtype=str, engine="calamine"
    )
    plants = plants[plants["Country"] == "Mexico"]
    states = plants["State / Province / Territory"].map({**_keys(), "Estado De México": "15"})
    years = pd.Series("2016", index=plants.index)
    watts = _totals(states, years, _numbers(plants["Total Renewable Capacity (MW)"]) * 1e6)
    return {
        "fish_production_tonnes": _totals(
            fish["clave_de_entidad"].str.strip().str.zfill(2), fish["ejercicio_fiscal"], weight
        ),
        "waste_collected_per_head": _over(collected, _population(shared), 1),
        "marine_protected_area": {("MX", "2024"): float(sea)},
        "marine_protected_share": {("MX", "2024"): float(sea) / 3_149_920 * 100},
        "terrestrial_protected_share": {("MX", "2024"): float(land) / 1_959_248 * 100},
        "renewable_capacity_per_head": _over(watts, _population(shared), 1),
        "primary_expenditure_of_approved_budget": {("MX", "2023"): _budget(shared)},
    }


def _budget(shared: Path) -> float:
    """Without interest (Deuda Pública) and the support of bank debtors and savers, spent over approved."""
    rows = pd.read_csv(shared / "shcp/cuenta_publica_2023.csv", dtype=str)
    rows = rows[(rows["PROGRAMA"] == "TOTAL") & ((rows["ENTE"] == "Poder Ejecutivo") | rows["RAMO"].isna())]
    rows = rows[~rows["SUBRAMO"].fillna("").str.contains("Deuda Pública|Ahorradores")]
    sums = _numbers(rows["TOTAL"]).groupby(rows["PRESUPUESTO"]).sum()
    return 100 * float(sums["Ejercicio"]) / float(sums["Aprobado"])


def _states(shared: Path) -> dict[str, Figures]:
    own = "Impuestos|Cuotas y Aportaciones de Seguridad Social|Contribuciones de Mejoras|Derechos|Productos|"
    own += "Aprovechamientos"
    with zipfile.ZipFile(shared / "finanzas/efipem_estatal_csv_hist.zip") as packed:
        name = "conjunto_de_datos/efipem_estatal_anual_tr_cifra_{}.csv"
        files = [pd.read_csv(packed.open(name.format(year)), dtype=str) for year in range(2010, 2019)]
    rows = pd.concat(files, ignore_index=True)
    subject = rows["TEMA"] + "|" + rows["CATEGORIA"] + "|" + rows["DESCRIPCION_CATEGORIA"]

    def sums(chosen: pd.Series) -> Figures:
        part = rows[chosen]
        totals = _totals(part["ID_ENTIDAD"].str.zfill(2), part["ANIO"], _numbers(part["VALOR"]))
        return {k: x for k, x in totals.items() if k[0] != "MX"}

    spent = sums((rows["TEMA"] == "Egresos") & (rows["CATEGORIA"] == "Tema"))
    return {
        "state_own_revenue_share_of_gdp": _over(
            sums(subject.str.fullmatch(rf"Ingresos\|Capítulo\|({own})")), _accounts(shared, "PIB", "VALOR_CORRIENTE")
        ),
        "state_expenditure_funded_by_taxes": _over(sums(subject == "Ingresos|Capítulo|Impuestos"), spent),
    }


def _growth(shared: Path) -> dict[str, Figures]:
    file = shared / "coneval/pm_ic_2024.xlsx"
    deciles = pd.read_excel(file, sheet_name="Cuadro 3", header=None, engine="calamine").iloc[8:18, 4:9]
    means = deciles.iloc[:4].astype(float).mean().tolist()
    states = pd.read_excel(file, sheet_name="Cuadro 4", header=None, engine="calamine").iloc[6:39]
    keys = {**_keys(), "Estados Unidos Mexicanos": ""}

    def rates(incomes: list[float]) -> Iterable[tuple[str, float]]:
        pairs = zip(("2020", "2022", "2024"), zip(incomes, incomes[2:], strict=False), strict=True)
        return ((year, 100 * ((later / earlier) ** 0.25 - 1)) for year, (earlier, later) in pairs)

    every = {
        ("MX" + keys[row[0]], year): rate
        for row in states.itertuples(index=False)
        for year, rate in rates([float(x) for x in row[4:9]])
    }
    return {
        "income_growth": every,
        "income_growth_bottom_40": {("MX", year): rate for year, rate in rates(means)},
    }


SOURCES: tuple[Callable[[Path], dict[str, Figures]], ...] = (
    _disasters, _manufacturing, _banks, _broadband, _others, _states, _growth,
)  # fmt: skip


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.__name__.strip("_"))
def test_values_are_those_of_pandas(
    source: Callable[[Path], dict[str, Figures]], national: Run, shared_data: Path
) -> None:
    for indicator, expected in source(shared_data).items():
        file = literal(national.product.layout.indicator(indicator))
        with duckdb.connect() as con:
            rows = con.execute(
                "SELECT ref_area, time_period, obs_value, obs_status "
                f"FROM read_parquet({file}) WHERE obs_value IS NOT NULL"
            ).fetchall()
        ours = {(area, year): value for area, year, value, _ in rows}
        assert {status for *_, status in rows} == {"A"}, indicator
        assert ours, indicator
        assert set(ours) == set(expected), indicator
        assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12), indicator
