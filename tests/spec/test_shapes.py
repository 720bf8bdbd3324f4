"""Spec tests of what a table spec makes of files: wide columns, years, codes, names, conditions, units of figures."""

from __future__ import annotations

import pytest
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.errors import GeographyError, StagingError

KEY = "geography: {vintage: 2020, key: KEY}"
STATE = "geography: {vintage: 2020, state: ENT}"
ONE = 'parts: [{source: office, edition: "1", level: municipality}]'
OF_STATES = 'parts: [{source: office, edition: "1", level: state}]'
LABEL = 'label: {en: "Cases", es: "Casos"}'


@pytest.fixture
def office(records: Records) -> Records:
    """One source with two editions, of 2020 and 2021; each test declares the table ``cases``."""
    records.source("office", {"1": "2020", "2": "2021"})
    return records


def count(office: Records, breakdowns: str, value: str = "cases") -> None:
    method = f"{{kind: count, table: cases, value: {value}}}"
    office.indicator("count_of_cases", f"method: {method}\nbreakdowns: {breakdowns}", unit="NUMBER")


MONTHS = f"""
{STATE}
{OF_STATES}
period: {{column: YEAR, years: [2019, 2020]}}
reshape: {{columns: [ENE, FEB, MAR], into: MONTH, value: N}}
key: {{month: MONTH}}
measures: {{cases: {{{LABEL}, column: N}}}}
"""


def test_wide_months_become_rows_and_blank_ones_stay_missing(office: Records) -> None:
    office.table("cases", MONTHS)
    office.file("office", "1", "ENT | YEAR | ENE | FEB | MAR\n 01 | 2019 | 1 | 2 | 3\n 01 | 2020 | 4 | 0 |")
    assert_rows(
        office.rows_of("cases"),
        """edition | geo_level | state | municipality | time_period | month | cases
           1       | state     | 01    | _T           | 2019        | ENE   | 1
           1       | state     | 01    | _T           | 2019        | FEB   | 2
           1       | state     | 01    | _T           | 2019        | MAR   | 3
           1       | state     | 01    | _T           | 2020        | ENE   | 4
           1       | state     | 01    | _T           | 2020        | FEB   | 0
           1       | state     | 01    | _T           | 2020        | MAR   |
        """,
    )
    [part] = office.stage_table("cases").parts
    assert part["missing_cells"] == {"N": 1}


def test_a_year_with_a_blank_month_has_no_sum(office: Records) -> None:
    office.table("cases", MONTHS)
    count(office, "[[state]]")
    office.file("office", "1", "ENT | YEAR | ENE | FEB | MAR\n 01 | 2019 | 1 | 2 | 3\n 01 | 2020 | 4 | 5 |")
    assert_rows(
        office.values("count_of_cases"),
        """ref_area | time_period | obs_value | obs_status | obs_reason
           MX01     | 2019        | 6         | A          |
           MX01     | 2020        |           | O          | missing_component
        """,
    )


def test_wide_years_become_the_period(office: Records) -> None:
    reshape = "reshape: {years: [2018, 2020], into: YEAR, value: N}\nperiod: {column: YEAR, years: [2019, 2020]}"
    office.table("cases", f"{KEY}\n{ONE}\n{reshape}\nmeasures: {{cases: {{{LABEL}, column: N}}}}")
    office.file("office", "1", "KEY | 2018 | 2019 | 2020\n 01001 | 1 | 2 | 3\n 01002 | 4 | 5 |")
    assert_rows(
        office.rows_of("cases"),
        """municipality | time_period | cases
           01001        | 2019        | 2
           01001        | 2020        | 3
           01002        | 2019        | 5
           01002        | 2020        |
        """,
    )


def test_columns_of_several_measures_for_each_year(office: Records) -> None:
    reshape = 'reshape: {each: ["2016", "2020"], into: YEAR}\nperiod: {column: YEAR, years: [2016, 2020]}'
    measures = f'measures: {{cases: {{{LABEL}, column: "N_{{}}"}}, deaths: {{{LABEL}, column: "D_{{}}"}}}}'
    office.table("cases", f"{KEY}\n{ONE}\n{reshape}\n{measures}")
    office.file("office", "1", "KEY | N_2016 | N_2020 | D_2016 | D_2020\n 01001 | 10 | 20 | 1 | 2")
    assert_rows(
        office.rows_of("cases"),
        """municipality | time_period | cases | deaths
           01001        | 2016        | 10    | 1
           01001        | 2020        | 20    | 2
        """,
    )


