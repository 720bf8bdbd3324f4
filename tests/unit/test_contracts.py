"""Every rule on a staged table: a sound one passes all, and each damage is told by the rule that is for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sdg_pipeline.estimate.check import check
from sdg_pipeline.ingest.geography import Area, Register
from sdg_pipeline.quality import contracts, tables
from sdg_pipeline.quality.profile import Filed, Profiled, offer
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.contract import Contract
from sdg_pipeline.specs.table import Table

WORDS = {"en": "x", "es": "x"}
KEYS = ["01001", "01002", "02001"]
REGISTER = Register(
    {
        "MX": Area("", "México", Level.NATIONAL),
        **{f"MX{k}": Area(k, k, Level.STATE) for k in ("01", "02")},
        **{f"MX{k}": Area(k, k, Level.MUNICIPALITY, first_vintage=2010) for k in KEYS},
    }
)
FIGURES: dict[str, Any] = {
    "id": "figures", "title": WORDS, "description": WORDS, "record": "aggregate",
    "format": {"kind": "csv"}, "geography": {"vintage": 2020, "key": "cvegeo"},
    "parts": [{"source": "office", "edition": e, "level": "municipality"} for e in ("2019", "2020")],
    "dimensions": {"sex": {"codelist": "sex", "totals": "computed", "levels": ["municipality"], "column": "sexo",
                           "recode": {"1": "M", "2": "F"}}},
    "measures": {"persons": {"label": WORDS, "column": "p"}, "poor": {"label": WORDS, "column": "q"},
                 "share": {"label": WORDS, "type": "mean", "column": "s"}},
}  # fmt: skip
CONTRACT: dict[str, Any] = {
    "id": "figures", "owner": "team:people", "period": {"column": "anio", "which": "only"}, "percent": ["share"],
    "rules": {
        "women_share": {"measure": "persons", "where": "sex = 'F'", "to": "persons", "per": ["state"], "at_least": "0.4",
                        "at_most": "0.6", "reason": "Half of the people are women."},
        "poor_within": {"measure": "poor", "to": "persons", "per": ["municipality"], "at_most": "1", "reason": "A part."},
        "change": {"measure": "persons", "against": "previous_period", "at_least": "0.9", "at_most": "1.1", "reason": "Slow."},
        "municipalities_there": {"measure": "areas", "at_least": "3", "reason": "All report."},
        "largest": {"measure": "persons", "take": "max", "at_most": "9000", "severity": "warning", "owner": "team:other",
                    "reason": "Small places."},
        "like_others": {"measure": "persons", "against": "median", "per": ["municipality"], "at_most": "5", "reason": "Alike."},
    },
}  # fmt: skip
Judged = Callable[..., dict[str, CheckResult]]


def rows() -> list[tuple[Any, ...]]:
    """Edition, municipality, sex, persons, poor, share."""
    return [
        (year, key, sex, 1000 + 37 * n + 10 * (year == "2020") + (sex == "F"), 300 + n, 30.5 + n)
        for year in ("2019", "2020")
        for n, key in enumerate(KEYS)
        for sex in ("M", "F")
    ]


PARTS = [
    {"source": "office", "edition": e, "level": "municipality", "period": e, "oldest": e, "newest": e,
     "rows_read": 6, "rows_kept": 6, "repeated": 0, "named": 0, "unplaced": []} for e in ("2019", "2020")
]  # fmt: skip
FILED = [Filed(1000 + n, f"{n:064d}", "plain", "", (), False) for n in range(2)]


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """Judges a table of these rows, with the damage of an SQL statement done to it first."""

    def judge(
        damage: str = "",
        parts: list[dict[str, Any]] = PARTS,
        filed: list[Filed] = FILED,
        contract: dict[str, Any] | None = CONTRACT,
        **spec: Any,
    ) -> dict[str, CheckResult]:
        table = Table.model_validate({**FIGURES, **spec})
        with duckdb.connect() as con:
            con.execute(
                "CREATE TEMP TABLE staged (edition VARCHAR, geo_level VARCHAR, state VARCHAR, municipality VARCHAR, "
                "locality VARCHAR, sex VARCHAR, time_period VARCHAR, persons BIGINT, poor BIGINT, share DOUBLE)"
            )
            for year, key, sex, *numbers in rows():
                values = [year, "municipality", key[:2], key, "_T", sex, year, *numbers]
                con.execute(f"INSERT INTO staged VALUES ({', '.join('?' * 10)})", values)
            if damage:
                con.execute(damage)
            agreed = Contract.model_validate(contract) if contract else None
            verdicts = tables.judge(con, Profiled(table, parts, filed, REGISTER), agreed, tmp_path / "profile.parquet")
        assert [v.check for v in verdicts] == [name for name, _ in contracts.names(table, agreed)]
        return {v.check: v for v in verdicts}

    return judge


def failed(verdicts: dict[str, CheckResult]) -> list[str]:
    return [name for name, verdict in verdicts.items() if not verdict.passed]


def test_a_sound_table_passes_every_rule(judged: Judged) -> None:
    verdicts = judged()
    assert failed(verdicts) == []
    assert {"own_bytes", "size", "rows", "states", "municipalities", "codes", "filled", "zero_totals", "steps"} < {
        *verdicts
    }
    assert {v.border for v in verdicts.values()} == {"source", "table"}
    assert verdicts["women_share"].description == (
        "persons (where sex = 'F') over persons is at least 0.4 and at most 0.6 by state."
    )
    assert (verdicts["women_share"].owner, verdicts["largest"].owner) == ("team:people", "team:other")
    assert all(v.subject == "figures" and v.reason for v in verdicts.values())


def test_a_table_without_a_contract_has_the_rules_that_follow_from_its_spec(judged: Judged) -> None:
    verdicts = judged(contract=None)
    assert failed(verdicts) == [] and "period" not in verdicts
    assert {v.owner for v in verdicts.values()} == {"team:data"}


@pytest.mark.parametrize(
    ("damage", "rule", "message"),
    [
        ("DELETE FROM staged WHERE state = '02' AND edition = '2020'", "states", "no row of this state"),
        ("DELETE FROM staged WHERE municipality = '01002' AND edition = '2020'", "municipalities", "1 municipalities of 2"),
        ("DELETE FROM staged WHERE sex = 'F'", "codes", "no row has this code"),
        ("UPDATE staged SET poor = NULL WHERE municipality = '01001'", "filled", "2 of 6 cells are empty"),
        ("UPDATE staged SET share = NULL", "filled", "no cell has a figure"),
        ("UPDATE staged SET poor = 0 WHERE edition = '2020'", "zero_totals", "the total is zero"),
        ("UPDATE staged SET persons = persons - 10 WHERE edition = '2020'", "same_totals", "the years 2019, 2020"),
        ("UPDATE staged SET persons = 10000 * persons - 99999 * (edition = '2020')::INT", "same_totals", "2019, 2020"),
        ("UPDATE staged SET persons = persons * 10 WHERE municipality = '02001' AND edition = '2020'", "steps", "after"),
        ("UPDATE staged SET share = 104 WHERE sex = 'M'", "percent_range", "to 104.0"),
        ("UPDATE staged SET share = share / 100", "percent_not_share", "from 0.3"),
        ("UPDATE staged SET persons = persons * 3 WHERE sex = 'F' AND state = '02'", "women_share", ""),
        ("UPDATE staged SET poor = 5000 WHERE municipality = '01001'", "poor_within", ""),
        ("UPDATE staged SET persons = persons * 2 WHERE edition = '2020'", "change", ""),
        ("DELETE FROM staged WHERE municipality = '01002'", "municipalities_there", ""),
        ("UPDATE staged SET persons = 9500 WHERE municipality = '01001'", "largest", ""),
        ("UPDATE staged SET persons = persons * 6 WHERE municipality = '01001'", "like_others", ""),
    ],
)  # fmt: skip
def test_damage_of_the_rows_is_reported_by_the_rule_that_is_for_it(
    judged: Judged, damage: str, rule: str, message: str
) -> None:
    verdict = judged(damage)[rule]
    assert not verdict.passed and verdict.n_failing >= 1
    assert message in str(verdict.failing_rows[0].get("fault", "")), verdict.failing_rows
    assert verdict.blocks == (rule != "largest")


@pytest.mark.parametrize(
    ("change", "rule", "message"),
    [
        ({"newest": "2019", "oldest": "2019"}, "period", "the edition is of 2020, the file tells 2019-2019"),
        ({"newest": None, "oldest": None}, "period", "does not tell its year"),
        ({"rows_read": 12}, "rows", "has 12 rows, the edition before has 6"),
    ],
)
def test_damage_of_a_file_is_reported(judged: Judged, change: dict[str, Any], rule: str, message: str) -> None:
    verdict = judged(parts=[PARTS[0], {**PARTS[1], **change}])[rule]
    assert verdict.border == "source" and message in verdict.failing_rows[0]["fault"]


def test_a_file_of_another_size_and_one_of_another_edition_are_reported(judged: Judged) -> None:
    assert failed(judged(filed=[FILED[0], replace(FILED[1], bytes=10)])) == ["size"]
    twin = judged(filed=[FILED[0], replace(FILED[1], sha256=FILED[0].sha256)])["own_bytes"]
    assert twin.failing_rows[0]["fault"] == "is the file of office/2019"


def test_records_that_stand_twice_are_reported_where_a_row_is_a_record(judged: Judged) -> None:
    parts = [PARTS[0], {**PARTS[1], "repeated": 3}]
    verdict = judged(parts=parts, record="unit")["repeated_records"]
    assert verdict.failing_rows[0]["fault"] == "3 of 6 records repeat another in every column"


@pytest.mark.parametrize(("unplaced", "faults"), [(1, []), (2, ["placed"])])
def test_names_without_a_municipality_are_reported_where_they_are_over_one_in_a_hundred(
    judged: Judged, unplaced: int, faults: list[str]
) -> None:
    names = [{"state": "01", "name": "Nowhere", "rows": unplaced}]
    parts = [PARTS[0], {**PARTS[1], "named": 150, "unplaced": names}]
    geography = {"vintage": 2020, "state_name": "ENT", "municipality_name": "MUN"}
    verdicts = judged(parts=parts, record="unit", geography=geography)
    assert failed(verdicts) == faults
    if faults:
        fault = verdicts["placed"].failing_rows[0]["fault"]
        assert fault == "2 of 150 records name no municipality of their state: 01 Nowhere"


def test_an_exception_with_its_reason_takes_out_what_it_names_and_no_more(judged: Judged) -> None:
    damage = "DELETE FROM staged WHERE state = '02'"
    other = {**CONTRACT, "exceptions": [{"rule": "states", "exempt": ["02"], "reason": "x"}]}
    assert failed(judged(damage))[0] == "states"
    assert "states" not in failed(judged(damage, contract=other))
    assert "states" in failed(judged("DELETE FROM staged WHERE state = '01'", contract=other))
    assert "states" not in judged(contract={**CONTRACT, "exceptions": [{"rule": "states", "reason": "x"}]})


def test_a_share_of_cells_may_be_empty_where_the_contract_says_so(judged: Judged) -> None:
    damage = "UPDATE staged SET poor = NULL WHERE municipality = '01001' AND sex = 'M'"
    lenient = {**CONTRACT, "exceptions": [{"rule": "filled", "at_most": "0.2", "reason": "x"}]}
    assert "filled" in failed(judged(damage))
    assert "filled" not in failed(judged(damage, contract=lenient))


def test_a_part_of_the_country_is_not_judged_by_bounds_of_the_whole(judged: Judged) -> None:
    partial = [replace(f, states=("01",), partial=True) for f in FILED]
    verdicts = judged("DELETE FROM staged WHERE state = '02'", filed=partial)
    assert failed(verdicts) == []
    assert verdicts["municipalities_there"].observed == "nothing to judge within the coverage of the run"


def test_the_profile_is_written_and_twice_the_same(judged: Judged, tmp_path: Path) -> None:
    judged()
    first = (tmp_path / "profile.parquet").read_bytes()
    judged()
    assert (tmp_path / "profile.parquet").read_bytes() == first
    row = duckdb.sql(
        f"SELECT value FROM '{tmp_path}/profile.parquet' WHERE column_name = 'persons' AND statistic = 'sum' "
        "AND code = '01' AND time_period = '2020'"
    ).fetchall()
    assert row == [(4116.0,)]


MISTAKES = """
id: dams
owner: team:x
percent: [wetness]
rules:
  stranger: {measure: pensions, at_least: 1, reason: r}
  colour: {measure: dams, where: colour = 1, at_least: 1, reason: r}
  reader: {measure: read_csv(dams), at_least: 1, reason: r}
  district: {measure: dams, per: [district], at_least: 1, reason: r}
