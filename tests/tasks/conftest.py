"""The published starter home, in which users do their tasks."""

from __future__ import annotations

import pytest
from end_to_end.product import Product, Run, first_run


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Product:
    """The home of one run over the starter data: for looking only."""
    run: Run = first_run(tmp_path_factory, "starter_home")
    assert run.said.code == 0, run.said
    return run.product
