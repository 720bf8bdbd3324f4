"""Spec tests of official microdata: columns made of items and of joined files, and columns that nobody has listed."""

from __future__ import annotations

import pytest
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.errors import StagingError

LABEL = "label: {en: Women, es: Mujeres}"
OFFICIAL = """
geography: {vintage: 2020, state: state}
parts:
  - {source: poll, edition: "1", level: state}
  - source: poll
    edition: "2"
    level: state
    format: {kind: csv, others_left_out: true}
    rename: {CVE_ENT: state}
    joins:
      - source: homes
        edition: "2"
        format: {kind: csv, others_left_out: true}
        by: [ID]
        columns: [AGE]
        every: false
    derive:
      hurt: "CASE WHEN P1 IN ('1', '2') OR P2 IN ('1', '2') THEN 'Yes' ELSE 'No' END"
      old: "CASE WHEN AGE >= '65' THEN '1' WHEN AGE < '65' THEN '0' END"
dimensions:
  sex: {codelist: sex, totals: computed, levels: [state], column: hurt, recode: {"Yes": F, "No": M}}
measures:
  women: {LABEL, records: all}
  old: {LABEL, column: old}
""".replace("LABEL", LABEL)


@pytest.fixture
def poll(records: Records) -> Records:
    """A survey whose copy has flags ready-made, and whose official files have the items that they are made of."""
    records.source("poll", {"1": "2020", "2": "2021"})
    records.source("homes", {"2": "2021"})
    records.table("women", OFFICIAL, record="unit")
    records.file("poll", "1", "state | hurt | old\n 01 | Yes | 1")
    records.file("poll", "2", "CVE_ENT | ID | P1 | P2 | NEW\n 02 | a | 3 | 2 | x\n 02 | b | | 3 | x\n 02 | c | 1 | | x")
    records.file("homes", "2", "ID | AGE | MORE\n a | 70 | y\n b | 20 | y")
    return records


def test_items_become_the_columns_that_the_copy_has(poll: Records) -> None:
    """A woman without a row of residents has no answer, and one without any item suffered nothing."""
    assert_rows(
        poll.rows_of("women"),
        """edition | state | sex | women | old
           1       | 01    | F   | 1     | 1
           2       | 02    | F   | 1     | 1
           2       | 02    | F   | 1     |
           2       | 02    | M   | 1     | 0
        """,
    )


def test_what_nobody_has_listed_is_left_out_and_counted(poll: Records) -> None:
    copy, official = poll.stage_table("women").parts
    assert (copy["columns_ignored"], official["columns_ignored"]) == (0, 1)


@pytest.mark.parametrize(
    ("source", "old", "new", "message"),
    [
        ("poll", "P2", "P3", "has other columns than the table spec says; went: P2"),
        ("homes", "AGE", "YEARS", "has other columns than the table spec says; went: AGE"),
    ],
)
def test_what_is_read_must_be_there(poll: Records, source: str, old: str, new: str, message: str) -> None:
    texts = {
        "poll": "CVE_ENT | ID | P1 | P2 | NEW\n 02 | a | 3 | 2 | x",
        "homes": "ID | AGE | MORE\n a | 70 | y",
    }
    poll.file(source, "2", texts[source].replace(old, new))
    with pytest.raises(StagingError, match=message):
        poll.stage_table("women")


def test_a_column_is_joined_or_derived(poll: Records) -> None:
    poll.edit("tables/women.yaml", "ID]", "ID]\n        rename: {AGE: hurt}")
    poll.edit("tables/women.yaml", "AGE >= '65' THEN '1' WHEN AGE <", "hurt >= '65' THEN '1' WHEN hurt <")
    with pytest.raises(StagingError, match="header: has a column that the part derives; found 'hurt'"):
        poll.stage_table("women")


def test_columns_are_listed_where_a_part_does_not_say_otherwise(poll: Records) -> None:
    poll.edit("tables/women.yaml", "    format: {kind: csv, others_left_out: true}\n    rename", "    rename")
    with pytest.raises(StagingError, match="appeared: NEW"):
        poll.stage_table("women")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("P1 IN", "length(P1) IN", "uses LENGTH, which is not allowed"),
        ("    joins:", "    ignore: [{reason: not needed, columns: [P1]}]\n    joins:", "that the table ignores"),
        ("WHEN AGE >= '65' THEN '1' WHEN AGE < '65' THEN '0'", "WHEN P1 = '1' THEN '1'", "that the table does not use"),
    ],
)
def test_a_derived_column_that_cannot_be_made_is_a_mistake_of_the_spec(
    poll: Records, old: str, new: str, problem: str
) -> None:
    poll.edit("tables/women.yaml", old, new)
    assert any(problem in one for one in poll.problems())
