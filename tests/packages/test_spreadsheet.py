"""Workbooks of a small release, read by openpyxl and python-calamine: equal to the Parquet files, and never a formula."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
import python_calamine
from openpyxl.utils.escape import unescape
from unit.release_fixture import contents, observation, settings

from sdg_pipeline.layout import Layout
from sdg_pipeline.packages.spreadsheet import area, indicator
from sdg_pipeline.packages.spreadsheet.indicator import DEFINITION, NOTES, SAME, SOURCES, STATES, VALUES
from sdg_pipeline.publish import checksums
from sdg_pipeline.release.build import build

HOSTILE = ("=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "<b>&amp;</b>", "bell\x07", "_x0041_", " edge\nline ", "'quoted''")
OF_INDICATORS = ("water", "water_gap", "without")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    layout = Layout(tmp_path_factory.mktemp("home"))
    rows = [
        observation("without", "MX20", float(n), time_period=str(2001 + n), obs_reason=text)
        for n, text in enumerate(HOSTILE)
    ]
    rows.append(observation("without", "MX", None, n_obs=7))
    return build(contents(layout, rows={"without": rows}), layout, settings(layout))


def stored(path: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file."""
    answer = duckdb.sql(f"SELECT * FROM '{path}'")
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]


def values_of(path: Path) -> list[dict[str, Any]]:
    """The rows of a workbook with the columns that its notes say are the same in all of them."""
    book = openpyxl.load_workbook(path)
    notes = {str(row[0]): row[1] for row in book[NOTES].iter_rows(min_row=2, values_only=True)}
    same = {key.removeprefix(SAME): value for key, value in notes.items() if key.startswith(SAME)}
    header, *rows = book[VALUES].iter_rows(values_only=True)
    plain = [[unescape(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return [same | dict(zip(header, row, strict=True)) for row in plain]


def ordered(rows: list[dict[str, Any]]) -> list[str]:
    """The rows in an order of their own, each with its columns in one."""
    return sorted(str(sorted(row.items())) for row in rows)


@pytest.mark.parametrize("name", OF_INDICATORS)
def test_openpyxl_reads_what_parquet_has(name: str, release: Path) -> None:
    assert values_of(release / f"indicators/{name}.xlsx") == stored(release / f"indicators/{name}.parquet")


def test_texts_are_texts_and_numbers_are_numbers(release: Path) -> None:
    cells = openpyxl.load_workbook(release / "indicators/without.xlsx")[VALUES]
    kinds = {cells.cell(1, c.column).value: c.data_type for c in cells[3]}
    assert kinds | {"time_period": "s", "obs_reason": "s", "obs_value": "n"} == kinds
    assert {c.data_type for row in cells.iter_rows() for c in row} <= {"s", "n", "inlineStr"}
    assert cells.freeze_panes == "A2"


def test_calamine_reads_the_states(release: Path) -> None:
    book = python_calamine.CalamineWorkbook.from_path(str(release / "indicators/water.xlsx"))
    assert book.sheet_names == [VALUES, STATES, DEFINITION, SOURCES, NOTES]
    assert book.get_sheet_by_name(STATES).to_python() == [
        ["ref_area", "area_name", "2020"],
        ["MX", "México", 90.1], ["MX01", "Aguascalientes", 99.0], ["MX20", "Oaxaca", 80.5]]  # fmt: skip
    assert book.get_sheet_by_name(SOURCES).to_python()[1][:2] == ["Censo · Census", "2020"]


def test_the_definition_is_in_both_languages(release: Path) -> None:
    rows = list(openpyxl.load_workbook(release / "indicators/water.xlsx")[DEFINITION].iter_rows(values_only=True))
    assert rows[0] == ("clave · key", "español", "English")
    assert ("título · title", "Agua entubada", "Piped water") in rows
    assert ("relación · relation", "proxy", "proxy") in rows
    assert ("meta numérica · numeric target", *("100 by 2030 (A/RES/71/313)",) * 2) in rows


def test_a_large_one_is_split_by_state_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indicator, "LARGE", 5)
    layout = Layout(tmp_path / "home")
    folder = build(contents(layout), layout, settings(layout)) / "indicators"
    parts = sorted(folder.glob("water*.xlsx"))
    assert [part.name for part in parts] == ["water.MX01.xlsx", "water.MX20.xlsx", "water.xlsx", "water_gap.xlsx"]
    rows = [row for part in parts[:3] for row in values_of(part)]
    assert ordered(rows) == ordered(stored(folder / "water.parquet"))
    notes = [row[0] for row in openpyxl.load_workbook(folder / "water.xlsx")[NOTES].iter_rows(values_only=True)]
    assert "libro dividido · split workbook" in notes


def test_the_same_contents_are_the_same_bytes(release: Path, tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    again = checksums.read(build(contents(layout), layout, settings(layout)))
    assert {n: again[n] == h for n, h in checksums.read(release).items() if n == "indicators/water.xlsx"} == {
        "indicators/water.xlsx": True
    }
    with zipfile.ZipFile(release / "indicators/water.xlsx") as archive:
        assert {member.date_time[0] for member in archive.infolist()} == {1980}


def test_the_workbook_of_a_state_has_its_newest_totals_and_all_values(release: Path) -> None:
    book = openpyxl.load_workbook(release / "areas/MX20.xlsx")
    _, *newest = book[area.NEWEST].iter_rows(values_only=True)
    assert ("water", "Agua entubada", "Piped water", "6.1.1", "2020", 80.5, "Porcentaje · Percent", "A") in newest
    header, *rows = book[VALUES].iter_rows(values_only=True)
    plain = [tuple(unescape(cell) if isinstance(cell, str) else cell for cell in row) for row in rows]
    wanted = duckdb.sql(
        f"SELECT {', '.join(header)} FROM '{release / 'observations.parquet'}' WHERE ref_area = 'MX20'"
    ).fetchall()
    assert sorted(map(str, plain)) == sorted(map(str, wanted)) and len(wanted) == 10
    assert sorted(path.name for path in (release / "areas").glob("*.xlsx")) == ["MX.xlsx", "MX01.xlsx", "MX20.xlsx"]
