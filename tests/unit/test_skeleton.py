"""Skeletons: they pass ``sdg check`` as they are, lie where they belong, and never replace a file."""

from __future__ import annotations

import pytest
from support.country import Country

from sdg_pipeline.errors import UsageError
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import skeleton


def test_a_new_indicator_passes_check_and_can_be_computed(country: Country) -> None:
    path = skeleton.new_indicator(catalogs.load(country.specs), "water_at_home", "6.1", "people")
    assert path == country.specs / "goal_06" / "water_at_home.yaml"
    assert country.problems() == []
    country.give("state", "ENT | POP\n 01 | 10\n 02 | 0")
    values = country.values("water_at_home")
    assert {v["ref_area"]: v["obs_value"] for v in values} == {"MX": 100.0, "MX01": 100.0, "MX02": None}


@pytest.mark.parametrize(("target", "folder"), [("1.1", "goal_01"), ("9.c", "goal_09"), ("17.18", "goal_17")])
def test_an_indicator_lies_in_the_folder_of_its_goal(country: Country, target: str, folder: str) -> None:
    path = skeleton.new_indicator(catalogs.load(country.specs), "some_thing", target, "people")
    assert path.parent.name == folder
    assert country.problems() == []


def test_every_line_that_is_to_be_replaced_says_so(country: Country) -> None:
    path = skeleton.new_indicator(catalogs.load(country.specs), "some_thing", "6.1", "people")
    assert path.read_text(encoding="utf-8").count("Replace with") == 3


def test_a_new_source_passes_check(country: Country) -> None:
    path = skeleton.new_source(catalogs.load(country.specs), "office_deaths")
    assert path == country.specs / "sources" / "office_deaths.yaml"
    assert country.problems() == []
    assert country.catalog().sources["office_deaths"].editions["2020"].period == "2020"


@pytest.mark.parametrize(
    ("indicator", "target", "table", "message"),
    [
        ("some_thing", "6.1", "peopel", "no table 'peopel'; did you mean 'people'?"),
        ("some_thing", "6.1", "zzz", "no table 'zzz'; valid: people"),
        ("some_thing", "18.1", "people", "no target '18.1'; remedy: write it as 6.1 or 9.c"),
        ("some_thing", "water", "people", "no target 'water'; remedy: write it as 6.1 or 9.c"),
    ],
)
def test_what_cannot_be_written_is_told(
    country: Country, indicator: str, target: str, table: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        skeleton.new_indicator(catalogs.load(country.specs), indicator, target, table)
    assert str(caught.value) == message
    assert not list(country.specs.glob("goal_*"))


@pytest.mark.parametrize("bad", ["Water", "water-at-home", "../water", "a", "1water"])
def test_an_id_that_check_would_refuse_is_refused_before_it_is_written(country: Country, bad: str) -> None:
    catalog = catalogs.load(country.specs)
    with pytest.raises(UsageError, match="is no id"):
        skeleton.new_indicator(catalog, bad, "6.1", "people")
    with pytest.raises(UsageError, match="is no id"):
        skeleton.new_source(catalog, bad)
    assert not list(country.specs.glob("goal_*"))


@pytest.mark.parametrize("bad", ["6", "6.", "6.1.1", "6.z"])
def test_a_target_that_check_would_refuse_is_refused_before_it_is_written(country: Country, bad: str) -> None:
    with pytest.raises(UsageError, match="no target "):
        skeleton.new_indicator(catalogs.load(country.specs), "some_thing", bad, "people")
    assert not list(country.specs.glob("goal_*"))


def test_a_file_that_is_there_stays(country: Country) -> None:
    catalog = catalogs.load(country.specs)
    path = skeleton.new_indicator(catalog, "some_thing", "6.1", "people")
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"some_thing.yaml exists already; remedy: choose another id, or edit it"):
        skeleton.new_indicator(catalog, "some_thing", "6.1", "people")
    assert path.read_text(encoding="utf-8") == "mine"


def test_an_id_in_use_is_refused(country: Country) -> None:
    skeleton.new_indicator(catalogs.load(country.specs), "some_thing", "6.1", "people")
    catalog = catalogs.load(country.specs)
    with pytest.raises(UsageError, match=r"'some_thing' is the id of goal_06/some_thing.yaml; remedy: choose another"):
        skeleton.new_indicator(catalog, "some_thing", "1.1", "people")
    with pytest.raises(UsageError, match=r"'people' is the id of tables/people.yaml; remedy: choose another"):
        skeleton.new_source(catalog, "people")
