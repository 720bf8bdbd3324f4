"""Spec tests of what a survey asks of a part of its records: rows of another file counted into a record, computed
numbers, cells that are empty because nobody was asked, and statistics of some records.
"""

from __future__ import annotations

import pytest
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.errors import SpecErrors, StagingError

STATE = "geography: {vintage: 2020, state: ENT}"
PART = 'parts: [{source: poll, edition: "1", level: state}]'
DESIGN = "design: {weight: W, strata: EST, psu: UPM, single_psu: adjust, sample: whole, domains: [national], why: test}"
CRIMES = """
joins:
  - source: crimes
    edition: "1"
    by: [ID]
    ignore: [NOTE]
    aggregate:
      victim: {any: "KIND <> '03'"}
      thefts: {count: "KIND = '01'"}
      weight_of_crimes: {sum: FAC, where: "KIND <> '03'"}
      loss: {sum: PESOS}
"""
MEASURES = """
measures:
  persons: {label: {en: Persons, es: Personas}, records: all}
  victims: {label: {en: Victims, es: Víctimas}, records: all, where: "victim = '1'"}
  thefts: {label: {en: Thefts, es: Robos}, column: thefts}
  crimes: {label: {en: Crimes, es: Delitos}, type: amount, value: "weight_of_crimes / W"}
  loss: {label: {en: Loss, es: Pérdida}, type: amount, column: loss}
"""
PERSONS = "ENT | ID | W\n 01 | a | 10\n 01 | b | 20\n 02 | c | 40"
ROWS = """ID | KIND | FAC | PESOS | NOTE
           a | 01   | 10  | 0.1   | x
           a | 01   | 5   | 0.2   | x
           a | 03   | 10  | 7     | x
           b | 03   | 20  | 1     | x"""


@pytest.fixture
def poll(records: Records) -> Records:
    """A survey with a file of persons and one of the crimes that they suffered."""
    records.source("poll", {"1": "2020"})
    records.source("crimes", {"1": "2020"})
    return records


def declare(poll: Records, *lines: str) -> None:
    poll.table("persons", "\n".join(lines), record="unit")


def failure(poll: Records) -> str:
    """What staging says of the files."""
    with pytest.raises(StagingError) as caught:
        poll.stage_table("persons")
    return str(caught.value)


def test_rows_of_another_file_are_counted_into_each_record(poll: Records) -> None:
    """Who has no row has none: 0, and not nothing."""
    declare(poll, STATE, PART, "key: {person: ID}", CRIMES, MEASURES)
    poll.file("poll", "1", PERSONS)
    poll.file("crimes", "1", ROWS)
    assert_rows(
        poll.rows_of("persons"),
        """person | persons | victims | thefts | crimes | loss
           a      | 1       | 1       | 2      | 1.5    | 7.3
           b      | 1       | 0       | 0      | 0      | 1
           c      | 1       | 0       | 0      | 0      | 0
        """,
    )


