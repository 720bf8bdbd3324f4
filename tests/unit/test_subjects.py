"""Each subject of open government runs as soon as its inputs have run, whatever else has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdg_pipeline.open_government.subjects import SUBJECTS
from sdg_pipeline.run.graph import OPEN_GOVERNMENT, Step
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner.load(Settings.from_environment({"SDG_HOME": str(tmp_path), "SDG_MIRROR": "starter"}))


def steps_of_subjects(runner: Runner) -> dict[str, Step]:
    return {step.name: step for step in runner.run.steps if step.kind == OPEN_GOVERNMENT}


def test_a_subject_that_reads_bytes_of_editions_waits_for_all_of_them(runner: Runner) -> None:
    fetched = {step.key for step in runner.run.steps if step.kind == "raw"}
    awaited = {name: fetched & set(step.inputs) for name, step in steps_of_subjects(runner).items()}
    assert fetched
    assert awaited == {name: fetched if subject.all_editions else set() for name, subject in SUBJECTS.items()}


def test_subjects_that_need_no_step_run_in_an_empty_home(runner: Runner) -> None:
    first = [step for step in steps_of_subjects(runner).values() if not step.inputs]
    assert {step.name for step in first} == {"commitments", "portal", "requests", "budget"}, (
        "the starter data have no table of a budget"
    )
    assert all(runner.perform(step).computed for step in first)
