"""Homes that the tests of the whole product share, each made by one run."""

from __future__ import annotations

from pathlib import Path

import pytest
from end_to_end.product import Product, Run, chosen_run, copy_chosen, copy_home, first_run, national_run


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The first run over the starter data. Its home is for looking only; see ``own_home``."""
    return first_run(tmp_path_factory, "starter_home")


@pytest.fixture(scope="session")
def national(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Run:
    """The first run over the whole census table; skipped without SDG_SHARED_DATA."""
    return national_run(tmp_path_factory, shared_data)


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Product:
    """The first run of few indicators. Its home is for looking only; see ``own_few``."""
    return chosen_run(tmp_path_factory)


@pytest.fixture
def own_few(few: Product, tmp_path: Path) -> Product:
    """A copy of the home of few indicators, and of its specs in ``specs``, that the test may change."""
    return copy_chosen(few, tmp_path)


@pytest.fixture
def own_home(starter: Run, tmp_path: Path) -> Product:
    """A copy of the published starter home that the test may change."""
    return copy_home(starter.product, tmp_path / "home")