def test_counted_rows_make_a_share_of_all_persons(poll: Records) -> None:
    declare(poll, STATE, PART, CRIMES, MEASURES)
    poll.indicator(
        "victimisation",
        "method: {kind: ratio, table: persons, numerator: victims, denominator: persons}\nbreakdowns: [[national], [state]]",
    )
    poll.file("poll", "1", PERSONS)
    poll.file("crimes", "1", ROWS)
    assert_rows(
        poll.values("victimisation"),
        """ref_area | numerator | denominator | obs_value
           MX       | 1         | 3           | 33.333333
           MX01     | 1         | 2           | 50
           MX02     | 0         | 1           | 0
        """,
    )


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("ID|KIND|FAC|PESOS|NOTE\n a|01|1|1|x\n z|01|1|1|x",
         "crimes_1.csv (crimes/1): row 3, key ID: has 1 rows without a record in poll_1.csv (poll/1): they would count "
         "nowhere; remedy: get the files of one edition"),
        ("ID|KIND|FAC|PESOS|NOTE\n a|01|1|1|x\n a||1|1|x",
         "crimes_1.csv (crimes/1): row 3, aggregate victim: says neither yes nor no of an empty cell; "
         "found \"KIND <> '03'\"; remedy: mend joins.aggregate in tables/persons.yaml (IS NULL), or get a sound copy"),
        ("ID|KIND|FAC|PESOS|NOTE\n a|01|1|1|x\n a|01|1|n/a|x",
         "crimes_1.csv (crimes/1): row 3, aggregate loss: adds up a cell that is no number; "
         "found 'PESOS'; remedy: mend joins.aggregate in tables/persons.yaml (IS NULL), or get a sound copy"),
        ("ID|KIND|FAC|PESOS|NOTE|NEW\n a|01|1|1|x|y", "appeared: NEW"),
    ],
)  # fmt: skip
def test_a_row_that_would_count_nowhere_or_wrongly_is_refused(poll: Records, rows: str, says: str) -> None:
    declare(poll, STATE, PART, CRIMES, MEASURES)
    poll.file("poll", "1", PERSONS)
    poll.file("crimes", "1", rows)
    assert says in failure(poll)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("victim: {any: \"KIND <> '03'\"}", "victim: {any: \"KIND <> '03'\", sum: FAC}", "one of any, count and sum"),
        ("victim: {any: \"KIND <> '03'\"}", "victim: {any: \"left(KIND, 1) = '0'\"}", "not allowed"),
        ("thefts: {count: \"KIND = '01'\"}", "thefts: {count: \"KIND = '01'\", where: NOTE}", "where goes with sum"),
        ("ignore: [NOTE]", "ignore: [NOTE, KIND]", "joins crimes, and both counts by and ignores a column; found 'KIND'"),
        ("    ignore: [NOTE]", "    columns: [NOTE]", "needs one of columns and aggregate"),
        ("value: \"weight_of_crimes / W\"", "value: \"weight_of_crimes / W\", records: all", "records, and value"),
    ],
)  # fmt: skip
def test_an_aggregate_that_says_two_things_is_a_mistake_of_the_spec(
    poll: Records, old: str, new: str, says: str
) -> None:
    declare(poll, STATE, PART, CRIMES, MEASURES)
    poll.edit("tables/persons.yaml", old, new)
    assert any(says in problem for problem in poll.problems())


@pytest.mark.parametrize(("cell", "says"), [("0", "is not finite"), ("-1", "is negative")])
def test_a_computed_number_that_cannot_be_is_refused(poll: Records, cell: str, says: str) -> None:
    declare(poll, STATE, PART, f"measures: {{rooms: {{{LABEL}, value: 'A / B'}}}}")
    poll.file("poll", "1", f"ENT|A|B\n 01|1|2\n 01|1|{cell}")
    assert f"row 3, measure rooms: a computed number {says}" in failure(poll)


LABEL = 'label: {en: "Rooms", es: "Cuartos"}'
ASKED = f"measures: {{asked: {{{LABEL}, records: all, where: \"P2 = '1'\"}}, times: {{{LABEL}, column: P3}}}}"


def test_an_empty_cell_is_no_answer_unless_the_spec_says_that_nobody_was_asked(poll: Records) -> None:
    declare(poll, STATE, PART, ASKED.replace("'1'\"", "'1'\", empty: zero").replace("P3", "P3, empty: zero"))
    poll.file("poll", "1", "ENT|P2|P3\n 01|1|4\n 01|2|\n 01||2")
    assert_rows(poll.rows_of("persons"), "asked | times\n 0 | 0\n 0 | 2\n 1 | 4")


