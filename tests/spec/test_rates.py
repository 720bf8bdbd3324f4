"""Spec tests of rates: events over a population, small numbers, pooled years, standardised ages, exact intervals."""

from __future__ import annotations

from typing import Any

import pytest
from scipy.stats import poisson
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.errors import SpecErrors
from sdg_pipeline.estimate.intervals import garwood

AGES = """
id: standard_ages
title: {en: "Standard population", es: "Población estándar"}
source: Written for the test
codes:
  Y0T14: {en: "0 to 14", es: "0 a 14", weight: 30}
  Y15T64: {en: "15 to 64", es: "15 a 64", weight: 60}
  Y_GE65: {en: "65 and over", es: "65 y más", weight: 10}
  _U: {en: "Unknown", es: "No especificada"}
"""
RESIDENTS = """
geography: {vintage: 2020, key: KEY}
parts:
  - {source: registry, edition: "a", level: municipality}
period: {column: YEAR, years: [2010, 2025]}
dimensions:
  sex: {codelist: sex, totals: computed, levels: [municipality], column: SEX, recode: {F: F, M: M}}
  age:
    codelist: standard_ages
    totals: computed
    levels: [municipality]
    column: AGE
    recode: {"0..4": Y0T14, "5": Y15T64, "6": Y_GE65}
measures:
  residents: {label: {en: "Residents", es: "Residentes"}, column: PEOPLE}
"""
CASES = """
geography: {vintage: 2020, state: ENT, municipality: MUN, unallocated_states: ["99"]}
parts:
  - {source: clinics, edition: "b", level: municipality}
period: {column: YEAR, years: [2010, 2025]}
dimensions:
  sex: {codelist: sex, totals: computed, levels: [municipality], column: SEX, recode: {"2": F, "1": M, "9": _U}}
  age:
    codelist: standard_ages
    totals: computed
    levels: [municipality]
    column: AGE
    recode: {"0..4": Y0T14, "5": Y15T64, "6": Y_GE65, "9": _U}
measures:
  cases: {label: {en: "Cases", es: "Casos"}, column: N}
"""
ALL = "small_numbers: {min_population: 0, min_events: 0, unstable_below: 0}"
"""Rules that withhold and mark nothing."""


@pytest.fixture
def rates(records: Records) -> Records:
    """The tables of residents and of cases, without files."""
    records.write("codelists/standard_ages.yaml", AGES)
    records.source("registry", {"a": "2020"})
    records.source("clinics", {"b": "2020"})
    records.table("residents", RESIDENTS)
    records.table("cases", CASES)
    return records


def rate(rates: Records, breakdowns: str, more: str = ALL) -> None:
    """An indicator ``incidence``, per 1,000."""
    method = "{kind: rate, table: cases, events: cases, population: {table: residents, measure: residents}, " + more
    rates.indicator("incidence", f"method: {method}}}\nbreakdowns: {breakdowns}", unit="PER_1000_POP")


def residents(rates: Records, table: str) -> None:
    """Rows KEY | YEAR | PEOPLE of women of working age, or with SEX and AGE."""
    rates.file("registry", "a", _filled(table, {"SEX": "F", "AGE": "5"}))


def cases(rates: Records, table: str, states: tuple[str, ...] = ()) -> None:
    """Rows ENT | MUN | YEAR | N, the same."""
    rates.file("clinics", "b", _filled(table, {"SEX": "2", "AGE": "5"}), states)


def _filled(table: str, cells: dict[str, str]) -> str:
    lines = [line for line in table.strip().splitlines() if line.strip()]
    absent = [column for column in cells if column not in lines[0]]
    return "\n".join(f"{line} | {' | '.join(c if i == 0 else cells[c] for c in absent)}" if absent else line
                     for i, line in enumerate(lines))  # fmt: skip


TOWNS = """
    KEY   | YEAR | PEOPLE
    01001 | 2020 | 4000
    01002 | 2020 | 1000
    02001 | 2020 | 5000
"""


