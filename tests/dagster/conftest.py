"""One full run on the starter data, shared by the tests that only look; those that run again work on a copy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from dagster import DagsterInstance
from end_to_end.product import locked, shared_folder
from place import Place


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder in memory where the system has one: Dagster's SQLite files wait for the disk 4,000 times in a run."""
    shared_memory = Path("/dev/shm")
    with TemporaryDirectory(dir=shared_memory if os.access(shared_memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory, memory: Path) -> Place:
    """The place of one full run, which the first worker makes and all share; tests leave it as it is."""
    shared = shared_folder(tmp_path_factory)
    place = Place(shared / "ran_home", shared / "ran_instance")
    with locked(shared / "ran.lock"):
        if not place.instance.exists():
            own = Place(place.home, memory / "instance").make()
            said = own.run()
            assert said.code == 0, said.err
            assert f"({len(own.runner().run.indicators)} indicators computed now, 0 unchanged" in said.out
            shutil.copytree(own.instance, place.instance)
    return place


@pytest.fixture(scope="session")
def instance(ran: Place) -> Iterator[DagsterInstance]:
    with ran.opened() as instance:
        yield instance


@pytest.fixture
def again(ran: Place, tmp_path: Path, memory: Path) -> Place:
    """A copy of the run's folders, to be run in."""
    return ran.copied_to(tmp_path / "home", memory / tmp_path.name)
