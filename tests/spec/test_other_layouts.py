"""Spec tests of layouts that few files have: dates as headers, figures to add up, composed keys, lists in JSON."""

from __future__ import annotations

import re

import pytest
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.errors import StagingError

LABEL = 'label: {en: "People", es: "Personas"}'


@pytest.fixture
def office(records: Records) -> Records:
    """One source with two editions; each test declares the table ``figures``."""
    records.source("office", {"1": "2020", "2": "2021"})
    return records


DROUGHT = f"""
geography: {{vintage: 2020, state: ENT}}
parts:
  - source: office
    edition: "1"
    level: state
    reshape: {{dates: ["2020-01-31", "2020-04-15"], into: CUT, value: CATEGORY}}
    runs: {{by: [ENT], content: CATEGORY, date: CUT, days: DAYS, empty: none}}
    ignore: [{{reason: a name, columns: [NAME]}}]
key: {{category: CATEGORY}}
measures: {{days: {{type: amount, {LABEL}, column: DAYS}}}}
"""
CUTS = """
    ENT | NAME | 2019-12-31 | 2020-01-31 | 2020-02-29 | 2020-03-31 | 2020-04-15 | 2020-04-30
    01  | a    | D2         | D2         | D2         |            | D2         | D2
    02  | b    |            |            |            | D0         | D1         | D1
"""


def test_dates_become_rows_and_the_longest_run_of_each_content_its_days(office: Records) -> None:
    """From the first day after the cut before to the last day: 1 January to 29 February, and 1 to 15 April."""
    office.table("figures", DROUGHT)
    office.file("office", "1", CUTS)
    assert_rows(
        office.rows_of("figures"),
        """state | category | days
           01    | D2       | 59
           01    | none     | 30
           02    | D0       | 30
           02    | D1       | 14
           02    | none     | 59
        """,
    )


def test_a_date_with_an_empty_cell_is_in_no_run_unless_it_has_a_content(office: Records) -> None:
    office.table("figures", DROUGHT.replace(", empty: none", ""))
    office.file("office", "1", CUTS)
    assert_rows(
        office.rows_of("figures"),
        """state | category | days
           01    | D2       | 59
           02    | D0       | 30
           02    | D1       | 14
        """,
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2020-04-15", "2020-04-14", "went: 2020-04-15;"),
        ("NAME", "NOM ", "appeared: NOM; went: NAME"),
        ("2020-02-29", "2020-02-30", "appeared: 2020-02-30"),
        ("02  | b", "01  | b", "rows 2 and 3: has a date twice of which a run is made; found '2020-01-31'"),
    ],
)
def test_dates_end_where_the_spec_says_and_other_columns_are_named(
    office: Records, old: str, new: str, message: str
) -> None:
    office.table("figures", DROUGHT)
    office.file("office", "1", CUTS.replace(old, new))
    with pytest.raises(StagingError, match=re.escape(message)):
        office.stage_table("figures")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '["2020-01-31", "2020-04-15"]',
            '["2020-04-15", "2020-01-31"]',
            "the first and the last of them, in this order",
        ),
        ("dates: [", "years: [2019, 2020], dates: [", "reshape needs one of columns, years, dates and each"),
    ],
)
def test_mistakes_in_the_spec(office: Records, old: str, new: str, message: str) -> None:
    office.table("figures", DROUGHT.replace(old, new))
    assert any(message in problem for problem in office.problems())


def test_runs_of_a_column_of_dates(office: Records) -> None:
    part = '{source: office, edition: "1", level: state, runs: {by: [ENT], content: C, date: D, days: DAYS}}'
    measure = f"measures: {{days: {{type: amount, {LABEL}, column: DAYS}}}}"
    body = f"geography: {{vintage: 2020, state: ENT}}\nparts: [{part}]\nkey: {{category: C}}\n{measure}"
    office.table("figures", body)
    office.file("office", "1", "ENT | D | C\n 01 | 2020-02-10 | x\n 01 | 2020-02-20 | x\n 01 | 2020-03-01 | y")
    assert_rows(office.rows_of("figures"), "state | category | days\n 01 | x | 19\n 01 | y | 9")
    office.file("office", "1", "ENT | D | C\n 01 | 10/02/2020 | x")
    with pytest.raises(StagingError, match="row 2, column D: has a row without a date; found '10/02/2020'"):
        office.stage_table("figures")


def test_records_have_no_runs(office: Records) -> None:
    office.table("figures", DROUGHT.replace("key: {category: CATEGORY}\n", ""), record="unit")
    assert any("add_up and runs go with record: aggregate" in problem for problem in office.problems())