def test_an_area_without_events_has_none_and_not_nothing(rates: Records) -> None:
    rate(rates, "[[national], [state], [municipality]]")
    residents(rates, TOWNS)
    cases(rates, "ENT | MUN | YEAR | N\n 1 | 1 | 2020 | 20\n 2 | 1 | 2020 | 5")
    assert_rows(
        rates.values("incidence"),
        """ref_area | numerator | denominator | obs_value | obs_status | source | source_edition | denominator_source
           MX       | 25        | 10000       | 2.5       | A          | clinics | b              | registry/a
           MX01     | 20        | 5000        | 4         | A          | clinics | b              | registry/a
           MX02     | 5         | 5000        | 1         | A          | clinics | b              | registry/a
           MX01001  | 20        | 4000        | 5         | A          | clinics | b              | registry/a
           MX01002  | 0         | 1000        | 0         | A          | clinics | b              | registry/a
           MX02001  | 5         | 5000        | 1         | A          | clinics | b              | registry/a
        """,
    )


def test_a_year_or_state_that_the_events_do_not_cover_has_no_row(rates: Records) -> None:
    """There no event is not 0 events: nothing is known."""
    rate(rates, "[[national], [state]]")
    residents(rates, TOWNS + TOWNS.replace("2020", "2021").split("\n", 2)[2])
    cases(rates, "ENT | MUN | YEAR | N\n 1 | 1 | 2020 | 20", states=("01",))
    assert_rows(
        rates.values("incidence"),
        """ref_area | time_period | numerator | coverage
           MX01     | 2020        | 20        | partial
        """,
    )


def test_events_without_a_place_stay_in_the_state_or_in_the_nation(rates: Records) -> None:
    rate(rates, "[[national], [state], [municipality]]")
    residents(rates, TOWNS)
    cases(rates, """ENT | MUN | YEAR | N
                    01  | 001 | 2020 | 20
                    01  | 998 | 2020 | 2
                    01  | 999 | 2020 | 3
                    99  | 999 | 2020 | 4""")  # fmt: skip
    assert_rows(
        rates.values("incidence"),
        """ref_area | numerator
           MX       | 29
           MX01     | 25
           MX01001  | 20
           MX01002  | 0
           MX02     | 0
           MX02001  | 0
        """,
    )


def test_events_of_an_unknown_group_are_kept_without_a_rate(rates: Records) -> None:
    rate(rates, "[[state], [state, sex]]")
    residents(rates, """KEY   | YEAR | PEOPLE | SEX
                        01001 | 2020 | 2000   | F
                        01001 | 2020 | 1000   | M""")  # fmt: skip
    cases(rates, """ENT | MUN | YEAR | N  | SEX
                    01  | 001 | 2020 | 10 | 2
                    01  | 001 | 2020 | 20 | 1
                    01  | 001 | 2020 | 3  | 9""")  # fmt: skip
    assert_rows(
        rates.values("incidence"),
        """ref_area | sex | numerator | denominator | obs_value | obs_status | obs_reason
           MX01     | _T  | 33        | 3000        | 11        | A          |
           MX01     | F   | 10        | 2000        | 5         | A          |
           MX01     | M   | 20        | 1000        | 20        | A          |
           MX01     | _U  | 3         |             |           | M          | unknown_group
        """,
    )


def test_small_numbers_are_withheld_or_marked(rates: Records) -> None:
    """By default a rate needs 1,000 persons, and is unstable below 20 events and withheld from 1 to 9; these are given
    all the same. No event is a rate of 0.
    """
    rate(rates, "[[state], [municipality]]", "small_numbers: {}")
    residents(rates, """KEY   | YEAR | PEOPLE
                        01001 | 2020 | 999
                        01002 | 2020 | 1000
                        02001 | 2020 | 5000
                        02002 | 2020 | 5000""")  # fmt: skip
    cases(rates, """ENT | MUN | YEAR | N
                    01  | 001 | 2020 | 30
                    01  | 002 | 2020 | 10
                    02  | 001 | 2020 | 9
                    02  | 002 | 2020 | 20""")  # fmt: skip
    assert_rows(
        rates.values("incidence"),
        """ref_area | numerator | denominator | obs_value | obs_status | obs_reason       | precision
           MX01     | 40        | 1999        | 20.010005 | A          |                  | full_count
           MX02     | 29        | 10000       | 2.9       | A          |                  | full_count
           MX01001  | 30        | 999         |           | Q          | small_population | full_count
           MX01002  | 10        | 1000        | 10        | A          |                  | unstable
           MX02001  | 9         | 5000        |           | Q          | few_events       | unstable
           MX02002  | 20        | 5000        | 4         | A          |                  | full_count
        """,
    )
    withheld = [v for v in rates.computed("incidence") if v["obs_value"] is None]
    assert {v[c] for v in withheld for c in ("ci_lower", "ci_upper", "std_error")} == {None}


