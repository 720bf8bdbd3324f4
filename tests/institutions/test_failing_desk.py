"""A run of the desk over official addresses of which one fails: as in the terminal, with a warning in place of a failure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetKey, DagsterInstance
from dagster._core.execution.execute_in_process_result import ExecuteInProcessResult

from assets import run as conductor
from assets.choices import choose
from assets.definitions import build
from assets.keys import PUBLISH_ALL
from assets.unreached import Unreached
from institutions import double
from institutions.conftest import ROWS
from institutions.double import Institutions
from institutions.person import Person
from sdg_pipeline.errors import FetchError
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings

GOAL = "goal_01_poverty"
KEPT, WENT = "raw/schools/2020", "raw/parks/2020"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    (tmp_path / "instance").mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "instance"))
    with DagsterInstance.get() as instance:
        yield instance


def launched(instance: DagsterInstance, job: str) -> ExecuteInProcessResult:
    resolved = build(Runner.load(Settings.from_environment())).resolve_job_def(job)
    return resolved.execute_in_process(instance=instance, run_config=conductor.QUIET, raise_on_error=False)


def materialised(result: ExecuteInProcessResult) -> set[str]:
    return {"/".join(e.asset_key.path) for e in result.all_events if e.is_step_materialization and e.asset_key}


def verdict(result: ExecuteInProcessResult, asset: str) -> tuple[bool, str, dict[str, Any]]:
    """Whether the check of an asset passes, how grave it is, and its metadata."""
    [one] = [e for e in result.get_asset_check_evaluations() if "/".join(e.asset_key.path) == asset]
    return one.passed, one.severity.value, {name: value.value for name, value in one.metadata.items()}


def test_what_never_came_is_skipped_and_named(
    person: Person, institutions: Institutions, paths: dict[str, str], instance: DagsterInstance
) -> None:
    institutions.habits[paths["schools"]] = double.page_under_200
    result = launched(instance, PUBLISH_ALL)
    assert result.success
    done = materialised(result)
    assert {WENT, "staged/parks_by_state", "indicator/parks_number"} <= done
    assert {KEPT, "staged/schools_by_state", "indicator/schools_number", "publication/release"} & done == set()
    passed, severity, said = verdict(result, KEPT)
    assert (passed, severity) == (False, "WARN")
    assert "is an HTML or XML page where data was expected" in said["error"]
    assert said["observed"].startswith(
        "schools/2020 could not be had, and no earlier copy is here. Skipped: 1 staged, "
    )
    assert said["observed"].endswith(" Nothing is published.") and said["last_good_copy"] == "none"
    assert said["skipped"].startswith("staged schools_by_state, indicator schools_number, ")
    assert "publication release" in said["skipped"] and "parks" not in said["skipped"]
    assert verdict(result, WENT)[0]


@pytest.mark.parametrize("named", [{"indicators": ["schools_number"]}, {"editions": ["schools/2020"]}])
def test_what_was_asked_for_by_name_fails(
    person: Person, institutions: Institutions, paths: dict[str, str], named: dict[str, list[str]]
) -> None:
    """Dagster keeps the words of a launchpad for a process, so that the choices are made without one."""
    institutions.habits[paths["schools"]] = double.refuses
    runner = Runner.load(Settings.from_environment())
    chosen = {"indicators": [], "editions": [], "areas": [], "mirror": "as_started", "strictness": "normal"}
    chosen |= {"draft": False, "partial": False, "review": False}
    step = runner.run.step(("raw", "schools", "2020"))
    with pytest.raises(FetchError, match="403 Forbidden"):
        choose(runner, chosen | named).perform(step, str)
    with pytest.raises(Unreached, match="403 Forbidden"):
        choose(runner, chosen).perform(step, str)


def test_the_last_good_copy_is_kept_with_its_day(
    person: Person, institutions: Institutions, paths: dict[str, str], instance: DagsterInstance
) -> None:
    assert launched(instance, GOAL).success
    person.change_spec()
    institutions.habits[paths["schools"]] = double.gone
    for _ in range(2):
        asked = len(institutions.asked)
        result = launched(instance, GOAL)
        assert result.success and {KEPT, "indicator/schools_number"} <= materialised(result)
        passed, severity, said = verdict(result, KEPT)
        assert (passed, severity, said["blocking_failures"]) == (False, "WARN", 0)
        assert "| address_answers | FAILS | warning | kept the copy of 20" in said["verdicts"]
        event = instance.get_latest_materialization_event(AssetKey(KEPT.split("/")))
        assert event and event.asset_materialization
        metadata = event.asset_materialization.metadata
        assert str(metadata["last_good_copy"].value).startswith("20") and "404" in str(metadata["address_failed"].value)
        assert len(institutions.asked) == asked + 1, "it is asked again each time, once"
    institutions.habits.clear()
    assert verdict(launched(instance, GOAL), KEPT)[0]


def test_changed_bytes_fail_the_run(
    person: Person, institutions: Institutions, paths: dict[str, str], instance: DagsterInstance
) -> None:
    assert launched(instance, GOAL).success
    person.change_spec()
    institutions.habits[paths["schools"]] = double.changed(ROWS.replace(b"7", b"8"))
    assert not launched(instance, GOAL).success, "a person decides"


def test_make_run_publishes_without_it(
    person: Person,
    institutions: Institutions,
    paths: dict[str, str],
    instance: DagsterInstance,
    capsys: pytest.CaptureFixture[str],
) -> None:
    institutions.habits[paths["schools"]] = double.gone
    assert conductor.main() == 0
    said = capsys.readouterr().out
    assert "1 indicator of goal 1" in said and "Partial: schools/2020 could not be had" in said
    assert "Published:" in said
    [run] = instance.get_runs()
    assert run.is_success


def test_make_run_records_what_was_computed_while_addresses_were_asked(
    person: Person, paths: dict[str, str], instance: DagsterInstance
) -> None:
    assert conductor.main() == 0
    person.change_spec()
    assert conductor.main() == 0
    newest, _ = instance.get_runs()
    events = [entry.dagster_event for entry in instance.all_logs(newest.run_id) if entry.dagster_event]
    done = {"/".join(e.asset_key.path) for e in events if e.is_step_materialization and e.asset_key}
    assert {KEPT, "staged/schools_by_state"} <= done
    assert not {WENT, "staged/parks_by_state", "indicator/schools_number"} & done, "what is as it was stands"
