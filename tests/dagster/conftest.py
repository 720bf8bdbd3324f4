"""One full run on the starter data, shared by the tests that only look; those that run again work on a copy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from dagster import DagsterInstance
from place import Place
from support.chosen_specs import DESK_INDICATORS, chosen_specs


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder in memory where the system has one: Dagster's SQLite files wait for the disk 4,000 times in a run."""
    shared_memory = Path("/dev/shm")
    with TemporaryDirectory(dir=shared_memory if os.access(shared_memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory, memory: Path) -> Place:
    """The place of one full run of some indicators; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("ran")
    specs = chosen_specs(folder / "specs", DESK_INDICATORS)
    place = Place(folder / "home", memory / "instance", specs).make()
    said = place.run()
    assert said.code == 0, said.err
    assert f"({len(place.runner().run.indicators)} indicators computed now, 0 unchanged" in said.out
    return place


@pytest.fixture(scope="session")
def instance(ran: Place) -> Iterator[DagsterInstance]:
    with ran.opened() as instance:
        yield instance


@pytest.fixture
def again(ran: Place, tmp_path: Path, memory: Path) -> Place:
    """A copy of the run's folders, to be run in."""
    return ran.copied_to(tmp_path / "home", memory / tmp_path.name)
