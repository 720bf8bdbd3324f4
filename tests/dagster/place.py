"""A data folder and a Dagster instance of one test, and the way to run in them.

What belongs here: the place. What does not: what must come of a run.
"""

from __future__ import annotations

import io
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetChecksDefinition,
    AssetSelection,
    AssetSpec,
    DagsterEventType,
    DagsterInstance,
    Definitions,
    define_asset_job,
)
from support.chosen_specs import with_patience

from assets.keys import asset_key
from assets.run import main
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import PROJECT, Settings

SPEC = "goal_07/dwellings_with_electricity.yaml"
RIGHT, WRONG = 'area: MX01, period: "2020", value: 99.57,', 'area: MX01, period: "2020", value: 98.57,'


@dataclass(frozen=True)
class Place:
    """A data folder and a Dagster instance of one test, and the way to run in them."""

    home: Path
    instance: Path
    specs: Path = PROJECT / "indicator_specs"
    mirror: str = "starter"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SDG_HOME": str(self.home),
            "SDG_SPECS": str(self.specs),
            "SDG_MIRROR": self.mirror,
            "DAGSTER_HOME": str(self.instance),
        }

    def make(self) -> Place:
        """The folders, the instance configured as the project's own."""
        self.home.mkdir()
        self.instance.mkdir()
        shutil.copy(PROJECT / "dagster_home" / "dagster.yaml", self.instance)
        return self

    def copied_to(self, home: Path, instance: Path) -> Place:
        """The same state in other folders, for a test that changes it."""
        shutil.copytree(self.home, home, symlinks=True)
        shutil.copytree(self.instance, instance)
        return replace(self, home=home, instance=instance)

    def run(self) -> Said:
        """``python -m assets.run`` in this process."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setenv("COLUMNS", "500")
            code = main()
        return Said(code, out.getvalue(), err.getvalue())

    def runner(self) -> Runner:
        return Runner.load(Settings.from_environment(self.environment))

    def opened(self) -> DagsterInstance:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAGSTER_HOME", str(self.instance))
            return DagsterInstance.get()

    def latest(self) -> str:
        """Name of the release that partners see."""
        return self.runner().run.layout.latest.resolve().name


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


def spoilt(place: Place, folder: Path) -> Place:
    """The place with specs in which one official figure is wrong by one per cent point."""
    specs = folder / "specs"
    shutil.copytree(place.specs, specs)
    text = (specs / SPEC).read_text(encoding="utf-8")
    assert text.count(RIGHT) == 1
    (specs / SPEC).write_text(text.replace(RIGHT, WRONG), encoding="utf-8")
    return replace(place, specs=specs)


def patient(place: Place, folder: Path) -> Place:
    """The place with the project's rule for how long a source may be awaited."""
    shutil.copytree(place.specs, folder / "specs")
    return replace(place, specs=with_patience(folder / "specs"))


def verdicts(instance: DagsterInstance, run_id: str) -> list[Any]:
    logs = instance.all_logs(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION)
    return [log.dagster_event.event_specific_data for log in logs if log.dagster_event]


def evaluated(checks: AssetChecksDefinition, subject: str) -> AssetCheckEvaluation:
    """What a job of these checks alone records of a subject of open government; they are one."""
    defs = Definitions(
        assets=[AssetSpec(asset_key(("open_government", subject)))],
        asset_checks=[checks],
        jobs=[define_asset_job("judge", AssetSelection.checks(checks))],
    )
    done = defs.resolve_job_def("judge").execute_in_process(instance=DagsterInstance.ephemeral())
    [evaluation] = done.get_asset_check_evaluations()
    return evaluation
