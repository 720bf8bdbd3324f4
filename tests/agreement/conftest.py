"""The national run, which the tests of the whole product share."""

from __future__ import annotations

from pathlib import Path

import pytest
from end_to_end.product import Run, national_run


@pytest.fixture(scope="session")
def national(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Run:
    """The first run over the whole census table; skipped without SDG_SHARED_DATA."""
    run = national_run(tmp_path_factory, shared_data)
    assert run.said.code == 0, run.said
    return run