def test_no_event_is_a_rate_of_zero_with_its_exact_upper_limit(rates: Records) -> None:
    """3.689 events among 5,000 persons are the most that go with none; below 1,000 persons there is no rate at all."""
    rate(rates, "[[municipality]]", "small_numbers: {}")
    residents(rates, TOWNS.replace("1000", "999"))
    cases(rates, "ENT | MUN | YEAR | N\n 01 | 001 | 2020 | 1")
    assert_rows(
        rates.values("incidence"),
        """ref_area | numerator | obs_value | ci_lower | ci_upper | obs_status | obs_reason       | precision
           MX01001  | 1         |           |          |          | Q          | few_events       | unstable
           MX01002  | 0         |           |          |          | Q          | small_population | unstable
           MX02001  | 0         | 0         | 0        | 0.737776 | A          |                  | unstable
        """,
    )


def test_nobody_at_risk_is_no_rate(rates: Records) -> None:
    rate(rates, "[[municipality]]")
    residents(rates, "KEY | YEAR | PEOPLE\n 01001 | 2020 | 0\n 01002 | 2020 |")
    cases(rates, "ENT | MUN | YEAR | N\n 01 | 001 | 2020 | 2\n 01 | 002 | 2020 | 2")
    assert_rows(
        rates.values("incidence"),
        """ref_area | numerator | denominator | obs_value | obs_status | obs_reason
           MX01001  | 2         | 0           |           | M          | zero_denominator
           MX01002  |           |             |           | O          | missing_component
        """,
    )


def test_limits_of_a_crude_rate_are_those_of_garwood(rates: Records) -> None:
    rate(rates, "[[municipality]]")
    residents(rates, TOWNS.replace("4000", "1000").replace("5000", "1000"))
    cases(rates, "ENT | MUN | YEAR | N\n 01 | 001 | 2020 | 10\n 02 | 001 | 2020 | 100")
    by_area = {v["ref_area"]: v for v in rates.values("incidence")}
    for area, low, high, error in (
        ("MX01002", 0, 3.688879, 0), ("MX01001", 4.795389, 18.390356, 3.162278), ("MX02001", 81.36399, 121.62679, 10),
    ):  # fmt: skip
        row = by_area[area]
        assert (row["ci_lower"], row["ci_upper"]) == pytest.approx((low, high), abs=1e-4)
        assert row["std_error"] == pytest.approx(error, abs=1e-6)


TABLED = [(0, 0.0, 3.689), (1, 0.025, 5.572), (2, 0.242, 7.225), (5, 1.623, 11.668), (10, 4.795, 18.390),
          (20, 12.217, 30.888), (50, 37.111, 65.919), (100, 81.364, 121.627)]  # fmt: skip


@pytest.mark.parametrize(("events", "low", "high"), TABLED)
def test_garwood_gives_the_tabled_limits(events: int, low: float, high: float) -> None:
    lower, upper = (float(limit[0]) for limit in garwood([events]))
    assert (lower, upper) == pytest.approx((low, high), abs=6e-4)
    assert poisson.cdf(events, upper) == pytest.approx(0.025)
    assert events == 0 or poisson.sf(events - 1, lower) == pytest.approx(0.025)


def test_years_are_pooled_on_both_sides_where_the_window_is_whole(rates: Records) -> None:
    rate(rates, "[[municipality]]", f"pool_years: 3, {ALL}")
    years = ((2015, 10), (2017, 20), (2018, 30), (2019, 40), (2020, 50))
    residents(
        rates, "KEY | YEAR | PEOPLE\n" + "".join(f"01001 | {y} | {100 * n}\n01002 | {y} | 100\n" for y, n in years)
    )
    cases(rates, "ENT | MUN | YEAR | N\n" + "".join(f"01 | 001 | {y} | {n}\n" for y, n in years))
    assert_rows(
        rates.values("incidence"),
        """ref_area | time_period | numerator | denominator | obs_value | obs_status
           MX01001  | 2019        | 90        | 9000        | 10        | A
           MX01001  | 2020        | 120       | 12000       | 10        | A
           MX01002  | 2019        | 0         | 300         | 0         | A
           MX01002  | 2020        | 0         | 300         | 0         | A
        """,
    )


