"""Spec tests of official layouts: rows finer than a table, names in any letter case, editions in place of others."""

from __future__ import annotations

import re

import pytest
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.errors import SpecErrors, StagingError
from sdg_pipeline.ingest.mirror import Entry, Mirror
from sdg_pipeline.run.graph import Reach

LABEL = 'label: {en: "People", es: "Personas"}'
AGES = """
    ANIO | CVE | SEXO    | EDAD | POB
    2019 | 1   | Hombres | 0    | 1
    2019 | 1   | Hombres | 9    | 2
    2019 | 1   | Hombres | 10   | 4
    2019 | 1   | Mujeres | 0    | 8
    2019 | 1   | Mujeres | 10   | 16
    2019 | 2   | Hombres | 0    | 32
    2020 | 1   | Hombres | 0    | 64
"""
PARTS = """
geography: {{vintage: 2020, state: CVE}}
parts:
  - source: office
    edition: "1"
    level: national
    add_up: {{by: [CVE, ANIO, SEXO], sum: [POB], totals: {{CVE: "00", SEXO: Total}}}}
    rows: [{{keep: "CVE = '00'", reason: rows of states}}]
    ignore: [{{reason: added up, columns: [EDAD]}}]
  - source: office
    edition: "1"
    level: state
    add_up: {{by: [CVE, ANIO, SEXO], sum: [POB], totals: {{SEXO: Total}}}}
    ignore: [{{reason: added up, columns: [EDAD]}}]
period: {{column: ANIO, years: [2019, 2020]}}
dimensions:
  sex: {{codelist: sex, totals: published, levels: [national, state], column: SEXO, recode: {{Total: _T, Hombres: M, Mujeres: F}}}}
measures: {{people: {{{label}, column: POB}}}}
"""


@pytest.fixture
def office(records: Records) -> Records:
    """One source with two editions, of 2020 and 2021; each test declares the table ``people_by_state``."""
    records.source("office", {"1": "2020", "2": "2021"})
    return records


def test_single_ages_are_added_up_to_states_both_sexes_and_the_nation(office: Records) -> None:
    office.table("people_by_state", PARTS.format(label=LABEL))
    office.file("office", "1", AGES)
    assert_rows(
        office.rows_of("people_by_state"),
        """geo_level | state | time_period | sex | people
           national  | _T    | 2019        | _T  | 63
           national  | _T    | 2019        | F   | 24
           national  | _T    | 2019        | M   | 39
           national  | _T    | 2020        | _T  | 64
           national  | _T    | 2020        | M   | 64
           state     | 01    | 2019        | _T  | 31
           state     | 01    | 2019        | F   | 24
           state     | 01    | 2019        | M   | 7
           state     | 01    | 2020        | _T  | 64
           state     | 01    | 2020        | M   | 64
           state     | 02    | 2019        | _T  | 32
           state     | 02    | 2019        | M   | 32
        """,
    )


GROUPS = f"""
geography: {{vintage: 2020, state: CVE}}
parts:
  - source: office
    edition: "1"
    level: state
    add_up: {{by: [CVE, ANIO, EDAD], sum: [POB], groups: {{EDAD: {{0..9: "0", 10..98: "1"}}}}}}
    ignore: [{{reason: added up, columns: [SEXO]}}]
period: {{column: ANIO, years: [2019, 2019]}}
dimensions:
  age: {{codelist: age, totals: computed, levels: [state], column: EDAD, recode: {{"0": Y0T9, "1": Y10T14}}}}
measures: {{people: {{{LABEL}, column: POB}}}}
"""


