"""Builds the site of the release in force into ``data/site``.

What belongs here: which pages there are, in order. What does not: what stands on one (the pages), files (writer).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from sdg_pipeline.charts import choropleth, script
from sdg_pipeline.charts.picture import picture
from sdg_pipeline.charts.tiles import TILES
from sdg_pipeline.ingest.geography import register_of
from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import Settings
from sdg_pipeline.site import (
    addresses,
    alike,
    downloads,
    geometry,
    levels,
    maps,
    overview,
    policy,
    reading,
    search,
    units,
    writer,
)
from sdg_pipeline.site.explained import ExplainPages
from sdg_pipeline.site.indicators import IndicatorPages
from sdg_pipeline.site.lacking import Lack, Lacking
from sdg_pipeline.site.model import LANGUAGES, NATION, Contents, Language, Place, Row
from sdg_pipeline.site.profile import Profiles
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.specs import framework
from sdg_pipeline.specs.catalog import Catalog

if TYPE_CHECKING:
    import duckdb

MEMORY = "500MB"
"""What the reading of the warehouse may take; Python keeps the rest."""
STATIC = ("site.css", "policy.css", "site.js", "tables.js", "indicator.js", "compare.js", "query.js", "explain.js")


@dataclass(frozen=True)
class Builder:
    """Makes all pages, one after another, so that none but the shared figures is kept in memory."""

    site: Site
    shapes: geometry.Geometry | None
    con: duckdb.DuckDBPyConnection
    catalog: Catalog
    release: Path

    def pages(self) -> Iterator[tuple[str, bytes]]:
        """Every file of the site with its path."""
        yield from static()
        yield from search.scripts(self.site.contents)
        if self.shapes is not None:
            yield from search.outlines(self.site.contents, self.shapes)
            yield from maps.locators(self.shapes)
        indicators = IndicatorPages(self.site, self.shapes)
        explained = ExplainPages(self.site, self.catalog)
        without = dict(self.site.contents.indicators)
        harmonised: dict[str, list[tuple[str, Row]]] = {}
        for name, rows in reading.rows(self.con):
            indicator = without.pop(name)
            yield from indicators.pages(indicator, rows)
            for row in rows:
                if row.level == "harmonised" and row.group == indicator.own:
                    harmonised.setdefault(row.place, []).append((name, row))
        for place in self.site.contents.places.values():
            if place.level == "harmonised":
                yield from units.pages(self.site, place, harmonised.get(place.code, []))
        for indicator in without.values():
            yield from indicators.pages(indicator, [])
        for indicator in self.site.contents.indicators.values():
            yield from explained.pages(indicator)
        for language in LANGUAGES:
            yield from overview.pages(self.site, language, self.release)
        yield from downloads.feeds(self.site)
        yield from alike.scripts(self.site.contents, self.con)
        yield from self._places()

    def _places(self) -> Iterator[tuple[str, bytes]]:
        contents = self.site.contents
        places = contents.places.values()
        municipalities = [place for place in places if place.level == "municipality" and place.code in contents.values]
        children: dict[str, list[Place]] = {}
        for place in places:
            for parent in place.parents if place.first_vintage > EARLIEST else ():
                children.setdefault(parent, []).append(place)
        lacks: dict[str, list[Lack]] = {}
        for language in LANGUAGES:
            lacking = Lacking(self.site, language, lacks)
            profiles = Profiles(self.site, language, lacking, self.shapes)
            for place in places:
                if place.level == "state":
                    inside = [m for m in municipalities if m.state == place.state]
                    yield profiles.state(place, inside, self._outlines(inside, place.code, language))
                    yield lacking.page(place, inside)
                    yield levels.page(self.site, language, place)
            for place in municipalities:
                units = [contents.places[place.unit]] if place.unit else []
                yield profiles.municipality(place, units, children.get(place.code, []))

    def _outlines(self, inside: Sequence[Place], state: str, language: Language) -> Markup | None:
        """The map of a state that leads to its municipalities; None without a geometry."""
        if self.shapes is None:
            return None
        root = addresses.root_of(addresses.path("state", language, state))
        shapes = [
            choropleth.Shape(path, place.name, href=root + addresses.path("municipality", language, place.code))
            for place in inside
            if (path := self.shapes.municipalities.get(place.code))
        ]
        return Markup(choropleth.outline(self.shapes.boxes[state], shapes))


EARLIEST = 2010
"""The first vintage of the register: municipalities of it are not new."""


def static() -> Iterator[tuple[str, bytes]]:
    """The style and the scripts."""
    folder = resources.files("sdg_pipeline.site") / "static"
    for name in STATIC:
        yield f"static/{name}", (folder / name).read_bytes()
    yield "static/scale.js", script.scale()
    yield "static/card.png", picture({code: number % choropleth.CLASSES for number, code in enumerate(TILES)})


def _completed(contents: Contents, catalog: Catalog) -> Contents:
    """What the specs know beyond the warehouse: units of constant borders, and indicators of the UN."""
    units = register_of(catalog.files).units()
    unit_of = {NATION + key: unit.code for key, unit in units.items() if unit.code in contents.places}
    places = {code: replace(place, unit=unit_of.get(code)) for code, place in contents.places.items()}
    ours = {indicator.code for indicator in contents.indicators.values()}
    absent = tuple(i for i in framework.un_indicators(catalog.files) if i.code not in ours)
    named = policy.named(contents.policy, catalog)
    return replace(contents, places=places, absent=absent, policy=named)


def build(layout: Layout, settings: Settings, catalog: Catalog) -> writer.Written:
    """Build the site from the warehouse of this home; it must be that of the release in force."""
    import duckdb

    shapes = geometry.read(layout.geometry)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "temp_directory": str(layout.scratch),
        "threads": settings.threads or 2,
    }
    layout.scratch.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(layout.warehouse), read_only=True, config=config) as con, _kept():
        con.execute("SET enable_progress_bar = false")
        contents = _completed(reading.contents(con), catalog)
        gc.freeze()
        gc.enable()
        site = Site(contents, settings.site_url, mapped=shapes is not None)
        return writer.write(layout.site, layout.scratch, Builder(site, shapes, con, catalog, layout.latest).pages())


@contextmanager
def _kept() -> Iterator[None]:
    """Spare the collector of garbage what lives until the end: walking 300,000 values takes a third of a build."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
