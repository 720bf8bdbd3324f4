"""``sdg check`` on tables of surveys: designs, joins, quantiles and expressions that cannot be right."""

from __future__ import annotations

import pytest
from support.records import Records

from sdg_pipeline.ingest.mirror import Absent, Entry, Mirror
from sdg_pipeline.run.graph import Reach
from sdg_pipeline.run.runner import laid_out
from sdg_pipeline.run.steps import KINDS

TABLE = """\
geography: {vintage: 2020, state: ENT}
parts:
  - {source: poll, edition: "1", level: state}
joins:
  - {source: homes, edition: "1", by: [HOME], columns: [FACTOR, EST], ignore: [NOTE]}
  - {source: lands, edition: "1", by: [EST], columns: [UPM]}
design: {weight: FACTOR, strata: EST, psu: UPM, single_psu: adjust, sample: whole, domains: [national, state], why: test}
dimensions:
  income_quantile:
    codelist: income_quantile
    totals: computed
    levels: [state]
    quantiles: {value: "INCOME / SIZE", codes: [Q1, Q2, Q3, Q4, Q5]}
measures:
  users: {label: {en: "Users", es: "Usuarios"}, records: all, where: "P1 = '1'", unknown: "P1 = '9'"}
"""
FILE = "tables/persons.yaml"


@pytest.fixture
def poll(records: Records) -> Records:
    """A sound survey of persons, homes and lands (the table begins at line 6 of its file)."""
    records.source("poll", {"1": "2020", "2": "2021"})
    records.source("homes", {"1": "2020", "2": "2021"})
    records.source("lands", {"1": "2020"})
    records.table("persons", TABLE, record="unit")
    assert records.problems() == []
    return records


