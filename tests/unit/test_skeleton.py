"""Skeletons: they pass ``sdg check`` as they are, lie where they belong, and never replace a file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.country import Country

from sdg_pipeline.errors import UsageError
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import skeleton, yaml
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator


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


def test_a_table_without_municipalities_gives_none(country: Country) -> None:
    path = country.specs / "tables" / "people.yaml"
    head, _, rest = path.read_text(encoding="utf-8").partition("  - source: people_municipalities\n")
    _, _, rest = rest.partition("  - {source: people_localities")
    text = head + rest.partition("\n")[2]
    country.write("tables/people.yaml", text.replace("levels: [state, municipality, locality]", "levels: [state]"))
    path = skeleton.new_indicator(catalogs.load(country.specs), "water_at_home", "6.1", "people")
    text = path.read_text(encoding="utf-8")
    assert "  - [state]\nchecks" in text and "municipality" not in text
    assert "complete: {national: all, state: all}" in text


def test_every_table_of_the_project_gives_a_skeleton_that_can_be_planned(catalog: Catalog) -> None:
    refused = []
    for table in catalog.tables.values():
        try:
            text = skeleton.draft(catalog, table, "some_thing", "6.1")
        except UsageError as error:
            refused.append(str(error))
            continue
        document = yaml.parsed(text.encode(), "goal_06/some_thing.yaml")
        documents = {**catalog.documents, "some_thing": document}
        make_plan(Indicator.model_validate(document.data), replace(catalog, documents=documents))
    assert refused == [
        "no level of table gdp_and_population_state has one measure in all of its parts; "
        "remedy: write the spec by hand, with `kind: sql` over its parts"
    ]


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
def test_what_cannot_be_written_is_reported(
    country: Country, indicator: str, target: str, table: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        skeleton.new_indicator(catalogs.load(country.specs), indicator, target, table)
    assert str(caught.value).startswith(message) and "; remedy: " in str(caught.value)
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
