"""Spec tests of figures that are too incomplete to be values: areas partly enumerated, dead instruments, projections."""

from __future__ import annotations

import pytest
from support.ascii import assert_rows
from support.country import Country
from support.records import SOURCE, Records

WATER = "method: {kind: ratio, table: people, numerator: piped_water, denominator: dwellings}"
KNOWN = """
known_share:
  - {measures: [piped_water, schooling], answered: literate, whole: population, withheld_below: 0.9, marked_below: 0.98, why: x}

ignore:
"""


def judged(country: Country, shares: str = KNOWN) -> None:
    """The census whose answers on water are known of those of whom literacy is."""
    country.edit("tables/people.yaml", "\nignore:\n", shares)


def test_areas_that_were_not_enumerated_whole_have_no_value(country: Country) -> None:
    """In every group of the area; states and the nation are the institution's own, counts and denominators stay."""
    judged(country)
    country.indicator("water", f"{WATER}\nbreakdowns: [[national], [state], [municipality]]")
    country.give("state", "ENT | POP | LIT | DWE | WAT\n 01 | 300 | 250 | 40 | 30")
    country.give("municipality", """ENT | MUN | POP | LIT | DWE | WAT
                                    01  | 001 | 100 | 89  | 10  | 8
                                    01  | 002 | 100 | 90  | 10  | 8
                                    02  | 001 | 100 | 98  | 10  | 8
                                    02  | 002 | 100 |     | 10  | 8""")  # fmt: skip
    assert_rows(
        country.values("water"),
        """ref_area | numerator | denominator | obs_value | obs_status | obs_reason
           MX       | 30        | 40          | 75        | A          |
           MX01     | 30        | 40          | 75        | A          |
           MX01001  | 8         | 10          |           | L          | incomplete_enumeration
           MX01002  | 8         | 10          | 80        | U          | incomplete_enumeration
           MX02001  | 8         | 10          | 80        | A          |
           MX02002  | 8         | 10          | 80        | A          |
        """,
    )


def test_published_means_and_comparisons_of_such_areas_have_none_either(country: Country) -> None:
    judged(country)
    schooling = "method: {kind: published, table: people, value: schooling}"
    country.indicator("schooling_years", f"{schooling}\nbreakdowns: [[municipality], [municipality, sex]]", unit="YR")
    gap = "method: {kind: gap, indicator: schooling_years, dimension: sex, compare: F, reference: M}"
    country.indicator("schooling_gap", f"{gap}\nbreakdowns: [[municipality]]", unit="PP")
    country.give("municipality", """ENT | MUN | POP | LIT | SCH | SCH_F | SCH_M
                                    01  | 001 | 100 | 89  | 9   | 8     | 10
                                    01  | 002 | 100 | 90  | 9   | 8     | 10""")  # fmt: skip
    assert_rows(
        country.values("schooling_years"),
        """ref_area | sex | obs_value | obs_status | obs_reason
           MX01001  | _T  |           | L          | incomplete_enumeration
           MX01001  | F   |           | L          | incomplete_enumeration
           MX01001  | M   |           | L          | incomplete_enumeration
           MX01002  | _T  | 9         | U          | incomplete_enumeration
           MX01002  | F   | 8         | U          | incomplete_enumeration
           MX01002  | M   | 10        | U          | incomplete_enumeration
        """,
    )
    assert_rows(
        country.computed("schooling_gap"),
        """ref_area | obs_value | obs_status | obs_reason
           MX01001  |           | L          | incomplete_enumeration
           MX01002  | -2        | U          | incomplete_enumeration
        """,
    )


def test_indicators_of_other_measures_are_not_judged(country: Country) -> None:
    judged(country)
    country.indicator("people_count", "method: {kind: count, table: people, value: population}\n"
                      "breakdowns: [[municipality]]", unit="NUMBER")  # fmt: skip
    country.give("municipality", "ENT | MUN | POP | LIT\n 01 | 001 | 100 | 5")
    assert_rows(country.values("people_count"), "ref_area | obs_value | obs_status\n MX01001 | 100 | A")


CAVEATS = """
caveats:
  - {measures: [schooling], areas: [MX01001, MX02002], periods: ["2020"], reason: carried_forward, why: x}
  - {measures: [schooling], areas: [MX01002], periods: ["2020"], reason: incomplete_enumeration, why: x}
  - {measures: [schooling], areas: [MX02001], periods: ["2015"], reason: carried_forward, why: x}

ignore:
"""


def test_figures_that_an_institution_did_not_measure_stay_and_are_marked(country: Country) -> None:
    """In the municipalities and periods that the spec names, and for its measures alone."""
    country.edit("tables/people.yaml", "\nignore:\n", CAVEATS)
    schooling = "method: {kind: published, table: people, value: schooling}"
    country.indicator("schooling_years", f"{schooling}\nbreakdowns: [[municipality]]", unit="YR")
    country.indicator("people_count", "method: {kind: count, table: people, value: population}\n"
                      "breakdowns: [[municipality]]", unit="NUMBER")  # fmt: skip
    country.give("municipality", """ENT | MUN | POP | SCH
                                    01  | 001 | 100 | 9
                                    01  | 002 | 100 | 8
                                    02  | 001 | 100 | 7
                                    02  | 002 | 100 |""")  # fmt: skip
    assert_rows(
        country.values("schooling_years"),
        """ref_area | obs_value | obs_status | obs_reason
           MX01001  | 9         | I          | carried_forward
           MX01002  | 8         | U          | incomplete_enumeration
           MX02001  | 7         | A          |
           MX02002  |           | O          | not_published
        """,
    )
    assert {row["obs_status"] for row in country.values("people_count")} == {"A"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("answered: literate", "answered: readers", "answered: names an unknown measure that adds up; found 'readers'"),
        (
            "answered: literate",
            "answered: schooling",
            "answered: names an unknown measure that adds up; found 'schooling'",
        ),
        ("[piped_water,", "[piped_watr,", "measures: names an unknown measure; found 'piped_watr'"),
        ("withheld_below: 0.9", "withheld_below: 0.99", "marked_below is not below withheld_below"),
    ],
)
def test_a_rule_that_names_what_is_not_there_is_refused(country: Country, old: str, new: str, message: str) -> None:
    judged(country, KNOWN.replace(old, new))
    assert any(message in problem for problem in country.problems()), country.problems()


