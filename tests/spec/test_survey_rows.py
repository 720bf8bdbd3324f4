"""Spec tests of staged survey records: designs of samples, joined files, answers that are missing, groups of income."""

from __future__ import annotations

import duckdb
import pytest
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.errors import GeographyError, StagingError

DESIGN = "design: {weight: FACTOR, strata: EST, psu: UPM, single_psu: adjust, sample: whole, domains: [national, state], why: test}"
STATE = "geography: {vintage: 2020, state: ENT}"
PART = 'parts: [{source: poll, edition: "1", level: state}]'
LABEL = 'label: {en: "Persons", es: "Personas"}'
PERSONS = f"measures: {{persons: {{{LABEL}, records: all}}}}"
JOIN = 'joins: [{source: homes, edition: "1", by: [HOME], columns: [FACTOR, EST, UPM], ignore: [NOTE]}]'
HOMES = "HOME | FACTOR | EST | UPM | NOTE\n a | 10 | 1 | p | x\n b | 20.5 | 1 | q | y\n c | 7 | 2 | r | z"


@pytest.fixture
def poll(records: Records) -> Records:
    """A survey with a file of persons and one of their homes; each test declares the table ``persons``."""
    records.source("poll", {"1": "2020", "2": "2021"})
    records.source("homes", {"1": "2020"})
    return records


def declare(poll: Records, *lines: str) -> None:
    poll.table("persons", "\n".join(lines), record="unit")


def failure(poll: Records) -> str:
    """What staging says of the file."""
    with pytest.raises(StagingError) as caught:
        poll.stage_table("persons")
    assert not poll.staged_path("persons").exists()
    return str(caught.value)


def test_a_staged_record_has_its_weight_stratum_and_psu_before_the_measures(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN, "key: {person: ID}", PERSONS)
    poll.file("poll", "1", "ENT | ID | FACTOR | EST | UPM\n 01 | 2 | 12.5 | 003 | 0017\n 01 | 1 | 0 | 003 | 0018")
    rows = poll.rows_of("persons")
    assert list(rows[0]) == ["edition", "geo_level", "state", "municipality", "locality", "time_period", "person",
                             "weight", "stratum", "psu", "persons"]  # fmt: skip
    assert_rows(
        rows,
        """geo_level | state | municipality | time_period | person | weight | stratum | psu  | persons
           state     | 01    | _T           | 2020        | 1      | 0      | 003     | 0018 | 1
           state     | 01    | _T           | 2020        | 2      | 12.5   | 003     | 0017 | 1
        """,
    )
    assert [row["person"] for row in rows] == ["1", "2"], "rows are ordered, whatever the order of the file"
    assert {type(row["weight"]) for row in rows} == {float}


def test_the_number_of_psus_in_the_population_stands_beside_them_where_it_is_known(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN.replace("single_psu", "population_psus: N, single_psu"), PERSONS)
    poll.file("poll", "1", "ENT | FACTOR | EST | UPM | N\n 01 | 1 | A | p | 40\n 01 | 1 | B | q |")
    assert_rows(poll.rows_of("persons"), "stratum | population_psus\n A | 40\n B |")


DAMAGED_DESIGNS = [
    ("FACTOR", "", "a weight is missing; found None"),
    ("FACTOR", "-1", "a weight is negative; found '-1'"),
    ("FACTOR", "many", "a weight is not a number; found 'many'"),
    ("FACTOR", "inf", "a weight is not a number; found 'inf'"),
    ("EST", "", "a record has no stratum; found None"),
    ("UPM", "", "a record has no primary sampling unit; found None"),
]


