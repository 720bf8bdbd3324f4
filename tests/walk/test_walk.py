"""A walk through the life of a home: any order of commands and mishaps ends well.

Sixty steps in the suite; ``make walk`` takes a thousand. What belongs here: the steps. What does not: what must hold
(judged), the world (world), sequences that once went wrong (test_life).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from end_to_end.product import Said, contents_of
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from walk import judged
from walk.world import CHANGES, MIRRORS, SPECS, World

from sdg_pipeline.publish import parquet
from sdg_pipeline.release.manifest import in_force, sealed, state
from sdg_pipeline.run.graph import PUBLICATION
from sdg_pipeline.run.state import StateStore
from sdg_pipeline.run.steps.publication import PublicationReport

STEPS = int(os.environ.get("SDG_WALK_STEPS", "60"))
STEPS_A_WALK = 30
mirrors = st.sampled_from(MIRRORS)
people = st.sampled_from(["Ana", "Luis"])


class Walk(RuleBasedStateMachine):
    """One home from its first command on."""

    clean: ClassVar[dict[str, str]] = {}
    """sha256 of the observations that a clean home has, by what it was run over; all walks share them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="walk"))
        self.world = World.begun(self.folder)
        self.seals: dict[str, dict[str, str]] = {}
        self.decided: str | None = None
        self.reviews = False

    def teardown(self) -> None:
        """Whatever is sealed is made again from its own locks and specs."""
        for manifest in sealed(self.world.layout):
            said = self.world.call("a", "release", "rebuild", manifest.release)
            assert said.code == 0, said
        shutil.rmtree(self.folder)

    # ---- runs ------------------------------------------------------------------------------------------------------

    @initialize(mirror=mirrors)
    def begin(self, mirror: str) -> None:
        assert self._ran(mirror, "run").code == 0

    @rule(
        mirror=mirrors, options=st.sampled_from([(), (), (), ("--draft",), ("--partial",)]), threads=st.integers(1, 2)
    )
    def run(self, mirror: str, options: tuple[str, ...], threads: int) -> None:
        before = in_force(self.world.layout)
        said = self._ran(mirror, "run", *options, SDG_THREADS=threads, SDG_STEPS=threads)
        blocked = "range" in self.world.changes and "reads" not in self.world.without
        assert said.code in ((0, 1) if blocked else (0,)), said
        if said.code == 0 or "blocked, nothing was published" not in said.err:
            self._same_as_clean(mirror)
        after = in_force(self.world.layout)
        if options == ("--draft",) or self.reviews:
            assert after == before or before is None or not self.world.layout.release(before).is_dir()
        published = contents_of(self.world.layout.published)
        assert self._ran(mirror, "run", *options, SDG_THREADS=threads).code == said.code
        assert contents_of(self.world.layout.published) == published, "the same command again changed something"

    @rule(mirror=mirrors, names=st.lists(st.sampled_from([*SPECS]), min_size=1, unique=True))
    def run_some(self, mirror: str, names: list[str]) -> None:
        published = contents_of(self.world.layout.published)
        arguments = [argument for name in names for argument in ("--goal", str(SPECS[name][0]))]
        said = self._ran(mirror, "run", *arguments)
        gone = set(names) & self.world.without
        assert said.code == 2 if gone else said.code in (0, 1), said
        assert contents_of(self.world.layout.published) == published

    @rule(mirror=mirrors, name=st.sampled_from(["spring", "summer"]))
    def run_named(self, mirror: str, name: str) -> None:
        self._ran(mirror, "run", "--release", name)

    @rule(mirror=mirrors)
    def run_with_reviews(self, mirror: str) -> None:
        before = in_force(self.world.layout)
        self._ran(mirror, "run", SDG_REVIEW="required")
        self.reviews = True
        if before and self.world.layout.release(before).is_dir():
            assert in_force(self.world.layout) == before

    def _ran(self, mirror: str, *arguments: str, **variables: object) -> Said:
        before = in_force(self.world.layout)
        said = self.world.call(mirror, *arguments, **variables)
        self._judge(said)
        after = in_force(self.world.layout)
        judged.went_forward(self.world.layout, before, after)
        if self.decided and self.world.layout.release(self.decided).is_dir():
            assert after == self.decided, f"a run undid that a person put {self.decided} in force: {said}"
        if said.code != 2 and len(arguments) == 1:
            judged.whole(self.world.layout)
            judged.warehouse(self.world.layout)
            judged.explained(self.world, mirror)
        return said

    def _same_as_clean(self, mirror: str) -> None:
        """The values that the run ended with are those of a clean home."""
        world, remembered = self.world, StateStore(self.world.layout).load(PUBLICATION)
        assert remembered is not None
        name = remembered.report_as(PublicationReport).release
        key = f"{mirror} {world.versions[mirror]} {sorted(world.changes - {'comment'})} {sorted(world.without)}"
        if key not in self.clean:
            home, world.home = world.home, self.folder / "clean"
            world.call(mirror, "run", "--draft")
            [only] = sealed(world.layout)
            self.clean[key] = judged.rows_hash(world.layout.release(only.release) / parquet.OBSERVATIONS)
            shutil.rmtree(world.home)
            world.home = home
        assert judged.rows_hash(world.layout.release(name) / parquet.OBSERVATIONS) == self.clean[key]

    # ---- people ----------------------------------------------------------------------------------------------------

    @precondition(lambda self: sealed(self.world.layout))
    @rule(data=st.data(), who=people, act=st.sampled_from(["review", "approve", "publish", "publish"]))
    def decide(self, data: st.DataObject, who: str, act: str) -> None:
        layout = self.world.layout
        name = data.draw(st.sampled_from([m.release for m in sealed(layout)]))
        standing, was = in_force(layout), state(layout, next(m for m in sealed(layout) if m.release == name))
        extra = {"review": ["--note", "seen"], "approve": ["--reason", "known"], "publish": []}[act]
        said = self.world.call("a", "release", act, name, "--by", who, *extra)
        self._judge(said)
        if act == "publish" and said.code == 0:
            assert in_force(layout) == name
            self.decided = name if was == "published" and name != standing else None
            judged.whole(layout)
            judged.warehouse(layout)

    @precondition(lambda self: self.reviews)
    @rule(who=people)
    def waive(self, who: str) -> None:
        self._judge(self.world.call("a", "release", "waive", "--by", who, "--reason", "a trial"))
        self.reviews = False

    # ---- changes of the world --------------------------------------------------------------------------------------

    @rule(change=st.sampled_from(CHANGES))
    def change_spec(self, change: str) -> None:
        self.world.changes ^= {change}
        self.world.write_specs()

    @rule(name=st.sampled_from([*SPECS]))
    def drop_or_restore_spec(self, name: str) -> None:
        if self.world.without <= {name}:
            self.world.without ^= {name}
            self.world.write_specs()

    @rule(mirror=mirrors)
    def change_mirror_key(self, mirror: str) -> None:
        self.world.keys[mirror] = not self.world.keys[mirror]
        self.world.write_mirror(mirror)

    @rule(mirror=mirrors)
    def change_mirror_bytes(self, mirror: str) -> None:
        self.world.versions[mirror] = (self.world.versions[mirror] + 1) % 3
        self.world.write_mirror(mirror)

    @rule()
    def move_home(self) -> None:
        if self.world.home.exists():
            target = self.folder / f"home{len(self.world.home.name)}x{self.world.home.name[-1]}"
            self.world.home.rename(target)
            self.world.home = target

    # ---- mishaps ---------------------------------------------------------------------------------------------------

    @rule()
    def lose_latest(self) -> None:
        self.world.layout.latest.unlink(missing_ok=True)

    @precondition(lambda self: sealed(self.world.layout))
    @rule(data=st.data())
    def lose_release(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([m.release for m in sealed(self.world.layout)]))
        shutil.rmtree(self.world.layout.release(name))
        self.seals.pop(name, None)

    @rule(what=st.sampled_from(["state", "staged", "indicators", "history", "checks", "raw/people_states"]))
    def lose_data(self, what: str) -> None:
        shutil.rmtree(self.world.layout.data / what, ignore_errors=True)

    @rule()
    def lose_warehouse(self) -> None:
        self.world.layout.warehouse.unlink(missing_ok=True)

    # ---- what always holds -----------------------------------------------------------------------------------------

    def _judge(self, said: Said) -> None:
        """Exit codes are few, and nothing that was sealed has changed."""
        assert said.code in (0, 1, 2), said
        assert "Traceback" not in said.out + said.err
        now = judged.seals(self.world.layout)
        assert {name: now.get(name) for name in self.seals} == self.seals
        self.seals = now


@pytest.mark.slow
def test_any_order_of_commands_ends_well() -> None:
    walks = max(1, STEPS // STEPS_A_WALK)
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=walks + 1,  # the first that Hypothesis tries takes the same simple step all the time
            stateful_step_count=STEPS_A_WALK,
            deadline=None,
            database=None,
            derandomize="SDG_WALK_STEPS" not in os.environ,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
