"""Fills the tables of the warehouse that span several releases.

What belongs here: columns with their comments, and what manifests and the history give. What does not: how the
history is kept (``release.history``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sdg_pipeline.layout import Layout
from sdg_pipeline.release import events, fold
from sdg_pipeline.release.columns import Column, Table
from sdg_pipeline.release.history import Provenance
from sdg_pipeline.release.manifest import Manifest
from sdg_pipeline.release.tables import OBSERVATION, STANDING, Row

DATED = re.compile(r"\d{4}-\d{2}(-\d{2})?(?!\d)")
"""A date or month at the beginning of a release name."""
_COMMENTS = {c.name: c for c in OBSERVATION.columns}
INTERVAL = (
    Column("first_sequence", "BIGINT", "Sequence of the first release of the interval"),
    Column("until_sequence", "BIGINT", "Sequence of the first release after the interval; NULL while it lasts"),
)

PAST = Table(
    "past",
    "Rows as other releases have them and the latest has not; the view value_version adds those of the latest",
    (*(_COMMENTS[f.name] for f in fold.VERSION), *STANDING[1:]),
)

PROVENANCE = Table(
    "provenance",
    "Where values came from, over the releases; many rows share one. Key: indicator, provenance, first_sequence",
    (
        _COMMENTS["indicator"],
        Column("provenance", "BIGINT", "Number within the indicator, to which rows refer"),
        *INTERVAL,
        *(_COMMENTS[name] for name in fold.PROVENANCE),
    ),
)

RELEASE_INPUT = Table(
    "release_input",
    "What the releases were made of: source files and software, each with the releases that used it",
    (
        Column("kind", "VARCHAR", "source or software"),
        Column("id", "VARCHAR", "Source id, or name of the package"),
        Column(
            "version",
            "VARCHAR",
            "Edition of the source, or version of the package or of our own code",
        ),
        Column("sha256", "VARCHAR", "sha256 of the bytes of the source file, or of our own code; NULL for packages"),
        *INTERVAL,
    ),
)


PUBLICATION = Table(
    "publication",
    "Each time that a release was published; an older one that was put in force again has several",
    (
        Column("release", "VARCHAR", "Release"),
        Column("published_on", "VARCHAR", "When, in UTC; without a record, the date in its name"),
        Column("number", "BIGINT", "Place among all events of the releases; 0 where events were not counted yet"),
    ),
)


def provenances(of_indicators: Mapping[str, Iterable[Provenance]]) -> Iterator[Row]:
    """Rows of PROVENANCE."""
    for indicator, intervals in sorted(of_indicators.items()):
        for p in intervals:
            facts = (p.facts[name] for name in fold.PROVENANCE)
            yield (indicator, p.provenance, p.first_sequence, p.until_sequence, *facts)


def inputs(manifests: Iterable[Manifest]) -> Iterator[Row]:
    """Rows of RELEASE_INPUT, from the manifests in the order of the releases."""
    standing: dict[Row, int] = {}
    ended: list[Row] = []
    for manifest in manifests:
        used: set[Row] = {("source", s["source"], s["edition"], s["sha256"]) for s in manifest.facts["sources"]}
        used |= {("software", name, version, None) for name, version in manifest.facts["packages"].items()}
        used |= {("software", "code", code[:12], code) for code in [manifest.facts.get("code")] if code}
        ended += [(*key, first, manifest.sequence) for key, first in standing.items() if key not in used]
        standing = {key: standing.get(key, manifest.sequence) for key in used}
    rows = [*ended, *((*key, first, None) for key, first in standing.items())]
    yield from sorted(rows, key=lambda row: tuple("" if cell is None else str(cell) for cell in row))


def publications(manifests: Iterable[Manifest], layout: Layout) -> Iterator[Row]:
    """Rows of PUBLICATION: the record of a release says when, or its name begins with the date.

    A sealed release has no date of its own, since it has the same bytes on any day.
    """
    for manifest in manifests:
        release = manifest.release
        recorded = [(e.when, e.number) for e in events.read(layout, release) if e.event == "published"]
        in_name = _in_name(release)
        yield from ((release, *row) for row in recorded or ([(in_name, 0)] if in_name else []))


def _in_name(release: str) -> str | None:
    begins = DATED.match(release)
    return begins[0] if begins else None