def test_single_ages_are_put_into_groups(office: Records) -> None:
    office.write(
        "codelists/age.yaml",
        (office.specs / "codelists" / "age.yaml").read_text(encoding="utf-8").replace("Y0T4:", "Y0T9:", 1),
    )
    office.table("people_by_state", GROUPS)
    office.file("office", "1", AGES)
    assert_rows(
        office.rows_of("people_by_state"),
        """state | age    | people
           01    | Y0T9   | 11
           01    | Y10T14 | 20
           02    | Y0T9   | 32
        """,
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("| 2\n", "| n.d\n", "row 3, column POB: a cell that is to be added up is no number; found 'n.d'"),
        ("| 2\n", "|\n", "row 3, column POB: a cell that is to be added up is no number"),
        ("| 9    |", "| 99   |", "row 3, column EDAD: has a content that belongs to no group; found '99'"),
    ],
)
def test_what_cannot_be_added_up_is_refused(office: Records, old: str, new: str, message: str) -> None:
    office.table("people_by_state", GROUPS.replace("Y0T9", "Y0T4"))
    office.file("office", "1", AGES.replace(old, new, 1))
    with pytest.raises(StagingError, match=re.escape(message)):
        office.stage_table("people_by_state")


def test_numbers_with_signs_and_fractions_add_up_exactly(office: Records) -> None:
    part = 'parts: [{source: office, edition: "1", level: state, add_up: {by: [CVE], sum: [POB]}}]'
    measure = f"measures: {{people: {{type: amount, {LABEL}, column: POB}}}}"
    body = f"geography: {{vintage: 2020, state: CVE}}\n{part}\n{measure}"
    office.table("people_by_state", body, form='{kind: csv, thousands: ","}')
    office.file("office", "1", "CVE | POB\n 01 | 1,000.1\n 01 | 0.2\n 01 | 99.7")
    assert_rows(office.rows_of("people_by_state"), "state | people\n 01 | 1100")


@pytest.mark.parametrize(
    ("adding", "message"),
    [
        ("{by: [CVE], sum: [POB], totals: {SEXO: Total}}", "groups and totals are of columns of by, which lacks SEXO"),
        ("{by: [CVE, POB], sum: [POB]}", "a column is kept or added up, not both"),
        ("{by: [ANIO], sum: [POB]}", "keeps neither in by nor in sum what the table reads; found 'CVE'"),
    ],
)
def test_sums_that_lose_what_the_table_reads_are_refused(office: Records, adding: str, message: str) -> None:
    part = f'parts: [{{source: office, edition: "1", level: state, add_up: {adding}}}]'
    body = f"geography: {{vintage: 2020, state: CVE}}\n{part}\nmeasures: {{people: {{{LABEL}, column: POB}}}}"
    office.table("people_by_state", body)
    assert any(message in problem for problem in office.problems())


def test_names_stand_for_those_of_the_file_in_any_letter_case(office: Records) -> None:
    part = 'parts: [{source: office, edition: "1", level: state}]'
    body = f"geography: {{vintage: 2020, state: Ent_resid}}\n{part}\nmeasures: {{people: {{{LABEL}, column: N}}}}"
    body += "\nignore: [{reason: not needed, columns: [Causa_def]}]"
    office.table("people_by_state", body, form="{kind: csv, any_case: true}")
    for header in ("ENT_RESID | CAUSA_DEF | N", "ent_resid | causa_def | n", "Ent_resid | Causa_def | N"):
        office.file("office", "1", f"{header}\n 01 | x | 5")
        assert_rows(office.rows_of("people_by_state"), "state | people\n 01 | 5")
    office.file("office", "1", "ENT_RESID | CAUSA | N\n 01 | x | 5")
    with pytest.raises(StagingError, match="appeared: CAUSA; went: Causa_def"):
        office.stage_table("people_by_state")
    office.table("people_by_state", body)
    office.file("office", "1", "ENT_RESID | CAUSA_DEF | N\n 01 | x | 5")
    with pytest.raises(StagingError, match="appeared: CAUSA_DEF"):
        office.stage_table("people_by_state")


LONG = f"""
geography: {{vintage: 2020, state: ENT}}
parts:
  - {{source: office, edition: "1", level: state}}
  - {{source: office, edition: "2", level: state, reshaped: true, rename: {{mes: MONTH, n: N}}}}
reshape: {{columns: [ENE, FEB], into: MONTH, value: N}}
key: {{month: MONTH}}
measures: {{people: {{{LABEL}, column: N}}}}
"""


