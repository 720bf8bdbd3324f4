"""What a partner sets out to do with the CSV files in LibreOffice Calc; each test is a task."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from calc import SOFFICE, opened
from end_to_end.product import Product

pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice Calc is not installed: libreoffice-calc-nogui")


@pytest.fixture
def wide(published: Product) -> Path:
    return published.layout.latest / "wide"


def test_see_areas_by_years_with_accents_and_numbers(wide: Path, tmp_path: Path) -> None:
    header, nation, *rows = opened(wide / "illiteracy_15_plus.csv", tmp_path)
    assert header == ["clave", "area", "entidad", "nivel", "2020"]
    assert nation[1:] == ["México", "", "país", "4.7"]
    assert ["Michoacán de Ocampo", "Michoacán de Ocampo", "estado"] in [row[1:4] for row in rows]


def test_add_up_the_states(wide: Path, tmp_path: Path) -> None:
    file = wide / "illiteracy_15_plus.csv"
    *rows, total = opened(file, tmp_path, ["", "", "", "", "=SUM(E3:E34)"])
    table = pd.read_csv(file, encoding="utf-8-sig", dtype={"clave": str})
    states = table[table["nivel"] == "estado"]
    assert len(states) == 32 and len(rows) == len(table) + 1
    assert float(total[4]) > 100
    assert float(total[4]) == pytest.approx(states["2020"].sum())


def test_see_titles_units_and_sources_of_all_tables(wide: Path, tmp_path: Path) -> None:
    header, *rows = opened(wide / "index.csv", tmp_path)
    table = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert set(table) - {""} == {path.stem for path in wide.glob("*.csv")} - {"index"}
    row = table["illiteracy_15_plus"]
    assert row["title_es"] == "Porcentaje de población de 15 años y más analfabeta" and row["unit_es"] == "Porcentaje"
    assert "INEGI" in row["source_es"]
