"""The order of the cuts of a series: the last of a level is in use, so it must be the newest.

What belongs here: what ``sdg check`` says of that order. What does not: using the cuts (engine, vintages).
"""

from __future__ import annotations

from collections.abc import Iterator

from sdg_pipeline.errors import Problem
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.source import Edition
from sdg_pipeline.specs.table import Part, Table


def problems(table: Table, catalog: Catalog) -> Iterator[Problem]:
    """Each part of a series that does not reach further than the cut before it at its level."""
    last: dict[Level, tuple[Part, Edition]] = {}
    for number, part in enumerate(table.parts) if table.vintages else ():
        source = catalog.sources.get(part.source)
        edition = source.editions.get(part.edition) if source else None
        if edition is None:  # a reference that the catalogue reports
            continue
        before = last.get(part.level)
        if before and _name(before[0]) != _name(part) and edition.last_month <= before[1].last_month:
            yield catalog.document(table).problem(
                ("parts", number, "edition"),
                f"reaches {edition.last_month}, no further than the cut before it, {before[0].edition} "
                f"({before[1].last_month}): the last cut is in use, and old figures would replace new ones",
                value=part.edition,
                remedy="list the cuts from the oldest to the newest; `until` of an edition is its last month",
            )
        last[part.level] = (part, edition)


def _name(part: Part) -> tuple[str, str]:
    return part.source, part.edition
