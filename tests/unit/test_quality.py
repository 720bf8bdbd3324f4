"""Every rule on a sound indicator and on one with a seeded fault, whose row must be named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sdg_pipeline.quality import gx, results
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.quality.rules import Coverage, Rule, check_names, rules_for
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.indicator import Indicator

AREAS = {
    "MX": "national",
    "MX01": "state",
    "MX02": "state",
    "MX01001": "municipality",
    "MX02001": "municipality",
}
CHECKS = {
    "range": ["0", "100"],
    "complete": {"national": "all", "state": "all", "municipality": "all"},
    "agrees_with": [
        {"area": "MX", "period": "2020", "value": "50.004", "tolerance": "0.005", "cite": "INEGI's table 1"},
        {
            "area": "MX01",
            "period": "2020",
            "sex": "F",
            "value": "40",
            "tolerance": "0.005",
            "cite": "Table 2",
        },
    ],
}
ALL_CHECKS = [
    "required_columns",
    "unique_key",
    "missing_has_reason",
    "range",
    "complete_national",
    "complete_state",
    "complete_municipality",
    "agrees_with",
]


def spec(**checks: Any) -> Indicator:
    """An indicator whose ``checks`` are CHECKS with the given parts in place."""
    words = {"en": "x", "es": "x"}
    return Indicator.model_validate(
        {
            "id": "water",
            "title": words,
            "sdg": {"target": "6.1", "code": "6.1.1", "relation": "proxy"},
            "description": words,
            "unit": "percent",
            "decimals": "2",
            "direction": "up",
            "owner": "team:x",
            "method": {"kind": "ratio", "table": "dwellings", "numerator": "a", "denominator": "b"},
            "breakdowns": [["national"], ["state"], ["municipality"]],
            "checks": {**CHECKS, **checks},
        }
    )


def row(area: str, **values: Any) -> dict[str, Any]:
    """A sound row of the indicator table, with the given values in place."""
    sound: dict[str, Any] = {f.name: "x" if f.kind == "text" else None for f in fields.OBSERVATION}
    sound |= dict.fromkeys(fields.DIMENSIONS, "_T")
    sound |= {"indicator": "water", "ref_area": area, "geo_level": AREAS[area]}
    sound |= {"time_period": "2020", "obs_value": 50.0, "obs_status": "A", "obs_reason": None}
    return {**sound, **values}


def sound_rows() -> list[dict[str, Any]]:
    return [row(area) for area in AREAS] + [row("MX01", sex="F", obs_value=40.0)]


Judge = Callable[..., dict[str, CheckResult]]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Writes the rows as Parquet and judges them; ``expected`` are the areas within the coverage."""

    def judged(
        rows: list[dict[str, Any]],
        indicator: Indicator | None = None,
        coverage: Coverage = "full",
        expected: dict[str, str] = AREAS,
    ) -> dict[str, CheckResult]:
        rules = rules_for(indicator or spec(), coverage)
        with duckdb.connect() as connection:
            make_views(connection, tmp_path / "water.parquet", rows, expected)
            return {r.check: r for r in gx.judge("water", rules, connection)}

    return judged


def make_views(
    connection: duckdb.DuckDBPyConnection, parquet: Path, rows: list[dict[str, Any]], expected: dict[str, str]
) -> None:
    columns = ", ".join(f"{f.name} {f.sql_type}" for f in fields.OBSERVATION)
    connection.execute(f"CREATE TABLE observed ({columns})")
    marks = ", ".join("?" for _ in fields.OBSERVATION)
    for values in rows:
        connection.execute(f"INSERT INTO observed VALUES ({marks})", [values[name] for name in fields.names()])
    connection.execute(f"COPY observed TO '{parquet}' (FORMAT parquet)")
    connection.execute(f"CREATE VIEW observation AS FROM '{parquet}'")
    connection.execute("CREATE TABLE expected_area (ref_area VARCHAR, geo_level VARCHAR)")
    for area, level in expected.items():
        connection.execute("INSERT INTO expected_area VALUES (?, ?)", [area, level])


def only_failure(verdicts: dict[str, CheckResult], check: str) -> CheckResult:
    """The result of ``check``, which must be the only one that failed."""
    assert [name for name, result in verdicts.items() if not result.passed] == [check]
    return verdicts[check]


def test_sound_rows_pass_every_rule(judge: Judge) -> None:
    verdicts = judge(sound_rows())
    assert list(verdicts) == ALL_CHECKS
    for result in verdicts.values():
        assert result.passed and not result.blocks, result
        assert (result.n_failing, result.failing_rows) == (0, ())
        assert (result.border, result.subject, result.owner) == ("indicator", "water", "team:x")
        assert result.reason.endswith(".")
    assert verdicts["range"].observed == "0 of 6 rows fail; values from 40 to 50, 0 empty"
    assert verdicts["complete_state"].observed == "2 of 2 expected areas have a row"
    assert verdicts["agrees_with"].observed == "2 of 2 official figures agree, largest deviation 0.004"


