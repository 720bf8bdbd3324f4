"""Spec tests of which rows make which value: levels, absent parts, unallocated municipalities, missing cells."""

from __future__ import annotations

import pytest
from support.ascii import assert_rows
from support.country import Country

from sdg_pipeline.errors import SpecErrors

RATIO = "method: {kind: ratio, table: people, numerator: literate, denominator: population}"
WATER = "method: {kind: ratio, table: people, numerator: piped_water, denominator: dwellings}"


def test_each_level_is_computed_from_the_coarsest_rows_that_have_it(country: Country) -> None:
    """Here the states do not equal their municipalities, which shows where each value comes from."""
    country.indicator("literacy", f"{RATIO}\nbreakdowns: [[national], [state], [municipality], [state, urbanisation]]")
    country.give("state", "ENT | POP | LIT\n 01 | 1000 | 700\n 02 | 1000 | 500")
    country.give("municipality", "ENT | MUN | POP | LIT\n 01 | 001 | 100 | 20\n 02 | 001 | 100 | 10")
    country.give("locality", "ENT | MUN | LOC | SIZE | POP | LIT\n 01 | 001 | 0001 | 2 | 10 | 1")
    assert_rows(
        country.values("literacy"),
        """ref_area | urbanisation | numerator | denominator | obs_value | source
           MX       | _T           | 1200      | 2000        | 60        | people_states
           MX01     | _T           | 700       | 1000        | 70        | people_states
           MX02     | _T           | 500       | 1000        | 50        | people_states
           MX01001  | _T           | 20        | 100         | 20        | people_municipalities
           MX02001  | _T           | 10        | 100         | 10        | people_municipalities
           MX01     | U            | 1         | 10          | 10        | people_localities
        """,
    )


def test_an_absent_part_drops_just_the_breakdowns_that_need_it(country: Country) -> None:
    breakdowns = "[[national], [state], [municipality], [state, urbanisation]]"
    country.indicator("literacy", f"{RATIO}\nbreakdowns: {breakdowns}")
    country.give("state", "ENT | POP | LIT\n 01 | 1000 | 700\n 02 | 1000 | 500")
    assert_rows(
        country.values("literacy"),
        """ref_area | geo_level | urbanisation | obs_value
           MX       | national  | _T           | 60
           MX01     | state     | _T           | 70
           MX02     | state     | _T           | 50
        """,
    )


def test_finer_rows_at_hand_do_not_stand_in_for_absent_coarser_ones(country: Country) -> None:
    country.indicator("literacy", f"{RATIO}\nbreakdowns: [[national], [state], [municipality]]")
    country.give("municipality", "ENT | MUN | POP | LIT\n 01 | 001 | 100 | 20", states=("01",))
    assert_rows(
        country.values("literacy"),
        """ref_area | obs_value | coverage
           MX01001  | 20        | partial
        """,
    )


def test_a_state_edition_cannot_make_a_national_value(country: Country) -> None:
    country.indicator("literacy", f"{RATIO}\nbreakdowns: [[national, urbanisation]]")
    with pytest.raises(SpecErrors) as caught:
        country.catalog()
    assert str(caught.value) == (
        "goal_01/literacy.yaml:11: breakdowns[0]: no rows of table people can make it: "
        "the state rows have no urbanisation; the municipality rows have no urbanisation; "
        "the locality rows cover only the states 01; found '[national, urbanisation]'; "
        "remedy: take it out, or give the table parts and columns that can make it"
    )


def test_a_copy_of_some_states_cannot_make_a_national_value(country: Country) -> None:
    """The edition covers the nation, the mirror's copy of it does not."""
    country.indicator("literacy", f"{RATIO}\nbreakdowns: [[national], [state]]")
    country.give("state", "ENT | POP | LIT\n 01 | 1000 | 700", states=("01",))
    assert_rows(
        country.values("literacy"),
        """ref_area | obs_value | coverage
           MX01     | 70        | partial
        """,
    )


UNALLOCATED_STATES = """
    ENT | POP | POP_F | POP_M | LIT | LIT_F | LIT_M
    ----+-----+-------+-------+-----+-------+------
    01  | 116 |    60 |    56 |  60 |    31 |    29
    02  | 100 |    50 |    50 |  50 |    20 |    30
"""
UNALLOCATED_MUNICIPALITIES = """
    ENT | MUN | POP | POP_F | POP_M | LIT | LIT_F | LIT_M
    ----+-----+-----+-------+-------+-----+-------+------
    01  | 001 | 100 |    50 |    50 |  50 |    25 |    25
    01  | 998 |   6 |     4 |     2 |   4 |     3 |     1
    01  | 999 |  10 |     6 |     4 |   6 |     3 |     3
    02  | 001 | 100 |    50 |    50 |  50 |    20 |    30
"""