def test_a_pooled_population_must_be_large_enough_in_each_year(rates: Records) -> None:
    rate(rates, "[[municipality]]", "pool_years: 2, small_numbers: {min_events: 0}")
    residents(rates, """KEY   | YEAR | PEOPLE
                        01001 | 2019 | 999
                        01001 | 2020 | 1000
                        01002 | 2019 | 1000
                        01002 | 2020 | 1000""")  # fmt: skip
    cases(rates, "ENT | MUN | YEAR | N\n 01 | 001 | 2019 | 4\n 01 | 001 | 2020 | 4")
    assert_rows(
        rates.values("incidence"),
        """ref_area | numerator | obs_status | obs_reason
           MX01001  | 8         | Q          | small_population
           MX01002  | 0         | A          |
        """,
    )


STANDARD = f"standard: {{dimension: age, codelist: standard_ages}}, {ALL}"
BY_AGE = """KEY   | YEAR | PEOPLE | AGE
            01001 | 2020 | 600    | 0
            01001 | 2020 | 400    | 4
            01001 | 2020 | 2000   | 5
            01001 | 2020 | 500    | 6"""
CASES_BY_AGE = """ENT | MUN | YEAR | N  | AGE
                  01  | 001 | 2020 | 1  | 3
                  01  | 001 | 2020 | 4  | 5
                  01  | 001 | 2020 | 10 | 6"""


def test_a_standardised_rate_is_the_one_computed_by_hand(rates: Records) -> None:
    """0.3 x 1/1000 + 0.6 x 4/2000 + 0.1 x 10/500 = 3.5 in a thousand, not 15/3500 = 4.29.

    Its variance is 0.09 x 1/1000^2 + 0.36 x 4/2000^2 + 0.01 x 10/500^2 = 8.5e-7; the limits of 15 events are 8.3954
    and 24.7402, and sqrt(8.5e-7 / 15) of them is what one weighs.
    """
    rate(rates, "[[state], [municipality]]", STANDARD)
    residents(rates, BY_AGE)
    cases(rates, CASES_BY_AGE)
    rows = rates.values("incidence")
    assert [(v["ref_area"], v["age"], v["numerator"], v["denominator"]) for v in rows] == [
        ("MX01", "_T", 15, 3500), ("MX01001", "_T", 15, 3500)]  # fmt: skip
    for row in rows:
        assert row["obs_value"] == pytest.approx(3.5)
        assert row["std_error"] == pytest.approx(0.9219544)
        assert (row["ci_lower"], row["ci_upper"]) == pytest.approx((1.92779, 5.81864), abs=1e-5)


def test_a_population_with_the_ages_of_the_standard_has_its_crude_rate_and_limits(rates: Records) -> None:
    residents(rates, """KEY   | YEAR | PEOPLE | AGE
                        01001 | 2020 | 3000   | 0
                        01001 | 2020 | 6000   | 5
                        01001 | 2020 | 1000   | 6""")  # fmt: skip
    cases(rates, CASES_BY_AGE)
    rows = []
    for more in (STANDARD, ALL):
        rate(rates, "[[municipality]]", more)
        [row] = rates.values("incidence")
        rows.append([row[c] for c in ("obs_value", "std_error", "ci_lower", "ci_upper")])
    assert rows[0] == pytest.approx(rows[1])
    assert rows[0] == pytest.approx([1.5, 0.387298, 0.839539, 2.474022], abs=1e-5)


def test_the_weights_may_be_the_people_of_a_nation(rates: Records) -> None:
    """Their shares have sixteen decimals; times the counts of a nation that is more than a decimal number holds."""
    weights = AGES.replace(": 30}", ": 38247958}").replace(": 60}", ": 70000000}").replace(": 10}", ": 17492680}")
    rates.write("codelists/standard_ages.yaml", weights)
    rate(rates, "[[municipality]]", STANDARD)
    residents(rates, """KEY   | YEAR | PEOPLE   | AGE
                        01001 | 2020 | 38247958 | 0
                        01001 | 2020 | 70000000 | 5
                        01001 | 2020 | 17492680 | 6""")  # fmt: skip
    cases(rates, CASES_BY_AGE.replace("| 4  |", "| 40000 |"))
    [row] = rates.values("incidence")
    assert row["obs_value"] == pytest.approx(1000 * (1 + 40000 + 10) / (38247958 + 70000000 + 17492680))


