"""The map of the states on the page of an indicator: outlines where there is a geometry, tiles elsewhere.

What belongs here: choosing what is on it. What does not: drawing (charts), and the map of municipalities, which
a script draws (static/indicator.js).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from sdg_pipeline.charts import choropleth
from sdg_pipeline.charts.axis import class_number
from sdg_pipeline.charts.models import Caption, StateEstimate, StatesFigure
from sdg_pipeline.charts.picture import picture
from sdg_pipeline.charts.tile_map import tile_map
from sdg_pipeline.site import addresses, format
from sdg_pipeline.site.geometry import Geometry
from sdg_pipeline.site.model import NATION, Indicator, Language, Row
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.subject import Subject, estimate, value_of
from sdg_pipeline.site.words import word


def locators(geometry: Geometry) -> Iterator[tuple[str, bytes]]:
    """A picture of the nation with its states, and of each state with its municipalities."""
    yield addresses.locator(NATION), choropleth.locator((0, 0, *geometry.size), geometry.states).encode()
    for state, box in geometry.boxes.items():
        inside = {code: path for code, path in geometry.municipalities.items() if code.startswith(state)}
        yield addresses.locator(state), choropleth.locator(box, inside).encode()


@dataclass(frozen=True)
class StateMap:
    """Draws it in one language."""

    site: Site
    geometry: Geometry | None

    def picture(self, subject: Subject) -> bytes:
        """The PNG of the states in the newest year, for links in other programs."""
        period, decimals = subject.newest("state"), subject.indicator.decimals
        rows = [row for row in subject.rows_of("state", subject.group) if row.period == period]
        values = {row.place: round(row.value, decimals) + 0.0 for row in rows if row.value is not None}
        limits, _ = choropleth.classes(values.values(), decimals)
        return picture({code: class_number(value, limits) for code, value in values.items()})

    def drawn(self, subject: Subject, period: str | None, language: Language) -> dict[str, Any] | None:
        """The map of the states: outlines where there is a geometry, tiles elsewhere.

        Where only municipalities have values it is plain, and scripts take the borders from it.
        """
        indicator = subject.indicator
        rows = {row.place: row for row in subject.rows_of("state", subject.group) if row.period == period}
        values = [row.value for row in rows.values() if row.value is not None]
        if not values and not (self.geometry and subject.newest("municipality")):
            return None
        if self.geometry is None:
            return self._tiles(subject, rows, period or "", language)
        limits, key = choropleth.classes(values, indicator.decimals)
        names = self.site.contents.places
        shapes = [
            choropleth.Shape(
                path,
                f"{names[code].name}: {self._tip(indicator, rows.get(code), language)}" if values else names[code].name,
                value_of(rows.get(code)),
                number=int(code.removeprefix(NATION)),
            )
            for code, path in self.geometry.states.items()
        ]
        drawing = choropleth.choropleth(self.geometry.size, shapes, limits, indicator.decimals)
        absent = len(shapes) - len(values) if values else 0
        return {"svg": Markup(drawing), "classes": key, "absent": absent, "tiles": False}

    def _tip(self, indicator: Indicator, row: Row | None, language: Language) -> str:
        if row is None or row.value is None:
            return word(language, "no_figure")
        limits = format.interval(row.lower, row.upper, indicator.decimals)
        return format.number(row.value, indicator.decimals) + (f" ({limits})" if limits else "")

    def _tiles(self, subject: Subject, rows: dict[str, Row], period: str, language: Language) -> dict[str, Any] | None:
        names = self.site.contents.places
        states = tuple(StateEstimate(code, names[code].name, estimate(row)) for code, row in rows.items())
        indicator = subject.indicator
        caption = Caption(
            key="tiles",
            title=indicator.title[language],
            unit=indicator.unit_text[language],
            sources=(),
            decimals=indicator.decimals,
            language=language,
            bare=True,
        )
        drawn = tile_map(caption, StatesFigure(period, states))
        return {"svg": Markup(drawn), "classes": (), "absent": 0, "tiles": True} if drawn else None
