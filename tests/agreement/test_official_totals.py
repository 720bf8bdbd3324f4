"""Staged tables give the totals that INEGI published for the census of 2020."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from end_to_end.product import Run

from sdg_pipeline.duck import text as literal

pytestmark = pytest.mark.national

POPULATION = {"_T": 126_014_024, "F": 64_540_634, "M": 61_473_390}
"""INEGI, Censo de Población y Vivienda 2020: población total, mujeres y hombres."""
AREAS = {"state": 32, "municipality": 2469}
AGUASCALIENTES = {"_T": 1_425_607, "F": 728_924, "M": 696_683}
"""The same of state 01, the one whose localities are read."""


@pytest.fixture(scope="module")
def con(national: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    staged: Path = national.product.layout.staged("census")
    with duckdb.connect() as con:
        con.execute(f"CREATE VIEW census AS SELECT * FROM read_parquet({literal(staged)})")
        yield con


@pytest.mark.parametrize("level", ["state", "municipality"])
@pytest.mark.parametrize("sex", ["_T", "F", "M"])
def test_population_of_the_nation(level: str, sex: str, con: duckdb.DuckDBPyConnection) -> None:
    asked = "SELECT sum(population) FROM census WHERE geo_level = ? AND sex = ?"
    assert con.execute(asked, [level, sex]).fetchall() == [(POPULATION[sex],)]


@pytest.mark.parametrize("sex", ["_T", "F", "M"])
def test_population_of_the_state_whose_localities_are_read(sex: str, con: duckdb.DuckDBPyConnection) -> None:
    """Localities of one and two dwellings, of which INEGI tells no sexes, are in rows 9998 and 9999."""
    by_level = con.execute(
        "SELECT geo_level, sum(population) FROM census WHERE state = '01' AND sex = ? GROUP BY ALL", [sex]
    ).fetchall()
    assert dict(by_level) == dict.fromkeys(("state", "municipality", "locality"), AGUASCALIENTES[sex])


@pytest.mark.parametrize("level", ["state", "municipality"])
def test_number_of_areas(level: str, con: duckdb.DuckDBPyConnection) -> None:
    asked = f"SELECT count(DISTINCT {level}), count(*) FROM census WHERE geo_level = ? AND sex = '_T'"
    assert con.execute(asked, [level]).fetchall() == [(AREAS[level], AREAS[level])]


def test_keys_are_text_with_their_zeros(con: duckdb.DuckDBPyConnection) -> None:
    types = dict(con.execute("SELECT column_name, column_type FROM (DESCRIBE census)").fetchall())
    assert {types[key] for key in ("state", "municipality", "locality")} == {"VARCHAR"}
    wrong = con.execute(
        "SELECT state, municipality FROM census WHERE geo_level = 'municipality' "
        "AND NOT (regexp_full_match(state, '[0-9]{2}') AND regexp_full_match(municipality, state || '[0-9]{3}'))"
    ).fetchall()
    assert wrong == []


def test_states_are_the_sum_of_their_municipalities(con: duckdb.DuckDBPyConnection) -> None:
    differing = con.execute(
        """
        SELECT state, sex FROM census GROUP BY ALL
        HAVING sum(population) FILTER (WHERE geo_level = 'state')
            <> sum(population) FILTER (WHERE geo_level = 'municipality')
        """
    ).fetchall()
    assert differing == []