def test_events_of_unknown_age_are_allocated_as_the_others_are(rates: Records) -> None:
    """The 15 of known age give 3.5; with 5 more it is 20 / 15 of that, an estimate, and all 20 are its events."""
    rate(rates, "[[municipality]]", STANDARD)
    residents(rates, BY_AGE)
    cases(rates, f"{CASES_BY_AGE}\n 01 | 001 | 2020 | 5 | 9")
    assert_rows(
        rates.values("incidence"),
        """ref_area | numerator | denominator | n_missing | obs_value | obs_status | obs_reason
           MX01001  | 20        | 3500        | 5         | 4.666667  | E          | unknown_age_allocated
        """,
    )


def test_a_share_of_unknown_ages_above_the_declared_one_leaves_no_rate(rates: Records) -> None:
    """A third of 15 is unknown where it is declared; by default it may be a half."""
    residents(rates, BY_AGE)
    cases(rates, f"{CASES_BY_AGE}\n 01 | 001 | 2020 | 5 | 9")
    for most, status, reason in (("0.25", "E", "unknown_age_allocated"), ("0.24", "Q", "unknown_age")):
        rate(rates, "[[municipality]]", STANDARD.replace("ages}", f"ages, max_unknown: {most}}}"))
        [row] = rates.values("incidence")
        assert (row["obs_status"], row["obs_reason"], row["numerator"], row["n_missing"]) == (status, reason, 20, 5)
    rate(rates, "[[municipality]]", STANDARD)
    for unknown, reason in ((15, "unknown_age_allocated"), (16, "unknown_age")):
        cases(rates, f"{CASES_BY_AGE}\n 01 | 001 | 2020 | {unknown} | 9")
        assert [v["obs_reason"] for v in rates.values("incidence")] == [reason]
    cases(rates, "ENT | MUN | YEAR | N | AGE\n 01 | 001 | 2020 | 3 | 9")
    assert [v["obs_reason"] for v in rates.values("incidence")] == ["unknown_age"], "none is known"


def test_with_the_ages_of_the_standard_unknown_ages_change_nothing(rates: Records) -> None:
    """Value and limits are those of the crude rate of all events, in one year and in years that are pooled."""
    residents(rates, """KEY   | YEAR | PEOPLE | AGE
                        01001 | 2019 | 3000   | 0
                        01001 | 2019 | 6000   | 5
                        01001 | 2019 | 1000   | 6
                        01001 | 2020 | 3000   | 0
                        01001 | 2020 | 6000   | 5
                        01001 | 2020 | 1000   | 6""")  # fmt: skip
    cases(rates, f"{CASES_BY_AGE}\n 01 | 001 | 2019 | 7 | 9\n 01 | 001 | 2019 | 2 | 5\n 01 | 001 | 2020 | 5 | 9")
    rows = []
    for more in (STANDARD, ALL, f"pool_years: 2, {STANDARD}", f"pool_years: 2, {ALL}"):
        rate(rates, "[[municipality]]", more)
        row = next(v for v in rates.values("incidence") if v["time_period"] == "2020")
        rows.append([row[c] for c in ("numerator", "obs_value", "std_error", "ci_lower", "ci_upper")])
    assert rows[0] == pytest.approx(rows[1])
    assert rows[2] == pytest.approx(rows[3])
    assert (rows[0][0], rows[2][0]) == (20, 29)


def test_unknown_ages_are_allocated_within_each_sex(rates: Records) -> None:
    by_sex = "KEY | YEAR | SEX | PEOPLE | AGE\n" + "\n".join(
        f"01001 | 2020 | {sex} | {people} | {age}" for sex in "FM" for age, people in ((0, 1000), (5, 2000), (6, 500))
    )
    rate(rates, "[[municipality, sex]]", STANDARD)
    residents(rates, by_sex)
    cases(rates, """ENT | MUN | YEAR | SEX | N | AGE
                    01  | 001 | 2020 | 1   | 5 | 3
                    01  | 001 | 2020 | 1   | 5 | 9
                    01  | 001 | 2020 | 2   | 4 | 5
                    01  | 001 | 2020 | 9   | 6 | 9
                    01  | 001 | 2020 | 9   | 1 | 5""")  # fmt: skip
    assert_rows(
        rates.values("incidence"),
        """sex | numerator | n_missing | obs_value | obs_status | obs_reason
           F   | 4         | 0         | 1.2       | A          |
           M   | 10        | 5         | 3         | E          | unknown_age_allocated
           _U  | 7         | 6         |           | M          | unknown_group
        """,
    )


