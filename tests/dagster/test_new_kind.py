"""A new kind of step is one module and one line: terminal and desk then perform it like any other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance
from end_to_end.product import chosen_run, copy_chosen

from assets.definitions import build
from assets.keys import PUBLISH_ALL
from assets.run import QUIET
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.steps import KINDS
from sdg_pipeline.settings import Settings

MODULE = '''
"""The step of a poster: how many values the release in force has, in one line."""

from sdg_pipeline.files import write_text
from sdg_pipeline.run.graph import WAREHOUSE, Step
from sdg_pipeline.run.state import Report, Result
from sdg_pipeline.run.steps.kind import StepKind


class PosterReport(Report):
    letters: int


class PosterKind(StepKind):
    name = "poster"
    report = PosterReport
    begun = 0

    def nodes(self, reach, before):
        yield Step((self.name, "wall"), (WAREHOUSE,))

    def identity(self, run, state, step):
        return "one size"

    def begin_early(self):
        self.begun += 1

    def perform(self, context):
        target = context.run.layout.data / "poster.txt"
        write_text(target, f"{len(context.run.indicators)} indicators")
        return Result((target,), PosterReport(letters=len(target.read_text())))
'''


@pytest.fixture
def runner(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """In a home whose run knew nothing of posters."""
    product = copy_chosen(chosen_run(tmp_path_factory), tmp_path)
    (tmp_path / "poster.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    from poster import PosterKind

    kinds = {**KINDS, "poster": PosterKind()}
    settings = Settings.from_environment(
        {"SDG_HOME": str(product.home), "SDG_SPECS": str(product.specs), "SDG_MIRROR": "starter"}
    )
    return Runner.load(settings, kinds=kinds)


def test_the_graph_ends_with_it(runner: Runner) -> None:
    assert runner.run.steps[-1].key == ("poster", "wall")
    assert runner.run.steps[-1] in runner.stale()


@pytest.mark.slow
def test_terminal_and_desk_perform_it(runner: Runner) -> None:
    runner.run.layout.warehouse.unlink()
    outcomes = {outcome.step.kind: outcome for outcome in runner.walk() if outcome.computed}
    assert {"warehouse", "poster"} <= outcomes.keys() <= {"warehouse", "site", "poster"}
    assert outcomes["poster"].report.model_dump()["letters"] == len("3 indicators")
    assert runner.stale() == []
    begun = runner.kinds["poster"].begun  # type: ignore[attr-defined]
    assert begun > 0, "the terminal's walk begins early what later steps wait for"
    (runner.run.layout.data / "poster.txt").unlink()
    with DagsterInstance.ephemeral() as instance:
        job = build(runner).resolve_job_def(PUBLISH_ALL)
        done = job.get_subset(asset_selection={AssetKey(["poster", "wall"])}, asset_check_selection=set())
        assert done.execute_in_process(instance=instance, run_config=QUIET).success
        event = instance.get_latest_materialization_event(AssetKey(["poster", "wall"]))
        assert event is not None and event.asset_materialization is not None
        assert event.asset_materialization.metadata["letters"].value == len("3 indicators")
        assert event.asset_materialization.metadata["computed_in_this_run"].value is True
    why = "Dagster imports at the same time: a thread of ours beside it has met a half-imported module"
    assert runner.kinds["poster"].begun == begun, why  # type: ignore[attr-defined]


def test_its_code_decides_whether_it_is_stale(runner: Runner) -> None:
    from sdg_pipeline.run import code

    module = sys.modules["poster"].__name__
    assert code.closure(module) == {"poster", "sdg_pipeline.files", "sdg_pipeline.run.steps.kind"}
