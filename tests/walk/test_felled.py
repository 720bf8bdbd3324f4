"""``kill -9`` at chosen calls and at random leaves all that people read whole, and the next try completes.

A hundred kills at calls and fifty at random are `make kills`; the suite tries a call of each area, and three moments.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from support import forked
from walk.felled import AREAS, Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]  # a net: a machine with other work

SEED = 20201
AT_CALLS, AT_RANDOM = (int(n) for n in os.environ.get("SDG_KILLS", "7,3").split(","))
SCENES = ("run", "first run", "publish", "submit", "accept", "restore")
"""Random kills take their turn over these."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)  # as in the processes that are killed
        yield Stage.begun(tmp_path_factory.mktemp("world"), forked.forks())


def chosen(stage: Stage) -> list[tuple[str, str, int]]:
    """Calls spread over every area, as many of each as there is room for: area, scene and number."""
    of_areas = {area: stage.numbers(area) for area in AREAS}
    assert all(of_areas.values()), f"areas without a call: {[a for a, calls in of_areas.items() if not calls]}"
    calls = []
    for place, (area, numbers) in enumerate(of_areas.items()):
        share = min(len(numbers), AT_CALLS // len(AREAS) + (place < AT_CALLS % len(AREAS)))
        chance = random.Random(f"{SEED} {area}")
        calls += [(area, *numbers[i]) for i in sorted(chance.sample(range(len(numbers)), share))]
    return calls


def test_killed_before_a_call(stage: Stage) -> None:
    hit: Counter[str] = Counter()
    for area, name, number in chosen(stage):
        assert stage.fell(name, at=number) is not None, f"{name} ended before its call {number}"
        hit[area] += 1
    print(f"\n{hit.total()} kills before a call: {dict(hit)}; calls: { {n: len(c) for n, c in stage.calls.items()} }")
    assert set(hit) == set(AREAS)


def test_killed_at_random(stage: Stage) -> None:
    """Any moment of a command; one that had ended before its moment is another try."""
    chance, hit = random.Random(SEED), Counter[str]()
    for turn in range(3 * AT_RANDOM):
        if hit.total() == AT_RANDOM:
            break
        name = SCENES[turn % len(SCENES)]
        hit[name] += stage.fell(name, after=chance.uniform(0.001, stage.seconds[name])) is not None
    print(f"\n{hit.total()} kills at random: {dict(hit)}")
    assert hit.total() == AT_RANDOM
