"""What tests of packages share besides the fixtures of all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit import release_fixture

from sdg_pipeline.layout import Layout


@pytest.fixture(autouse=True, scope="module")
def _made_up_citations() -> Iterator[None]:
    with release_fixture.made_up_citations():
        yield


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "home")
    layout.home.mkdir()
    return layout
