"""The page that shows where the values of an indicator come from: example, meaning, rows, SQL, files, a way to check.

What belongs here: gathering that. What does not: tracing one value of any place, which ``sdg explain`` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sdg_pipeline.errors import SdgError
from sdg_pipeline.site import slices
from sdg_pipeline.site.model import LANGUAGES, NATION, Indicator, Value
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.specs.catalog import Catalog

AGREES = 1e-6
"""Relative difference up to which a quotient is the value that it explains."""


@dataclass(frozen=True)
class ExplainPages:
    """Writes these pages; ``catalog`` holds the definitions of the release."""

    site: Site
    catalog: Catalog

    @cached_property
    def codes(self) -> list[str]:
        """Areas of which scripts know values, in order."""
        places = self.site.contents.places.values()
        return [place.code for place in places if place.level in ("national", "state", "municipality")]

    def pages(self, indicator: Indicator) -> Iterator[tuple[str, bytes]]:
        """The page in both languages."""
        from sdg_pipeline.estimate.engine import query

        contents, spec = self.site.contents, self.catalog.indicators[indicator.id]
        try:
            sql = query(spec, self.catalog)
        except SdgError as error:
            sql = f"-- {error}"
        place = self._place(indicator)
        example = contents.value(place, indicator.id) if place else None
        way = self._way(indicator)
        if way is not None:
            yield f"{slices.FOLDER}/{indicator.id}.way.js", slices.call("way", indicator.id, way)
        used = contents.used.get(indicator.id, ())
        files = [source for source in contents.sources if source.id in indicator.sources]
        for language in LANGUAGES:
            yield self.site.render(
                "explain",
                language,
                indicator.id,
                title=indicator.title[language],
                summary=indicator.description[language],
                indicator=indicator,
                example=example,
                place=contents.places.get(place or ""),
                factor=self._factor(indicator, example),
                table=spec.table or spec.base,
                sql=sql,
                editions=[(file, [u for u in used if u.edition == f"{file.id}/{file.edition}"]) for file in files],
                checks=[check for check in contents.checks if check.subject == indicator.id],
                spec_file=self.catalog.document(spec).file,
                way=way is not None,
            )

    def _place(self, indicator: Indicator) -> str | None:
        """The nation, or the first place that has a value."""
        codes = (NATION, *sorted(self.site.contents.values))
        values = ((code, self.site.contents.value(code, indicator.id)) for code in codes)
        return next((code for code, value in values if value is not None and value.value is not None), None)

    def _way(self, indicator: Indicator) -> dict[str, object] | None:
        """Numerators and denominators of the newest values by area, for a script; None where there are none."""
        contents = self.site.contents
        areas, above, below = [], [], []
        for code in self.codes:
            value = contents.value(code, indicator.id)
            if value is not None and value.numerator is not None and value.denominator:
                areas.append(int(contents.places[code].key or 0))
                above.append(_short(value.numerator))
                below.append(_short(value.denominator))
        if not areas:
            return None
        return {
            "f": self.catalog.multiplier(self.catalog.indicators[indicator.id]),
            "p": {level[0]: period for level, period in indicator.newest.items()},
            "a": slices.differences(areas),
            "n": above,
            "d": below,
        }

    def _factor(self, indicator: Indicator, example: Value | None) -> float | None:
        """What the quotient is multiplied with; None where numerator and denominator alone do not give the value."""
        if example is None or example.value is None or not example.denominator or example.numerator is None:
            return None
        factor = self.catalog.multiplier(self.catalog.indicators[indicator.id])
        quotient = example.numerator / example.denominator * factor
        return factor if abs(quotient - example.value) <= AGREES * max(1.0, abs(example.value)) else None


def _short(figure: float) -> float | int:
    """A count as people read it; what is no whole number keeps three decimals."""
    return int(figure) if figure.is_integer() else round(figure, 3)