def test_check_names_are_known_without_data() -> None:
    indicator = spec()
    rules = rules_for(indicator, "partial")
    assert check_names(indicator) == tuple((r.check, r.severity, r.description) for r in rules)
    assert [name for name, _, _ in check_names(indicator)] == ALL_CHECKS
    described = {name: description for name, _, description in check_names(indicator)}
    assert described["range"] == "Every value lies between 0 and 100 (unit: percent)."


def test_checks_that_the_spec_does_not_ask_for_are_not_made(judge: Judge) -> None:
    indicator = spec(complete={"state": "all"}, agrees_with=[])
    verdicts = judge([row("MX01"), row("MX02")], indicator)
    assert list(verdicts) == [*ALL_CHECKS[:4], "complete_state"]
    assert all(result.passed for result in verdicts.values())


@pytest.mark.parametrize("value", [-0.5, 100.5, float("inf")])
def test_range_names_the_row_outside(judge: Judge, value: float) -> None:
    verdicts = judge([*sound_rows(), row("MX02", sex="M", obs_value=value)])
    result = only_failure(verdicts, "range")
    assert result.n_failing == 1 and result.blocks
    assert result.failing_rows[0]["ref_area"] == "MX02"
    assert result.failing_rows[0]["sex"] == "M"
    assert result.failing_rows[0]["obs_value"] == ("inf" if value == float("inf") else value)
    assert result.observed.startswith("1 of 7 rows fail")


def test_range_takes_its_ends_and_leaves_out_missing_values(judge: Judge) -> None:
    rows = [
        *sound_rows(),
        row("MX02", sex="F", obs_value=0.0),
        row("MX02", sex="M", obs_value=100.0),
        row("MX01", sex="M", obs_value=None, obs_status="Q", obs_reason="few_events"),
    ]
    verdicts = judge(rows)
    assert all(result.passed for result in verdicts.values())
    assert verdicts["range"].observed == "0 of 9 rows fail; values from 0 to 100, 1 empty"


def test_unique_key_names_both_rows(judge: Judge) -> None:
    rows = [*sound_rows(), row("MX02", sex="F", obs_value=1.0), row("MX02", sex="F", obs_value=2.0)]
    result = only_failure(judge(rows), "unique_key")
    assert result.n_failing == 2
    assert [(r["ref_area"], r["sex"], r["obs_value"]) for r in result.failing_rows] == [
        ("MX02", "F", 1.0),
        ("MX02", "F", 2.0),
    ]


@pytest.mark.parametrize("column", ["ref_area", "education", "source_sha256", "obs_status"])
def test_required_columns_names_the_empty_column(judge: Judge, column: str) -> None:
    verdicts = judge([*sound_rows(), row("MX02", sex="M", **{column: None})])
    result = only_failure(verdicts, "required_columns")
    assert result.n_failing == 1
    assert result.failing_rows[0]["empty_columns"] == column
    assert result.failing_rows[0]["sex"] == "M"


@pytest.mark.parametrize(
    ("values", "conflict"),
    [
        ({"obs_value": None}, "no value and no obs_reason"),
        ({"obs_status": "Q", "obs_reason": "few_events"}, "obs_status is Q, but there is a value"),
        ({"obs_value": None, "obs_status": "M"}, "no value and no obs_reason"),
        (
            {"obs_value": None, "obs_status": "M", "obs_reason": "few_events"},
            "no value, and obs_status is not that of its obs_reason",
        ),
        (
            {"obs_value": None, "obs_status": "Q", "obs_reason": "suppressed"},
            "no value, and obs_status is not that of its obs_reason",
        ),
        ({"obs_value": None, "obs_status": "M", "obs_reason": " "}, "no value and no obs_reason"),
        ({"obs_value": float("nan")}, "obs_value is not a number"),
    ],
)
def test_missing_has_reason_says_what_is_wrong(judge: Judge, values: dict[str, Any], conflict: str) -> None:
    result = only_failure(judge([*sound_rows(), row("MX02", sex="M", **values)]), "missing_has_reason")
    assert [(r["ref_area"], r["sex"], r["conflict"]) for r in result.failing_rows] == [("MX02", "M", conflict)]
    json.loads(results.dump([result]), parse_constant=pytest.fail)


@pytest.mark.parametrize("area", ["MX", "MX02", "MX02001"])
def test_complete_names_the_missing_area(judge: Judge, area: str) -> None:
    rows = [r for r in sound_rows() if r["ref_area"] != area]
    check = f"complete_{AREAS[area]}"
    result = only_failure(judge(rows, spec(agrees_with=[])), check)
    assert result.failing_rows == ({"geo_level": AREAS[area], "ref_area": area, "time_period": "2020"},)


