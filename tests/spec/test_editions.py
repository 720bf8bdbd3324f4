"""Spec tests of a survey with several editions: measures that one lacks, a wave that is not comparable, former ids,
official figures of one edition, and what an edition says of itself.
"""

from __future__ import annotations

import pytest
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.errors import SpecErrors, UsageError
from sdg_pipeline.estimate import engine
from sdg_pipeline.quality import rules
from sdg_pipeline.specs.source import Source

TABLE = """
geography: {vintage: 2020, state: ENT}
parts:
  - {source: poll, edition: "1", level: state, measures: [persons, online]}
  - {source: poll, edition: "2", level: state}
design: {weight: W, strata: EST, psu: UPM, single_psu: adjust, sample: whole, domains: [national, state], why: test}
measures:
  persons: {label: {en: Persons, es: Personas}, records: all}
  online: {label: {en: Online, es: En línea}, records: all, where: "P1 = '1'"}
  shopping: {label: {en: Shopping, es: Compras}, records: all, where: "P2 = '1'"}
"""
FIRST = "ENT|W|EST|UPM|P1\n 01|1|a|p|1\n 01|1|a|q|2\n 01|2|a|r|1"
SECOND = "ENT|W|EST|UPM|P1|P2\n 01|1|a|p|1|1\n 01|1|a|q|1|2\n 01|2|a|r|2|2"


@pytest.fixture
def poll(records: Records) -> Records:
    """A survey of 2020 and 2021; the first edition did not ask the second question."""
    records.source("poll", {"1": "2020", "2": "2021"})
    records.table("persons", TABLE, record="unit")
    records.edit("policies/surveys.yaml", "records: 30", "records: 1")
    records.edit("policies/surveys.yaml", "df: 10", "df: 1")
    for name in ("online", "shopping"):
        method = f"method: {{kind: ratio, table: persons, numerator: {name}, denominator: persons}}"
        records.indicator(name, f"{method}\nbreakdowns: [[national]]")
    records.file("poll", "1", FIRST)
    records.file("poll", "2", SECOND)
    return records


def test_an_indicator_takes_the_years_that_have_its_measures(poll: Records) -> None:
    assert_rows(poll.values("online"), "time_period | obs_value | n_missing\n 2020 | 75 | 0\n 2021 | 50 | 0")
    assert_rows(poll.values("shopping"), "time_period | obs_value | n_missing\n 2021 | 25 | 0")


def test_measures_that_no_edition_gives_together_are_refused(poll: Records) -> None:
    poll.edit("tables/persons.yaml", 'edition: "2", level: state', 'edition: "2", level: state, measures: [shopping]')
    with pytest.raises(SpecErrors, match="names measures that no edition of persons gives together"):
        poll.catalog()


def test_a_wave_that_is_not_comparable_is_marked(poll: Records) -> None:
    poll.edit("sources/poll.yaml", 'period: "2021"', 'period: "2021", not_comparable: "Another questionnaire."')
    assert_rows(
        poll.values("online"),
        """time_period | obs_value | obs_status | obs_reason
           2020        | 75        | U          | low_precision
           2021        | 50        | B          | methodology_changed
        """,
    )


def test_figures_of_areas_that_are_not_comparable_are_marked_on_both_engines(records: Records) -> None:
    """The oracle marks them by itself."""
    records.source("office", {"1": "2020", "2": "2021"})
    records.table(
        "schools",
        'geography: {vintage: 2020, state: ENT}\nparts:\n  - {source: office, edition: "1", level: state}\n'
        '  - {source: office, edition: "2", level: state}\n'
        "measures: {schools: {label: {en: Schools, es: Escuelas}, column: N}}",
    )
    records.indicator(
        "schools_number", "method: {kind: count, table: schools, value: schools}\nbreakdowns: [[state]]", "NUMBER"
    )
    records.edit(
        "sources/office.yaml", 'period: "2021"', 'period: "2021", not_comparable: "Other schools are counted."'
    )
    records.file("office", "1", "ENT|N\n 01|5")
    records.file("office", "2", "ENT|N\n 01|9")
    assert_rows(
        records.values("schools_number"),
        "time_period | obs_value | obs_status | obs_reason\n 2020 | 5 | A |\n 2021 | 9 | B | methodology_changed",
    )


SCHOOLS = """
geography: {vintage: 2020, state: ENT}
parts:
  - {source: office, edition: "1", level: state, measures: [schools]}
  - {source: office, edition: "2", level: state}
  - {source: office, edition: "3", level: state, measures: [pupils]}
measures:
  schools: {label: {en: Schools, es: Escuelas}, column: N}
  pupils: {label: {en: Pupils, es: Alumnos}, column: P}
"""