def test_events_of_an_age_without_people_leave_no_standardised_rate(rates: Records) -> None:
    """Their rate is not 0, and a mean without them would be too low."""
    rate(rates, "[[municipality]]", STANDARD)
    residents(rates, BY_AGE.replace("500 ", "0 "))
    cases(rates, CASES_BY_AGE)
    assert_rows(rates.values("incidence"), "ref_area | obs_value | obs_status\n MX01001 | | O")


def test_of_a_stock_nothing_is_chance(rates: Records) -> None:
    """Beds are not events: no interval, no rule for small numbers, and no record is no figure."""
    rate(rates, "[[municipality]]", "quantity: stock")
    residents(rates, TOWNS)
    cases(rates, "ENT | MUN | YEAR | N\n 01 | 001 | 2020 | 2")
    assert_rows(
        rates.values("incidence"),
        """ref_area | numerator | obs_value | std_error | ci_lower | ci_upper | obs_status | obs_reason
           MX01001  | 2         | 0.5       |           |          |          | A          |
           MX01002  |           |           |           |          |          | O          | missing_component
           MX02001  |           |           |           |          |          | O          | missing_component
        """,
    )


REFUSED: list[tuple[str, str, str, str]] = [
    ("events: cases", "events: casses", "method.events: names an unknown measure of table cases; found 'casses'; "
     "valid: cases; did you mean 'cases'?", "[[state]]"),
    ("table: residents", "table: resident", "method.population.table: names an unknown table; found 'resident'; "
     "valid: cases, people, residents; did you mean 'residents'?", "[[state]]"),
    ("measure: residents", "measure: persons", "method.population: names an unknown measure of table residents; "
     "found 'persons'; valid: residents", "[[state]]"),
    ("codelist: standard_ages", "codelist: sex", "method.standard.codelist: names a code list without weights; "
     "found 'sex'", "[[state]]"),
    ("codelist: standard_ages", "codelist: ages", "method.standard.codelist: names an unknown code list; found 'ages'",
     "[[state]]"),
    ("dimension: age", "dimension: ages", "method.standard.dimension: is not one of the table; found 'ages'; "
     "valid: sex, age; did you mean 'age'?", "[[state]]"),
    ("pool_years: 3", "pool_years: 0", "method.pool_years: must be greater than or equal to 1; found '0'", "[[state]]"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "problem", "breakdowns"), REFUSED, ids=lambda v: str(v)[:30])
def test_a_rate_that_cannot_be_made_is_refused(
    rates: Records, old: str, new: str, problem: str, breakdowns: str
) -> None:
    rate(rates, breakdowns, f"pool_years: 3, {STANDARD}")
    rates.edit("goal_01/incidence.yaml", old, new)
    with pytest.raises(SpecErrors) as caught:
        rates.catalog()
    [refusal] = [str(p) for p in caught.value.problems]
    assert refusal.startswith(f"goal_01/incidence.yaml:10: {problem}"), refusal


def test_the_rows_of_a_rate_have_every_column(rates: Records) -> None:
    rate(rates, "[[municipality, sex]]")
    residents(rates, TOWNS)
    cases(rates, "ENT | MUN | YEAR | N\n 01 | 001 | 2020 | 10")
    row: dict[str, Any] = next(v for v in rates.values("incidence") if v["ref_area"] == "MX01001")
    assert row["sex"] == "F" and row["unit_measure"] == "PER_1000_POP" and row["geo_vintage"] == "2020"
    assert row["source_sha256"] == rates.files["clinics", "b"].sha256


def test_events_may_be_of_the_table_of_their_population(rates: Records) -> None:
    """Its files are then those of events and of population."""
    rates.edit(
        "tables/residents.yaml",
        "column: PEOPLE}",
        "column: PEOPLE}\n  moved: {label: {en: Moved, es: Mudados}, column: MOVED}",
    )
    method = (
        f"{{kind: rate, table: residents, events: moved, population: {{table: residents, measure: residents}}, {ALL}}}"
    )
    rates.indicator("mobility", f"method: {method}\nbreakdowns: [[national], [state]]", unit="PER_1000_POP")
    residents(rates, "KEY | YEAR | PEOPLE | MOVED\n 01001 | 2020 | 4000 | 20\n 02001 | 2020 | 1000 | 5")
    assert_rows(
        rates.values("mobility"),
        """ref_area | numerator | denominator | obs_value | denominator_source
           MX       | 25        | 5000        | 5         | registry/a
           MX01     | 20        | 4000        | 5         | registry/a
           MX02     | 5         | 1000        | 5         | registry/a
        """,
    )
