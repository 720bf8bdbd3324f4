"""Tries hostile inputs one by one on copies of a home with a release."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from end_to_end.product import contents_of
from support.forked import forks

from hostile import around, files, kept, specs
from hostile.case import Case
from hostile.stage import Ended, Stage, perform


@dataclass(frozen=True)
class Tried:
    """A case, how the process ended, and what is wrong with that."""

    case: Case
    ended: Ended
    faults: list[str]


def cases() -> Iterator[Case]:
    """All hostile inputs."""
    yield from files.every()
    yield from specs.every()
    yield from around.every()
    yield from kept.every()


LARGE = ("million rows", "gigabytes", "bomb", "many members", "many rows", "very large", "many columns", "of merges")
"""Kinds of inputs that take seconds to make or to refuse."""


def of_each_kind() -> Iterator[Case]:
    """The first of each kind that is tried in a moment."""
    seen = set()
    for case in cases():
        if case.kind not in seen and not case.kind.endswith(LARGE):
            seen.add(case.kind)
            yield case


def tried(chosen: Iterable[Case], folder: Path) -> Iterator[Tried]:
    """Each case on a copy of one home; AssertionError where the country without a hostile input does not run."""
    context, sound = forks(), Stage(folder / "sound")
    sound.folder.mkdir(parents=True)
    sound.set_up()
    ended = perform(context, sound, "run")
    assert ended.code == 0, ended.out
    for case in chosen:
        own = Stage(folder / "own")  # without the variables and the command of another case
        shutil.rmtree(own.folder, ignore_errors=True)
        shutil.copytree(sound.folder, own.folder, symlinks=True)
        case.prepare(own)
        before = contents_of(own.home / "data" / "published")
        ended = perform(context, own, *case.command)
        changed = contents_of(own.home / "data" / "published") != before
        yield Tried(case, ended, [*ended.faults(case.heals), *(["what is published changed"] if changed else [])])