@pytest.fixture
def office(records: Records) -> Records:
    """Figures of states in three editions; the first has no pupils, the third no schools."""
    records.source("office", {"1": "2020", "2": "2021", "3": "2022"})
    records.table("education", SCHOOLS)
    for edition, table in (("1", "ENT|N\n 01|5"), ("2", "ENT|N|P\n 01|9|90\n 02|2|30"), ("3", "ENT|P\n 01|70")):
        records.file("office", edition, table)
    return records


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("{kind: count, table: education, value: schools}", " 01 | 2020 | 5\n 01 | 2021 | 9\n 02 | 2021 | 2"),
        ("{kind: count, table: education, value: pupils}", " 01 | 2021 | 90\n 01 | 2022 | 70\n 02 | 2021 | 30"),
        (
            "{kind: ratio, table: education, numerator: pupils, denominator: schools}",
            " 01 | 2021 | 1000\n 02 | 2021 | 1500",
        ),
        (
            "{kind: rate, table: education, events: schools, population: {table: education, measure: pupils}, quantity: stock}",
            " 01 | 2021 | 10\n 02 | 2021 | 6.666667",
        ),
    ],
    ids=["schools", "pupils", "ratio", "rate"],
)
def test_figures_of_areas_take_the_years_that_have_the_measures(office: Records, method: str, expected: str) -> None:
    """Before, all parts of a level had to give all of them."""
    office.indicator("education_figure", f"method: {method}\nbreakdowns: [[state]]")
    rows = [{**row, "state": row["ref_area"][2:]} for row in office.values("education_figure")]
    assert_rows(rows, f"state | time_period | obs_value\n{expected}")
    assert {row["obs_reason"] for row in rows} == {None}


def test_figures_that_no_edition_gives_together_are_refused(office: Records) -> None:
    office.edit("tables/education.yaml", 'edition: "2", level: state', 'edition: "2", level: state, measures: [pupils]')
    office.indicator(
        "education_figure",
        "method: {kind: ratio, table: education, numerator: pupils, denominator: schools}\nbreakdowns: [[state]]",
    )
    (problem,) = office.problems()
    assert "no rows of table education can make it: no state rows have pupils and schools" in problem


def test_a_cut_of_a_series_must_give_what_the_others_gave(office: Records) -> None:
    office.edit("tables/education.yaml", "parts:", "vintages: true\nparts:")
    office.indicator(
        "education_figure", "method: {kind: count, table: education, value: schools}\nbreakdowns: [[state]]", "NUMBER"
    )
    assert any("not all state rows have schools" in problem for problem in office.problems())


def test_a_former_id_finds_the_indicator(poll: Records) -> None:
    before = poll.catalog().indicators["online"].spec_hash
    poll.edit("goal_01/online.yaml", "id: online\n", "id: online\nformer: [online_2020]\n")
    catalog = poll.catalog()
    assert catalog.indicator("online_2020").id == "online"
    assert catalog.indicators["online"].spec_hash == before, "a former name is no part of the definition"
    with pytest.raises(UsageError, match="no indicator 'online_2019'"):
        catalog.indicator("online_2019")


def test_a_former_id_leads_to_one_indicator(poll: Records) -> None:
    poll.edit("goal_01/online.yaml", "id: online\n", "id: online\nformer: [shopping]\n")
    (problem,) = [p for p in poll.problems() if "goal_01" in p]
    assert "former[0]: is the id of an indicator, or the former id of another; found 'shopping'" in problem


FIGURE = '{area: MX, period: "2021", value: 99, tolerance: 0.5, cite: Test, edition: "EDITION"}'


@pytest.mark.parametrize(("edition", "judged"), [("2", True), ("1", False)])
def test_an_official_figure_of_an_edition_is_compared_with_values_of_that_edition(
    poll: Records, edition: str, judged: bool
) -> None:
    figure = FIGURE.replace("EDITION", edition)
    poll.edit("goal_01/online.yaml", "checks: {", f"checks: {{agrees_with: [{figure}], ")
    rows = poll.values("online")
    (rule,) = [r for r in rules.rules_for(poll.catalog().indicators["online"]) if r.check == "agrees_with"]
    engine.view(poll.con, "observation", poll.folder / "online.parquet")
    ((off,),) = poll.con.execute(f"SELECT tolerances_off FROM ({rule.frame_sql})").fetchall()
    assert len(rows) == 2 and (off is not None) == judged


def test_an_edition_says_its_own_title_and_citation(poll: Records) -> None:
    own = 'title: {en: Poll of 2021, es: Sondeo de 2021}, citation: {en: "Office (2022).", es: "Oficina (2022)."}'
    poll.edit("sources/poll.yaml", 'period: "2021"', f'period: "2021", {own}')
    source: Source = poll.catalog().sources["poll"]
    assert (source.in_edition("2").title.en, source.in_edition("2").citation.es) == ("Poll of 2021", "Oficina (2022).")
    assert source.in_edition("1").title == source.title
    assert source.in_edition("2").landing_page == source.landing_page