def test_rows_of_years_that_are_not_taken_are_left_out_and_counted(office: Records) -> None:
    office.table(
        "cases",
        f"""{KEY}
{ONE}
period: {{column: DATE, years: [2019, 2020]}}
measures: {{cases: {{{LABEL}, column: N}}}}""",
    )
    office.file("office", "1", """KEY   | DATE       | N
                                  01001 | 2018-12-31 | 1
                                  01001 | 2019-01-01 | 2
                                  01001 | 2020       | 3
                                  01001 | 2021       | 4""")  # fmt: skip
    assert_rows(office.rows_of("cases"), "time_period | cases\n 2019 | 2\n 2020 | 3")
    [part] = office.stage_table("cases").parts
    assert part["left_out"] == [{"rows": 2, "keep": "2019 to 2020", "reason": "years that the table takes"}]
    assert (part["rows_read"], part["rows_kept"]) == (4, 2)


def test_a_row_without_a_year_is_an_error(office: Records) -> None:
    office.table("cases", f"{KEY}\n{ONE}\nperiod: {{column: YEAR, years: [2019, 2020]}}\n"
                 f"measures: {{cases: {{{LABEL}, column: N}}}}")  # fmt: skip
    office.file("office", "1", "KEY | YEAR | N\n 01001 | 2019 | 1\n 01002 | n.d. | 1")
    with pytest.raises(StagingError) as caught:
        office.stage_table("cases")
    assert str(caught.value) == (
        "office_1.csv (office/1): row 3, column YEAR: a row has no year; found 'n.d.'; "
        "remedy: get a sound copy of the file"
    )


SEXES = f"""
{KEY}
parts:
  - {{source: office, edition: "1", level: municipality, codes: {{sex: F}}}}
  - {{source: office, edition: "2", level: municipality, codes: {{sex: M}}, rename: {{CLAVE: KEY, CASOS: N}}}}
period: {{column: YEAR, years: [2020, 2020]}}
dimensions:
  sex: {{codelist: sex, totals: computed, levels: [municipality]}}
measures: {{cases: {{{LABEL}, column: N}}}}
"""


def test_files_of_one_group_and_files_with_other_names_are_one_table(office: Records) -> None:
    office.table("cases", SEXES)
    count(office, "[[municipality], [municipality, sex]]")
    office.file("office", "1", "KEY | YEAR | N\n 01001 | 2020 | 3\n 01002 | 2020 | 4")
    office.file("office", "2", "CLAVE | YEAR | CASOS\n 01001 | 2020 | 10")
    assert_rows(
        office.values("count_of_cases"),
        """ref_area | sex | obs_value
           MX01001  | _T  | 13
           MX01001  | F   | 3
           MX01001  | M   | 10
           MX01002  | _T  | 4
           MX01002  | F   | 4
        """,
    )


def test_a_column_to_be_renamed_that_is_not_there_is_an_error(office: Records) -> None:
    office.table("cases", SEXES)
    office.file("office", "2", "KEY | YEAR | N\n 01001 | 2020 | 10")
    with pytest.raises(StagingError) as caught:
        office.stage_table("cases")
    assert str(caught.value) == (
        "office_2.csv (office/2): header: lacks columns that the part renames; found 'CASOS, CLAVE'; "
        "remedy: mend rename of this part in tables/cases.yaml"
    )


@pytest.mark.parametrize(("old", "new", "problem"), [
    ("codes: {sex: F}", "codes: {sex: X}",
     "parts[0].codes.sex: names an unknown code; found 'X'; valid: F, M, _T, _U"),
    ("codes: {sex: F}", "codes: {gender: F}",
     "parts[0].codes.gender: names an unknown dimension; found 'gender'; valid: sex"),
    ("codes: {sex: F}", "codes: {sex: _T}",
     "dimensions.sex.totals: says that totals are computed, but codes of parts gives _T, which would count twice; "
     "found 'computed'"),
    ("column: N}", 'column: N, where: "N >"}', "measures.cases.where: is not an expression"),
    ("column: N}", "column: N, records: all}", "measures.cases: a measure needs one of column"),
    ("column: N}", "column: N, scale: 0}", "measures.cases.scale: must be greater than 0; found '0'"),
    ("column: N}", "column: N, icd10: {column: C, ranges: [X85-109]}}",
     "measures.cases.icd10.ranges[0]: does not have the form"),
    ("key: KEY}", "key: KEY, state: ENT}", "geography: geography takes one of state, key, state_name, "),
])  # fmt: skip
def test_refusals_of_the_grammar(office: Records, old: str, new: str, problem: str) -> None:
    office.table("cases", SEXES)
    office.edit("tables/cases.yaml", old, new)
    [refusal] = office.problems()
    place, _, message = refusal.partition(": ")
    assert place.startswith("tables/cases.yaml:") and message.startswith(problem), refusal


