"""Spec tests that ask for values run on two engines: DuckDB, and the oracle in plain Python.

What the oracle does not compute is skipped there, with the reason that ``support.memory.NOT_HERE`` lists.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from support import memory
from support.country import Country, Engine
from support.records import Records

ENGINES: tuple[Engine, ...] = ("duckdb", "oracle")
ASKING = (".values(", ".computed(")
JUDGING = ".coherence("
"""Verdicts are SQL over the file of an indicator, which DuckDB wrote."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Both engines for a test that asks for values, DuckDB alone for one that looks at specs and staged rows."""
    if "engine" in metafunc.fixturenames:
        source = inspect.getsource(metafunc.function)
        asks = any(word in source for word in ASKING) and JUDGING not in source
        metafunc.parametrize("engine", ENGINES if asks else ENGINES[:1], scope="function")


@pytest.fixture
def country(tmp_path: Path, duck: duckdb.DuckDBPyConnection, engine: Engine) -> Country:
    """The small country, without files and indicators."""
    return Country(tmp_path, duck, engine)


@pytest.fixture
def records(tmp_path: Path, duck: duckdb.DuckDBPyConnection, engine: Engine) -> Records:
    """The small country, for tables of the test's own."""
    return Records(tmp_path, duck, engine)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """What the oracle does not compute is no failure of the test."""
    try:
        return (yield)
    except memory.NotHere as left_out:
        pytest.skip(f"not by the oracle: {left_out}, {memory.NOT_HERE[str(left_out)]}")