def test_the_message_on_an_empty_cell_names_both_things_that_it_can_mean(poll: Records) -> None:
    declare(poll, STATE, PART, DESIGN, ASKED)
    poll.file("poll", "1", "ENT|P2|P3|W|EST|UPM\n 01|1|4|1|a|p\n 01||2|1|a|q")
    message = failure(poll)
    assert "row 3, measure asked: a measure counts neither yes nor no of an empty cell" in message
    assert "under unknown" in message and "write empty: zero" in message


def test_a_row_rule_on_an_ignored_column_is_a_mistake_of_the_spec(poll: Records) -> None:
    rule = 'parts: [{source: poll, edition: "1", level: state, rows: [{keep: "AGE > \'17\'", reason: adults}]}]'
    declare(poll, STATE, rule, "ignore: [{reason: test, columns: [AGE]}]", ASKED)
    (problem,) = [p for p in poll.problems() if "persons.yaml" in p]
    assert "parts[0].rows[0].keep: reads a column that the table ignores; found 'AGE'" in problem


SAMPLE = """
  ENT | W | EST | UPM | P2 | P3 | P4
  01  | 1 | a   | p   | 1  | 4  | 1
  01  | 2 | a   | q   | 1  | 6  | 2
  01  | 3 | a   | q   | 2  | 9  | 1
  01  | 4 | b   | r   | 1  |    | 1
  02  | 5 | b   | s   | 9  | 3  | 1
  02  | 6 | b   | s   | 2  |    | 2
"""
SURVEY = f"""
measures:
  persons: {{{LABEL}, records: all}}
  asked: {{{LABEL}, records: all, where: "P2 = '1'", unknown: "P2 = '9'"}}
  times: {{{LABEL}, column: P3}}
  women: {{{LABEL}, records: all, where: "P4 = '1'"}}
  asked_women: {{{LABEL}, records: all, where: "P2 = '1' AND P4 = '1'", unknown: "P2 = '9'"}}
  asked_times: {{{LABEL}, column: P3, unknown: "P2 <> '1'"}}
"""
SAME = [
    ("kind: mean, value: times, where: asked = 1", "kind: mean, value: asked_times"),
    ("kind: gini, value: times, where: asked = 1", "kind: gini, value: asked_times"),
    ("kind: ratio, numerator: women, denominator: persons, where: asked = 1",
     "kind: ratio, numerator: asked_women, denominator: asked"),
    ("kind: count, value: women, where: asked = 1", "kind: count, value: asked_women"),
]  # fmt: skip


@pytest.mark.parametrize(("chosen", "written"), SAME)
def test_a_condition_of_the_method_is_one_of_the_measure(poll: Records, chosen: str, written: str) -> None:
    """The same value and standard error; who is not asked is no record without an answer."""
    declare(poll, STATE, PART, DESIGN, SURVEY)
    poll.edit("policies/surveys.yaml", "records: 30", "records: 1")
    poll.edit("policies/surveys.yaml", "df: 10", "df: 1")
    for name, method in (("chosen", chosen), ("written", written)):
        poll.indicator(name, f"method: {{table: persons, {method}}}\nbreakdowns: [[national]]")
    poll.file("poll", "1", SAMPLE)
    poll.stage_table("persons")
    (one,), (other,) = poll.computed("chosen"), poll.computed("written")
    assert one["obs_value"] is not None and one["std_error"] > 0
    for column in ("obs_value", "std_error", "numerator"):
        assert one[column] == other[column], column
    unanswered = {"mean": 2, "gini": 2, "ratio": 1, "count": 1}[chosen.split()[1].strip(",")]
    assert one["n_missing"] == unanswered, "one of those asked, and who did not say whether"


def test_a_condition_needs_records_of_a_survey(poll: Records) -> None:
    declare(poll, STATE, PART, SURVEY)
    poll.indicator(
        "chosen", "method: {kind: count, table: persons, value: women, where: asked = 1}\nbreakdowns: [[national]]"
    )
    with pytest.raises(
        SpecErrors, match=r"method.where: chooses records of a survey, and persons has no sampling design"
    ):
        poll.catalog()
