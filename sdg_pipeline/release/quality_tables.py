"""Fills the tables of the warehouse about the quality of the sources.

What belongs here: corrections and profiles. What does not: values and their checks (tables).
"""

from __future__ import annotations

from collections.abc import Iterator

from sdg_pipeline.publish import corrections
from sdg_pipeline.quality.freshness import expectations
from sdg_pipeline.release.columns import Table, columns_of, described
from sdg_pipeline.release.manifest import Manifest
from sdg_pipeline.release.tables import Row
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.catalog import Catalog

CORRECTION = described(
    "correction",
    "Known errors of the sources of the latest release, and what was taken instead",
    {name: ("VARCHAR", text) for name, text in corrections.COLUMNS.items()},
)

PROFILE = Table(
    "profile",
    "What stands in the columns of the staged tables that the values were computed from, one number per row",
    columns_of(fields.PROFILE),
)


FRESHNESS = described(
    "freshness",
    "The next edition of every source; late are those WHERE expected_by < current_date OR published_on IS NOT NULL",
    {
        "source": ("VARCHAR", "Source id"),
        "periodicity": ("VARCHAR", "How often a new edition comes"),
        "edition": ("VARCHAR", "Newest edition that the specs know"),
        "reaches": ("VARCHAR", "Last month of its figures"),
        "next_reaches": ("VARCHAR", "Last month of the next edition; NULL where there is none"),
        "expected_by": ("VARCHAR", "Day from which the next edition is late, by the calendar of this project"),
        "published_on": ("VARCHAR", "Day on which a newer edition came out, where that is known"),
        "cite": ("VARCHAR", "Where that was read"),
    },
)


def expected(catalog: Catalog) -> Iterator[Row]:
    """Rows of FRESHNESS; they say nothing of the day on which the warehouse is built."""
    for e in expectations(catalog):
        days = (str(day) if day else None for day in (e.expected_by, e.published_on))
        yield (e.source, e.periodicity, e.edition, e.reaches, e.next_reaches, *days, e.cite)


def corrected(catalog: Catalog, manifest: Manifest) -> Iterator[Row]:
    """Rows of CORRECTION."""
    used = [(fact["source"], fact["edition"]) for fact in manifest.facts["sources"]]
    for row in corrections.rows(catalog, used):
        yield tuple(row[name] for name in corrections.COLUMNS)