@pytest.mark.parametrize(("column", "cell", "message"), DAMAGED_DESIGNS)
def test_a_record_without_a_sound_design_is_refused(poll: Records, column: str, cell: str, message: str) -> None:
    declare(poll, STATE, PART, DESIGN, PERSONS)
    cells = {"ENT": "01", "FACTOR": "1", "EST": "A", "UPM": "p"} | {column: cell}
    poll.file("poll", "1", f"ENT|FACTOR|EST|UPM\n 01|1|A|p\n {'|'.join(cells.values())}")
    what, _, cause = message.partition("; ")
    place = f"poll_1.csv (poll/1): row 3, column {column}: {what}"
    value = "" if cause == "found None" else f"; {cause}"
    assert failure(poll) == f"{place}{value}; remedy: get a sound copy of the file"


def test_weights_too_small_to_be_added_up_exactly_are_refused(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN, PERSONS)
    poll.file("poll", "1", "ENT|FACTOR|EST|UPM\n 01|0|A|p\n 01|0.0001|A|q")
    assert failure(poll) == (
        "poll_1.csv (poll/1): row 3, column FACTOR: a weight is below 0.001; found '0.0001'; "
        "remedy: use weights that add up to the population, not to 1 or to the sample"
    )


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (("40", "41"), "the number of PSUs differs within a stratum; found '40 and 41'"),
        (("1", "1"), "the number of PSUs is less than the 2 of the sample; found '1'"),
        (("4O", "40"), "a number of PSUs is not a number; found '4O'"),
    ],
)
def test_the_number_of_psus_must_fit_the_sample(poll: Records, counts: tuple[str, str], message: str) -> None:
    declare(poll, STATE, PART, DESIGN.replace("single_psu", "population_psus: N, single_psu"), PERSONS)
    poll.file("poll", "1", f"ENT|FACTOR|EST|UPM|N\n 01|1|A|p|{counts[0]}\n 01|1|A|q|{counts[1]}")
    place = "row 2, column N" if "not a number" in message else "stratum A, column N"
    assert failure(poll) == f"poll_1.csv (poll/1): {place}: {message}; remedy: get a sound copy of the file"


def test_columns_of_another_file_come_to_each_record_by_key(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN, JOIN, PERSONS)
    poll.file("poll", "1", "ENT | HOME\n 01 | b\n 02 | a\n 01 | b")
    poll.file("homes", "1", HOMES)
    assert_rows(
        poll.rows_of("persons"),
        """state | weight | stratum | psu
           01    | 20.5   | 1       | q
           01    | 20.5   | 1       | q
           02    | 10     | 1       | p
        """,
    )
    [part] = poll.stage_table("persons").parts
    assert part["joined"] == [{"source": "homes", "edition": "1", "rows_read": 3, "records_alone": 0, "rows_unused": 1}]


def test_records_may_be_alone_where_the_spec_says_so(poll: Records) -> None:
    join = 'joins: [{source: homes, edition: "1", by: [HOME], columns: [RENT], rename: {RENT: PAID}, every: false}]'
    amount = f"measures: {{rent: {{{LABEL}, type: amount, column: PAID}}}}"
    declare(poll, STATE, PART, DESIGN, join, amount)
    poll.file("poll", "1", "ENT | HOME | FACTOR | EST | UPM\n 01 | a | 1 | A | p\n 01 | z | 1 | A | q")
    poll.file("homes", "1", "HOME | RENT\n a | 900.5")
    assert_rows(poll.rows_of("persons"), "psu | rent\n p | 900.5\n q |")
    [part] = poll.stage_table("persons").parts
    assert (part["joined"][0]["records_alone"], part["missing_cells"]) == (1, {"PAID": 1})


def test_joins_follow_one_another_and_row_rules_see_their_columns(poll: Records) -> None:
    poll.source("lands", {"1": "2020"})
    joins = JOIN.replace("UPM]", "UPM, ZONE]").removesuffix("]") + (
        ', {source: lands, edition: "1", by: [ZONE], columns: [ENT, KIND]}]'
    )
    rule = PART.replace("state}", "state, rows: [{keep: \"KIND = 'in'\", reason: outside}]}")
    declare(poll, STATE, rule, DESIGN, joins, PERSONS)
    poll.file("poll", "1", "HOME\n a\n b")
    poll.file("homes", "1", "HOME|FACTOR|EST|UPM|NOTE|ZONE\n a|1|A|p||x\n b|1|A|q||y")
    poll.file("lands", "1", "ZONE | ENT | KIND\n x | 01 | in\n y | 02 | out")
    assert_rows(poll.rows_of("persons"), "state | psu\n 01 | p")


