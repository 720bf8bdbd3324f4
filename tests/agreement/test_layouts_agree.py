"""Official files in their own layout and the copies made of them: the same staged values, row by row."""

from __future__ import annotations

import csv
import math
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest import staging
from sdg_pipeline.ingest.geography import register
from sdg_pipeline.ingest.parts import PartFile
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.ingest.unpack import unpacked
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.catalog import Catalog

pytestmark = pytest.mark.national

Deprivations = dict[tuple[str, str], dict[str, Any]]


def rows(catalog: Catalog, table: str, files: dict[tuple[str, str], Path], folder: Path) -> list[tuple[Any, ...]]:
    """The staged rows of a table, without their edition, from the files that are there."""
    spec = catalog.tables[table]
    con = duckdb.connect()
    parts: list[PartFile] = []
    contexts = []
    for part in spec.parts:
        path = files.get((part.source, part.edition))
        if path is not None:
            edition = catalog.sources[part.source].editions[part.edition]
            raw = RawFile(
                part.source, part.edition, str(path), sha256_of(path), path.stat().st_size, "https://example.org/x",
                "official", "2026-01-01T00:00:00+00:00", container=edition.container, states=edition.states,
            )  # fmt: skip
            context = unpacked(raw, edition, folder / "unpacked")
            contexts.append(context)
            parts.append(PartFile(part, edition, raw, context.__enter__()))
    bench = staging.Bench(con, register(PROJECT / "indicator_specs"), folder / f"{table}.parquet", folder)
    try:
        staging.stage(spec, parts, bench)
    finally:
        for context in contexts:
            context.__exit__(None, None, None)
    order = ", ".join(["geo_level", "state", "municipality", *spec.dimensions, "time_period", *spec.key])
    query = f"SELECT {order}, {', '.join(spec.measures)} FROM '{bench.target}' ORDER BY ALL"
    result: list[tuple[Any, ...]] = con.execute(query).fetchall()
    con.close()
    return result


