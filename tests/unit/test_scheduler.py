"""Steps side by side: inputs first, downloads one by one, and an error ends the walk."""

from __future__ import annotations

import threading

import pytest

from sdg_pipeline.run.graph import Key, Step
from sdg_pipeline.run.scheduler import walked
from sdg_pipeline.run.state import Outcome, Report

RAW = [Step(("raw", "s", str(n)), ()) for n in range(4)]
TABLES = [Step(("staged", f"t{n}"), (RAW[n].key,)) for n in range(4)]
LAST = Step(("publication", "release"), tuple(step.key for step in TABLES))
STEPS = [*RAW, *TABLES, LAST]
WAITING = frozenset({"raw"})


NET_SECONDS = 120
"""A pair that has not met by then never will."""


def pairs() -> dict[Key, threading.Barrier]:
    """Each table with the download that is ready with it: neither ends before the other has begun."""
    met: dict[Key, threading.Barrier] = {}
    for table, raw in zip(TABLES, RAW[1:], strict=False):
        met[table.key] = met[raw.key] = threading.Barrier(2, timeout=NET_SECONDS)
    return met


class Work:
    """What runs when; steps that share a barrier wait for one another."""

    def __init__(self, fails: Key | None = None, barriers: dict[Key, threading.Barrier] | None = None) -> None:
        self.barriers = barriers or {}
        self.running: set[Key] = set()
        self.done: list[Key] = []
        self.met: list[frozenset[Key]] = []
        self.fails = fails
        self.lock = threading.Lock()

    def __call__(self, step: Step) -> Outcome:
        with self.lock:
            assert set(step.inputs) <= set(self.done), f"{step.key} began before its inputs were done"
            self.running.add(step.key)
            self.met.append(frozenset(self.running))
        if step.key in self.barriers:
            self.barriers[step.key].wait()
        with self.lock:
            self.running.remove(step.key)
            self.done.append(step.key)
        if step.key == self.fails:
            raise ValueError("no")
        return Outcome(step, True, 0.0, "", "", Report())


def test_steps_run_side_by_side_after_their_inputs_and_downloads_one_by_one() -> None:
    work = Work(barriers=pairs())
    order = [outcome.step.key for outcome in walked(STEPS, work, 3, WAITING)]
    assert sorted(order) == sorted(step.key for step in STEPS) and order[-1] == LAST.key
    for table, raw in zip(TABLES, RAW[1:], strict=False):
        assert any({table.key, raw.key} <= met for met in work.met), "nothing ran side by side"
    assert max(sum(key[0] != "raw" for key in met) for met in work.met) <= 3
    assert all(sum(key[0] == "raw" for key in met) <= 1 for met in work.met)


def test_a_download_takes_no_place_of_a_step_that_computes() -> None:
    """With one place, a table and a download run side by side: each waits for the other to begin."""
    work = Work(barriers=pairs())
    assert len(list(walked(STEPS, work, 1, WAITING))) == len(STEPS)


def test_one_at_once_is_the_order_of_the_graph() -> None:
    assert [outcome.step for outcome in walked(STEPS, Work(), at_once=1)] == STEPS


def test_a_step_that_fails_ends_the_walk_once_what_runs_has_ended() -> None:
    work = Work(fails=TABLES[0].key, barriers=dict(list(pairs().items())[:2]))
    with pytest.raises(ValueError, match="no"):
        list(walked(STEPS, work, at_once=2))
    assert LAST.key not in work.done and not work.running
