"""Spec tests of rows that a file repeats with other figures, and of municipalities keyed within a named state."""

from __future__ import annotations

import pytest
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.errors import GeographyError, StagingError

ONE = '{source: office, edition: "1", level: municipality}'
LABEL = 'label: {en: "Cases", es: "Casos"}'
TWO_YEARS = "KEY | N\n 01001 | 10\n 01002 | 20\n 01001 | 11\n 01002 | 22\n 02001 | 5"


@pytest.fixture
def office(records: Records) -> Records:
    """One source; each test declares the table ``cases``."""
    records.source("office", {"1": "2020"})
    return records


def declare(office: Records, take: str, rows: int) -> None:
    once = f"once: {{by: [KEY], take: {take}, rows: {rows}, reason: two years}}"
    part = ONE.replace("}", f", {once}}}")
    office.table(
        "cases",
        f"geography: {{vintage: 2020, key: KEY}}\nparts: [{part}]\nmeasures: {{cases: {{{LABEL}, column: N}}}}",
    )
    office.file("office", "1", TWO_YEARS)


@pytest.mark.parametrize(("take", "first", "second"), [("first", 10, 20), ("last", 11, 22)])
def test_one_of_the_rows_of_an_area_is_taken(office: Records, take: str, first: int, second: int) -> None:
    declare(office, take, 2)
    assert_rows(office.rows_of("cases"), f"municipality | cases\n 01001 | {first}\n 01002 | {second}\n 02001 | 5")
    [part] = office.stage_table("cases").parts
    assert part["left_out"] == [{"rows": 2, "keep": f"the {take} by KEY", "reason": "two years"}]


def test_another_number_of_repeated_rows_is_an_error(office: Records) -> None:
    declare(office, "last", 3)
    with pytest.raises(StagingError, match=r"repeats 2 rows by KEY, not 3; found '2'; remedy: look at the rows"):
        office.stage_table("cases")


def test_without_the_rule_an_area_that_comes_twice_is_an_error(office: Records) -> None:
    declare(office, "last", 2)
    office.edit("tables/cases.yaml", ", once: {by: [KEY], take: last, rows: 2, reason: two years}", "")
    with pytest.raises(StagingError, match="has an area twice; found '01001'"):
        office.stage_table("cases")


def test_keys_of_municipalities_within_a_named_state(office: Records) -> None:
    geography = "geography: {vintage: 2020, state_name: PLACE, municipality: MUN}"
    office.table("cases", f"{geography}\nparts: [{ONE}]\nmeasures: {{cases: {{{LABEL}, column: N}}}}")
    office.file("office", "1", "PLACE | MUN | N\n Norte | 1 | 1\n Norte | 002 | 2\n Sur | 1 | 4")
    assert_rows(
        office.rows_of("cases"), "state | municipality | cases\n 01 | 01001 | 1\n 01 | 01002 | 2\n 02 | 02001 | 4"
    )
    office.file("office", "1", "PLACE | MUN | N\n Norte | 777 | 1\n Sur | 1 | 4")
    with pytest.raises(GeographyError, match="01777"):
        office.stage_table("cases")


def test_written_sql_reads_the_key_columns_of_its_table(office: Records) -> None:
    office.table(
        "cases",
        'geography: {vintage: 2020, state: ENT}\nparts: [{source: office, edition: "1", level: state}]\n'
        f"key: {{day: DAY}}\nmeasures: {{cases: {{{LABEL}, column: N}}}}",
    )
    method = "method: {kind: sql, table: cases, rows_of: state, file: late.sql}\nbreakdowns: [[state]]"
    office.indicator("late_cases", method, unit="NUMBER")
    sql = (
        "SELECT geo_level, state, municipality, time_period, SUM(cases) AS numerator, 1 AS denominator, "
        "SUM(cases) AS obs_value FROM staged.cases WHERE day >= '2020-03' GROUP BY ALL\n"
    )
    office.write("goal_01/late.sql", sql)
    office.file("office", "1", "ENT | DAY | N\n 01 | 2020-01-05 | 1\n 01 | 2020-03-01 | 2\n 01 | 2020-07-09 | 4")
    assert_rows(office.values("late_cases"), "ref_area | obs_value\n MX01 | 6")