def test_complete_wants_the_row_of_totals(judge: Judge) -> None:
    rows = [r for r in sound_rows() if r["ref_area"] != "MX02"] + [row("MX02", sex="F"), row("MX02", sex="M")]
    result = only_failure(judge(rows), "complete_state")
    assert [r["ref_area"] for r in result.failing_rows] == ["MX02"]
    assert result.observed == "1 of 2 expected areas have a row"


def test_the_total_of_women_is_complete_and_agrees(judge: Judge) -> None:
    """An official figure without a code of sex is of the indicator's own total."""
    official = [{**figure, "sex": "_T"} for figure in CHECKS["agrees_with"] if figure.get("sex", "_T") == "_T"]
    women = spec(agrees_with=official).model_copy(update={"universe": {"sex": "F"}})
    rows = [row(area, sex="F") for area in AREAS]
    assert all(result.passed for result in judge(rows, women).values())


def test_the_total_of_women_is_not_that_of_everybody(judge: Judge) -> None:
    women = spec(agrees_with=[]).model_copy(update={"universe": {"sex": "F"}})
    failed = [name for name, result in judge(sound_rows(), women).items() if not result.passed]
    assert failed == ["complete_national", "complete_state", "complete_municipality"]


def test_complete_looks_at_every_period(judge: Judge) -> None:
    rows = sound_rows() + [row(area, time_period="2010") for area in AREAS if area != "MX01001"]
    result = only_failure(judge(rows), "complete_municipality")
    assert [(r["ref_area"], r["time_period"]) for r in result.failing_rows] == [("MX01001", "2010")]


def test_an_empty_indicator_is_not_complete(judge: Judge) -> None:
    verdicts = judge([])
    assert [name for name, r in verdicts.items() if not r.passed] == [*ALL_CHECKS[4:]]
    assert verdicts["complete_state"].n_failing == 2


def test_an_empty_register_does_not_pass_for_complete(judge: Judge) -> None:
    verdicts = judge(sound_rows(), expected={a: level for a, level in AREAS.items() if level != "state"})
    assert verdicts["complete_state"].failing_rows == ({"geo_level": "state", "ref_area": None, "time_period": "2020"},)


def test_agrees_with_shows_both_figures_and_where_the_official_one_is_from(judge: Judge) -> None:
    rows = [row(area, obs_value=50.01 if area == "MX" else 50.0) for area in AREAS]
    rows.append(row("MX01", sex="F", obs_value=40.0))
    result = only_failure(judge(rows), "agrees_with")
    assert result.failing_rows == (
        {
            "ref_area": "MX",
            "time_period": "2020",
            "sex": "_T",
            "official_value": 50.004,
            "tolerance": 0.005,
            "obs_value": 50.01,
            "deviation": 0.006,
            "cite": "INEGI's table 1",
        },
    )
    assert result.observed == "1 of 2 official figures agree, largest deviation 0.006"


def test_half_a_last_digit_agrees(judge: Judge) -> None:
    figure = {"area": "MX", "period": "2020", "value": "96.01", "tolerance": "0.005", "cite": "x"}
    assert abs(96.005 - 96.01) > 0.005, "in binary the distance is greater than the tolerance"
    rows = [row(area, obs_value=96.005) for area in AREAS]
    assert judge(rows, spec(agrees_with=[figure]))["agrees_with"].passed


@pytest.mark.parametrize("values", [None, {"obs_value": None, "obs_status": "Q", "obs_reason": "few_events"}])
def test_an_official_figure_without_a_value_of_ours_fails(judge: Judge, values: dict[str, Any] | None) -> None:
    rows = [r for r in sound_rows() if r["sex"] == "_T"]
    if values is not None:
        rows.append(row("MX01", sex="F", **values))
    result = only_failure(judge(rows), "agrees_with")
    assert [(r["ref_area"], r["sex"], r["obs_value"]) for r in result.failing_rows] == [("MX01", "F", None)]


def test_a_partial_run_is_asked_only_for_what_it_covers(judge: Judge) -> None:
    expected = {"MX02": "state", "MX02001": "municipality"}
    rows = [row("MX02"), row("MX02001")]
    verdicts = judge(rows, coverage="partial", expected=expected)
    assert all(r.passed for r in verdicts.values())
    assert verdicts["complete_national"].observed == "no area of this level within the coverage of the run"
    assert verdicts["complete_state"].observed == "1 of 1 expected areas have a row"
    assert verdicts["agrees_with"].observed == (
        "0 of 0 official figures agree; not compared, outside the coverage of the run: MX, MX01"
    )