DAMAGED_JOINS = [
    (HOMES.replace("b |", "a |"), "homes_1.csv (homes/1): rows 2 and 3, key HOME: has a key twice; found 'a'; "
     "remedy: get a sound copy of the file, or mend joins.by in the table spec"),
    (HOMES.replace("b |", "  |"), "homes_1.csv (homes/1): row 3, column HOME: has a row without its key; "
     "remedy: get a sound copy of the file, or mend joins.by in the table spec"),
    (HOMES.replace("b |", "d |"), "poll_1.csv (poll/1): row 2, key HOME: has 2 records without a row in "
     "homes_1.csv (homes/1); found 'b'; "
     "remedy: get the files of one edition, or set joins.every: false in the table spec"),
    (HOMES.replace("NOTE", "NOTES").replace("UPM", "PSU"), "homes_1.csv (homes/1): header: "
     "has other columns than the table spec says; appeared: NOTES (like NOTE), PSU; went: NOTE (like NOTES), UPM; "
     "remedy: use or ignore each column under joins in tables/persons.yaml (`sdg new ignored persons` writes the lists "
     "that it names under rest, and prints what changed), or get the right file"),
]  # fmt: skip


@pytest.mark.parametrize(("homes", "message"), DAMAGED_JOINS)
def test_a_joined_file_that_does_not_fit_is_refused(poll: Records, homes: str, message: str) -> None:
    declare(poll, STATE, PART, DESIGN, JOIN, PERSONS)
    poll.file("poll", "1", "ENT | HOME\n 01 | b\n 02 | a\n 01 | b")
    poll.file("homes", "1", homes)
    assert failure(poll) == message


def test_a_joined_file_with_a_header_alone_is_refused(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN, JOIN, PERSONS)
    poll.file("poll", "1", "ENT | HOME\n 01 | b")
    poll.text("HOME,FACTOR,EST,UPM,NOTE\n", "homes", "1")
    assert failure(poll) == "homes_1.csv (homes/1): holds a header and no rows; remedy: get a sound copy of the file"


def test_a_column_that_both_files_have_is_drift_of_the_records(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN, JOIN, PERSONS)
    poll.file("poll", "1", "ENT | HOME | UPM\n 01 | b | p")
    poll.file("homes", "1", HOMES)
    assert failure(poll).startswith(
        "poll_1.csv (poll/1): header: has other columns than the table spec says; appeared: UPM; remedy"
    )


ANSWERS = 'measures: {{users: {{{label}, records: all, where: "{where}"{unknown}}}}}'


def test_a_question_without_an_answer_is_empty_and_not_no(poll: Records) -> None:
    unknown = ", unknown: \"P1 = '9' OR P1 IS NULL\""
    declare(poll, STATE, PART, DESIGN, ANSWERS.format(label=LABEL, where="P1 = '1'", unknown=unknown))
    cells = "".join(f"\n 01 | 1 | A | p{i} | {cell}" for i, cell in enumerate(("1", "2", "9", "")))
    poll.file("poll", "1", f"ENT | FACTOR | EST | UPM | P1{cells}")
    assert_rows(poll.rows_of("persons"), "psu | users\n p0 | 1\n p1 | 0\n p2 |\n p3 |")
    [part] = poll.stage_table("persons").parts
    assert part["no_answer"] == {"users": 2}


def test_an_amount_may_have_a_code_for_no_answer(poll: Records) -> None:
    amount = f"measures: {{hours: {{{LABEL}, column: H, unknown: \"H = '999'\"}}}}"
    declare(poll, STATE, PART, DESIGN, amount)
    poll.file("poll", "1", "ENT|FACTOR|EST|UPM|H\n 01|1|A|p|40\n 01|1|A|q|999\n 01|1|A|r|")
    assert_rows(poll.rows_of("persons"), "psu | hours\n p | 40\n q |\n r |")