READ = """
geography: {vintage: 2020, state: ENT}
parts: [{source: office, edition: "1", level: state}]
key: {month: MONTH, station: STATION}
period: {column: YEAR, years: [2019, 2020]}
measures:
  reading: {label: {en: "Reading", es: "Lectura"}, type: amount, column: PM}
  readings_taken: {label: {en: "Readings", es: "Lecturas"}, records: all, where: "PM IS NOT NULL"}
readings: {value: reading, instrument: station, floor: 4, least: 2, share: 0.6, why: x}
"""


def test_readings_of_dead_instruments_count_for_nothing(records: Records) -> None:
    """A station with one good month does not count; with half of its stations a state has no value, with none no data."""
    records.source("office", {"1": "2020"})
    records.table("air", READ)
    method = "method: {kind: ratio, table: air, numerator: reading, denominator: readings_taken}"
    records.indicator("pm25", f"{method}\nbreakdowns: [[state]]", unit="GPERM3")
    records.file("office", "1", """ENT | YEAR | STATION | MONTH | PM
                                   01  | 2020 | a       | 1     | 10
                                   01  | 2020 | a       | 2     | 20
                                   01  | 2020 | a       | 3     | 0
                                   01  | 2020 | b       | 1     | 30
                                   01  | 2020 | b       | 2     | 4
                                   01  | 2020 | c       | 1     | 0
                                   01  | 2020 | c       | 2     | 99
                                   01  | 2020 | d       | 1     |
                                   02  | 2020 | e       | 1     | 10
                                   02  | 2020 | e       | 2     | 10
                                   02  | 2020 | f       | 1     | 0.5
                                   02  | 2020 | f       | 2     | 0.5
                                   02  | 2019 | g       | 1     |""")  # fmt: skip
    assert_rows(
        records.values("pm25"),
        """ref_area | time_period | numerator | denominator | obs_value | obs_status | obs_reason
           MX01     | 2020        | 64        | 4           | 16        | A          |
           MX02     | 2020        | 20        | 2           |           | Q          | few_readings
           MX02     | 2019        | 0         | 0           |           | O          | missing_component
        """,
    )


def test_years_after_the_base_of_a_projection_are_forecasts(records: Records) -> None:
    edition = '  "1": {url: "https://example.org/x", url_status: from_memory, period: "2021", forecast_from: "2020"}'
    records.write("sources/office.yaml", SOURCE.format(id="office", editions=edition))
    records.table("projection", """
geography: {vintage: 2020, state: ENT}
parts: [{source: office, edition: "1", level: state}]
period: {column: YEAR, years: [2018, 2021]}
measures: {people: {label: {en: "People", es: "Personas"}, column: N}}
""")  # fmt: skip
    records.indicator("people_count", "method: {kind: count, table: projection, value: people}\n"
                      "breakdowns: [[state]]", unit="NUMBER")  # fmt: skip
    records.file("office", "1", "ENT | YEAR | N\n 01 | 2019 | 10\n 01 | 2020 | 11\n 01 | 2021 |")
    assert_rows(
        records.values("people_count"),
        """time_period | obs_value | obs_status | obs_reason
           2019        | 10        | A          |
           2020        | 11        | F          | projection
           2021        |           | O          | missing_component
        """,
    )


def test_events_over_a_projected_population_are_no_forecast(records: Records) -> None:
    edition = '  "1": {url: "https://example.org/x", url_status: from_memory, period: "2020", forecast_from: "2020"}'
    records.write("sources/registry.yaml", SOURCE.format(id="registry", editions=edition))
    records.source("clinics", {"1": "2020"})
    for name, source in (("residents", "registry"), ("cases", "clinics")):
        records.table(name, f"""
geography: {{vintage: 2020, state: ENT}}
parts: [{{source: {source}, edition: "1", level: state}}]
measures: {{{name}: {{label: {{en: "N", es: "N"}}, column: N}}}}
""")  # fmt: skip
        records.file(source, "1", "ENT | N\n 01 | 5000")
    population = "{table: residents, measure: residents}"
    records.indicator("incidence", f"method: {{kind: rate, table: cases, events: cases, population: {population}}}\n"
                      "breakdowns: [[state]]", unit="PER_1000_POP")  # fmt: skip
    assert_rows(records.values("incidence"), "ref_area | obs_value | obs_status\n MX01 | 1000 | A")


def test_a_caveat_names_measures_and_municipalities(country: Country) -> None:
    caveats = CAVEATS.replace("[schooling], areas: [MX01002]", "[scholing], areas: [MX1]")
    country.edit("tables/people.yaml", "\nignore:\n", caveats)
    assert any("caveats[1].areas[0]" in problem and "MX1" in problem for problem in country.problems())
    caveats = CAVEATS.replace("[schooling], areas: [MX01002]", "[scholing], areas: [MX01002]")
    country.edit(
        "tables/people.yaml", CAVEATS.replace("[schooling], areas: [MX01002]", "[scholing], areas: [MX1]"), caveats
    )
    message = "caveats[1].measures: names an unknown measure; found 'scholing'"
    assert any(message in problem for problem in country.problems()), country.problems()
