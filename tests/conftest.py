"""Fixtures that all tests share: one DuckDB connection a session, the small country, and the real specs."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings
from support.country import Country
from support.records import Records

from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog

# The suite starts hundreds of processes; where the machine forbids it, each would compile the package anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
gc.set_threshold(100_000, 20, 20)  # tests and specs are a million objects that stay: an eighth of the time went here

settings.register_profile("any machine", deadline=None)  # an example may take as long as a busy machine needs
settings.load_profile("any machine")


def pytest_collection_finish() -> None:
    """Leave what has been collected out of every later search for garbage."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # else DuckDB tells of leaks at the end


@pytest.fixture(scope="session")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database; opening one takes longer than most tests."""
    with duckdb.connect(config={"threads": 2, "autoinstall_known_extensions": False}) as con:
        yield con


@pytest.fixture
def country(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> Country:
    """The small country, without files and indicators."""
    return Country(tmp_path, duck)


@pytest.fixture
def records(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> Records:
    """The small country, for tables of the test's own."""
    return Records(tmp_path, duck)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The project's own specs."""
    return catalogs.load(PROJECT / "indicator_specs").sound()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that SDG_SHARED_DATA names; the test is skipped without it."""
    named = os.environ.get("SDG_SHARED_DATA", "")
    if not named:
        pytest.skip("SDG_SHARED_DATA is not set: no real data to test on")
    if not Path(named).is_dir():
        pytest.skip(f"SDG_SHARED_DATA={named} is no folder: no real data to test on")
    return Path(named)