def test_a_condition_of_a_survey_that_an_empty_cell_leaves_open_is_refused(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN, ANSWERS.format(label=LABEL, where="P1 = '1'", unknown=""))
    poll.file("poll", "1", "ENT|FACTOR|EST|UPM|P1\n 01|1|A|p|1\n 01|1|A|q|")
    assert failure(poll) == (
        "poll_1.csv (poll/1): row 3, measure users: a measure counts neither yes nor no of an empty cell; "
        "found \"P1 = '1'\"; remedy: if it is no answer, name these records under unknown of the measure (IS NULL), and "
        "they are left out; if the question was not asked, which counts as no, write empty: zero; or get a sound copy"
    )


def test_a_condition_that_takes_text_for_a_number_is_reported(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN, ANSWERS.format(label=LABEL, where="P1 > 3", unknown=""))
    [message] = poll.problems()
    assert message.startswith("tables/persons.yaml:")
    assert message.endswith(
        "measures.users.where: compares in P1 > 3 a text with a number; found 'P1 > 3'; remedy: cells are texts here: "
        "compare them with 'text', and compute in value of a measure"
    )


def test_the_state_may_be_the_beginning_of_a_longer_key(poll: Records) -> None:
    declare(poll, "geography: {vintage: 2020, state_prefix_of: HOME}", PART, DESIGN, PERSONS)
    poll.file("poll", "1", "HOME | FACTOR | EST | UPM\n 0100003801 | 1 | A | p\n 0200003801 | 1 | A | q")
    assert_rows(poll.rows_of("persons"), "state | municipality | psu\n 01 | _T | p\n 02 | _T | q")


def test_a_record_keeps_its_municipality_though_the_survey_speaks_of_states_only(poll: Records) -> None:
    declare(poll, "geography: {vintage: 2020, municipality_prefix_of: PLACE}", PART, DESIGN, PERSONS)
    poll.file("poll", "1", "PLACE | FACTOR | EST | UPM\n 010020001 | 1 | A | p\n 029990001 | 1 | A | q")
    assert_rows(
        poll.rows_of("persons"),
        """geo_level | state | municipality | psu
           state     | 01    | 01002        | p
           state     | 02    | _U           | q
        """,
    )


def test_the_municipality_may_have_a_column_of_its_own(poll: Records) -> None:
    declare(poll, "geography: {vintage: 2020, state: ENT, municipality: MUN}", PART, DESIGN, PERSONS)
    poll.file("poll", "1", "ENT | MUN | FACTOR | EST | UPM\n 1 | 2 | 1 | A | p\n 2 | 1 | 1 | A | q")
    assert_rows(poll.rows_of("persons"), "state | municipality | psu\n 01 | 01002 | p\n 02 | 02001 | q")


def test_an_unknown_municipality_of_a_record_is_refused(poll: Records) -> None:
    declare(poll, "geography: {vintage: 2020, municipality_prefix_of: PLACE}", PART, DESIGN, PERSONS)
    poll.file("poll", "1", "PLACE | FACTOR | EST | UPM\n 010070001 | 1 | A | p")
    with pytest.raises(GeographyError, match="01007"):
        poll.stage_table("persons")


def test_longer_keys_that_lost_their_zeros_are_refused(poll: Records) -> None:
    declare(poll, "geography: {vintage: 2020, municipality_prefix_of: PLACE}", PART, DESIGN, PERSONS)
    poll.file("poll", "1", "PLACE | FACTOR | EST | UPM\n 10010001 | 1 | A | p\n 020010001 | 1 | A | q")
    assert failure(poll) == (
        "poll_1.csv (poll/1): column PLACE: has keys of several lengths: leading zeros were lost; found '8 and 9'; "
        "remedy: get a sound copy of the file"
    )


