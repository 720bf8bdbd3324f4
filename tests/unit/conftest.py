"""What unit tests share besides the fixtures of all tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from unit.release_fixture import made_up_citations

from sdg_pipeline.packages import registry

TRUE_CITATIONS = "test_origins"
"""The module whose rows cite what their releases hold."""
WITH_PACKAGES = ("test_publish", "test_share")
"""The modules that look at every file of a release."""


@pytest.fixture(autouse=True, scope="module")
def _made_up_citations(request: pytest.FixtureRequest) -> Iterator[None]:
    """Rows of ``release_fixture.contents`` cite made-up bytes and definitions; test_origins has rows that do not."""
    name = request.module.__name__.rpartition(".")[2]
    with nullcontext() if name == TRUE_CITATIONS else made_up_citations():
        yield


@pytest.fixture(autouse=True, scope="module")
def _no_packages(request: pytest.FixtureRequest) -> Iterator[None]:
    """Releases are written without the standard packages, which take half of the time and have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        if request.module.__name__.rpartition(".")[2] not in WITH_PACKAGES:
            patch.setattr(registry, "FORMATS", ())
        yield