def test_a_part_whose_rows_are_long_already(office: Records) -> None:
    office.table("people_by_state", LONG)
    office.file("office", "1", "ENT | ENE | FEB\n 01 | 1 | 2")
    office.file("office", "2", "ENT | mes | n\n 01 | ENE | 3")
    assert_rows(
        office.rows_of("people_by_state"),
        """edition | state | month | people
           1       | 01    | ENE   | 1
           1       | 01    | FEB   | 2
           2       | 01    | ENE   | 3
        """,
    )


def in_place(office: Records, *, first: bool) -> Reach:
    """What a run over official addresses reaches where the second edition stands in for the first."""
    office.table("people_by_state", LONG)
    office.edit("sources/office.yaml", 'period: "2021"', 'period: "2021", instead_of: "1"')
    if not first:
        office.edit("sources/office.yaml", '"1": {', '"1": {layout: copy, ')
    return Reach(office.catalog(), None)


def test_an_edition_is_read_in_place_of_one_that_cannot_be_had(office: Records) -> None:
    reach = in_place(office, first=False)
    table = reach.catalog.tables["people_by_state"]
    assert [part.edition for part in reach.parts(table)] == ["2"]


def test_an_edition_is_not_read_beside_that_which_it_stands_for(office: Records) -> None:
    reach = in_place(office, first=True)
    table = reach.catalog.tables["people_by_state"]
    assert [part.edition for part in reach.parts(table)] == ["1"]
    entry = Entry(source="office", edition="1", path="a.csv", sha256="0" * 64)
    mirror = Mirror("m.yaml", "m", "/m", {("office", "1"): entry})
    assert [part.edition for part in Reach(reach.catalog, mirror).parts(table)] == ["1"], "it need not be named"
    own = Mirror("m.yaml", "m", "/m", {("office", "2"): entry}, others="no other")
    assert [part.edition for part in Reach(reach.catalog, own).parts(table)] == ["2"]


@pytest.mark.parametrize("first", [True, False])
def test_what_stands_in_for_a_part_is_not_absent_beside_it(office: Records, first: bool) -> None:
    reach = in_place(office, first=first)
    assert reach.absent(reach.catalog.tables["people_by_state"]) == [], "one of the two is read"
    office.edit("sources/office.yaml", "instead_of", "not_comparable")
    catalog = office.catalog()
    absent = Reach(catalog, None).absent(catalog.tables["people_by_state"])
    assert [part.edition for part in absent] == ([] if first else ["1"])


OTHERWISE = f"""
geography: {{vintage: 2020, state: ENT}}
parts:
  - {{source: office, edition: "1", level: state, joins: [{{source: homes, edition: "1", by: [ID], columns: [N]}}]}}
  - {{source: office, edition: "1", level: state, derive: {{N: "'7'"}}, ignore: [{{reason: not read, columns: [ID]}}], otherwise: true}}
measures: {{people: {{{LABEL}, column: N}}}}
"""


@pytest.mark.parametrize("layout", ["official", "copy"])
def test_a_part_is_read_otherwise_where_a_joined_file_cannot_be_had(office: Records, layout: str) -> None:
    office.source("homes", {"1": "2020"})
    office.edit("sources/homes.yaml", '"1": {', f'"1": {{layout: {layout}, ')
    office.table("people_by_state", OTHERWISE, record="unit")
    assert office.problems() == []
    catalog = office.catalog()
    table, reach = catalog.tables["people_by_state"], Reach(catalog, None)
    assert [part.otherwise for part in reach.parts(table)] == [layout == "copy"]
    assert reach.absent(table) == []
    office.edit("tables/people_by_state.yaml", "otherwise: true", "otherwise: false")
    assert any("they would count twice" in problem for problem in office.problems())