QUINTILES = """
dimensions:
  income_quantile:
    codelist: income_quantile
    totals: computed
    levels: [state]
    quantiles: {value: "INCOME / SIZE", codes: [Q1, Q2, Q3, Q4, Q5]}
"""


def test_quantiles_are_groups_of_equal_weight_by_ascending_value(poll: Records) -> None:
    """Weights 1, 1, 3, 1, 4 of 10 by value: the middles 0.5, 1.5, 3.5, 5.5, 8 of fifths of 2; ties by record."""
    declare(poll, STATE, PART, DESIGN, QUINTILES, PERSONS)
    lines = ["01|3|A|c|30|1", "01|1|A|a|20|2", "02|4|A|e|900|1", "01|1|A|b|10|1", "01|1|A|d|30|1", "01|9|A|f||1"]
    poll.file("poll", "1", "ENT|FACTOR|EST|UPM|INCOME|SIZE\n " + "\n ".join(lines))
    assert_rows(
        poll.rows_of("persons"),
        """psu | income_quantile
           a   | Q1
           b   | Q1
           c   | Q2
           d   | Q3
           e   | Q5
           f   | _U
        """,
    )


def test_records_without_weight_and_values_without_size_have_their_place(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN, QUINTILES, PERSONS)
    lines = ["01|0|A|a|90|1", "01|1|A|b|10|1", "01|1|A|c|20|1", "01|1|A|d|20|0"]
    poll.file("poll", "1", "ENT|FACTOR|EST|UPM|INCOME|SIZE\n " + "\n ".join(lines))
    assert_rows(poll.rows_of("persons"), "psu|income_quantile\n a | Q5\n b | Q2\n c | Q4\n d | _U")


def test_groups_may_be_of_another_weight(poll: Records) -> None:
    """Households by their weight are groups of persons by weight times size."""
    quintiles = QUINTILES.replace("Q5]}", 'Q5], weight: "FACTOR * SIZE"}')
    declare(poll, STATE, PART, DESIGN, quintiles, PERSONS)
    poll.file("poll", "1", "ENT|FACTOR|EST|UPM|INCOME|SIZE\n 01|1|A|a|10|1\n 01|1|A|b|90|9")
    assert_rows(poll.rows_of("persons"), "psu | income_quantile\n a | Q1\n b | Q3")


def test_a_copy_of_some_states_makes_no_groups_over_the_nation(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN, QUINTILES, PERSONS)
    poll.file("poll", "1", "ENT|FACTOR|EST|UPM|INCOME|SIZE\n 01|1|A|a|10|1", states=("01",))
    assert failure(poll) == (
        "poll_1.csv (poll/1): covers some states only, but income_quantile is made over the nation; "
        "remedy: groups over the nation need its whole file: leave the table out of this mirror"
    )


def test_a_value_that_groups_are_made_by_must_be_a_number(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN, QUINTILES, PERSONS)
    poll.file("poll", "1", "ENT|FACTOR|EST|UPM|INCOME|SIZE\n 01|1|A|a|ten|1")
    assert "row 2, column INCOME: a cell is not a number; found 'ten'" in failure(poll)


def test_staging_a_survey_twice_gives_the_same_bytes(poll: Records, duck: duckdb.DuckDBPyConnection) -> None:
    declare(poll, STATE, PART, DESIGN, QUINTILES, PERSONS)
    lines = [f"0{1 + i % 2}|{i % 7}.{i % 10}|A{i % 3}|u{i % 50}|{i * 37 % 101}|1" for i in range(3000)]
    poll.file("poll", "1", "ENT|FACTOR|EST|UPM|INCOME|SIZE\n " + "\n ".join(lines))
    poll.stage_table("persons")
    first = poll.staged_path("persons").read_bytes()
    duck.execute("SET threads = 1")
    try:
        poll.stage_table("persons")
    finally:
        duck.execute("SET threads = 2")
    assert poll.staged_path("persons").read_bytes() == first
