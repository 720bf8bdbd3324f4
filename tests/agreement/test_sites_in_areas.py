"""Sites that name their municipality stand in it: how many are placed, a sample that was read by hand, coordinates.

What belongs here: the match of names in the real files. What does not: the rules of the match (tests/spec/test_sites).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from end_to_end.product import PROJECT
from shapely.geometry import Point, shape
from support.place_names import keys_of, plain, states_of

from sdg_pipeline.duck import text as literal
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.steps.staged import StagedReport
from sdg_pipeline.specs.area_names import ALIAS, FILE, AreaName, area_names

pytestmark = pytest.mark.national

FILES = {
    "pollutant_releases": [(f"semarnat_retc/em_{year}.csv", "ESTADO", "MUNICIPIO") for year in range(2018, 2023)],
    "hazardous_waste_hydrocarbons": [
        ("asea_residuos/residuos_peligrosos_2017_2023.csv", "entidad_federativa", "municipio")
    ],
    "surface_water_quality": [("conagua_calidad/Calidad_del_Agua_Superficial_2022.xlsx", "ESTADO", "MUNICIPIO")],
    "groundwater_quality": [("conagua_calidad/Calidad_del_Agua_Subterranea_2022.xlsx", "ESTADO", "MUNICIPIO")],
    "crops": [(f"siap/Avance_Agricola_{year}_12.csv", "Entidad", "Municipio") for year in range(2018, 2023)],
}
"""Files by table, with the columns of the names."""
LEFT_OUT = {"27005": 3, "15104": 1, "19018": 1, "10012": 1}
"""Records of releases that the table leaves out, by municipality (test_dirt_of_sites)."""
NAMES = area_names((PROJECT / "indicator_specs" / FILE).read_bytes())
SOURCE_OF = {
    "conagua_water_quality": ("surface_water_quality", "groundwater_quality"),
    "siap_progress": ("crops",),
}


def rows_of(table: str, shared: Path) -> pd.DataFrame:
    """States and municipalities as the files write them, with the key of the second way (``support.place_names``)."""
    files = [
        read(shared / path)[[state, name]].set_axis(["state", "name"], axis=1) for path, state, name in FILES[table]
    ]
    rows = pd.concat(files, ignore_index=True)
    return rows.assign(key=keys_of(states_of(rows["state"]), rows["name"]))


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".xlsx":
        return pd.read_excel(path, dtype=str, engine="calamine", keep_default_na=False)
    separator = "\t" if path.parent.name == "semarnat_retc" else ","
    return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def staged(part_of_run: Callable[..., Runner]) -> Runner:
    return part_of_run(*(("staged", table) for table in FILES))


@pytest.fixture(scope="module")
def reports(staged: Runner) -> dict[str, dict[str, int]]:
    """By table, rows that name a municipality (``named``), and by name those that found none."""
    counts = {}
    for table in FILES:
        state = staged.state.load(("staged", table))
        assert state is not None
        report = state.report_as(StagedReport)
        counts[table] = {"named": sum(part.named for part in report.parts)}
        for name in (name for part in report.parts for name in part.unplaced):
            counts[table][f"{name.state} {name.name}"] = counts[table].get(f"{name.state} {name.name}", 0) + name.rows
    return counts


def test_at_least_99_of_100_records_are_placed_and_the_others_are_listed(reports: dict[str, dict[str, int]]) -> None:
    """Two municipalities of Oaxaca are called San Juan Mixtepec, and two San Pedro Mixtepec: a name places neither."""
    assert reports == {
        "pollutant_releases": {"named": 36_934},
        "hazardous_waste_hydrocarbons": {"named": 2_265},
        "surface_water_quality": {"named": 1_723, "25 CANELAS": 1, "30 PIEDRAS NEGRAS": 2},
        "groundwater_quality": {
            "named": 775, "19 ACUÍFERO AREA METROPOLITANA DE MONTERREY": 1, "20 TAMAZULAPAN": 1,
        },
        "crops": {
            "named": 96_285, "04 Dzitbalché": 2, "20 San Juan Mixtepec": 38, "20 San Pedro Mixtepec": 58,
        },
    }  # fmt: skip
    for counts in reports.values():
        assert sum(counts.values()) - counts["named"] <= 0.01 * counts["named"]


SAMPLE = {
    "pollutant_releases": """
        15109 | MEXICO | Tultitlan
        22006 | Querétaro | Corregidora
        20010 | Oaxaca | El Barrio de la Soledad
        06002 | COLIMA | Colima
        28009 | TAMAULIPAS | Ciudad Madero
        30082 | Veracruz de Ignacio de la Llave | Ixhuatlán del Sureste
        30125 | Veracruz de Ignacio de la Llave | Paso del Macho
        30049 | Veracruz de Ignacio de la Llave | Cotaxtla
        22011 | Querétaro | El Marqués
        05025 | COAHUILA | Piedras Negras
        05028 | COAHUILA | Sabinas
        05035 | Coahuila de Zaragoza | Torreón
        10026 | Durango | San Dimas
        17008 | MORELOS | Emiliano Zapata
        09012 | DISTRITO FEDERAL | Tlalpan
        04001 | Campeche | Calkiní
        32017 | Zacatecas | Guadalupe
        30082 | VERACRUZ | Ixhuatlan del Sureste
        25013 | Sinaloa | Mocorito
        24016 | San Luis Potosí | Ebano
    """,
    "hazardous_waste_hydrocarbons": """
        15016 | México | Axapusco
        15039 | México | Ixtapaluca
        31102 | Yucatán | Valladolid
        05023 | Coahuila de Zaragoza | Ocampo
        18012 | Nayarit | San Blas
        12048 | Guerrero | Petatlán
        22014 | Querétaro | Querétaro
        16012 | Michoacán de Ocampo | Buenavista
        26043 | Sonora | Nogales
        32022 | Zacatecas | Juan Aldama
        14097 | Jalisco | Tlajomulco de Zúñiga
        30193 | Veracruz de Ignacio de la Llave | Veracruz
        26047 | Sonora | Pitiquito
        03003 | Baja California Sur | La Paz
        16092 | Michoacán de Ocampo | Tiquicheo de Nicolás Romero
        31003 | Yucatán | Akil
        09005 | Ciudad de México | Gustavo A. Madero
        19018 | Nuevo León | García
        14002 | Jalisco | Acatlán de Juárez
        11018 | Guanajuato | Jaral del Progreso
    """,
    "surface_water_quality": """
        20467 | OAXACA | SANTIAGO JAMILTEPEC
        14114 | JALISCO | VILLA CORONA
        30073 | VERACRUZ DE IGNACIO DE LA LLAVE | HUEYAPAN DE OCAMPO
        26013 | SONORA | BANÁMICHI
        07061 | CHIAPAS | OCOZOCOAUTLA DE ESPINOSA
        23008 | QUINTANA ROO | SOLIDARIDAD
        30208 | VERACRUZ DE IGNACIO DE LA LLAVE | CARLOS A. CARRILLO
        16035 | MICHOACÁN DE OCAMPO | LA HUACANA
        14070 | JALISCO | EL SALTO
        27014 | TABASCO | PARAISO
        17025 | MORELOS | TLAQUILTENANGO
        30109 | VERACRUZ DE IGNACIO DE LA LLAVE | MISANTLA
        14051 | JALISCO | JUANACATLÁN
        17007 | MORELOS | CUERNAVACA
        13076 | HIDALGO | TULA DE ALLENDE
        14107 | JALISCO | TUXCUECA
        21143 | PUEBLA | SAN SALVADOR EL VERDE
        11002 | GUANAJUATO | ACÁMBARO
        30032 | VERACRUZ DE IGNACIO DE LA LLAVE | CATEMACO
        14097 | JALISCO | TLAJOMULCO DE ZÚÑIGA
    """,
    "groundwater_quality": """
        17018 | MORELOS | TEMIXCO
        07083 | CHIAPAS | SOCOLTENANGO
        21067 | PUEBLA | GUADALUPE VICTORIA
        19039 | NUEVO LEÓN | MONTERREY
        23002 | QUINTANA ROO | FELIPE CARRILLO PUERTO
        07099 | CHIAPAS | LA TRINITARIA
        24049 | SAN LUIS POTOSÍ | VILLA DE RAMOS
        31101 | YUCATÁN | UMÁN
        31053 | YUCATÁN | MUNA
        21045 | PUEBLA | CHALCHICOMULA DE SESMA
        31048 | YUCATÁN | MAXCANU
        31037 | YUCATÁN | HUHI
        31013 | YUCATÁN | CONKAL
        30039 | VERACRUZ DE IGNACIO DE LA LLAVE | COATZACOALCOS
        15118 | MÉXICO | ZINACANTEPEC
        21114 | PUEBLA | PUEBLA
        12038 | GUERRERO | ZIHUATANEJO DE AZUETA
        26021 | SONORA | LA COLORADA
        20237 | OAXACA | SAN MARCOS ARTEAGA
        26001 | SONORA | ACONCCHI
    """,
    "crops": """
        30026 | Veracruz | Banderilla
        21098 | Puebla | Molcaxac
        32012 | Zacatecas | Genaro Codina
        20256 | Oaxaca | San Mateo Tlapiltepec
        17014 | Morelos | Mazatepec
        18007 | Nayarit | Jala
        20104 | Oaxaca | San Antonino El Alto
        20181 | Oaxaca | San Juan Bautista Suchitepec
        11022 | Guanajuato | Ocampo
        31005 | Yucatán | Bokobá
        26009 | Sonora | Bacanora
        20241 | Oaxaca | San Martín Lachilá
        07033 | Chiapas | Francisco León
        24033 | San Luis Potosí | Santo Domingo
        20216 | Oaxaca | San Juan Tabaá
        16086 | Michoacán | Tanhuato
        28016 | Tamaulipas | Hidalgo
        30164 | Veracruz | Teocelo
        12074 | Guerrero | Zitlala
        20269 | Oaxaca | San Miguel El Grande
    """,
}
"""A hundred places as the files write them, twenty a table, drawn by a hash of their text. A person compared each
with the register of areas; all are right.
"""


@pytest.mark.parametrize("table", FILES)
def test_a_sample_that_was_read_by_hand_stands_where_it_belongs(table: str, shared_data: Path) -> None:
    """The second way places it as the person did; the next test compares both ways for all places."""
    rows = rows_of(table, shared_data)
    sample = [line.strip().split(" | ") for line in SAMPLE[table].strip().splitlines()]
    assert len(sample) == 20
    for key, state, name in sample:
        assert set(rows[(rows["state"] == state) & (rows["name"] == name)]["key"]) == {key}, (key, state, name)


@pytest.mark.parametrize("table", FILES)
def test_every_municipality_has_the_records_that_a_second_way_places_in_it(
    table: str, staged: Runner, shared_data: Path
) -> None:
    left_out = LEFT_OUT if table == "pollutant_releases" else {}
    expected = rows_of(table, shared_data)["key"].value_counts().sub(pd.Series(left_out, dtype=int), fill_value=0)
    with duckdb.connect() as con:
        relation = literal(staged.run.layout.staged(table))
        query = f"SELECT municipality, count(*) FROM read_parquet({relation}) WHERE municipality <> '_U' GROUP BY 1"
        assert dict(con.execute(query).fetchall()) == expected[expected > 0].astype(int).to_dict()


@pytest.mark.parametrize(("table", "inside", "near"), [
    ("surface_water_quality", 0.83, 0.98), ("groundwater_quality", 0.93, 0.97),
])  # fmt: skip
def test_coordinates_lie_in_the_municipality_that_the_name_says_or_near_it(
    table: str, inside: float, near: float, shared_data: Path
) -> None:
    """Rivers and coasts are borders, and the outlines are simplified: five hundredths of a degree are near.

    Those that are far were named after the municipality before its division, or have a wrong coordinate.
    """
    outlines = json.loads((shared_data / "geo/municipios_2020.geojson").read_text(encoding="utf-8"))["features"]
    borders = {outline["properties"]["cvegeo"]: shape(outline["geometry"]) for outline in outlines}
    [(path, state, name)] = FILES[table]
    rows = read(shared_data / path)
    keys = keys_of(states_of(rows[state]), rows[name])
    points = map(Point, rows["LONGITUD"].astype(float), rows["LATITUD"].astype(float))
    away = [borders[key].distance(point) for key, point in zip(keys, points, strict=True) if key in borders]
    assert sum(distance == 0 for distance in away) >= inside * len(away)
    assert sum(distance < 0.05 for distance in away) >= near * len(away)


@pytest.mark.parametrize("alias", [n for n in NAMES if n.kind == ALIAS], ids=lambda n: f"{n.key}-{n.name}")
def test_an_alias_stands_in_its_source_and_leads_where_a_person_put_it(alias: AreaName, shared_data: Path) -> None:
    rows = pd.concat([rows_of(table, shared_data) for table in SOURCE_OF[alias.source]])
    written = rows[rows["name"].map(plain) == plain(alias.name)]
    assert alias.key in set(written["key"]) and alias.first <= alias.last
