"""Bounds of readers: what is too wide or too large is refused before it is read."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hostile.files import ROWS, cell_xml, table_xml, workbook
from support.records import Records

from sdg_pipeline.errors import StagingError
from sdg_pipeline.ingest import readers
from sdg_pipeline.ingest.readers import PARQUET_COLUMNS, Reading
from sdg_pipeline.specs.formats import Format, ParquetFormat, WorkbookFormat


def refusal(folder: Path, con: duckdb.DuckDBPyConnection, content: bytes, form: Format) -> str:
    path = folder / "file"
    path.write_bytes(content)
    with pytest.raises(StagingError) as caught:
        readers.read(Reading(con, (path,), "file", folder), form, "v")
    return str(caught.value)


def parquet(columns: dict[str, list[str]]) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


def test_a_parquet_file_of_too_many_columns(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> None:
    content = parquet({f"c{n}": ["1"] for n in range(PARQUET_COLUMNS + 1)})
    assert refusal(tmp_path, duck, content, ParquetFormat(kind="parquet")) == (
        "file: header: has more than 5,000 columns; found '5,001 columns'; remedy: write the columns that the table "
        "uses to a file of their own, and serve it from a mirror (SDG_MIRROR)"
    )


def test_a_sheet_that_is_too_large_by_its_last_cell(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> None:
    content = workbook(table_xml(ROWS) + f'<row r="400000">{cell_xml("P400000", "x")}</row>')
    form = WorkbookFormat(kind="workbook", sheet="S", header_rows=(1,))
    assert refusal(tmp_path, duck, content, form) == (
        "file: sheet S: reaches over more than 5,000,000 cells; found '400,000 rows of 16 columns'; remedy: delete "
        "what lies far from the table, and serve the file from a mirror (SDG_MIRROR)"
    )


def test_a_joined_file_has_the_bound_of_its_edition(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> None:
    records = Records(tmp_path, duck, "duckdb")
    records.source("poll", {"1": "2020"})
    records.source("homes", {"1": "2020"})
    records.edit("sources/homes.yaml", 'period: "2020", ', 'period: "2020", max_unpacked_megabytes: 1, ')
    body = """
geography: {vintage: 2020, state: state}
parts:
  - {source: poll, edition: "1", level: state}
joins:
  - {source: homes, edition: "1", format: {kind: parquet}, by: [ID], columns: [AGE], every: false}
measures:
  people: {label: {en: People, es: Personas}, records: all}
  old: {label: {en: Old, es: Mayores}, column: AGE}
"""
    records.table("people_of_poll", body, record="unit")
    records.file("poll", "1", "state | ID\n 01 | a")
    records.file("homes", "1", "ID | AGE\n a | 70")
    raw = records.files["homes", "1"]
    path = tmp_path / "homes.parquet"
    path.write_bytes(parquet({"ID": ["a"] * 40_000, "AGE": ["1"] * 40_000}))
    records.files["homes", "1"] = replace(raw, path=str(path))
    with pytest.raises(StagingError, match=r"^homes.parquet \(homes/1\): holds more than 1,000,000 bytes of texts"):
        records.stage_table("people_of_poll")


def test_a_nul_in_the_name_of_a_column(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> None:
    """DuckDB ends the name there and then lacks the column."""
    content = workbook(table_xml(["\0ENT,B", "01,2"]))
    form = WorkbookFormat(kind="workbook", sheet="S", header_rows=(1,))
    assert "header: has a NUL in the name of a column; found '\\x00ENT'" in refusal(tmp_path, duck, content, form)


def test_a_workbook_whose_packed_sheet_is_damaged(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> None:
    content = bytearray(workbook(table_xml(ROWS)))
    name = content.index(b"xl/worksheets/sheet1.xml")
    content[name + len("xl/worksheets/sheet1.xml")] = 0x07  # a kind of block that deflate has not
    form = WorkbookFormat(kind="workbook", sheet="S", header_rows=(1,))
    assert "cannot be read as a workbook" in refusal(tmp_path, duck, bytes(content), form)