FINANCES = f"""
geography: {{vintage: 2020, state: ENT}}
parts:
  - source: office
    edition: "1"
    level: state
    rows: [{{keep: "LEVEL <> 'Item'", reason: parts of chapters}}]
    spread:
      names: WHAT
      value: PESOS
      key: OF
      into:
        REVENUE: {{Total of revenue: year}}
        OWN: {{Taxes: year, Fees: year, Fines: year}}
    ignore: [{{reason: a note, columns: [NOTE_1]}}]
measures:
  revenue: {{type: amount, {LABEL}, column: REVENUE}}
  own: {{type: amount, {LABEL}, column: OWN}}
"""
LINES = """
    ENT | NOTE_1 | LEVEL   | WHAT             | PESOS
    01  | x      | Theme   | Total of revenue | 100
    01  | y      | Chapter | Taxes            | 7.25
    01  | x      | Chapter | Fees             | 0.75
    01  | x      | Chapter | Fines            |
    01  | x      | Item    | Taxes            | 5
    02  | x      | Theme   | Total of revenue | 9
    02  | x      | Chapter | Other            | 9
"""


def test_figures_of_one_column_add_up_over_levels_that_a_rule_reads(office: Records) -> None:
    office.table("figures", FINANCES)
    office.file("office", "1", LINES)
    assert_rows(
        office.rows_of("figures"),
        """state | revenue | own
           01    | 100     | 8
           02    | 9       |
        """,
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.75", "n.d.", "row 4, column PESOS: a cell that is to be added up is no number; found 'n.d.'"),
        ("| Fees ", "| Taxes", "rows 3 and 4: has a figure twice that spread takes; found 'Taxes'"),
        ("NOTE_1", "NOTES ", "appeared: NOTES"),
    ],
)
def test_what_cannot_be_added_up_or_is_not_named_is_refused(office: Records, old: str, new: str, message: str) -> None:
    office.table("figures", FINANCES)
    office.file("office", "1", LINES.replace(old, new, 1))
    with pytest.raises(StagingError, match=re.escape(message)):
        office.stage_table("figures")


DAMS = f"""
geography: {{vintage: 2020, state: ent}}
parts: [{{source: office, edition: "1", level: state}}]
measures:
  dams: {{{LABEL}, records: all}}
  water: {{type: amount, {LABEL}, column: hm3, where: "hm3 IS NOT NULL"}}
ignore: [{{reason: a name, columns: [name, open]}}]
"""


@pytest.mark.parametrize(
    ("form", "start", "end"),
    [("{kind: json}", "", ""), ("{kind: json, records: [data, rows]}", '{"data": {"n": 2, "rows": ', "}}")],
)
def test_a_list_of_records_in_json(office: Records, form: str, start: str, end: str) -> None:
    office.table("figures", DAMS, record="unit", form=form)
    rows = '[{"ent": "01 ", "name": "a [", "hm3": 1.10}, {"name": null, "ent": "01", "open": true, "hm3": null}]'
    office.text(f"\ufeff{start}{rows}{end}", "office", "1")
    assert_rows(
        office.rows_of("figures"),
        """state | dams | water
           01    | 1    | 1.1
           01    | 1    | 0
        """,
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"ent": "01"', "line 1: cannot be read as JSON: Expecting ',' delimiter"),
        ('{"ent": "01"}', "is no list of records; found 'dict'"),
        ("[1, 2]", "record 1: is a list of other things than records"),
        ('[{"ent": ["01"]}]', "record 1, ent: has a list or an object in place of a value"),
        ('[{"ent": "01", "ent": "02"}]', "a record: has a column twice; found 'ent'"),
        ('[{"ent": "01", "hm3": NaN}]', "has a number that is none; found 'NaN'"),
        ("[" * 33, "line 1: has lists and objects of more than 32 levels"),
        ("[" * 100_000, "has lists and objects of more than 32 levels"),
        ('[{"ent": "01", "hm3": 1, "name": "Ã‘"}]', "row 1: is double-encoded (UTF-8 twice); found 'Ã‘'"),
        ("[]", "is an empty list of records"),
        (f"[{', '.join(f'{{{chr(34)}c{n}{chr(34)}: 1}}' for n in range(16_385))}]", "has more than 16,384 columns"),
    ],
)
def test_json_of_another_form_is_refused(office: Records, content: str, message: str) -> None:
    office.table("figures", DAMS, record="unit", form="{kind: json}")
    office.text(content, "office", "1")
    with pytest.raises(StagingError) as refused:
        office.stage_table("figures")
    assert message in str(refused.value), refused.value


COMPOSED = f"""
geography: {{vintage: 2020, key: key}}
parts:
  - source: office
    edition: "1"
    level: municipality
    rename: {{entidad: ENT}}
    format: {{kind: csv, others_left_out: true}}
    compose: {{key: [ENT, mun]}}
    rows: [{{keep: "mun <> '000'", reason: totals of states}}]
measures: {{people: {{{LABEL}, column: N}}}}
"""


def test_a_key_is_composed_of_two_columns(office: Records) -> None:
    office.table("figures", COMPOSED)
    office.file("office", "1", "entidad | mun | nom_loc | N\n 01 | 000 | x | 9\n 01 | 001 | x | 4\n 01 | 002 | x | 5")
    assert_rows(office.rows_of("figures"), "municipality | people\n 01001 | 4\n 01002 | 5")
    office.file("office", "1", "entidad | municipio | nom_loc | N\n 01 | 001 | x | 4")
    with pytest.raises(StagingError, match="went: mun"):
        office.stage_table("figures")