def test_a_partial_run_still_fails_within_what_it_covers(judge: Judge) -> None:
    expected = {"MX01": "state", "MX01001": "municipality", "MX02001": "municipality"}
    rows = [row("MX01"), row("MX01", sex="F", obs_value=41.0), row("MX01001")]
    verdicts = judge(rows, coverage="partial", expected=expected)
    assert [name for name, r in verdicts.items() if not r.passed] == ["complete_municipality", "agrees_with"]
    assert [r["ref_area"] for r in verdicts["complete_municipality"].failing_rows] == ["MX02001"]
    assert [r["ref_area"] for r in verdicts["agrees_with"].failing_rows] == ["MX01"]
    assert verdicts["agrees_with"].observed.endswith("not compared, outside the coverage of the run: MX")


def test_in_a_full_run_no_official_figure_goes_uncompared(judge: Judge) -> None:
    expected = {area: level for area, level in AREAS.items() if area != "MX01"}
    rows = [r for r in sound_rows() if r["ref_area"] != "MX01"]
    assert not judge(rows, expected=expected)["agrees_with"].passed


def test_failures_of_several_rules_keep_their_own_rows_and_all_are_counted(judge: Judge) -> None:
    bad = [row("MX02", age=f"Y{n}", obs_value=-1.0 - n) for n in range(30)]
    bad.append(row("MX02", age="Y29", obs_value=None))
    verdicts = judge(sound_rows() + bad)
    assert [n for n, r in verdicts.items() if not r.passed] == ["unique_key", "missing_has_reason", "range"]
    out_of_range = verdicts["range"]
    assert out_of_range.n_failing == 30
    assert [r["age"] for r in out_of_range.failing_rows] == [f"Y{n}" for n in range(20)]
    assert {r["age"] for r in verdicts["unique_key"].failing_rows} == {"Y29"}
    assert verdicts["missing_has_reason"].failing_rows[0]["obs_value"] is None


def test_an_exception_that_the_tool_swallows_is_an_error_and_no_bad_data(tmp_path: Path) -> None:
    broken = replace(rules_for(spec())[2], column="obs_reason", expectation="ExpectColumnValuesToMatchRegex")
    broken = replace(broken, arguments=(("regex", "("),))
    with pytest.raises(gx.CheckToolError, match=r"water: .*missing_has_reason: Invalid regular expression"):
        judge_rules(tmp_path, (broken, rules_for(spec())[3]), [row("MX", obs_reason="x")])


def test_an_expectation_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    unknown = replace(rules_for(spec())[3], arguments=(("minimum", 0),))
    with pytest.raises(gx.CheckToolError, match=r"water: Great Expectations failed: [^$]*minimum"):
        judge_rules(tmp_path, (unknown,), sound_rows())


def test_a_query_that_breaks_is_an_error(tmp_path: Path) -> None:
    broken = replace(rules_for(spec())[0], frame_sql="SELECT nothing FROM observation")
    with pytest.raises(gx.CheckToolError, match=r"water: the query of a check failed: .*nothing"):
        judge_rules(tmp_path, (broken,), sound_rows())


def judge_rules(folder: Path, rules: tuple[Rule, ...], rows: list[dict[str, Any]]) -> list[CheckResult]:
    with duckdb.connect() as connection:
        make_views(connection, folder / "water.parquet", rows, AREAS)
        return gx.judge("water", rules, connection)


def python(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        timeout=540,
        check=False,
    )


def test_names_of_checks_need_no_heavy_import(tmp_path: Path) -> None:
    code = """
import sys
import sdg_pipeline.quality.gx, sdg_pipeline.quality.rules
heavy = {"great_expectations", "pandas", "pyarrow", "duckdb"} & set(sys.modules)
assert not heavy, heavy
"""
    run = python(code, tmp_path)
    assert run.returncode == 0, run.stderr


def test_warm_up_imports_in_the_background_and_says_nothing(tmp_path: Path) -> None:
    code = """
import os, sys, duckdb
from sdg_pipeline.quality import gx
gx.warm_up(); gx.warm_up()
connection = duckdb.connect()
for n in range(300):
    connection.sql(f"SELECT {n} AS n, 'x' AS t FROM range(1000)").to_arrow_table()
assert gx._batch_definition() is gx._batch_definition()
assert os.environ["GX_ANALYTICS_ENABLED"] == "False"
"""
    run = python(code, tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == [], "nothing is written into the home folder"


def test_a_run_that_ends_early_leaves_cleanly(tmp_path: Path) -> None:
    code = "from sdg_pipeline.quality import gx; gx.warm_up(); raise SystemExit(2)"
    run = python(code, tmp_path)
    assert (run.returncode, run.stderr) == (2, "")
