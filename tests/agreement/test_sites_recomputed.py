"""Figures of sites are those that plain pandas makes of the same files, by nation, state and municipality.

What belongs here: every value of these indicators, and the totals that the catalogue of files was checked with. What
does not: how names are placed (test_sites_in_areas), and what the tables leave out (test_dirt_of_sites).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from support.place_names import keys_of, states_of

from sdg_pipeline.duck import text as literal
from sdg_pipeline.run.runner import Runner

pytestmark = pytest.mark.national

Figures = dict[tuple[str, str], float]
"""By area (``MX``, ``MX01``, ``MX01001``) and year."""
GASES = ("Bióxido de carbono", "Metano", "Oxido nitroso", "Hidrofluorocarbonos", "Hexafluoruro de azufre")
RECOVERED = ["REUTILIZACIÓN", "RECICLADO", "COPROCESAMIENTO"]
TRANSFERRED = [*RECOVERED, "TRATAMIENTO", "DISPOSICIÓN\nFINAL", "ALCANTARILLADO", "INCINERACIÓN", "OTROS"]
LEFT_OUT = {
    ("2022", "PEP102700525"): ("Benceno", "Fenol", "Bifenilo"), ("2022", "MRV5Q1510411"): ("Tricloroetileno",),
    ("2022", "CPILJ1901811"): ("Plomo (polvos, respirables, vapores o humos)",),
    ("2022", "FPL1001200040"): ("Bióxido de carbono",),
}  # fmt: skip
"""Records of releases that the table leaves out, by year, establishment and substance."""


def numbers(cells: pd.Series) -> pd.Series:
    return pd.to_numeric(cells.str.replace(",", ""), errors="coerce").fillna(0)


def totals(areas: pd.DataFrame, figures: pd.Series, levels: int = 3) -> Figures:
    """Sums by area and year; ``areas`` has ``state``, ``key`` and ``year``, and nothing where a place is not known."""
    rows = areas.assign(figure=figures, nation="")
    sums: Figures = {}
    for column in ("nation", "state", "key")[:levels]:
        chosen = rows.dropna(subset=[column])
        grouped = chosen.groupby([column, "year"])["figure"].sum()
        sums |= {("MX" + str(area), str(year)): float(x) for (area, year), x in grouped.items()}
    return sums


def over(above: Figures, below: Figures, times: float = 100) -> Figures:
    return {k: times * above[k] / x for k, x in below.items() if x and k in above}


def population(shared: Path) -> Figures:
    rows = pd.read_csv(shared / "conapo/poblacion_entidad_sexo_1950_2070.csv", dtype=str)
    rows = rows[rows["genero"] == "Total"]
    areas = "MX" + rows["cve_ent"].where(rows["cve_ent"] != "00", "")
    return dict(zip(zip(areas, rows["n_year"], strict=True), numbers(rows["pob_mid_year"]), strict=True))


def per_head(figures: Figures, shared: Path, times: float = 1) -> Figures:
    return over({k: x for k, x in figures.items() if len(k[0]) < 5}, population(shared), times)


def releases(shared: Path) -> pd.DataFrame:
    files = [
        pd.read_csv(shared / f"semarnat_retc/em_{year}.csv", sep="\t", dtype=str, keep_default_na=False).assign(
            year=str(year)
        )
        for year in range(2018, 2023)
    ]
    rows = pd.concat(files, ignore_index=True)
    return rows.assign(state=states_of(rows["ESTADO"])).assign(key=lambda r: keys_of(r["state"], r["MUNICIPIO"]))


def _releases(shared: Path) -> dict[str, Figures]:
    rows = releases(shared)
    out = [s in LEFT_OUT.get((y, n), ()) for y, n, s in zip(rows["year"], rows["NRA"], rows["SUSTANCIA"], strict=True)]
    rows = rows[~pd.Series(out)]
    toxic = ~rows["SUSTANCIA"].isin(GASES)
    metal = rows["SUSTANCIA"].str.match("Arsénico|Cadmio|Cromo|Mercurio|Níquel|Plomo")
    tonnes = {c: numbers(rows[c]) / 1000 for c in ("AIRE", "AGUA", "SUELO", *TRANSFERRED)}
    released = tonnes["AIRE"] + tonnes["AGUA"] + tonnes["SUELO"]
    of_toxic = totals(rows, released.where(toxic, 0))
    return {
        "toxic_releases": of_toxic,
        "toxic_releases_per_head": per_head(of_toxic, shared, 1000),
        "heavy_metals_released": totals(rows, released.where(metal, 0)),
        "toxic_releases_to_water": totals(rows, tonnes["AGUA"].where(toxic, 0)),
        "carbon_dioxide_of_reporting_establishments": totals(
            rows, tonnes["AIRE"].where(rows["SUSTANCIA"] == GASES[0], 0)
        ),
        "transferred_substances_recovered": over(
            totals(rows, sum(tonnes[c] for c in RECOVERED).where(toxic, 0)),
            totals(rows, sum(tonnes[c] for c in TRANSFERRED).where(toxic, 0)),
        ),
    }


def _waste(shared: Path) -> dict[str, Figures]:
    rows = pd.read_csv(shared / "asea_residuos/residuos_peligrosos_2017_2023.csv", dtype=str)
    rows = rows.assign(state=rows["id_entidad_federaativa"].str.zfill(2), year=rows["anio"])
    rows = rows.assign(key=keys_of(rows["state"], rows["municipio"]))
    return {"hazardous_waste_of_hydrocarbons": totals(rows, numbers(rows["generacion_estimada"]))}


def _certificates(shared: Path) -> dict[str, Figures]:
    rows = pd.read_excel(shared / "profepa_pnaa/D0502.xlsx", dtype=str, engine="calamine")
    rows = rows.assign(key=rows["CVE_MUN"], state=rows["CVE_MUN"].str[:2], year="2018")
    valid = (rows["PNAA_Status"] == "VIGENTE").astype(float)
    return {
        "environmental_certificates": totals(rows, valid),
        "clean_industry_certificates": totals(rows, valid.where(rows["TIPO_PNAA"] == "INDUSTRIA LIMPIA", 0)),
        "environmental_certificates_per_head": per_head(totals(rows, valid), shared, 100_000),
    }


def _services(shared: Path) -> dict[str, Figures]:
    rows = pd.read_excel(shared / "inegi_cngmd2015/SEPARACION-RSU.xlsx", dtype=str, engine="calamine")
    rows = rows[rows["FOLIO"].str.len() == 5]
    rows = rows[rows["FOLIO"] != "99999"].assign(state=lambda r: r["FOLIO"].str[:2], key=None, year="2014")
    served = rows["P1"] == "1"

    def share(answer: str) -> Figures:
        yes = served & (rows[answer] == "1")
        return over(totals(rows, yes.astype(float), 2), totals(rows, served.astype(float), 2))

    return {
        "municipalities_collecting_separately": share("P7"),
        "municipalities_treating_waste": share("P10"),
        "municipalities_with_waste_study": share("P12"),
        "municipalities_with_waste_programme": share("P13"),
        "municipalities_with_waste_service": over(
            totals(rows, served.astype(float), 2), totals(rows, served * 0.0 + 1, 2)
        ),
    }


def _plants(shared: Path) -> dict[str, Figures]:
    """Of the official sheet with names: states by its number, municipalities by the sheet with keys."""
    file = shared / "conagua_ptar/Catalogo_de_Plantas_de_Tratamiento_Aguas_Residuales.xlsx"
    rows = pd.read_excel(file, sheet_name="(3)", dtype=str, engine="calamine")
    rows = rows.assign(key=rows["CVE_MUN"], state=rows["CVE_MUN"].str[:2], year="2016")
    treated, capacity = (numbers(rows[f"{c} L/S"]) for c in ("CAUDAL TRATADO", "CAPACIDAD INSTALADA"))
    return {
        "wastewater_plants": totals(rows, treated * 0 + 1),
        "wastewater_treated": totals(rows, treated),
        "wastewater_treatment_capacity_used": over(totals(rows, treated), totals(rows, capacity)),
        "wastewater_treated_per_head": per_head(totals(rows, treated), shared, 86_400),
    }


def _water(shared: Path) -> dict[str, Figures]:
    shares = {}
    for indicator, name in (("surface_water", "Superficial"), ("groundwater", "Subterranea")):
        file = shared / f"conagua_calidad/Calidad_del_Agua_{name}_2022.xlsx"
        rows = pd.read_excel(file, dtype=str, engine="calamine").assign(year="2022")
        rows = rows.assign(state=states_of(rows["ESTADO"])).assign(key=lambda r: keys_of(r["state"], r["MUNICIPIO"]))
        good = (rows["SEMAFORO"] == "Verde").astype(float)
        shares[f"{indicator}_sites_of_good_quality"] = over(totals(rows, good), totals(rows, good * 0 + 1))
    return shares


def _crops(shared: Path) -> dict[str, Figures]:
    files = [pd.read_csv(shared / f"siap/Avance_Agricola_{y}_12.csv", dtype=str) for y in range(2018, 2023)]
    rows = pd.concat(files, ignore_index=True)
    rows = rows.assign(state=states_of(rows["Entidad"]), year=rows["Anio"])
    rows = rows.assign(key=keys_of(rows["state"], rows["Municipio"]))
    sown, lost, maize = (
        numbers(rows["Superficie Sembrada"]),
        numbers(rows["Superficie Siniestrada"]),
        rows["Cultivo"] == "225",
    )
    return {
        "crop_area_lost_share": over(totals(rows, lost), totals(rows, sown)),
        "maize_area_lost_share": over(totals(rows, lost.where(maize, 0)), totals(rows, sown.where(maize, 0))),
    }


SOURCES: tuple[Callable[[Path], dict[str, Figures]], ...] = (
    _releases, _waste, _certificates, _services, _plants, _water, _crops,
)  # fmt: skip
INDICATORS = (
    "toxic_releases", "toxic_releases_per_head", "heavy_metals_released", "toxic_releases_to_water",
    "carbon_dioxide_of_reporting_establishments", "transferred_substances_recovered", "hazardous_waste_of_hydrocarbons",
    "environmental_certificates", "clean_industry_certificates", "environmental_certificates_per_head",
    "municipalities_collecting_separately", "municipalities_treating_waste", "municipalities_with_waste_study",
    "municipalities_with_waste_programme", "municipalities_with_waste_service", "wastewater_plants",
    "wastewater_treated", "wastewater_treatment_capacity_used", "wastewater_treated_per_head",
    "surface_water_sites_of_good_quality", "groundwater_sites_of_good_quality", "crop_area_lost_share",
    "maize_area_lost_share",
)  # fmt: skip


@pytest.fixture(scope="module")
def computed(part_of_run: Callable[..., Runner]) -> Runner:
    return part_of_run(*(("indicator", indicator) for indicator in INDICATORS))


def values(computed: Runner, indicator: str) -> Figures:
    file = literal(computed.run.layout.indicator(indicator))
    with duckdb.connect() as con:
        rows = con.execute(f"SELECT ref_area, time_period, obs_value FROM read_parquet({file})").fetchall()
    return {(area, year): value for area, year, value in rows if value is not None}


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.__name__.strip("_"))
def test_every_value_is_that_of_pandas(
    source: Callable[[Path], dict[str, Figures]], computed: Runner, shared_data: Path
) -> None:
    for indicator, expected in source(shared_data).items():
        ours = values(computed, indicator)
        assert indicator in INDICATORS and ours
        assert set(ours) == set(expected), indicator
        assert ours == pytest.approx(expected, rel=1e-9, abs=1e-9), indicator


def test_every_indicator_is_computed_a_second_time(shared_data: Path) -> None:
    assert {name for source in SOURCES for name in source(shared_data)} == set(INDICATORS)


def test_totals_of_the_nation_are_those_that_the_catalogue_of_files_was_checked_with(
    computed: Runner, shared_data: Path
) -> None:
    """thin_goals.tsv; what the table of releases leaves out of 2022 is 10,962,407.2 tonnes of carbon dioxide."""

    def nation(indicator: str) -> dict[str, float]:
        return {year: value for (area, year), value in values(computed, indicator).items() if area == "MX"}

    carbon = nation("carbon_dioxide_of_reporting_establishments")
    carbon["2022"] += 10_962_407.2
    megatonnes = {year: round(value / 1e6, 1) for year, value in carbon.items()}
    assert megatonnes == {"2018": 113.0, "2019": 141.3, "2020": 133.0, "2021": 116.5, "2022": 141.3}
    waste = {year: round(value, 1) for year, value in nation("hazardous_waste_of_hydrocarbons").items()}
    assert waste == {
        "2017": 11_983.4, "2018": 83_897.4, "2019": 76_542.7, "2020": 30_853.1, "2021": 30_853.4, "2022": 10_671.7,
        "2023": 28_431.2,
    }  # fmt: skip
    assert nation("environmental_certificates") == {"2018": 2_078}
    assert nation("wastewater_plants") == {"2016": 2_536}
    assert nation("wastewater_treated")["2016"] == pytest.approx(123_586.8, abs=0.06)
    share = nation("wastewater_treatment_capacity_used")["2016"]
    assert 100 * nation("wastewater_treated")["2016"] / share == pytest.approx(180_569.7, abs=0.06)
    served = nation("municipalities_with_waste_service")["2014"] / 100 * 2_455
    assert served + 1 == pytest.approx(2_315)  # with the answer of the entity 99
    for indicator, count in (("collecting_separately", 140), ("with_waste_programme", 243), ("with_waste_study", 108)):
        assert nation(f"municipalities_{indicator}")["2014"] == pytest.approx(100 * count / served), indicator
    assert nation("surface_water_sites_of_good_quality")["2022"] == pytest.approx(100 * 449 / 1_723)
    assert nation("groundwater_sites_of_good_quality")["2022"] == pytest.approx(100 * 329 / 775)


def test_a_value_says_how_many_sites_it_has_and_few_are_marked(computed: Runner) -> None:
    for indicator, limit in (
        ("toxic_releases", 3),
        ("wastewater_treated", 3),
        ("surface_water_sites_of_good_quality", 5),
    ):
        file = literal(computed.run.layout.indicator(indicator))
        with duckdb.connect() as con:
            marked, of_few, without, areas = con.execute(
                "SELECT count(*) FILTER (obs_reason = 'few_sites'), count(*) FILTER (n_obs < ?), "
                f"count(*) FILTER (n_obs IS NULL OR n_obs = 0), count(*) FROM read_parquet({file})", [limit]
            ).fetchall()[0]  # fmt: skip
        assert 0 < marked == of_few < areas and without == 0, indicator