EVENTS = f"""
geography: {{vintage: 2020, state: ENT, municipality: MUN, unallocated_states: ["99", "(empty)"]}}
{ONE}
measures:
  deaths: {{{LABEL}, records: all}}
  homicides: {{{LABEL}, records: all, icd10: {{column: CAUSE, ranges: [X85-Y09, Y87.1]}}}}
  homicides_of_young: {{{LABEL}, records: all, where: "AGE < '30'", icd10: {{column: CAUSE, ranges: [X85-Y09]}}}}
"""


def test_each_record_counts_one_and_causes_are_ranges_of_categories(office: Records) -> None:
    """X85-Y09 holds Y099 and Y09.9; Y87.1 holds Y871 and nothing else of Y87."""
    office.table("cases", EVENTS, record="unit")
    causes = ("X84", "X84.9", "X850", "X85", "Y099", "Y09.9", "Y10", "Y100", "Y870", "Y871", "Y87.1", "Y87", "y091", "")
    office.file("office", "1", "ENT | MUN | CAUSE | AGE\n" + "".join(f"01 | 001 | {c} | 20\n" for c in causes))
    counts = [(r["deaths"], r["homicides"]) for r in office.rows_of("cases")]
    assert len(counts) == len(causes) and {n for n, _ in counts} == {1}
    assert sum(n for _, n in counts) == len(["X850", "X85", "Y099", "Y09.9", "Y871", "Y87.1", "y091"])


def test_records_of_other_groups_and_unknown_places_count_where_they_belong(office: Records) -> None:
    office.table("cases", EVENTS, record="unit")
    count(office, "[[national], [state], [municipality]]", value="homicides_of_young")
    office.file("office", "1", """ENT | MUN | CAUSE | AGE
                                  01  | 001 | X95   | 20
                                  01  | 001 | X95   | 20
                                  01  | 001 | X95   | 40
                                  01  | 001 | X95   |
                                  01  | 002 | I21   | 20
                                  01  | 999 | X95   | 20
                                  99  | 999 | X95   | 20
                                      |     | X95   | 20""")  # fmt: skip
    assert_rows(
        office.values("count_of_cases"),
        """ref_area | obs_value
           MX       | 5
           MX01     | 3
           MX01001  | 2
           MX01002  | 0
        """,
    )


def test_a_place_that_is_not_declared_unknown_is_an_error(office: Records) -> None:
    office.table("cases", EVENTS.replace(', "(empty)"', ""), record="unit")
    office.file("office", "1", "ENT | MUN | CAUSE | AGE\n 01 | 001 | X95 | 20\n | | X95 | 20")
    with pytest.raises(GeographyError, match=r"does not know \(1 in all\); found '\(empty\)'; remedy"):
        office.stage_table("cases")


def test_the_same_place_twice_is_an_error_even_where_it_is_unknown(office: Records) -> None:
    """998 and 999 are both somewhere in the state; two rows of 999 are a mistake."""
    geography = "geography: {vintage: 2020, state: ENT, municipality: MUN}"
    office.table("cases", f"{geography}\n{ONE}\nmeasures: {{cases: {{{LABEL}, column: N}}}}")
    office.file("office", "1", "ENT | MUN | N\n 01 | 998 | 1\n 01 | 999 | 2")
    assert_rows(office.rows_of("cases"), "state | municipality | cases\n 01 | _U | 1\n 01 | _U | 2")
    office.file("office", "1", "ENT | MUN | N\n 01 | 999 | 1\n 01 | 999 | 2")
    with pytest.raises(StagingError, match="rows 2 and 3: has an area twice; found '01999'"):
        office.stage_table("cases")


def test_figures_in_thousands_with_signs_between_them(office: Records) -> None:
    measures = f"measures: {{cases: {{{LABEL}, type: amount, column: N, scale: 1000}}, deaths: {{{LABEL}, column: D}}}}"
    office.table("cases", f"{KEY}\n{ONE}\n{measures}", form='{thousands: ",", missing: ["", "n.d."]}')
    office.file("office", "1", "KEY | N | D\n 01001 | 1,234.5 | 1,000,000\n 01002 | -2 | 7\n 02001 | n.d. | 0")
    assert_rows(
        office.rows_of("cases"),
        """municipality | cases   | deaths
           01001        | 1234500 | 1000000
           01002        | -2000   | 7
           02001        |         | 0
        """,
    )


