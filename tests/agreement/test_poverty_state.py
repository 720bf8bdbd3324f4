"""Published poverty equals the official workbooks in every cell, with its precision; read here without the product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
from end_to_end.product import SHARED_MIRROR, Product
from python_calamine import CalamineWorkbook

from sdg_pipeline.duck import text as literal

pytestmark = pytest.mark.national

NATION = "Estados Unidos Mexicanos"
YEARS = ("2016", "2018", "2020", "2022", "2024")
PRECISION = ("Error estándar", "Límite inferior", "Límite superior", "Coeficiente de variación")
COLUMNS = ("std_error", "ci_lower", "ci_upper", "cv")
THOUSAND = 1000


class Sheets(NamedTuple):
    """Where an indicator stands: a file, its sheets of values and precision, their title and group of columns."""

    book: str
    values: str
    precision: str
    title: str = ""
    group: str = ""
    scale: int = 1
    precision_title: str = ""
    """Where the sheet of precision has another one."""


def _deprivation(title: str) -> Sheets:
    return Sheets("pm_ip_2024.xlsx", "Cuadro 5", "IP cuadro 5", title)


def _poverty(title: str, group: str, scale: int = 1) -> Sheets:
    return Sheets("pm_ip_2024.xlsx", "Cuadro 2", "IP cuadro 2", title, group, scale)


def _component(number: int, title: str, precision_title: str = "") -> Sheets:
    sheets = f"Cuadro {number}", f"IP cuadro {number}"
    return Sheets("pm_cc_2024.xlsx", *sheets, title, "Porcentaje", precision_title=precision_title)


OFFICIAL: Mapping[str, Sheets] = {
    "poverty": _poverty("Pobreza", "Porcentaje"),
    "poverty_moderate": _poverty("Pobreza moderada", "Porcentaje"),
    "poverty_extreme": _poverty("Pobreza extrema", "Porcentaje"),
    "persons_in_poverty": _poverty("Pobreza", "Población", THOUSAND),
    "persons_in_extreme_poverty": _poverty("Pobreza extrema", "Población", THOUSAND),
    "deprivations_of_the_poor": _poverty("Pobreza", "Carencias promedio"),
    "educational_lag": _deprivation("Rezago educativo"),
    "health_access_deprivation": _deprivation("Carencia por acceso a los servicios de salud"),
    "social_security_deprivation": _deprivation("Carencia por acceso a la seguridad social"),
    "housing_deprivation": _deprivation("Carencia por calidad y espacios de la vivienda"),
    "basic_services_deprivation": _deprivation("Carencia por acceso a los servicios básicos en la vivienda"),
    "food_deprivation": _deprivation("Carencia por acceso a la alimentación nutritiva y de calidad"),
    "income_below_extreme_poverty_line": _deprivation(
        "Población con ingreso inferior a la línea de pobreza extrema por ingresos"
    ),
    "income_below_poverty_line": _deprivation("Población con ingreso inferior a la línea de pobreza por ingresos"),
    "gini": Sheets("pm_ct_2024.xlsx", "Cuadro 2", "IP cuadro 2"),
    "income_ratio": Sheets("pm_ct_2024.xlsx", "Cuadro 3", "IP cuadro 3"),
    "income_per_head": Sheets("pm_ic_2024.xlsx", "Cuadro 4", "IP cuadro 4"),
    "not_attending_3_15": _component(2, "Tasa de inasistencia de la población de 3 a 15 años"),
    "younger_cohort_without_secondary": _component(
        2, "De 16 años y más nacida entre 1982 y 1997 sin secundaria completa"
    ),
    "older_cohort_without_primary": _component(2, "De 16 años y más nacida antes de 1982 sin primaria completa"),
    "employed_without_health_access": _component(
        3,
        "Ocupada sin acceso directo a servicios de salud1/",
        "Población ocupada sin acceso directo a servicios de salud1/",
    ),
    "not_employed_without_health_access": _component(
        3, "No ocupada sin acceso a servicios de salud2/", "Población  no ocupada sin acceso a servicios de salud2/"
    ),
    "employed_without_social_security": _component(4, "Población ocupada sin acceso directo a la seguridad social1/"),
    "not_employed_without_social_security": _component(4, "Población no ocupada sin acceso a la seguridad social2/"),
    "older_persons_with_low_pension": _component(
        4,
        "Población de 65 años y más con un ingreso por Programas para adultos mayores inferior al promedio de las "
        "líneas de pobreza extrema por ingresos y que no cuentan con pensión jubilatoria",
    ),
    "population_with_dirt_floors": _component(5, "Población en viviendas con pisos de tierra"),
    "population_with_flimsy_roofs": _component(5, "Población en viviendas con techos de material endeble"),
    "population_with_flimsy_walls": _component(5, "Población en viviendas con muros de material endeble"),
    "population_in_overcrowding": _component(5, "Población en viviendas con hacinamiento"),
    "population_without_water": _component(6, "Población en viviendas sin acceso al agua"),
    "population_without_drainage": _component(6, "Población en viviendas sin drenaje"),
    "population_without_electricity": _component(6, "Población en viviendas sin electricidad"),
    "population_cooking_without_chimney": _component(
        6, "Población en viviendas sin chimenea cuando usan leña o carbón para cocinar"
    ),
    "moderate_food_insecurity": _component(7, "Inseguridad alimentaria moderada"),
    "severe_food_insecurity_official": _component(7, "Inseguridad alimentaria severa"),
    "limited_food_consumption": _component(7, "Limitación en el consumo de alimentos2/"),
}


class Block(NamedTuple):
    """Rows of a sheet from the nation to the last state, and what stands above each of its columns."""

    rows: list[list[object]]
    own: list[set[str]]
    """Cells above a column itself."""
    merged: list[set[str]]
    """Those, and the cells to the left of an empty one, which merged cells hold."""


def _block(book: Path, sheet: str) -> Block:
    grid = CalamineWorkbook.from_path(str(book)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    first = next(i for i, row in enumerate(grid) if row[0] == NATION)
    top = next(i for i, row in enumerate(grid) if str(row[0]).startswith("Entidad fed"))
    block = Block(grid[first : first + 33], [set() for _ in grid[0]], [set() for _ in grid[0]])
    for row in grid[top:first]:
        shown = ""
        for column, cell in enumerate(row):
            text = str(int(cell)) if isinstance(cell, float) and cell else str(cell or "")
            shown = text.removesuffix(" (porcentaje)") or shown
            block.own[column].add(text)
            block.merged[column].add(shown)
    return block


def _column(block: Block, sheets: Sheets, heading: str) -> int:
    """The one column with a heading of its own below the title and the group."""
    around = {text for text in (sheets.title, sheets.group) if text}
    places = [i for i, own in enumerate(block.own) if heading in own and around <= block.merged[i]]
    assert len(places) == 1, f"{heading} of {sheets} is in columns {places}"
    return places[0]


def _official(folder: Path, sheets: Sheets) -> dict[tuple[str, str], tuple[float | None, ...]]:
    """By name of the state and year: the value and its four figures of precision, which only 2024 has."""
    values, precision = (_block(folder / sheets.book, name) for name in (sheets.values, sheets.precision))
    scales = (sheets.scale, sheets.scale, sheets.scale, 1)
    result: dict[tuple[str, str], tuple[float | None, ...]] = {}
    for year in YEARS:
        column = _column(values, sheets, year)
        for row in values.rows:
            result[str(row[0]), year] = (_number(row[column], sheets.scale), None, None, None, None)
    other = sheets._replace(title=sheets.precision_title or sheets.title)
    columns = [_column(precision, other, heading) for heading in PRECISION]
    for row in precision.rows:
        figures = (_number(row[c], scale) for c, scale in zip(columns, scales, strict=True))
        result[str(row[0]), "2024"] = (result[str(row[0]), "2024"][0], *figures)
    return result


def _number(cell: object, scale: int) -> float:
    """Excel keeps 15 digits; the rest of a binary fraction is none of the institution's."""
    assert isinstance(cell, float)
    return float(f"{cell:.15g}") * scale


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The indicators of these workbooks after a run of just them, as one view with the folder's files."""
    variables = {"SDG_MIRROR": str(SHARED_MIRROR), "SDG_SHARED_DATA": str(shared_data)}
    product = Product(tmp_path_factory.mktemp("poverty"), variables)
    said = product.sdg("run", *(word for indicator in OFFICIAL for word in ("--indicator", indicator)))
    assert said.code == 0, said
    files = ", ".join(literal(product.layout.indicator(indicator)) for indicator in OFFICIAL)
    with duckdb.connect() as con:
        con.execute(f"CREATE VIEW published AS SELECT * FROM read_parquet([{files}])")
        yield con


