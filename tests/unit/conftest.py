"""What unit tests share besides the fixtures of all tests."""

from __future__ import annotations

import pytest
import release_fixture

from sdg_pipeline.release import origins


@pytest.fixture(autouse=True)
def _made_up_citations(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of ``release_fixture.contents`` cite made-up bytes and definitions; test_origins has rows that do not."""
    if getattr(request.module, "contents", None) is release_fixture.contents:
        monkeypatch.setattr(origins, "faults", lambda *_: [])