@pytest.fixture(scope="module")
def state_accounts(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 33 official files in a ZIP as INEGI packs them."""
    target = tmp_path_factory.mktemp("official") / "conjunto_de_datos_pibe_csv.zip"
    members = sorted((shared_data / "inegi_pibe").glob("conjunto_de_datos_pibe_entidad_*.csv"))
    assert len(members) == 33
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.write(member, f"conjunto_de_datos/{member.name}")
        archive.writestr("diccionario_de_datos/diccionario.csv", "a,b\n")
    return target


def compared(both: Sequence[list[tuple[Any, ...]]]) -> int:
    """How many rows agree: keys and empty cells exactly, numbers but for the noise of binary fractions in both files."""
    official, copy = both
    assert len(official) == len(copy)
    for one, other in zip(official, copy, strict=True):
        assert [x for x in one if not isinstance(x, float)] == [x for x in other if not isinstance(x, float)]
        numbers = [(a, b) for a, b in zip(one, other, strict=True) if isinstance(a, float)]
        assert all(math.isclose(a, b, rel_tol=1e-14, abs_tol=0) for a, b in numbers), (one, other)
    return len(official)


@pytest.mark.parametrize(("table", "expected"), [("gdp_state", 33 * 22), ("manufacturing_state", 33 * 22 * 2)])
def test_accounts_of_states(
    catalog: Catalog, shared_data: Path, state_accounts: Path, tmp_path: Path, table: str, expected: int
) -> None:
    official = rows(catalog, table, {("inegi_gdp_state", "2024-by-state"): state_accounts}, tmp_path)
    copy = {("inegi_gdp_state", "2024"): shared_data / "inegi_pibe" / "pib_estatal.csv"}
    assert compared([official, rows(catalog, table, copy, tmp_path)]) == expected


@pytest.fixture(scope="module")
def deprivations(catalog: Catalog, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Deprivations:
    """CONEVAL's official figures of 2010, 2015 and 2020 by key of the municipality and year."""
    files = {
        ("coneval_municipal", f"{year}-open-data"): shared_data
        / "coneval"
        / f"indicadores de pobreza municipal_{year}.csv"
        for year in (2010, 2015, 2020)
    }
    folder = tmp_path_factory.mktemp("deprivations")
    measures = catalog.tables["deprivations_municipal"].measures
    staged = rows(catalog, "deprivations_municipal", files, folder)
    return {(str(row[2]), str(row[3])): dict(zip(measures, row[4:], strict=True)) for row in staged}


def test_deprivations_of_2020_are_those_of_a_finer_copy_rounded(deprivations: Deprivations, shared_data: Path) -> None:
    columns = {
        "educational_lag": "rezago_educ_pct", "health_deprivation": "car_salud_pct", "food_deprivation": "car_alim_pct",
        "social_security_deprivation": "car_segsoc_pct", "housing_deprivation": "car_vivienda_pct",
        "basic_services_deprivation": "car_servbas_pct", "income_below_line": "lp_ingreso_pct",
        "income_below_extreme_line": "lp_ingreso_ext_pct",
    }  # fmt: skip
    with (shared_data / "coneval" / "pobreza_municipio_2020.csv").open(encoding="utf-8") as file:
        copy = {row["cvegeo"]: row for row in csv.DictReader(file)}
    official = {area: figures for (area, year), figures in deprivations.items() if year == "2020"}
    assert len(copy) == 2469
    assert {area.removeprefix("MX") for area in official} == set(copy)
    for area, figures in official.items():
        for measure, column in columns.items():
            cell = copy[area.removeprefix("MX")][column]
            assert (figures[measure] is None) == (cell == ""), (area, measure)
            assert cell == "" or abs(figures[measure] - float(cell)) <= 0.05 + 1e-9, (area, measure)


def test_deprivations_lie_between_those_of_women_and_men(deprivations: Deprivations, shared_data: Path) -> None:
    """CONEVAL's other file has them of 2010, 2015 and 2020; it withholds figures by sex that lack precision."""
    columns = {
        "poverty": "pobreza", "educational_lag": "carencia_rezago_educativo", "food_deprivation":
        "carencia_alimentacion_nutritiva_calidad", "health_deprivation": "carencia_servicios_de_salud",
        "social_security_deprivation": "carencia_seguridad_social", "housing_deprivation":
        "carencia_calidad_espacios_vivienda", "basic_services_deprivation": "carencia_servicios_basicos_vivienda",
        "income_below_line": "ingreso_inferior_a_lpi",
    }  # fmt: skip
    by_sex: dict[tuple[str, str], list[dict[str, str]]] = {}
    with (shared_data / "coneval" / "pobreza_grupos_poblacionales_sexo.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            by_sex.setdefault((row["clave_municipio"].zfill(5), row["periodo"][:4]), []).append(row)
    assert {(area.removeprefix("MX"), year) for area, year in deprivations} == set(by_sex)
    compared = 0
    for (area, year), figures in deprivations.items():
        for measure, column in columns.items():
            pair = [float(row[f"{column}_porcentaje"]) for row in by_sex[area.removeprefix("MX"), year]]
            if min(pair) >= 0:
                compared += 1
                assert min(pair) - 0.0501 <= figures[measure] <= max(pair) + 0.0501, (area, year, measure)
    assert compared == 56_005


def test_spells_of_drought_are_those_of_the_monitor(catalog: Catalog, shared_data: Path, tmp_path: Path) -> None:
    """CONAGUA's workbook ends in June 2022: spells of the copy that were over by then are the longest in it too."""
    table, folder = catalog.tables["drought_spells"], shared_data / "conagua"
    parts = [part for part in table.parts if part.reshape is not None]
    assert parts[0].reshape is not None and parts[0].reshape.dates is not None
    span = parts[0].reshape.model_copy(update={"dates": (parts[0].reshape.dates[0], "2022-06-15")})
    short = table.model_copy(update={"parts": (parts[0].model_copy(update={"reshape": span}),)})
    cut = replace(catalog, tables={**catalog.tables, table.id: short})
    file = {("conagua_drought", "2025-cuts"): folder / "MunicipiosSequia.xlsx"}
    where = 3 + len(table.dimensions) + 1
    staged = rows(cut, table.id, file, tmp_path)
    days = {
        (row[2], category): row[where + 1 + list(table.measures).index(measure)]
        for row in staged
        for category, measure in (("D2", "longest_severe_days"), ("D3", "longest_extreme_days"))
        if row[where] == category
    }
    with (folder / "max_rachas_sequia_municipios.csv").open(encoding="utf-8", newline="") as copy:
        spells = {
            (spell["cve_geo"], spell["sequia"]): int(spell["racha_dias"])
            for spell in csv.DictReader(copy)
            if spell["sequia"] in ("D2", "D3") and spell["full_date_end_racha"] <= "2022-06-15"
        }
    there = {row[2] for row in staged}  # not the municipalities that came later
    expected = {key: length for key, length in spells.items() if key[0] in there}
    assert len(there) == 2463 and len(expected) > 2_000
    assert {key: days.get(key) for key in expected} == expected


def test_poverty_by_sex(catalog: Catalog, shared_data: Path, tmp_path: Path) -> None:
    key = ("coneval_municipal_sex", "2010-2020")
    folder = shared_data / "coneval"
    both = [
        rows(catalog, "poverty_municipal_sex", {key: folder / name}, tmp_path)
        for name in ("pobreza_grupos_poblacionales_sexo.csv", "pobreza_municipio_sexo_2010_2015_2020.csv")
    ]
    assert compared(both) > 14_000
