"""The national run, which the tests of the whole product share, and runs of parts of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from end_to_end.product import PROJECT, Run, national_run

from sdg_pipeline.run.graph import Key
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings

PartOfRun = Callable[..., Runner]


@pytest.fixture(scope="session")
def national(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Run:
    """The first run over the whole census table; skipped without SDG_SHARED_DATA."""
    run = national_run(tmp_path_factory, shared_data)
    assert run.said.code == 0, run.said
    return run


@pytest.fixture(scope="session")
def part_of_run(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> PartOfRun:
    """Performs the named steps on the real files, with what they need, in a home of their own."""
    assert shared_data.is_dir()

    def perform(*keys: Key, specs: Path = PROJECT / "indicator_specs") -> Runner:
        variables = {
            "SDG_HOME": str(tmp_path_factory.mktemp("part")),
            "SDG_SPECS": str(specs),
            "SDG_MIRROR": str(PROJECT / "tests" / "shared_mirror.yaml"),
        }
        runner = Runner.load(Settings.from_environment(variables))
        for step in runner.run.upstream(keys):
            runner.perform(step)
        return runner

    return perform