def test_an_unallocated_municipality_stays_in_its_state_and_closes_the_sum(country: Country) -> None:
    country.indicator("literacy", f"{RATIO}\nbreakdowns: [[national], [state], [municipality], [municipality, sex]]")
    country.give("state", UNALLOCATED_STATES)
    country.give("municipality", UNALLOCATED_MUNICIPALITIES)
    assert_rows(
        [v for v in country.values("literacy") if v["sex"] == "_T"],
        """ref_area | numerator | denominator
           MX       | 110       | 216
           MX01     | 60        | 116
           MX01001  | 50        | 100
           MX02     | 50        | 100
           MX02001  | 50        | 100
        """,
    )
    assert_rows(
        [v for v in country.unallocated("literacy") if v["ref_area"] == "MX01"],
        """ref_area | sex | numerator | denominator
           MX01     | _T  | 10        | 16
           MX01     | F   | 6         | 10
           MX01     | M   | 4         | 6
        """,
    )
    assert [(c.check, c.passed) for c in country.coherence("literacy")] == [
        ("coherence_levels", True),
        ("coherence_groups", True),
    ]


def test_a_state_that_leaves_its_unallocated_out_does_not_cohere(country: Country) -> None:
    country.indicator("literacy", f"{RATIO}\nbreakdowns: [[national], [state], [municipality]]")
    country.give("state", UNALLOCATED_STATES.replace("116", "110").replace("|  60 |    31", "|  56 |    31"))
    country.give("municipality", UNALLOCATED_MUNICIPALITIES)
    country.values("literacy")
    [verdict] = country.coherence("literacy")
    assert not verdict.passed and verdict.n_failing == 1
    assert_rows(
        list(verdict.failing_rows),
        """ref_area | sex | numerator | numerator_sum | denominator | denominator_sum
           MX01     | _T  | 56        | 60            | 110         | 116
        """,
    )


def test_a_zero_denominator_is_missing_with_its_reason(country: Country) -> None:
    country.indicator("water", f"{WATER}\nbreakdowns: [[national], [state]]")
    country.give("state", "ENT | DWE | WAT\n 01 | 0 | 0\n 02 | 50 | 40")
    assert_rows(
        country.values("water"),
        """ref_area | numerator | denominator | obs_value | obs_status | obs_reason
           MX       | 40        | 50          | 80        | A          |
           MX01     | 0         | 0           |           | M          | zero_denominator
           MX02     | 40        | 50          | 80        | A          |
        """,
    )


def test_a_sum_with_a_missing_component_is_missing_with_its_reason(country: Country) -> None:
    """``*`` and ``N/D`` are withheld figures: what they belong to is not known, and neither is any sum over it."""
    country.indicator("water", f"{WATER}\nbreakdowns: [[national], [state], [municipality]]")
    country.give("state", "ENT | DWE | WAT\n 01 | 50 | N/D\n 02 | 50 | 40")
    country.give("municipality", "ENT | MUN | DWE | WAT\n 01 | 001 | * | 9\n 02 | 001 | 50 | 40")
    assert_rows(
        country.values("water"),
        """ref_area | numerator | denominator | obs_value | obs_status | obs_reason
           MX       |           |             |           | O          | missing_component
           MX01     |           |             |           | O          | missing_component
           MX02     | 40        | 50          | 80        | A          |
           MX01001  |           |             |           | O          | missing_component
           MX02001  | 40        | 50          | 80        | A          |
        """,
    )


def test_a_published_mean_that_is_withheld_is_missing(country: Country) -> None:
    country.indicator("schooling_years", "method: {kind: published, table: people, value: schooling}\n"
                      "breakdowns: [[state]]", unit="YR")  # fmt: skip
    country.give("state", "ENT | SCH\n 01 | *\n 02 | 7.5")
    assert_rows(
        country.values("schooling_years"),
        """ref_area | obs_value | obs_status | obs_reason
           MX01     |           | O          | not_published
           MX02     | 7.5       | A          |
        """,
    )


def test_large_counts_are_exact(country: Country) -> None:
    """Beyond 2^53 a floating-point sum would lose the last person."""
    country.indicator("people_count", "method: {kind: count, table: people, value: population - literate}\n"
                      "breakdowns: [[national]]", unit="NUMBER")  # fmt: skip
    country.give("state", f"ENT | POP | LIT\n 01 | {2**53 + 1} | {2**53}\n 02 | {2**53 + 2} | {2**53}")
    assert_rows(country.values("people_count"), "ref_area | obs_value\n MX | 3")


def test_an_indicator_of_absent_rows_only_is_an_empty_table(country: Country) -> None:
    country.indicator("literacy", f"{RATIO}\nbreakdowns: [[state, urbanisation]]")
    gap = "method: {kind: gap, indicator: literacy, dimension: urbanisation, compare: R, reference: U}"
    country.indicator("literacy_gap", f"{gap}\nbreakdowns: [[state]]", unit="PP")
    country.give("state", "ENT | POP | LIT\n 01 | 1000 | 700")
    assert country.values("literacy") == []
    assert country.computed("literacy_gap") == []


def test_rows_of_another_edition_state_do_not_make_values_elsewhere(country: Country) -> None:
    """Urban and rural values exist for the states whose localities are read, and for no other."""
    country.indicator("literacy", f"{RATIO}\nbreakdowns: [[state], [state, urbanisation]]")
    country.give("state", "ENT | POP | LIT\n 01 | 1000 | 700\n 02 | 1000 | 500")
    country.give("locality", "ENT | MUN | LOC | SIZE | POP | LIT\n 01 | 001 | 0001 | 1 | 10 | 5")
    assert_rows(
        country.values("literacy"),
        """ref_area | urbanisation | obs_value
           MX01     | _T           | 70
           MX01     | R            | 50
           MX02     | _T           | 50
        """,
    )
