"""The page of a unit of constant borders: its municipalities, and its figures of all years.

What belongs here: those pages. What does not: which municipalities are a unit (ingest.geography).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sdg_pipeline.site import format
from sdg_pipeline.site.model import LANGUAGES, NATION, Place, Row
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.words import word


def pages(site: Site, unit: Place, rows: Sequence[tuple[str, Row]]) -> Iterator[tuple[str, bytes]]:
    """The page in both languages; ``rows`` are those of the unit with their indicators, by year."""
    contents = site.contents
    members = [place for place in contents.places.values() if place.unit == unit.code]
    names = dict.fromkeys(name for name, _ in rows)
    for language in LANGUAGES:
        tables = [
            (
                contents.indicators[name],
                [_line(contents.indicators[name].decimals, row) for indicator, row in rows if indicator == name],
            )
            for name in names
        ]
        yield site.render(
            "unit",
            language,
            unit.code,
            title=unit.name,
            summary=word(language, "unit_summary", name=unit.name),
            unit_of=unit,
            state=contents.places[NATION + unit.state],
            members=members,
            tables=tables,
            with_page=contents.values,
        )


def _line(decimals: int, row: Row) -> tuple[str, str, str]:
    return row.period, format.number(row.value, decimals), format.mark(row.status, row.precision)