# One edit of the table, and what `sdg check` prints.
MISTAKES = [
    ("source: homes", "source: houses", [
        f"{FILE}:10: joins[0].source: names an unknown source; found 'houses'; "
        "valid: homes, lands, people_localities, people_municipalities, people_states, poll; did you mean 'homes'?",
    ]),
    ('source: homes, edition: "1"', 'source: homes, edition: "3"', [
        f"{FILE}:10: joins[0].edition: names an unknown edition; found '3'; valid: 1, 2",
    ]),
    ('source: homes, edition: "1"', 'source: homes, edition: "2"', [
        f"{FILE}:8: parts[0]: joins homes of 2021 to records of 2020; found '2'",
    ]),
    ("columns: [FACTOR, EST]", "columns: [FACTOR, EST, ROOMS]", [
        f"{FILE}:8: parts[0]: joins columns of homes that the table does not use; found 'ROOMS'",
    ]),
    ("columns: [UPM]", "columns: [UPM, FACTOR]", [
        f"{FILE}:8: parts[0]: has two joined columns of one name; found 'FACTOR'",
    ]),
    ("columns: [UPM]}", "columns: [UPM, HOME]}", [
        f"{FILE}:8: parts[0]: joins by a column that this join or a later one adds; "
        "found 'HOME'",
    ]),
    ("ignore: [NOTE]", "ignore: [EST]", [
        f"{FILE}:10: joins[0]: by, columns and ignore name a column twice: EST",
    ]),
    ("columns: [UPM]", "columns: [UPM], rename: {PSU: UPM}", [
        f"{FILE}:11: joins[1]: rename names what columns does not: PSU",
    ]),
    ("Q4, Q5]", "Q4, Q6]", [
        f"{FILE}:18: dimensions.income_quantile.quantiles.codes[4]: names an unknown code; found 'Q6'; "
        "valid: B40, D1, D10, D2, D3, D4, D5, D6, D7, D8, D9, Q1 and 6 more",
    ]),
    ("INCOME / SIZE", "INCOME /", [
        f"{FILE}:18: dimensions.income_quantile.quantiles.value: is not an expression: Required keyword: 'expression' "
        "missing for <class 'sqlglot.expressions.core.Div'>. Line 1, Col: 8.; found 'INCOME /'",
    ]),
    ("P1 = '9'", "read_csv('x')", [
        f"{FILE}:20: measures.users.unknown: uses READCSV, which is not allowed; allowed: + - * / ( ), comparisons, "
        "AND OR NOT, IN, BETWEEN, IS NULL, CASE, COALESCE, NULLIF, ABS; found \"read_csv('x')\"",
    ]),
    ("  users:", "  weight:", [f"{FILE}:20: measures.weight: is the name of a key of the staged table; found 'weight'"]),
    ("totals: computed", "totals: published", [
        f"{FILE}:14: dimensions.income_quantile: a dimension of quantiles has no column, and its totals are computed",
    ]),
    ('{source: poll, edition: "1", level: state}', '{source: poll, edition: "1", level: state, joins: [{source: '
     'homes, edition: "1", by: [HOME], columns: [FACTOR, EST, UPM]}]}', []),
    ("design: {weight: FACTOR, strata: EST, psu: UPM, single_psu: adjust, sample: whole, domains: [national, state], why: test}", "", [
        f"{FILE}:1: quantiles go with a design",
    ]),
    ("measures:\n", "reshape: {columns: [A, B], into: C, value: D}\nmeasures:\n", [
        f"{FILE}:1: records with a design stay as they are: neither reshape nor measures by a dimension",
    ]),
    ("state: ENT}", "state: ENT, state_prefix_of: HOME}", [
        f"{FILE}:6: geography: geography takes one of state, key, state_name, state_prefix_of and "
        "municipality_prefix_of",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES)
def test_a_mistake_of_a_survey_table_is_reported_with_its_place(
    poll: Records, old: str, new: str, message: list[str]
) -> None:
    poll.table("persons", TABLE.replace(old, new), record="unit")
    assert poll.problems() == message


def test_a_file_of_figures_has_neither_design_nor_joins(poll: Records) -> None:
    poll.table("persons", TABLE, record="aggregate")
    assert poll.problems() == [f"{FILE}:1: a table with a design or joins has record: unit"]


def test_groups_over_the_nation_need_its_records_of_a_year_in_one_part(poll: Records) -> None:
    again = '  - {source: poll, edition: "1", level: state, codes: {sex: F}}\njoins:'
    poll.table("persons", TABLE.replace("joins:", again), record="unit")
    assert any("are made over the nation, whose records of a year must be in one part" in p for p in poll.problems())


SHARE = "method: {kind: ratio, table: persons, numerator: users, denominator: users}\nbreakdowns: [[national], [state]]"


def test_joined_files_are_inputs_of_the_staged_table(poll: Records) -> None:
    poll.indicator("share", SHARE)
    steps = {step.key: step.inputs for step in laid_out(Reach(poll.catalog(), None), KINDS)}
    files = (("raw", "poll", "1"), ("raw", "homes", "1"), ("raw", "lands", "1"))
    assert steps["staged", "persons"] == files
    assert set(files) <= set(steps)


def test_the_table_of_the_whole_sample_is_an_input_of_estimates_from_a_part(poll: Records) -> None:
    poll.table("everybody", TABLE, record="unit")
    poll.table("persons", TABLE.replace("sample: whole", "sample: everybody"), record="unit")
    poll.indicator("share", SHARE)
    steps = {step.key: step.inputs for step in laid_out(Reach(poll.catalog(), None), KINDS)}
    assert steps["indicator", "share"] == (("staged", "persons"), ("staged", "everybody"))


def test_a_mirror_without_a_joined_file_has_not_the_records_either(poll: Records) -> None:
    poll.indicator("share", SHARE)
    entry = Entry(source="poll", edition="1", path="poll.csv", sha256="0" * 64)
    homes = Entry(source="homes", edition="1", path="homes.csv", sha256="0" * 64)
    lands = Absent(source="lands", edition="1", reason="test")
    entries = {("poll", "1"): entry, ("homes", "1"): homes}
    mirror = Mirror("m.yaml", "m", "/m", entries, {("lands", "1"): lands})
    reach = Reach(poll.catalog(), mirror)
    assert reach.parts(poll.catalog().tables["persons"]) == []
    assert reach.indicators() == []
