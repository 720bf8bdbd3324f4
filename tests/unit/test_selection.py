"""What a run is asked for by goal and indicator, where the files for it are not at hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sdg_pipeline.cli.selection import steps_of
from sdg_pipeline.errors import UsageError
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings


@pytest.fixture(scope="module")
def starter() -> Run:
    return Runner.load(Settings.from_environment({"SDG_MIRROR": "starter"})).run


def test_an_indicator_without_its_files_is_refused_with_what_is_missing_and_where_it_is(starter: Run) -> None:
    with pytest.raises(UsageError) as raised:
        steps_of(starter, [], ["poverty"])
    text = str(raised.value)
    assert text.startswith(
        "indicator poverty is not in this run: the mirror 'starter' lacks inegi_poverty/2024 (https://"
    )
    assert "remedy: get the files there, and set SDG_MIRROR" in text
    assert raised.value.exit_code == 2


def test_a_former_id_runs_the_indicator_of_today(starter: Run) -> None:
    spec = starter.catalog.indicators["literacy_15_plus"].model_copy(update={"former": ("literacy_2020",)})
    catalog = replace(starter.catalog, indicators=starter.catalog.indicators | {spec.id: spec})
    renamed = replace(starter, catalog=catalog)
    assert steps_of(renamed, [], ["literacy_2020"]) == steps_of(starter, [], ["literacy_15_plus"])


def test_a_goal_without_its_files_exists_all_the_same(starter: Run) -> None:
    count = sum(i.goal == 16 for i in starter.catalog.indicators.values())
    with pytest.raises(UsageError) as raised:
        steps_of(starter, [16], [])
    text = str(raised.value)
    assert text.startswith(f"none of the {count} indicators of goal 16 is in this run: the mirror 'starter' lacks ")
    assert "https://" in text and " more; remedy: get the files there" in text


def test_a_goal_without_indicators_does_not_exist(starter: Run) -> None:
    with pytest.raises(UsageError, match="no indicator of goal 18; remedy: `sdg check --list` names the indicators"):
        steps_of(starter, [18], [])
