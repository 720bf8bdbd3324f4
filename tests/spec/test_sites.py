"""Spec tests of sites: places by their names, how many stand behind a value, and which values few of them make."""

from __future__ import annotations

import pytest
from support.ascii import assert_rows
from support.records import Records

NAMED = """
geography:
  vintage: 2020
  state_name: STATE
  municipality_name: PLACE
  names: {Nte.: "01"}
  unallocated: [no dicho]
parts: [{source: office, edition: "1", level: municipality}]
measures: {plants: {label: {en: "Plants", es: "Plantas"}, records: all}}
"""
BY_NAME = """STATE | PLACE      | PLANT | CLEAN
             Norte | ALBA       | a     | yes
             Nte.  | Álba       | b     | yes
             nórte | Brísa-     | c     | no
             Norte | Cima       | d     | no
             Norte | no dicho   | e     | no
             Sur   | Cima       | f     | yes
             Sur   | Pico Cima  | g     | no"""


@pytest.fixture
def office(records: Records) -> Records:
    records.source("office", {"1": "2020"})
    return records


def of_plants(office: Records, name: str, method: str, unit: str) -> None:
    office.indicator(name, f"method: {method}\nbreakdowns: [[national], [state], [municipality]]", unit=unit)


def test_sites_are_placed_by_name_within_their_state(office: Records) -> None:
    """Case, accents and signs do not matter; a name of the other state, or a likeness, places nothing."""
    office.table("plants", f"{NAMED}ignore: [{{reason: x, columns: [PLANT, CLEAN]}}]", record="unit")
    of_plants(office, "number_of_plants", "{kind: count, table: plants, value: plants}", "NUMBER")
    office.file("office", "1", BY_NAME)
    assert_rows(
        office.values("number_of_plants"),
        """ref_area | obs_value | n_obs
           MX       | 7         |
           MX01     | 5         |
           MX02     | 2         |
           MX01001  | 2         |
           MX01002  | 1         |
           MX02001  | 1         |
        """,
    )


def test_names_that_find_no_municipality_are_listed_and_those_that_say_so_are_not(office: Records) -> None:
    office.table("plants", f"{NAMED}ignore: [{{reason: x, columns: [PLANT, CLEAN]}}]", record="unit")
    office.file("office", "1", BY_NAME)
    [part] = office.stage_table("plants").parts
    assert part["named"] == 6
    assert part["unplaced"] == [
        {"state": "01", "name": "Cima", "rows": 1},
        {"state": "02", "name": "Pico Cima", "rows": 1},
    ]


def test_an_alias_that_people_reviewed_places_a_site(office: Records) -> None:
    office.write("geography/names.csv", "key,name,kind,source,first,last\n02001,Pico Cima,alias,office,2020,2020\n")
    office.table("plants", f"{NAMED}ignore: [{{reason: x, columns: [PLANT, CLEAN]}}]", record="unit")
    office.file("office", "1", BY_NAME)
    [part] = office.stage_table("plants").parts
    assert part["unplaced"] == [{"state": "01", "name": "Cima", "rows": 1}]


def test_a_name_of_two_municipalities_of_a_state_places_nothing(office: Records) -> None:
    office.write("geography/names.csv", "key,name,kind,source,first,last\n")
    office.edit("geography/municipalities.csv", "01002,Brisa", "01002,Alba")
    office.table("plants", f"{NAMED}ignore: [{{reason: x, columns: [PLANT, CLEAN]}}]", record="unit")
    office.file("office", "1", BY_NAME)
    [part] = office.stage_table("plants").parts
    assert {"state": "01", "name": "ALBA", "rows": 1} in part["unplaced"]


def test_a_name_of_a_municipality_needs_that_of_its_state(office: Records) -> None:
    office.table("plants", NAMED.replace("state_name: STATE", "state: STATE"), record="unit")
    assert any("municipality_name goes with state_name" in problem for problem in office.problems())


SITES = """
key: {plant: PLANT}
sites: {site: plant, marked_below: 2, why: x}
"""
CLEAN = """  clean: {label: {en: "Clean", es: "Limpias"}, records: all, where: "CLEAN = 'yes'"}
  known: {label: {en: "Known", es: "Conocidas"}, records: all, where: "CLEAN IN ('yes', 'no')"}
"""
MEASURES = NAMED.replace("measures: {plants: {label: {en: \"Plants\", es: \"Plantas\"}, records: all}}\n", (
    "measures:\n  plants: {label: {en: \"Plants\", es: \"Plantas\"}, records: all}\n" + CLEAN
))  # fmt: skip
REPORTS = """STATE | PLACE | PLANT | CLEAN
             Norte | Alba  | a     | yes
             Norte | Alba  | a     | no
             Norte | Alba  | b     | no
             Norte | Brisa | c     | no
             Sur   | Cima  | d     | -
             Sur   | Cima  | e     | yes"""


def test_a_value_says_how_many_sites_it_has_and_few_are_marked(office: Records) -> None:
    """A plant with two reports is one; an area without a plant has no row."""
    office.table("plants", MEASURES + SITES, record="unit")
    of_plants(office, "reports", "{kind: count, table: plants, value: plants}", "NUMBER")
    office.file("office", "1", REPORTS)
    assert_rows(
        office.values("reports"),
        """ref_area | obs_value | n_obs | obs_status | obs_reason
           MX       | 6         | 5     | A          |
           MX01     | 4         | 3     | A          |
           MX02     | 2         | 2     | A          |
           MX01001  | 3         | 2     | A          |
           MX01002  | 1         | 1     | U          | few_sites
           MX02001  | 2         | 2     | A          |
        """,
    )


def test_the_sites_of_a_ratio_are_those_of_its_divisor(office: Records) -> None:
    office.table("plants", MEASURES + SITES.replace("site: plant, ", ""), record="unit")
    of_plants(office, "clean", "{kind: ratio, table: plants, numerator: clean, denominator: known}", "PT")
    office.file("office", "1", REPORTS)
    assert_rows(
        office.values("clean"),
        """ref_area | obs_value | n_obs | obs_status | obs_reason
           MX       | 40        | 5     | A          |
           MX01     | 25        | 4     | A          |
           MX02     | 100       | 1     | U          | few_sites
           MX01001  | 33.333333 | 3     | A          |
           MX01002  | 0         | 1     | U          | few_sites
           MX02001  | 100       | 1     | U          | few_sites
        """,
    )


def test_a_caveat_without_areas_holds_for_all(office: Records) -> None:
    caveat = "caveats: [{measures: [plants], periods: ['2020'], reason: carried_forward, why: x}]"
    office.table("plants", f"{NAMED}{caveat}\nignore: [{{reason: x, columns: [PLANT, CLEAN]}}]", record="unit")
    office.indicator(
        "number_of_plants",
        "method: {kind: count, table: plants, value: plants}\nbreakdowns: [[national], [state]]",
        unit="NUMBER",
    )
    office.file("office", "1", BY_NAME)
    assert_rows(
        office.values("number_of_plants"),
        """ref_area | obs_value | obs_status | obs_reason
           MX       | 7         | I          | carried_forward
           MX01     | 5         | I          | carried_forward
           MX02     | 2         | I          | carried_forward
        """,
    )


def test_sites_are_no_figures_of_areas(office: Records) -> None:
    office.table("plants", MEASURES + SITES)
    assert any("sites go with record: unit" in problem for problem in office.problems())
    office.table("plants", MEASURES + SITES.replace("site: plant", "site: plnt"), record="unit")
    assert any("sites.site: names an unknown key column" in problem for problem in office.problems())