"""
MALFORMED = """
id: gdp_state
owner: team:x
exceptions: [{rule: rows, at_most: 0.5, reason: r}]
rules: {endless: {measure: gdp_current, reason: r}}
"""


def test_mistakes_of_contracts_are_reported_all_at_once(tmp_path: Path) -> None:
    specs = tmp_path / "specs"
    shutil.copytree(PROJECT / "indicator_specs", specs)
    (specs / "contracts/dams.yaml").write_text(MISTAKES, encoding="utf-8")
    (specs / "contracts/gdp_state.yaml").write_text(MALFORMED, encoding="utf-8")
    catalog = catalogs.load(specs)
    problems = [str(p) for p in (*catalog.problems, *check(catalog))]
    for place, problem in (
        ("dams.yaml:4: percent[0]", "names an unknown measure"),
        ("dams.yaml:6: rules.stranger.measure", "names what the table does not have; found 'pensions'"),
        ("dams.yaml:7: rules.colour.where", "names what the table does not have; found 'colour'"),
        ("dams.yaml:8: rules.reader.measure", "which is not allowed"),
        ("dams.yaml:9: rules.district.per[0]", "names an unknown column"),
        ("gdp_state.yaml:5: rules.endless", "at_least, at_most or both"),
        ("gdp_state.yaml:4: exceptions[0]", "at_most goes with the rule filled"),
    ):
        assert any(place in line and problem in line for line in problems), (place, problems)


@pytest.mark.parametrize(("groups", "absent"), [(["D1", "D2"], []), (["D1", "_U"], ["D2"]), (["_U", "_U"], [])])
def test_groups_by_a_value_that_no_record_has_are_not_missed(groups: list[str], absent: list[str]) -> None:
    """The file of the value could not be had: every record is unknown."""
    deciles = {
        "codelist": "income_quantile",
        "levels": ["state"],
        "quantiles": {"value": "income", "codes": ["D1", "D2"]},
    }
    design = {"weight": "w", "strata": "s", "psu": "u", "single_psu": "adjust", "sample": "whole", "domains": ["state"]}
    spec = {
        "record": "unit",
        "parts": [{"source": "office", "edition": "2020", "level": "state"}],
        "geography": {"vintage": 2020, "state": "e"},
        "dimensions": {"income_quantile": deciles},
        "measures": {"persons": {"label": WORDS, "records": "all"}},
        "design": {**design, "why": "x"},
    }
    table = Table.model_validate({**FIGURES, **spec})
    with duckdb.connect() as con:
        con.execute(
            "CREATE TEMP TABLE staged AS SELECT '2020' AS edition, 'state' AS geo_level, '01' AS state, "
            "'2020' AS time_period, 1.0 AS weight, '1' AS stratum, '1' AS psu, 1 AS persons, "
            "unnest($1::VARCHAR[]) AS income_quantile",
            [groups],
        )
        parts = [{**PARTS[1], "level": "state"}]
        offer(con, Profiled(table, parts, FILED[:1], REGISTER), ["edition", "geo_level", "time_period"])
        assert [code for (code,) in con.execute("SELECT code FROM codes WHERE records = 0").fetchall()] == absent
