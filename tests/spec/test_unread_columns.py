"""Spec tests of columns that a table ignores: their cells are not read, and what is asked of whole files still is."""

from __future__ import annotations

import pytest
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.errors import StagingError
from sdg_pipeline.ingest.parts import OpenPart

TABLE = """
geography: {vintage: 2020, state: ENT}
parts: [{source: registry, edition: "1", level: state}]
ignore: [{reason: nobody asks, columns: [NOTE, DAY]}]
measures:
  cases: {label: {en: Cases, es: Casos}, column: N}
"""
CASES = "ENT | N | NOTE | DAY\n 01 | 1 | a | 1\n 01 | 1 | a | 1\n 01 | 1 | b | 1\n 02 | 1 | a | 1"


@pytest.fixture
def registry(records: Records) -> Records:
    """A register of cases with two columns that nobody uses."""
    records.source("registry", {"1": "2020"})
    records.table("cases", TABLE, record="unit")
    records.file("registry", "1", CASES)
    return records


def columns_read(registry: Records, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The columns of the table of texts when the rows are counted for the first time."""
    seen: list[list[str]] = []
    rows = OpenPart.rows

    def looked(part: OpenPart, query: str) -> list[tuple[object, ...]]:
        seen.append([str(row[0]) for row in part.con.execute(f"DESCRIBE {part.view}").fetchall()])
        return rows(part, query)

    with monkeypatch.context() as patched:
        patched.setattr(OpenPart, "rows", looked)
        registry.stage_table("cases")
    return seen[0]


def test_cells_of_ignored_columns_are_no_column_of_the_table(
    registry: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert columns_read(registry, monkeypatch) == ["__row", "ENT", "N", "__rest"]
    assert_rows(registry.rows_of("cases"), "state | cases\n 01 | 1\n 01 | 1\n 01 | 1\n 02 | 1")


def test_figures_of_areas_do_without_the_rest(registry: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.table("cases", TABLE)
    registry.file("registry", "1", "ENT | N | NOTE | DAY\n 01 | 1 | a | 1\n 02 | 1 | a | 1")
    assert columns_read(registry, monkeypatch) == ["__row", "ENT", "N"]


def test_records_are_repeated_where_they_are_the_same_in_ignored_columns_too(registry: Records) -> None:
    [part] = registry.stage_table("cases").parts
    assert (part["rows_read"], part["repeated"], part["columns_ignored"]) == (4, 1, 2)


@pytest.mark.parametrize(
    ("header", "change"),
    [
        ("ENT,N,NOTE,DATE", "appeared: DATE; went: DAY"),
        ("ENT,N,NOTE", "went: DAY"),
        ("ENT,N,NOTE,DAY,X", "appeared: X"),
    ],
)
def test_drift_in_columns_that_nobody_reads_is_refused(registry: Records, header: str, change: str) -> None:
    registry.text(f"{header}\n{',1' * header.count(',')}\n", "registry", "1")
    with pytest.raises(StagingError, match=f"has other columns than the table spec says; {change}; remedy: "):
        registry.stage_table("cases")


@pytest.mark.parametrize("row", ["01,1,a", "01,1,a,1,1", '01,1,a,"1'])
def test_a_row_that_is_damaged_in_columns_that_nobody_reads_is_refused(registry: Records, row: str) -> None:
    registry.table("cases", TABLE)
    registry.text(f"ENT,N,NOTE,DAY\n02,1,a,1\n{row}\n", "registry", "1")
    with pytest.raises(StagingError, match="cannot be read as CSV: line 3: "):
        registry.stage_table("cases")
