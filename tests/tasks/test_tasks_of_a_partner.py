"""What a partner sets out to do with the files of a release and the terminal; each test is a task."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from end_to_end.product import Product


@pytest.fixture
def latest(published: Product) -> Path:
    return published.layout.latest


def test_read_a_table_of_areas_by_years_in_a_spreadsheet(latest: Path) -> None:
    with (latest / "wide" / "illiteracy_15_plus.csv").open(encoding="utf-8-sig", newline="") as file:
        header, nation, state, *_ = csv.reader(file)
    assert header == ["clave", "area", "entidad", "nivel", "2020"]
    assert nation == ["00", "México", "", "país", "4.7"]
    assert state[:4] == ["01", "Aguascalientes", "Aguascalientes", "estado"]


def test_see_title_unit_and_source_of_that_table(latest: Path) -> None:
    index = pd.read_csv(latest / "wide" / "index.csv", encoding="utf-8-sig").set_index("id")
    row = index.loc["illiteracy_15_plus"]
    assert row["unit_es"] == "Porcentaje" and row["source_es"].count("INEGI (2021)") == 1
    assert set(index.index) == {path.stem for path in (latest / "wide").glob("*.csv")} - {"index"}


def test_find_every_file_in_the_readme(latest: Path) -> None:
    readme = (latest / "README.md").read_text(encoding="utf-8")
    for path in latest.iterdir():
        name = f"{path.name}/" if path.is_dir() and path.name == "specs" else path.name
        assert f"`{name}" in readme or name == "README.md", name


def test_know_the_columns_of_a_table_without_a_guess(latest: Path) -> None:
    dictionary = pd.read_csv(latest / "dictionary.csv", encoding="utf-8-sig")
    package = json.loads((latest / "datapackage.json").read_text(encoding="utf-8"))
    tables = {table["path"] for table in package["tables"]}
    assert {"deviations.parquet", "profiles.parquet"} <= tables
    for table in tables:
        described = dictionary[dictionary["part_of"] == table]["id"]
        assert list(pd.read_parquet(latest / table).columns) == list(described), table


def test_make_sure_that_the_copy_is_whole(published: Product, latest: Path) -> None:
    assert subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=latest, check=False).returncode == 0
    assert published.call("release", "verify", "latest").code == 0
