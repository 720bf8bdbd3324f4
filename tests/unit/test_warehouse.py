"""The warehouse as analysts meet it: complete, commented, and whole for whoever has it open."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from release_fixture import REGISTER, catalog, contents, observation, raw_file, settings

from sdg_pipeline.errors import InputError, UsageError
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.layout import Layout
from sdg_pipeline.release import events
from sdg_pipeline.release.build import build
from sdg_pipeline.release.warehouse import build_warehouse
from sdg_pipeline.specs import fields

SQL = Path(__file__).resolve().parents[2] / "warehouse"
TABLES = {
    "observation",
    "total_key",
    "publication",
    "indicator",
    "area",
    "area_geometry",
    "source",
    "release",
    "check_result",
    "commitment",
    "contribution",
    "request",
    "milestone",
    "gap_grid",
    "gap",
    "un_gap",
    "peer",
    "peer_place",
    "peer_quality",
    "state_sum",
    "budget",
    "progress",
    "state_finding",
    "openness",
    "charter_item",
    "priority_data",
    "portal",
    "correction",
    "freshness",
    "profile",
    "code",
    "vintage",
    "revision",
    "difference",
    "model",
    "deviation",
    "past",
    "provenance",
    "release_input",
}


def rebuild(layout: Layout, sql: Path = SQL) -> Path:
    return build_warehouse(layout, catalog(layout.home / "specs"), REGISTER, sql, settings(layout))


def publish(layout: Layout, name: str = "r1", **other: Any) -> Path:
    build(contents(layout, name, **other), layout, settings(layout))
    return rebuild(layout)


def ask(database: Path, query: str) -> list[tuple[Any, ...]]:
    con = duckdb.connect(str(database), read_only=True)
    try:
        return con.execute(query).fetchall()
    finally:
        con.close()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    layout = Layout(tmp_path_factory.mktemp("warehouse"))
    sidecar = layout.raw_current("census", "2020")
    sidecar.parent.mkdir(parents=True)
    sidecar.write_text(raw_file().to_json(), encoding="utf-8")
    return publish(layout, coverage_notes=("Only two states.",), difference_files=(differences(layout.scratch),))


def differences(folder: Path) -> Path:
    """A file with one gap between women and men."""
    path = folder / "water_differences.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    row = {"indicator": "water", "comparison": "gap", "dimension": "sex", "ref_area": "MX", "time_period": "2020"}
    columns = ", ".join(
        f"{repr(row.get(f.name)) if f.name in row else 'NULL'}::{f.sql_type} AS {f.name}" for f in fields.DIFFERENCE
    )
    duckdb.sql(f"COPY (SELECT {columns}) TO '{path}' (FORMAT parquet)")
    return path


# ---- what is in it -------------------------------------------------------------------------------------------------


def test_it_lies_where_the_layout_says_and_has_every_table(database: Path) -> None:
    assert database.parts[-2:] == ("warehouse", "sdg.duckdb")
    assert {r[0] for r in ask(database, "SELECT table_name FROM duckdb_tables()")} == TABLES
    assert ask(database, "SELECT count(*) FROM duckdb_indexes()") == [(0,)]
    assert ask(database, "SELECT count(*) FROM duckdb_constraints()") == [(0,)]
    assert sorted(p.name for p in database.parent.iterdir()) == ["sdg.duckdb"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT table_name, comment FROM duckdb_tables()",
        "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal",
        "SELECT table_name || '.' || column_name, comment FROM duckdb_columns() WHERE NOT internal",
        "SELECT function_name, comment FROM duckdb_functions() WHERE NOT internal",
    ],
)
def test_everything_has_a_comment(database: Path, query: str) -> None:
    rows = ask(database, query)
    assert rows
    assert [name for name, comment in rows if not comment] == []


def test_comments_come_from_the_fields(database: Path) -> None:
    query = "SELECT comment FROM duckdb_columns() WHERE table_name = '{}' AND column_name = 'obs_value'"
    wanted = [("The value, in full precision; round only to show it · El valor, sin redondear",)]
    assert ask(database, query.format("observation")) == wanted
    assert ask(database, query.format("latest")) == wanted


def test_the_tables_hold_the_release_and_the_specs(database: Path) -> None:
    assert ask(database, "SELECT count(*), min(release) FROM sdg.observation") == [(12, "r1")]
    water = "catalogue, goal, target_code, sdg_code, unit_es, formula, table_name, sources, target_value, target_cite"
    assert ask(database, f"SELECT {water} FROM sdg.indicator WHERE id = 'water'") == [
        (
            *("mx_6_1_1", 6, "6.1", "6.1.1", "Porcentaje", "100 × (piped) / (all_dwellings)", "dwellings"),
            *(["census"], 100.0, "A/RES/71/313"),
        )
    ]
    names = "former_names, other_names"
    assert ask(
        database, f"SELECT name, state_name, parents, first_vintage, {names} FROM sdg.area WHERE key = '20999'"
    ) == [("Nueva", "Oaxaca", ["MX20067"], 2025, ["Vieja"], [])]
    assert ask(database, "SELECT id, edition, bytes, origin, retrieved_at FROM sdg.source") == [
        ("census", "2020", 1234, "official", "2026-11-23T07:00:00Z")
    ]
    columns = "* EXCLUDE published_on"
    assert ask(database, f"SELECT {columns} FROM sdg.release") == [("r1", 1, True, True, ["Only two states."], 2, 1, 1)]
    [event] = [e for e in events.read(Layout(database.parents[1]), "r1") if e.event == "published"]
    assert ask(database, "SELECT published_on FROM sdg.release") == [(event.when,)]
    assert ask(database, "SELECT rule, passed, n_failing FROM sdg.check_result ORDER BY rule") == [
        ("range", True, 0),
        ("trend", False, 1),
    ]
    assert ask(database, "SELECT en, es FROM sdg.code WHERE codelist = 'sex' AND code = 'F'") == [("Women", "Mujeres")]


def test_all_releases_are_listed_and_the_latest_is_the_one_inside(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    publish(layout, "b")
    path = publish(layout, "a")
    assert ask(path, "SELECT id, sequence, latest FROM sdg.release ORDER BY sequence") == [
        ("b", 1, False),
        ("a", 2, True),
    ]
    assert ask(path, "SELECT DISTINCT release FROM sdg.observation") == [("a",)]


def test_provenance_of_other_bytes_is_not_shown(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    sidecar = layout.raw_current("census", "2020")
    sidecar.parent.mkdir(parents=True)
    sidecar.write_text(replace(raw_file(), sha256="ef" * 32).to_json(), encoding="utf-8")
    assert ask(publish(layout), "SELECT origin, retrieved_at FROM sdg.source") == [(None, None)]


# ---- views and macros ----------------------------------------------------------------------------------------------


def test_latest_has_titles_units_and_states(database: Path) -> None:
    query = (
        "SELECT area_name, title_es, unit_en, state_name FROM sdg.latest WHERE indicator = 'water' AND ref_area = '{}'"
    )
    assert ask(database, query.format("MX20067")) == [("Oaxaca de Juárez", "Agua entubada", "Percent", "Oaxaca")]
    assert ask(database, query.format("MX01")) == [("Aguascalientes", "Agua entubada", "Percent", "Aguascalientes")]


def test_series_gives_all_values_of_an_indicator_in_order(database: Path) -> None:
    assert ask(database, "SELECT ref_area, sex, obs_value FROM sdg.series('water')") == [
        ("MX", "F", 91.0),
        ("MX", "_T", 90.125),
        ("MX01", "_T", 99.0),
        ("MX01001", "_T", 99.5),
        ("MX20", "_T", 80.5),
        ("MX20067", "_T", 85.25),
    ]


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        ("water", [(1, "MX01", 99.0, 90.125, 8.875), (2, "MX20", 80.5, 90.125, -9.625)]),
        ("without", [(1, "MX01", 2.5, 10.0, -7.5), (2, "MX20", 20.0, 10.0, 10.0)]),  # less is better
        ("water_gap", [(1, "MX20", 1.5, -0.25, 1.75), (None, "MX01", None, -0.25, None)]),
    ],
)
def test_by_state_ranks_the_best_first_with_the_nation_beside(
    database: Path, indicator: str, expected: list[tuple[Any, ...]]
) -> None:
    columns = "rank, ref_area, obs_value, national_value, difference"
    assert ask(database, f"SELECT {columns} FROM sdg.by_state('{indicator}')") == expected


def test_by_state_takes_the_newest_year_and_equals_share_a_rank(tmp_path: Path) -> None:
    rows = [
        observation("water", "MX01", 50.0, time_period="2010"),
        observation("water", "MX01", 70.0),
        observation("water", "MX20", 70.0),
        observation("water", "MX20", 99.0, sex="F"),
    ]
    path = publish(Layout(tmp_path), rows={"water": rows})
    assert ask(path, "SELECT rank, ref_area, obs_value, national_value FROM sdg.by_state('water')") == [
        (1, "MX01", 70.0, None),
        (1, "MX20", 70.0, None),
    ]


FORECASTS = [
    observation("water", "MX", 40.0, time_period="2010"),
    observation("water", "MX01", 50.0, time_period="2010"),
    observation("water", "MX20", 60.0, time_period="2010"),
    observation("water", "MX01", 70.0, time_period="2030", obs_status="F", obs_reason="projection"),
    observation("water", "MX20", 99.0, time_period="2030", obs_status="F", obs_reason="projection"),
    observation("water", "MX01", None, time_period="2019", obs_status="O", obs_reason="not_published"),
]


def test_by_state_ranks_neither_forecasts_nor_a_year_without_values(tmp_path: Path) -> None:
    path = publish(Layout(tmp_path), rows={"water": FORECASTS})
    assert ask(path, "SELECT rank, ref_area, time_period, obs_value, national_value FROM sdg.by_state('water')") == [
        (1, "MX20", "2010", 60.0, 40.0),
        (2, "MX01", "2010", 50.0, 40.0),
    ]


@pytest.mark.parametrize("area", ["20067", "'20067'", "'MX20067'", "' mx20067 '"])
def test_compare_takes_keys_codes_and_numbers(database: Path, area: str) -> None:
    columns = "area_1, value_1, area_2, value_2, difference, ratio, unit_en"
    assert ask(database, f"SELECT {columns} FROM sdg.compare('water', {area}, '01')") == [
        ("Oaxaca de Juárez", 85.25, "Aguascalientes", 99.0, -13.75, 85.25 / 99.0, "Percent")
    ]


def test_compare_keeps_groups_that_only_one_area_has(database: Path) -> None:
    rows = ask(database, "SELECT sex, value_1, value_2, coverage FROM sdg.compare('water', 1, 'MX')")
    assert rows == [("F", None, 91.0, "full"), ("_T", 99.0, 90.125, "full")]


@pytest.mark.parametrize(
    ("written", "code"),
    [("1", "MX01"), ("1001", "MX01001"), ("'00'", "MX"), ("0", "MX"), ("'mx'", "MX"), ("'MX20'", "MX20")],
)
def test_area_codes_are_read_as_people_write_them(database: Path, written: str, code: str) -> None:
    assert ask(database, f"SELECT sdg.area_code({written})") == [(code,)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("FROM sdg.series('wter')", "no indicator 'wter'"),
        ("FROM sdg.by_state('wter')", "no indicator 'wter'"),
        ("FROM sdg.compare('wter', 1, 20)", "no indicator 'wter'"),
        ("FROM sdg.compare('water', 99, 20)", "no area 99"),
        ("FROM sdg.compare('water', 1, '123456')", "no area 123456"),
        ("FROM sdg.compare('water', 'Aguas', 20)", "no area Aguas"),
        ("FROM sdg.by_municipality('wter')", "no indicator 'wter'"),
        ("FROM sdg.gap('water', 'gender')", "no gap of water by 'gender'; it has gaps by: sex"),
    ],
)
def test_what_does_not_exist_is_an_error_and_not_an_empty_result(database: Path, query: str, message: str) -> None:
    with pytest.raises(duckdb.Error, match=message):
        ask(database, query)


@pytest.mark.parametrize(
    ("written", "code"), [("AGUASCALIENTES", "MX01"), (" oaxaca de juarez ", "MX20067"), ("Oaxaca", "MX20")]
)
def test_names_are_taken_without_case_and_accents(database: Path, written: str, code: str) -> None:
    """A state comes before the municipality of its name, as in ``sdg explain``."""
    assert ask(database, f"SELECT sdg.known_area('{written}')") == [(code,)]
    assert REGISTER.find(written).code == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Vieja", "MX20999"),
        ("antequera", "MX20067"),
        ("Nueva", "MX20999"),  # the present name of one goes before the former name of another
        ("aguas calientes", "MX01"),
        ("Guaxaca", "MX20"),  # a state goes before a municipality of its name
    ],
)
def test_former_and_other_names_are_taken_where_no_area_has_them_now(database: Path, written: str, code: str) -> None:
    assert ask(database, f"SELECT sdg.known_area('{written}')") == [(code,)]
    assert REGISTER.find(written).code == code


def test_a_former_name_of_several_areas_is_an_error_that_names_them(database: Path) -> None:
    with pytest.raises(duckdb.Error, match=r"several areas are called 'Villa': MX01001 \(Aguascalientes\), MX20067"):
        ask(database, "SELECT sdg.known_area('Villa')")
    with pytest.raises(UsageError, match=r"several areas are called 'Villa': MX01001"):
        REGISTER.find("Villa")


def test_a_name_of_several_areas_is_an_error_that_names_them(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    build(contents(layout), layout, settings(layout))
    twins = {
        code: replace(area, name="Benito Juárez") if area.key in ("01001", "20999") else area
        for code, area in REGISTER.areas.items()
    }
    path = build_warehouse(layout, catalog(layout.home / "specs"), Register(twins), SQL, settings(layout))
    with pytest.raises(
        duckdb.Error, match=r"several areas are called 'benito juarez': MX01001 \(Aguascalientes\), MX20999"
    ):
        ask(path, "SELECT sdg.known_area('benito juarez')")


def test_newest_has_one_row_an_area_with_the_period_before_it(tmp_path: Path) -> None:
    rows = [
        *FORECASTS,
        observation("water", "MX20", 55.0, time_period="2005"),
        observation("water", "MX20", 10.0, time_period="2005", sex="F"),
        observation("water", "MX01001", None, time_period="2010", obs_status="M", obs_reason="missing_component"),
        observation("water", "MX20067", 7.5, time_period="2010", ci_lower=7.0, ci_upper=8.0),
    ]
    path = publish(Layout(tmp_path), rows={"water": rows})
    columns = "ref_area, year, obs_value, previous_time_period, previous_value, change, rank, ci_lower, obs_reason"
    assert ask(path, f"SELECT {columns} FROM sdg.newest WHERE indicator = 'water' ORDER BY ref_area") == [
        ("MX", 2010, 40.0, None, None, None, 1, None, None),
        ("MX01", 2010, 50.0, None, None, None, 2, None, None),
        ("MX01001", 2010, None, None, None, None, None, None, "missing_component"),
        ("MX20", 2010, 60.0, "2005", 55.0, 5.0, 1, None, None),
        ("MX20067", 2010, 7.5, None, None, None, 1, 7.0, None),
    ]
    columns = "rank, rank_in_state, area_name, state_name, obs_reason"
    assert ask(path, f"SELECT {columns} FROM sdg.by_municipality('water')") == [
        (1, 1, "Oaxaca de Juárez", "Oaxaca", None),
        (None, None, "Aguascalientes", "Aguascalientes", "missing_component"),
    ]


def test_values_that_are_shown_alike_share_a_rank(tmp_path: Path) -> None:
    """As on the site: with one decimal both are 80.5, and a reader can check no other order."""
    rows = [observation("water", "MX01", 80.54), observation("water", "MX20", 80.46), observation("water", "MX", 80.5)]
    path = publish(Layout(tmp_path), rows={"water": rows})
    assert ask(path, "SELECT rank, ref_area FROM sdg.by_state('water')") == [(1, "MX01"), (1, "MX20")]


def test_the_nation_beside_the_states_is_that_of_their_year(tmp_path: Path) -> None:
    rows = [
        observation("water", "MX", 40.0, time_period="2010"),
        observation("water", "MX", 45.0, time_period="2020"),
        observation("water", "MX01", 50.0, time_period="2010"),
    ]
    path = publish(Layout(tmp_path), rows={"water": rows})
    assert ask(path, "SELECT year, obs_value, national_value, difference FROM sdg.by_state('water')") == [
        (2010, 50.0, 40.0, 10.0)
    ]


def test_an_indicator_says_what_its_values_have(database: Path, tmp_path: Path) -> None:
    columns = "is_global, verified, levels, years, breakdowns, has_interval"
    query = f"SELECT {columns} FROM sdg.indicator WHERE id = 'water'"
    levels = ["municipality", "national", "state"]
    assert ask(database, query) == [(False, False, levels, ["2020"], ["sex"], False)]
    rows = [*FORECASTS, observation("water", "MX20067", 7.5, ci_lower=7.0, ci_upper=8.0)]
    assert ask(publish(Layout(tmp_path), rows={"water": rows}), query) == [
        (False, False, levels, ["2010", "2020"], [], True)
    ]


ASKED_BY_ID = (
    "series('{}')",
    "by_state('{}')",
    "by_municipality('{}')",
    "compare('{}', 'MX', 20)",
    "gap('{}', 'sex')",
    "test_change('{}', 'MX')",
    "value_history('{}', 'MX')",
    "from_nation('{}')",
    "shrinkage('{}')",
    "peer_compare('{}', 'MX20067')",
)


@pytest.mark.parametrize("macro", ASKED_BY_ID)
def test_macros_take_a_former_id(database: Path, macro: str) -> None:
    assert ask(database, f"FROM sdg.{macro.format('water_2020')}") == ask(database, f"FROM sdg.{macro.format('water')}")
    assert ask(database, "SELECT former FROM sdg.indicator ORDER BY id") == [(["water_2020"],), ([],), ([],)]


def test_every_macro_that_takes_an_id_is_asked_by_a_former_one(database: Path) -> None:
    query = "SELECT function_name FROM duckdb_functions() WHERE NOT internal AND parameters[1] = 'id'"
    helpers = {("known_indicator",), ("known_in_releases",), ("known_split",)}
    assert set(ask(database, query)) - helpers == {(macro.split("(")[0],) for macro in ASKED_BY_ID}


def test_the_history_of_a_value_goes_on_under_another_id(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    now = contents(layout, "r1", {"water": [observation("water_2020", "MX", 1.0)]})
    before = now.catalog.indicators["water"].model_copy(update={"id": "water_2020", "former": ()})
    files = {"water_2020": now.indicator_files["water"]}
    then = replace(now, catalog=replace(now.catalog, indicators={"water_2020": before}), indicator_files=files)
    build(then, layout, settings(layout))
    path = publish(layout, "r2", rows={"water": [observation("water", "MX", 2.0)]})
    for name in ("water", "water_2020"):
        rows = ask(path, f"SELECT first_release, last_release, obs_value FROM sdg.value_history('{name}', 'MX')")
        assert rows == [("r1", "r1", 1.0), ("r2", None, 2.0)]


def test_no_change_is_tested_over_a_break(tmp_path: Path) -> None:
    """Values that cannot be compared have neither a difference nor a test, also where the marked year has no value."""

    def estimate(year: str, value: float | None, reason: str | None = None) -> dict[str, Any]:
        return observation("water", "MX20", value, time_period=year, std_error=1.0, obs_reason=reason)

    changed = "methodology_changed"
    rows = [
        *(estimate("2016", 10.0), estimate("2018", 20.0), estimate("2020", None, "small_sample")),
        *(estimate("2022", 40.0), estimate("2024", 43.0)),
        observation("water", "MX", 50.0, time_period="2020", obs_status="B", obs_reason=changed),
    ]
    path = publish(Layout(tmp_path), rows={"water": rows})
    columns = "reference, year, comparable, difference, round(std_error, 3), round(z, 2), significant"
    assert ask(path, f"SELECT {columns} FROM sdg.test_change('water', 20)") == [
        ("2016", 2018, True, 10.0, 1.414, 7.07, True),
        ("2018", 2022, False, None, None, None, None),
        ("2022", 2024, True, 3.0, 1.414, 2.12, True),
    ]
    assert ask(path, "FROM sdg.break_period") == [("water", "2020")]


def test_no_change_of_the_newest_value_goes_over_a_break(tmp_path: Path) -> None:
    rows = [
        observation("water", "MX20", 55.0, time_period="2016"),
        observation("water", "MX20", 60.0, obs_status="B", obs_reason="methodology_changed"),
    ]
    path = publish(Layout(tmp_path), rows={"water": rows})
    query = "SELECT previous_value, change FROM sdg.newest WHERE indicator = 'water'"
    assert ask(path, query) == [(55.0, None)]


def test_views_and_macros_work_under_another_name(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy_of_2020.duckdb"
    shutil.copy(database, copy)
    assert ask(copy, "SELECT count(*) FROM latest") == [(12,)]
    assert len(ask(copy, "FROM series('water')")) == 6
    con = duckdb.connect()
    con.execute(f"ATTACH '{database}' AS other (READ_ONLY)")
    assert con.execute("SELECT count(*) FROM other.latest").fetchone() == (12,)
    con.execute("USE other")
    assert len(con.execute("FROM compare('water', 1, 20)").fetchall()) == 1
    assert len(con.execute("FROM by_state('water')").fetchall()) == 2
    con.close()


def test_the_file_is_in_the_format_of_duckdb_1_2(database: Path) -> None:
    con = duckdb.connect()
    con.execute(f"ATTACH '{database}' AS other (READ_ONLY)")
    rows = con.execute(
        "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = 'other'"
    ).fetchone()
    con.close()
    assert rows is not None
    assert rows[0].startswith("v1.2.0")


# ---- swapping it in ------------------------------------------------------------------------------------------------

READER = """
import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
print(con.execute("SELECT DISTINCT release FROM sdg.observation").fetchall(), flush=True)
sys.stdin.readline()
print(con.execute("SELECT DISTINCT release FROM sdg.latest").fetchall(), flush=True)
"""


def test_a_reader_of_the_old_file_keeps_it_and_a_new_one_sees_the_new(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    path = publish(layout, "r1")
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "[('r1',)]\n"
    publish(layout, "r2")
    assert ask(path, "SELECT DISTINCT release FROM sdg.observation") == [("r2",)]
    rest, _ = reader.communicate("go on\n", timeout=300)
    assert (rest, reader.returncode) == ("[('r1',)]\n", 0)


def test_a_log_left_beside_the_file_does_not_hinder(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    path = publish(layout, "r1")
    wal = path.with_name("sdg.duckdb.wal")
    wal.write_bytes(b"left by something else")
    rebuild(layout)
    assert not wal.exists()
    assert ask(path, "SELECT count(*) FROM sdg.latest") == [(12,)]


def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    path = publish(layout, "r1")
    before = path.read_bytes()
    broken = tmp_path / "sql"
    shutil.copytree(SQL, broken, ignore=shutil.ignore_patterns("*.duckdb*"))
    (broken / "views" / "broken.sql").write_text("-- Broken.\nCREATE VIEW broken AS SELECT nothing FROM observation;\n")
    with pytest.raises(InputError, match=r"broken\.sql: DuckDB refuses it"):
        rebuild(layout, broken)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["sdg.duckdb"]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import release_fixture
from sdg_pipeline.layout import Layout
from sdg_pipeline.release import warehouse
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
warehouse._add_sql = die
layout = Layout(Path(sys.argv[2]))
warehouse.build_warehouse(
    layout, release_fixture.catalog(layout.home / "specs"), release_fixture.REGISTER, Path(sys.argv[3])
)
"""


