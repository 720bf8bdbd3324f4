"""What tests of packages share besides the fixtures of all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdg_pipeline.layout import Layout
from sdg_pipeline.release import origins, review


@pytest.fixture(autouse=True, scope="module")
def _made_up_citations() -> Iterator[None]:
    """Rows of ``release_fixture.contents`` cite made-up bytes, and it has no spec files to build a warehouse by."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(origins, "faults", lambda *_: [])
        patch.setattr(review, "build_of_latest", lambda *_: None)
        yield


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "home")
    layout.home.mkdir()
    return layout
