"""The site of the starter data, built once a session by a whole run, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.chromium import launched
from playwright.sync_api import Browser

from sdg_pipeline.layout import Layout
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a home whose starter run has published a release and built its site."""
    home = tmp_path_factory.mktemp("site")
    settings = Settings.from_environment({"SDG_HOME": str(home), "SDG_MIRROR": "starter", "SDG_ACTOR": "test"})
    for _ in Runner.load(settings).walk():
        continue
    return settings


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