def test_states_by_name(office: Records) -> None:
    geography = (
        'geography: {vintage: 2020, state_name: PLACE, names: {"Norte de la Nación": "01"}, '
        "unallocated_states: [Extranjero]}"
    )
    office.table("cases", f"{geography}\n{OF_STATES}\nmeasures: {{cases: {{{LABEL}, column: N}}}}")
    count(office, "[[national], [state]]")
    office.file("office", "1", "PLACE | N\n Norte de la Nación | 1\n Sur | 2\n Extranjero | 4")
    assert_rows(office.values("count_of_cases"), "ref_area | obs_value\n MX | 7\n MX01 | 1\n MX02 | 2")
    office.file("office", "1", "PLACE | N\n Norte | 1\n Surr | 2")
    with pytest.raises(GeographyError, match=r"\(1 in all\); found 'Surr'; remedy"):
        office.stage_table("cases")


def test_municipalities_by_name_beside_keys(office: Records) -> None:
    geography = "geography: {vintage: 2020, key: KEY, names: {Brisa del Norte: '01002'}}"
    office.table("cases", f"{geography}\n{ONE}\nmeasures: {{cases: {{{LABEL}, column: N}}}}")
    office.file("office", "1", "KEY | N\n 1001 | 1\n Brisa del Norte | 2")
    assert_rows(office.rows_of("cases"), "municipality | cases\n 01001 | 1\n 01002 | 2")


PUBLISHED = f"""
{STATE}
parts:
  - {{source: office, edition: "1", level: state, measures: [share]}}
  - {{source: office, edition: "2", level: state, measures: [share_cv, share_se]}}
period: {{column: YEAR, years: [2020, 2020]}}
measures:
  share: {{{LABEL}, type: mean, column: P}}
  share_cv: {{{LABEL}, type: mean, column: CV}}
  share_se: {{{LABEL}, type: mean, column: SE}}
"""


def test_a_published_estimate_keeps_its_precision_and_its_class(office: Records) -> None:
    """Value and precision stand in two files; the classes are those of the institution."""
    office.table("cases", PUBLISHED)
    method = "{kind: published, table: cases, value: share, cv: share_cv, std_error: share_se, cv_classes: [15, 30]}"
    office.indicator("share_of_cases", f"nature: E\nmethod: {method}\nbreakdowns: [[state]]", unit="PT")
    office.file("office", "1", "ENT | YEAR | P\n 01 | 2020 | 12.25\n 02 | 2020 | 3.5")
    office.file("office", "2", "ENT | YEAR | CV | SE\n 01 | 2020 | 14.9 | 1.8\n 02 | 2020 | 30 | 1.05")
    assert_rows(
        office.values("share_of_cases"),
        """ref_area | obs_value | cv   | std_error | precision | nature | numerator | obs_status | source_edition
           MX01     | 12.25     | 14.9 | 1.8       | high      | E      |           | A          | 1
           MX02     | 3.5       | 30   | 1.05      | low       | E      |           | A          | 1
        """,
    )
    office.file("office", "1", "ENT | YEAR | P\n 01 | 2020 | 12.25\n 02 | 2020 |")
    office.file("office", "2", "ENT | YEAR | CV | SE\n 01 | 2020 | 15 | 1.8\n 02 | 2020 | | ")
    assert_rows(
        office.values("share_of_cases"),
        """ref_area | obs_value | cv | precision | obs_status | obs_reason
           MX01     | 12.25     | 15 | moderate  | A          |
           MX02     |           |    | published | O          | not_published
        """,
    )


def test_a_limit_below_zero_is_published_where_the_table_says_so(office: Records) -> None:
    """The interval of a small share by the normal distribution begins below zero, and the institution prints it so."""
    text = PUBLISHED.replace("share_se", "share_lower")
    office.file("office", "1", "ENT | YEAR | P\n 01 | 2020 | 0.5\n 02 | 2020 | 3.5")
    office.file("office", "2", "ENT | YEAR | CV | SE\n 01 | 2020 | 60 | -0.09\n 02 | 2020 | 30 | 1.05")
    office.table("cases", text)
    with pytest.raises(StagingError, match=r"column SE: a cell is negative; found '-0\.09'"):
        office.stage_table("cases")
    office.table("cases", text.replace("type: mean, column: SE", "type: mean, below_zero: true, column: SE"))
    method = "{kind: published, table: cases, value: share, cv: share_cv, ci_lower: share_lower, cv_classes: [15, 30]}"
    office.indicator("share_of_cases", f"nature: E\nmethod: {method}\nbreakdowns: [[state]]", unit="PT")
    assert_rows(
        office.values("share_of_cases"),
        """ref_area | obs_value | ci_lower | precision
           MX01     | 0.5       | -0.09    | low
           MX02     | 3.5       | 1.05     | low
        """,
    )
    office.table("cases", text.replace("type: mean, column: SE", "type: amount, below_zero: true, column: SE"))
    assert "below_zero is for a mean" in "".join(office.problems())
