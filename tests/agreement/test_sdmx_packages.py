"""SDMX of the national release: equal to its rows, unique by key, and admitted by the structure and constraints of the UN."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest
import sdmx
from end_to_end.product import Run
from support.sdmx_rows import KEY, NUMBERS, read_rows, stored_rows, structure_of

from sdg_pipeline.packages.sdmx.components import COMPONENTS, DIMENSIONS, GLOBAL_NAMES
from sdg_pipeline.specs.catalog import Catalog

COLUMN_OF = {c.id: c.column for c in COMPONENTS if c.column}
MOST_ROWS = 4000
"""Files of more rows are read by pandas alone, since sdmx1 takes a tenth of a millisecond a row."""


@pytest.fixture(scope="module")
def release(national: Run) -> Path:
    return national.product.layout.latest.resolve()


@pytest.fixture(scope="module")
def structure(release: Path) -> Any:
    return structure_of(release)


@pytest.fixture(scope="module")
def un(shared_data: Path) -> Any:
    """The global structure as sdmx1 reads it."""
    return sdmx.read_sdmx(shared_data / "un_sdg" / "SDG_global_dsd.xml")


@pytest.fixture(scope="module")
def constraints(shared_data: Path) -> dict[str, Mapping[str, str]]:
    with (shared_data / "un_sdg" / "SDG_content_constraints.csv").open(encoding="cp1252", newline="") as file:
        return {row["SERIES"]: row for row in csv.DictReader(file)}


def indicators(release: Path) -> list[str]:
    return sorted(path.name.removesuffix(".csv.gz") for path in (release / "sdmx").glob("*.csv.gz"))


def csv_rows(release: Path, indicator: str) -> Iterator[dict[str, str]]:
    with gzip.open(release / "sdmx" / f"{indicator}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.mark.national
@pytest.mark.slow
def test_the_csv_of_all_values_is_the_table(release: Path) -> None:
    for indicator in indicators(release):
        kinds = {c.id: "float64" if c.column in NUMBERS else "str" for c in COMPONENTS}
        file = release / "sdmx" / f"{indicator}.csv.gz"
        read = pandas.read_csv(file, dtype=kinds, keep_default_na=False, na_values={i: [""] for i in kinds})
        expected = pandas.read_parquet(release / "indicators" / f"{indicator}.parquet")
        read = read[list(COLUMN_OF)].rename(columns=COLUMN_OF)[list(expected.columns)]
        for name in expected.columns:
            kind = "float64" if name in NUMBERS else "str"
            pandas.testing.assert_series_equal(read[name], expected[name].astype(kind), check_exact=True)


@pytest.mark.national
@pytest.mark.slow
def test_sdmx1_reads_the_same_of_every_seventh_indicator(release: Path, structure: Any) -> None:
    read = 0
    with duckdb.connect() as con:
        for indicator in indicators(release)[::7]:
            expected = stored_rows(release / "indicators" / f"{indicator}.parquet", con)
            if len(expected) <= MOST_ROWS:
                assert read_rows(release / "sdmx" / f"{indicator}.csv.gz", structure) == expected, indicator
                read += len(expected)
    assert read > 10_000


@pytest.mark.national
@pytest.mark.slow
def test_the_xml_is_the_table_of_nation_and_states(release: Path, structure: Any) -> None:
    levels: set[str] = set()
    with duckdb.connect() as con:
        for indicator in indicators(release):
            source = release / "indicators" / f"{indicator}.parquet"
            expected = stored_rows(source, con, "geo_level IN ('national', 'state')")
            file = release / "sdmx" / f"{indicator}.xml.gz"
            assert (read_rows(file, structure) if file.exists() else {}) == expected, indicator
            levels |= {row["geo_level"] for row in expected.values()}
    assert levels == {"national", "state"}


@pytest.mark.national
def test_no_two_values_have_one_key(release: Path) -> None:
    """Two indicators may be one series of the UN; their rows must differ in another dimension."""
    with duckdb.connect() as con:
        twice = con.sql(
            f"SELECT {', '.join(KEY)} FROM read_parquet('{release}/observations.parquet') GROUP BY ALL HAVING count(*) > 1"
        ).fetchall()
    assert twice == []


@pytest.mark.national
def test_sdmx1_resolves_every_code(release: Path, structure: Any) -> None:
    own = structure.structure["SDG_MX"]
    lists = {
        c.id: set(c.local_representation.enumerated.items)
        for c in (*own.dimensions.components, *own.attributes.components)
        if c.local_representation.enumerated is not None
    }
    assert len(lists) == 21
    with duckdb.connect() as con:
        for name, codes in lists.items():
            if name in COLUMN_OF:
                used = con.sql(f"SELECT DISTINCT {COLUMN_OF[name]} FROM read_parquet('{release}/observations.parquet')")
                assert {row[0] for row in used.fetchall()} <= codes, name


@pytest.mark.national
def test_the_structure_extends_that_of_the_un(structure: Any, un: Any) -> None:
    dimensions = [d.id for d in un.structure["SDG"].dimensions.components]
    assert [d for d in DIMENSIONS if d != "INDIGENOUS"] == dimensions
    concepts = un.concept_scheme["SDG_CONCEPTS"]
    assert {name: str(concepts[name].name) for name in GLOBAL_NAMES} == {n: en for n, (en, _) in GLOBAL_NAMES.items()}
    for codelist in structure.codelist.values():
        if codelist.maintainer.id != "SDG_MX":
            standard = un.codelist[codelist.id]
            assert (standard.maintainer.id, standard.version) == (codelist.maintainer.id, codelist.version)
            assert set(codelist.items) <= set(standard.items), codelist.id


@pytest.mark.national
def test_the_un_admits_every_row_of_its_own_series(
    release: Path, catalog: Catalog, constraints: dict[str, Mapping[str, str]]
) -> None:
    series: set[str] = set()
    for indicator in catalog.indicators.values():
        if indicator.sdg.relation == "global":
            for row in csv_rows(release, indicator.id):
                admitted = constraints[row["SERIES"]]
                refused = {
                    name: row[name]
                    for name, codes in admitted.items()
                    if name in row and name != "SERIES" and codes != "ALL" and row[name] not in codes.split(";")
                }
                assert refused == {} and row["INDIGENOUS"] == "_T", (indicator.id, row["REF_AREA"])
                series.add(row["SERIES"])
    assert len(series) >= 12
