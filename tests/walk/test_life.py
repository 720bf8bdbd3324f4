"""Sequences of commands that once ended badly, over the tiny country of the walk."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from walk import judged
from walk.world import World

from sdg_pipeline.errors import UsageError
from sdg_pipeline.publish import definitions
from sdg_pipeline.release import report
from sdg_pipeline.release.manifest import in_force, sealed, verify
from sdg_pipeline.run.graph import PUBLICATION
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world with a release over mirror a, for looking only."""
    world = World.begun(tmp_path_factory.mktemp("world"))
    assert world.call("a", "run").code == 0
    return world


@pytest.fixture
def world(begun: World, tmp_path: Path) -> World:
    shutil.copytree(begun.folder, tmp_path / "world", symlinks=True)
    return World(tmp_path / "world", tmp_path / "world" / "home")


def runner(world: World, mirror: str) -> Runner:
    environment = {
        "SDG_HOME": str(world.home),
        "SDG_SPECS": str(world.specs),
        "SDG_MIRROR": str(world.manifest(mirror)),
        "SDG_ACTOR": "robot",
        "SDG_THREADS": "1",
    }
    return Runner.load(Settings.from_environment(environment))


def test_a_release_mixes_no_two_mirrors(world: World) -> None:
    """One goal over another mirror, and then the publication alone, as the desk can start it."""
    assert world.call("b", "run", "--goal", "4").code == 0
    before = in_force(world.layout)
    for mirror in ("a", "b"):
        own = runner(world, mirror)
        with pytest.raises(UsageError, match=r"cannot be sealed: .* stand from another run.*; remedy: `sdg run`, or"):
            own.perform(own.run.step(PUBLICATION), again=True)
    assert in_force(world.layout) == before
    assert world.call("b", "run").code == 0, "a whole run performs them first"
    judged.whole(world.layout)


def test_specs_are_sealed_as_the_run_read_them(world: World) -> None:
    world.changes = {"title"}
    world.write_specs()
    own = runner(world, "a")
    path = world.specs / "goal_01" / "reads.yaml"
    read = path.read_bytes()
    world.changes = {"title", "meaning"}
    world.write_specs()
    assert [outcome for outcome in own.walk() if outcome.computed]
    folder = world.layout.latest.resolve()
    assert (folder / definitions.FOLDER / "goal_01" / "reads.yaml").read_bytes() == read != path.read_bytes()
    assert verify(folder) == []


def test_that_releases_need_a_review_is_remembered_where_nothing_is_stale(world: World) -> None:
    assert world.call("a", "run", SDG_REVIEW="required").code == 0
    before = in_force(world.layout)
    assert "need a review" in world.call("b", "run").out
    assert in_force(world.layout) == before


@pytest.mark.parametrize("command", [("publish", "spring", "--by", "Ana"), ("review", "nothing", "--by", "Ana")])
def test_that_releases_need_a_review_is_remembered_by_any_command(world: World, command: tuple[str, ...]) -> None:
    assert world.call("b", "run", "--draft", "--release", "spring").code == 0
    assert world.call("b", "release", *command, SDG_REVIEW="required").code in (1, 2)
    assert world.call("b", "release", "publish", "spring", "--by", "Ana").code == 1


def test_a_deleted_link_is_mended_in_a_home_with_reviews(world: World) -> None:
    before = in_force(world.layout)
    world.call("a", "run", SDG_REVIEW="required")
    for mirror in ("a", "b"):
        world.layout.latest.unlink()
        world.layout.warehouse.unlink()
        assert world.call(mirror, "run").code == 0
        assert in_force(world.layout) == before
        judged.warehouse(world.layout)


def test_a_partial_run_takes_no_place_of_a_full_one_unless_asked(world: World) -> None:
    before = in_force(world.layout)
    said = world.call("states", "run")
    assert (said.code, in_force(world.layout)) == (0, before)
    assert f"covers less than {before}: editions people_municipalities/2020; `sdg run --partial`" in said.out
    assert world.call("states", "run", "--partial", SDG_ACTOR="Ana").code == 0
    assert in_force(world.layout) != before
    assert "--partial, chosen by Ana: without editions people_municipalities/2020; areas MX01001" in (
        world.call("a", "release", "list").out
    )


def test_a_name_decides_nothing(world: World) -> None:
    before = [m.release for m in sealed(world.layout)]
    assert world.call("a", "run", "--release", "spring").code == 0
    assert [m.release for m in sealed(world.layout)] == before


def test_software_that_words_the_changes_otherwise_leaves_no_home_stuck(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The changes are sealed and decide nothing: every run over the same contents was refused, under any name."""
    assert world.call("b", "run").code == 0
    before, markdown = in_force(world.layout), report.markdown
    monkeypatch.setattr(report, "markdown", lambda *arguments: f"{markdown(*arguments)}\nIn other words.\n")
    for mirror, options in (("b", ()), ("b", ("--release", "spring")), ("a", ())):
        shutil.rmtree(world.layout.data / "state")
        said = world.call(mirror, "run", *options)
        assert (said.code, in_force(world.layout)) == (0, before), said
        judged.whole(world.layout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--goal", "4", "--release", "spring"), "--release beside --goal or --indicator means nothing"),
        (("--indicator", "reads", "--draft", "--partial"), "--draft, --partial beside --goal or --indicator means"),
        (("--goal", "4", "--goal", "7"), "no indicator of goal 7; remedy: `sdg check --list` names the indicators"),
        (("--release", "../spring"), "'../spring' cannot name a release"),
    ],
)
def test_what_a_run_cannot_mean_is_refused(world: World, arguments: tuple[str, ...], said: str) -> None:
    outcome = world.call("a", "run", *arguments)
    assert (outcome.code, said in outcome.err) == (2, True), outcome


def test_several_goals_are_all_computed(world: World) -> None:
    said = world.call("b", "run", "--goal", "4", "--goal", "1")
    assert (said.code, "2 indicators of goals 1, 4" in said.out) == (0, True), said


def test_an_indicator_outside_of_the_mirror_is_named_with_what_the_mirror_lacks(world: World) -> None:
    """A mirror that holds no file of the table at all."""
    manifest = json.loads(world.manifest("states").read_text(encoding="utf-8"))
    reason = {"edition": "2020", "reason": "too many"}
    manifest["absent"] += [{"source": "people_states", **reason}]
    manifest["entries"] = [{**manifest["entries"][0], "source": "others"}]
    world.manifest("states").write_text(json.dumps(manifest), encoding="utf-8")
    for arguments in (("--indicator", "reads"), ("--goal", "1")):
        said = world.call("states", "run", *arguments)
        assert said.code == 2, said
        assert "the mirror 'states' lacks people_states/2020 (https://example.org/states.csv), people_munic" in said.err
        assert "remedy: get the files there, and set SDG_MIRROR to a manifest that lists them" in said.err


def test_a_damaged_memory_of_a_foreign_step_is_no_traceback(world: World) -> None:
    own = runner(world, "a")
    world.layout.state(("staged", "people")).unlink()
    with pytest.raises(UsageError, match="staged/people"):
        own.perform(own.run.step(PUBLICATION))
    assert replace(own).stale()