def test_a_killed_run_leaves_the_old_file_and_the_next_one_clears_up(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    path = publish(layout, "r1")
    before = path.read_bytes()
    build(contents(layout, "r2"), layout, settings(layout))
    tests = str(Path(__file__).parent)
    project = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, tests, str(tmp_path), str(SQL)], env={**os.environ, "PYTHONPATH": project}
    )
    assert done.returncode == -signal.SIGKILL
    assert len(list(path.parent.iterdir())) > 1
    assert path.read_bytes() == before
    assert ask(path, "SELECT DISTINCT release FROM sdg.latest") == [("r1",)]
    rebuild(layout)
    assert [p.name for p in path.parent.iterdir()] == ["sdg.duckdb"]
    assert ask(path, "SELECT DISTINCT release FROM sdg.latest") == [("r2",)]


# ---- what it refuses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sql", "message"),
    [
        ("views/plain.sql", "CREATE VIEW plain AS FROM observation;", "has no comment at its head"),
        ("views/other.sql", "-- Other.\nCREATE VIEW not_so_called AS FROM observation;", "let it define other"),
        (
            "views/more.sql",
            "-- More.\nCREATE VIEW more AS SELECT 1 AS strange;",
            "a column without a meaning; found 'strange'",
        ),
        ("views/ring.sql", "-- Ring.\nCREATE VIEW ring AS FROM ring_two();", "uses what uses it"),
    ],
)
def test_sql_files_that_break_the_rules_are_named(tmp_path: Path, name: str, sql: str, message: str) -> None:
    layout = Layout(tmp_path / "home")
    build(contents(layout), layout, settings(layout))
    folder = tmp_path / "sql"
    shutil.copytree(SQL, folder, ignore=shutil.ignore_patterns("*.duckdb*"))
    (folder / name).write_text(sql, encoding="utf-8")
    (folder / "macros" / "ring_two.sql").write_text("-- Ring.\nCREATE MACRO ring_two() AS TABLE FROM ring;\n")
    if "ring" not in name:
        (folder / "macros" / "ring_two.sql").unlink()
    with pytest.raises(InputError, match=message) as raised:
        rebuild(layout, folder)
    assert Path(name).stem in str(raised.value)


def test_a_view_may_say_what_its_own_columns_mean(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    build(contents(layout), layout, settings(layout))
    folder = tmp_path / "sql"
    (folder / "views").mkdir(parents=True)
    sql = "-- Count.\nCREATE VIEW size AS SELECT count(*) AS n FROM observation;\nCOMMENT ON COLUMN size.n IS 'Rows';\n"
    (folder / "views" / "size.sql").write_text(sql, encoding="utf-8")
    path = rebuild(layout, folder)
    assert ask(path, "SELECT comment FROM duckdb_columns() WHERE table_name = 'size'") == [("Rows",)]


def test_without_a_release_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing is published"):
        rebuild(Layout(tmp_path))


def test_an_indicator_that_lost_its_spec_is_named(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    build(contents(layout), layout, settings(layout))
    shrunk = catalog(layout.home / "specs")
    del shrunk.indicators["water"]
    with pytest.raises(InputError, match="an indicator that has no spec; found 'water'"):
        build_warehouse(layout, shrunk, REGISTER, SQL, settings(layout))