def test_the_same_year_stands_in_two_editions_of_which_one_is_read(office: Records) -> None:
    office.table("people_by_state", LONG)
    office.edit("sources/office.yaml", 'period: "2021"', 'period: "2020"')
    assert any("they would count twice" in problem for problem in office.problems())
    office.edit("sources/office.yaml", '"2": {', '"2": {instead_of: "1", ')
    assert office.problems() == []


@pytest.mark.parametrize("name", ["3", "2"])
def test_an_edition_stands_for_one_that_there_is(office: Records, name: str) -> None:
    office.edit("sources/office.yaml", 'period: "2021"', f'period: "2021", instead_of: "{name}"')
    with pytest.raises(SpecErrors, match="2: instead_of names an edition of this source that stands for itself"):
        office.catalog()


SPREAD = f"""
geography: {{vintage: 2020, state: ENT}}
parts:
  - source: office
    edition: "1"
    level: state
    format:
      kind: csv
      captured: {{column: ENT, pattern: "office_([0-9]+)", contents: {{"1": "02"}}}}
    reshape: {{columns: ["2019", "2020"], into: YEAR, value: FIGURE}}
    spread:
      names: WHAT
      value: FIGURE
      key: ACTIVITY
      into:
        CONSTANT: {{Pesos of 2018|All: all, Pesos of 2018|Farms: farms}}
        CURRENT: {{Pesos|All: all, Pesos|Farms: farms}}
period: {{column: YEAR, years: [2019, 2020]}}
key: {{activity: ACTIVITY}}
measures:
  people: {{type: amount, {LABEL}, column: CONSTANT}}
  money: {{type: amount, {LABEL}, column: CURRENT}}
"""
ACCOUNTS = """
    WHAT               | 2019 | 2020
    Pesos of 2018~All   | 1    | 2
    Pesos of 2018~Farms | 3    | 4
    Share~All           | 100  | 100
    Pesos~All           | 5    | 6
    Pesos~Farms         | 7    |
"""


def test_rows_of_single_figures_become_columns_and_the_file_names_its_state(office: Records) -> None:
    office.table("people_by_state", SPREAD.replace("|", "~"))
    office.file("office", "1", ACCOUNTS)
    assert_rows(
        office.rows_of("people_by_state"),
        """state | time_period | activity | people | money
           02    | 2019        | all      | 1      | 5
           02    | 2019        | farms    | 3      | 7
           02    | 2020        | all      | 2      | 6
           02    | 2020        | farms    | 4      |
        """,
    )
    [part] = office.stage_table("people_by_state").parts
    assert part["left_out"][0] == {
        "rows": 2,
        "keep": "WHAT of spread",
        "reason": "figures that the table does not take",
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'contents: {"1": "02"}',
            'contents: {"7": "02"}',
            "name: has a name of which captured makes nothing; found '1'",
        ),
        ('pattern: "office_([0-9]+)"', 'pattern: "x([0-9]+)"', "captured makes nothing; found 'office_1.csv'"),
    ],
)
def test_a_file_of_which_nothing_is_captured_is_refused(office: Records, old: str, new: str, message: str) -> None:
    office.table("people_by_state", SPREAD.replace("|", "~").replace(old, new))
    office.file("office", "1", ACCOUNTS)
    with pytest.raises(StagingError, match=re.escape(message)):
        office.stage_table("people_by_state")


def test_a_figure_that_stands_twice_is_refused(office: Records) -> None:
    office.table("people_by_state", SPREAD.replace("|", "~"))
    office.file("office", "1", ACCOUNTS + "    Pesos~All           | 8    | 9\n")
    with pytest.raises(StagingError, match="rows 5 and 7: has a figure twice that spread takes; found 'Pesos~All'"):
        office.stage_table("people_by_state")


@pytest.mark.parametrize("pattern", ["office", "(a)(b)", "("])
def test_a_pattern_captures_one_text(office: Records, pattern: str) -> None:
    office.table("people_by_state", SPREAD.replace("|", "~").replace("office_([0-9]+)", pattern))
    assert any("has one group" in problem or "no regular" in problem for problem in office.problems())
