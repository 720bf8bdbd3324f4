"""The site of the starter data, a copy of the one that the first run of all tests built, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.chromium import launched
from end_to_end.product import copy_home, first_run
from playwright.sync_api import Browser

from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import Settings


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a home whose starter run has published a release and built its site."""
    run = first_run(tmp_path_factory, "starter_home")
    assert run.said.code == 0, run.said
    home = copy_home(run.product, tmp_path_factory.mktemp("site") / "home").home
    return Settings.from_environment({"SDG_HOME": str(home), "SDG_MIRROR": "starter", "SDG_ACTOR": "test"})


@pytest.fixture(scope="session")
def layout(settings: Settings) -> Layout:
    return Layout(settings.home)


@pytest.fixture(scope="session")
def site(layout: Layout) -> Path:
    """The folder of the site."""
    return layout.site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of a module and no longer: while Playwright runs, no other test of the process can have an event loop."""
    with launched() as browser:
        yield browser
