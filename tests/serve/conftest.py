"""A small country with a site, its release in force, its warehouse and its SDMX structure, served while tests ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.served import listening
from unit import release_fixture

from sdg_pipeline.layout import Layout
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.release.build import build
from sdg_pipeline.release.warehouse import build_warehouse
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.catalog import Catalog

YEARS = ("2015", "2020")


def country(layout: Layout, catalog: Catalog, name: str = "r1", more: float = 0.0) -> Contents:
    """The contents of the fixture under the real code lists, with two years of the indicator ``water``."""
    rows = {
        "water": [
            release_fixture.observation("water", area, value - 10 * (year == "2015") + more, time_period=year)
            for area, value in release_fixture.WATER.items()
            for year in YEARS
        ]
    }
    small = release_fixture.contents(layout, name, rows)
    return replace(small, catalog=replace(small.catalog, codelists=catalog.codelists))


def publish(layout: Layout, contents: Contents) -> Path:
    """Publish a release and build its warehouse."""
    settings = release_fixture.settings(layout)
    with release_fixture.made_up_citations():
        folder = build(contents, layout, settings)
    sidecar = layout.raw_current("census", "2020")
    sidecar.parent.mkdir(parents=True, exist_ok=True)
    sidecar.write_text(release_fixture.raw_file().to_json(), encoding="utf-8")
    build_warehouse(layout, contents.catalog, release_fixture.REGISTER, PROJECT / "warehouse", settings)
    return folder


@pytest.fixture(scope="session")
def served_home(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Layout:
    """The home that most tests only read."""
    layout = Layout(tmp_path_factory.mktemp("served_home"))
    publish(layout, country(layout, catalog))
    (layout.site / "en").mkdir(parents=True)
    (layout.site / "index.html").write_text("<p>inicio</p>" * 1000, encoding="utf-8")
    (layout.site / "en" / "index.html").write_text("<p>home</p>", encoding="utf-8")
    (layout.site / "outside.html").symlink_to(layout.home / "secret.txt")
    (layout.home / "secret.txt").write_text("secret", encoding="utf-8")
    return layout


@pytest.fixture(scope="session")
def address(served_home: Layout) -> Iterator[str]:
    with listening(served_home) as address:
        yield address
