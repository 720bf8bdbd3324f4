"""The register of corrections: applied where the file is as it says, refused where it was mended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sdg_pipeline.errors import StagingError
from sdg_pipeline.ingest.geography import register
from sdg_pipeline.ingest.parts import PartFile
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.ingest.staging import Bench, stage
from sdg_pipeline.publish import corrections
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.correction import Correction
from sdg_pipeline.specs.source import Edition
from sdg_pipeline.specs.table import Table

WORDS = {"en": "x", "es": "x"}
ENTRY: dict[str, Any] = {
    "edition": "2020", "where": {"id": "B"}, "column": "state", "old": "", "new": "02", "reason": "No state.",
    "evidence": "Its name.", "cite": "the file", "reviewed_by": "team:data", "reviewed_on": "2026-11-24",
}  # fmt: skip
TABLE = Table.model_validate({
    "id": "things", "title": WORDS, "description": WORDS, "record": "unit", "format": {"kind": "csv"},
    "geography": {"vintage": 2020, "state": "state"},
    "parts": [{"source": "office", "edition": "2020", "level": "state"}],
    "measures": {"things": {"label": WORDS, "records": "all"}, "size": {"label": WORDS, "column": "size"}},
    "ignore": [{"reason": "a name", "columns": ["id"]}],
})  # fmt: skip
Take = Callable[..., tuple[list[Any], list[dict[str, Any]]]]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Stages a file with corrections: the rows, and what staging tells of the parts."""

    def taken(text: str, *entries: dict[str, Any]) -> tuple[list[Any], list[dict[str, Any]]]:
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        raw = RawFile("office", "2020", str(path), "0" * 64, len(text), "u", "official", "t")
        edition = Edition.model_validate({"period": "2020", "url_status": "unknown"})
        corrections = tuple(Correction.model_validate(entry) for entry in entries)
        part = PartFile(TABLE.parts[0], edition, raw, (path,), corrections=corrections)
        target, areas = tmp_path / "staged.parquet", register(PROJECT / "indicator_specs")
        with duckdb.connect() as con:
            report = stage(TABLE, [part], Bench(con, areas, target, tmp_path / "scratch"))
            return con.execute(f"SELECT state, size FROM '{target}' ORDER BY ALL").fetchall(), report.parts

    return taken


def test_the_new_text_takes_the_place_of_the_old_one_and_is_reported(take: Take) -> None:
    rows, parts = take("id,state,size\nA,01,5\nB,,7\n", ENTRY)
    assert rows == [("01", 5), ("02", 7)]
    assert parts[0]["corrected"] == [{"column": "state", "old": "", "new": "02", "rows": 1}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,state,size\nA,01,5\nB,02,7\n", r"1 rows with '02'.*the source was mended"),
        ("id,state,size\nA,01,5\n", "no such row"),
        ("id,state,size\nB,,5\nB,,7\n", "2 rows with ''"),
    ],
)
def test_a_file_that_is_not_as_the_entry_says_is_refused(take: Take, text: str, message: str) -> None:
    with pytest.raises(StagingError, match=message) as raised:
        take(text, ENTRY)
    assert "corrections/office.yaml, id B" in str(raised.value)


def test_a_column_that_the_file_lacks_is_reported(take: Take) -> None:
    with pytest.raises(StagingError, match=r"lacks a column that a correction names.*colour"):
        take("id,state,size\nB,,7\n", {**ENTRY, "column": "colour"})


def test_an_entry_that_changes_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="old and new are the same"):
        Correction.model_validate({**ENTRY, "new": ""})


def test_the_register_of_the_project_is_listed_for_the_editions_of_a_release(catalog: Catalog) -> None:
    listed = list(corrections.rows(catalog, [("conagua_dams", "2012"), ("inegi_iter", "2020")]))
    assert len(listed) >= 3 and {row["source"] for row in listed} == {"conagua_dams"}
    assert all(set(row) == set(corrections.COLUMNS) and row["evidence"] and row["cite"] for row in listed)
    assert list(corrections.rows(catalog, [("inegi_iter", "2020")])) == []


ROW = {"edition": "2020", "row": {"id": "C", "state": "02", "size": "9"}} | {
    key: ENTRY[key] for key in ("reason", "evidence", "cite", "reviewed_by", "reviewed_on")
}


def test_a_row_that_the_file_lacks_is_added_and_reported(take: Take) -> None:
    rows, parts = take("id,state,size\nA,01,5\n", ROW)
    assert rows == [("01", 5), ("02", 9)]
    assert parts[0]["corrected"] == [{"row": ROW["row"], "rows": 1}]


def test_a_file_that_has_the_row_was_mended(take: Take) -> None:
    with pytest.raises(StagingError, match=r"has a row that a correction adds.*the source was mended"):
        take("id,state,size\nA,01,5\nC,02,9\n", ROW)


@pytest.mark.parametrize("entry", [ENTRY | {"row": {"id": "C"}}, {**ENTRY, "new": None}, {**ROW, "row": {}}])
def test_an_entry_is_a_cell_or_a_row(entry: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="or the row that is missing"):
        Correction.model_validate(entry)
