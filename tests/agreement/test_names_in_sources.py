"""Every other name of an area stands at its key in the first and in the last edition that the file of names gives."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.area_names import ALIAS, FILE, AreaName, area_names

pytestmark = pytest.mark.national
NAMES = [n for n in area_names((PROJECT / "indicator_specs" / FILE).read_bytes()) if n.kind != ALIAS]
"""Those with a key in their source; test_sites_in_areas has the others."""
Names = dict[str, str]


def census_series(folder: Path, year: str) -> Iterator[tuple[str, str]]:
    """An export: ``" 01 001 "`` before a municipality, ``=CONCATENAR(0,01)`` before a state."""
    with (folder / f"inegi_censo_series/censo_serie_{year}.csv").open(encoding="latin-1", newline="") as file:
        for row in csv.reader(file):
            digits = "".join(filter(str.isdigit, row[0])) if len(row) > 1 else ""
            if digits:
                yield (digits[-2:] if "CONCATENAR" in row[0] else digits), row[1]


def marginalisation(folder: Path, year: str) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(folder / f"conapo/IMM_{year}_csv.zip") as packed:
        [member] = [name for name in packed.namelist() if name.endswith(".csv")]
        for row in csv.DictReader(io.StringIO(packed.read(member).decode("utf-8-sig"))):
            yield row["CVE_MUN"].zfill(5), row["NOM_MUN"]


def projections(folder: Path, _: str) -> Iterator[tuple[str, str]]:
    path = folder / "conapo/poblacion_municipal_1990_2040_total.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield row["CVE"], row["Municipio"]


def drought(folder: Path, _: str) -> Iterator[tuple[str, str]]:
    with (folder / "conagua/max_rachas_sequia_municipios.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield row["cve_geo"], row["nombre_municipio"]
            yield row["cve_ent"], row["nombre_estado"]


READ = {
    "inegi_census_series": census_series,
    "conapo_marginalisation": marginalisation,
    "conapo_municipal": projections,
    "conagua_drought": drought,
}


@cache
def names_of(folder: Path, source: str, year: str) -> Names:
    return {key: " ".join(name.split()) for key, name in READ[source](folder, year)}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: f"{name.key}-{name.name}")
def test_the_name_stands_in_the_first_and_in_the_last_edition(name: AreaName, shared_data: Path) -> None:
    for year in dict.fromkeys((name.first, name.last)):
        assert names_of(shared_data, name.source, year)[name.key] == name.name
