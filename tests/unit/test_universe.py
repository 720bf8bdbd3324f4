"""Whom an indicator is of: the codes of its own total, wherever a total is looked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from release_fixture import REGISTER, catalog, contents, observation, settings, write_observations

from sdg_pipeline.estimate import universe
from sdg_pipeline.explain import looks
from sdg_pipeline.explain.choice import choose
from sdg_pipeline.explain.explanation import Origin, Request
from sdg_pipeline.explain.memory import Definitions, Memory
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import readme
from sdg_pipeline.publish.headline import headline
from sdg_pipeline.release.build import build
from sdg_pipeline.release.warehouse import build_warehouse
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator

GIRLS = {"sex": "F", "age": "Y15T19"}
ROWS = [
    observation("water", "MX", 60.0, **GIRLS),
    observation("water", "MX01", 70.0, **GIRLS),
    observation("water", "MX20", 50.0, **GIRLS),
    observation("water", "MX", 10.0, **GIRLS, urbanisation="R"),
    observation("water", "MX01", 20.0, **GIRLS, urbanisation="R"),
]


@pytest.fixture
def specs(tmp_path: Path) -> Catalog:
    """The catalogue of the fixture, whose ``water`` is of girls of 15 to 19 years."""
    sound = catalog(tmp_path / "specs")
    of_girls = sound.indicators["water"].model_copy(update={"universe": GIRLS})
    return replace(sound, indicators={**sound.indicators, "water": of_girls})


@pytest.fixture
def water(specs: Catalog) -> Indicator:
    return specs.indicators["water"]


def test_the_codes_of_the_total_come_and_go(water: Indicator) -> None:
    """Codes of groups, and dimensions without a code of their own, stay as they are."""
    source = "SELECT * FROM (VALUES ('_T', '_T', 'R'), ('_T', 'Y20T24', '_T')) AS v(sex, age, urbanisation)"
    with duckdb.connect() as con:
        own = universe.own_codes(source, water)
        assert con.execute(own).fetchall() == [("F", "Y15T19", "R"), ("F", "Y20T24", "_T")]
        assert con.execute(universe.common_codes(own, water)).fetchall() == con.execute(source).fetchall()


def test_of_everybody_is_no_other_query(specs: Catalog) -> None:
    assert universe.own_codes("SELECT 1", specs.indicators["without"]) == "SELECT 1"


def test_rows_of_many_indicators_have_common_codes(specs: Catalog, tmp_path: Path) -> None:
    """Of an indicator that no spec describes they stay as they are."""
    rows = [*ROWS, observation("without", "MX", 1.0), observation("stranger", "MX", 2.0, sex="F")]
    source = f"read_parquet('{write_observations(tmp_path / 'rows.parquet', rows)}')"
    query = universe.common_codes_of_all(source, specs.indicators.values())
    with duckdb.connect() as con:
        missing = con.execute(f"SELECT DISTINCT indicator, sex, age FROM ({query}) ORDER BY ALL").fetchall()
        none = con.execute(f"SELECT count(*) FROM {universe.totals(())} AS t").fetchall()
    assert missing == [("stranger", "F", "_T"), ("water", "_T", "_T"), ("without", "_T", "_T")]
    assert none == [(0,)]


def test_the_headline_is_of_the_own_total(water: Indicator, tmp_path: Path) -> None:
    path = write_observations(tmp_path / "water.parquet", ROWS)
    with duckdb.connect() as con:
        con.execute(f"CREATE VIEW observation AS FROM read_parquet('{path}')")
        shown = headline(con, water, "Percent")
    assert shown.national is not None and shown.national.value == 60.0
    assert [(state.code, state.value) for state in shown.states] == [("MX01", 70.0), ("MX20", 50.0)]
    assert [row["value"] for row in looks.values_of(water, path, ["MX20", "MX"])] == [50.0, 60.0]


@pytest.mark.parametrize("codes", [{}, {"sex": "_T"}, {"sex": "F", "age": "Y15T19"}])
@pytest.mark.parametrize("lost", [False, True])
def test_who_asks_for_a_total_gets_the_own_one(
    specs: Catalog, tmp_path: Path, codes: dict[str, str], lost: bool
) -> None:
    """Without the definition it is the one code that all rows of the area have."""
    path = write_observations(tmp_path / "water.parquet", ROWS)
    definitions = None if lost else Definitions(specs.root, specs, REGISTER)
    origin = Origin(release="r1", state="published")
    memory = Memory(origin, ("water",), lambda _: path, lambda _: None, None, definitions, (), ())
    with duckdb.connect() as con:
        assert choose(con, memory, Request("water", "MX", codes=codes)).value["obs_value"] == 60.0
        rural = Request("water", "MX01", codes={**codes, "urbanisation": "R"})
        assert choose(con, memory, rural).value["obs_value"] == 20.0


def test_the_readme_and_the_warehouse_take_the_own_total(specs: Catalog, tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    (tmp_path / "warehouse").mkdir()
    folder = build(contents(layout, rows={"water": ROWS}, catalog=specs), layout, settings(layout))
    with duckdb.connect() as con:
        values = readme.headlines(specs.indicators.values(), folder / "observations.parquet", con)
    assert values["water"].value == 60.0
    database = build_warehouse(layout, specs, REGISTER, PROJECT / "warehouse", settings(layout))
    with duckdb.connect(str(database), read_only=True) as con:
        ranked = con.execute("SELECT ref_area, obs_value, national_value FROM sdg.by_state('water')").fetchall()
        keys = con.execute("SELECT indicator, sex, age, education FROM sdg.total_key ORDER BY ALL").fetchall()
        of_whom = con.execute("SELECT universe, series FROM sdg.indicator WHERE id = 'water'").fetchall()
        [(joined,)] = con.execute(
            "SELECT count(*) FROM sdg.latest NATURAL JOIN sdg.total_key WHERE goal = 6"
        ).fetchall()
    assert ranked == [("MX01", 70.0, 60.0), ("MX20", 50.0, 60.0)]
    assert keys[0] == ("water", "F", "Y15T19", "_T") and keys[-1] == ("without", "_T", "_T", "_T")
    assert of_whom == [("sex F, age Y15T19", "_L_MX_WATER")]
    assert joined == 3