@pytest.mark.parametrize("indicator", OFFICIAL)
def test_every_cell_is_that_of_the_workbook(
    indicator: str, published: duckdb.DuckDBPyConnection, shared_data: Path
) -> None:
    official = _official(shared_data / "coneval", OFFICIAL[indicator])
    columns = ", ".join(COLUMNS)
    rows = published.execute(
        f"SELECT CASE ref_area WHEN 'MX' THEN ? ELSE area_name END, time_period, obs_value, {columns} "
        "FROM published WHERE indicator = ?",
        [NATION, indicator],
    ).fetchall()
    assert len(rows) == len(official) == 33 * len(YEARS)
    assert {(name, year): tuple(figures) for name, year, *figures in rows} == official


@pytest.mark.parametrize("indicator", OFFICIAL)
def test_precision_has_the_class_of_the_workbook(indicator: str, published: duckdb.DuckDBPyConnection) -> None:
    """Alta: CV below 15; moderada: below 30; baja: the rest. Years without a published CV have no class."""
    wrong = published.execute(
        "SELECT ref_area, time_period, cv, precision FROM published WHERE indicator = ? AND precision <> "
        "CASE WHEN cv IS NULL THEN 'published' WHEN cv < 15 THEN 'high' WHEN cv < 30 THEN 'moderate' ELSE 'low' END",
        [indicator],
    ).fetchall()
    assert wrong == []
    assert published.execute("SELECT DISTINCT time_period FROM published WHERE NOT cv IS NULL").fetchall() == [
        ("2024",)
    ]


def test_figures_that_people_know(published: duckdb.DuckDBPyConnection) -> None:
    """INEGI, Pobreza Multidimensional 2024: 38.5 million persons; CONEVAL: 46.8 in 2022 and 55.7 in 2020."""
    rows = published.execute(
        "SELECT time_period, round(obs_value / 1e6, 3) FROM published "
        "WHERE indicator = 'persons_in_poverty' AND ref_area = 'MX' AND time_period >= '2020' ORDER BY 1"
    ).fetchall()
    assert rows == [("2020", 55.654), ("2022", 46.805), ("2024", 38.490)]
