"""What the search of the pages knows: places and indicators; and the outlines that scripts draw maps from.

What belongs here: those scripts. What does not: the search itself (static/site.js).
"""

from __future__ import annotations

from collections.abc import Iterator

from sdg_pipeline.site import slices
from sdg_pipeline.site.addresses import FILES, path
from sdg_pipeline.site.geometry import Geometry
from sdg_pipeline.site.model import LANGUAGES, NATION, Contents, Place
from sdg_pipeline.site.words import keys, word

FOR_SCRIPTS = ("reason_", "mark_", "js_")
"""Words whose keys begin so are handed to the scripts."""


def scripts(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """Places with all their names, indicators by language, words by language."""
    places = [
        [int(place.key or 0), place.name, *_names(place)]
        for place in contents.places.values()
        if place.level in ("national", "state", "municipality") and place.code in contents.values
    ]
    yield "data/places.js", slices.call("places", places)
    for language in LANGUAGES:
        indicators = [
            [i.id, i.title[language], i.code or i.target, i.goal, i.relation, i.description[language], list(i.former)]
            for i in contents.indicators.values()
        ]
        yield f"data/indicators-{language}.js", slices.call("indicators", indicators)
        words = {key: word(language, key) for key in keys() if key.startswith(FOR_SCRIPTS)}
        words |= {place.code: place.name for place in contents.places.values() if place.level == "state"}
        pages = [
            [word(language, kind), word(language, f"{kind}_summary"), path(kind, language)]
            for kind in FILES
            if kind != "home"
        ]
        yield f"data/words-{language}.js", slices.call("words", words)
        yield f"data/pages-{language}.js", slices.call("pages", pages)


def _names(place: Place) -> tuple[list[str], ...]:
    """Former names, then newer ones and spellings; nothing where a place has one name alone, as most do."""
    return (list(place.former), list(place.other)) if place.former or place.other else ()


def outlines(contents: Contents, geometry: Geometry) -> Iterator[tuple[str, bytes]]:
    """The outlines that scripts draw maps from, and the names of places that have none.

    Borders of states are in the map that the page has already.
    """
    municipalities = {str(int(code.removeprefix(NATION))): path for code, path in geometry.municipalities.items()}
    boxes = {str(int(code.removeprefix(NATION))): box for code, box in geometry.boxes.items()}
    absent = {
        str(int(place.key)): place.name
        for place in contents.places.values()
        if place.level == "municipality" and place.code not in geometry.municipalities
    }
    yield "data/outlines.js", slices.call("outlines", list(geometry.size), municipalities, boxes, absent)
