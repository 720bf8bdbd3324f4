"""What unit tests share besides the fixtures of all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sdg_pipeline.release import origins

TRUE_CITATIONS = "test_origins"
"""The module whose rows cite what their releases hold."""


@pytest.fixture(autouse=True, scope="module")
def _made_up_citations(request: pytest.FixtureRequest) -> Iterator[None]:
    """Rows of ``release_fixture.contents`` cite made-up bytes and definitions; test_origins has rows that do not."""
    with pytest.MonkeyPatch.context() as patch:
        if request.module.__name__.rpartition(".")[2] != TRUE_CITATIONS:
            patch.setattr(origins, "faults", lambda *_: [])
        yield
