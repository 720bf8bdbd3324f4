"""References of the specs of open government: what they name is there, and fits.

What belongs here: what a register must know of sources, tables and indicators. What does not: references between the
specs of indicators (references).
"""

from __future__ import annotations

from collections.abc import Iterator

from sdg_pipeline.errors import Problem
from sdg_pipeline.specs import yaml
from sdg_pipeline.specs.commitments import Commitments
from sdg_pipeline.specs.shelves import Catalog

REVIEWED = ("number", "title", "institution", "society", "verdict", "impact", "begins", "ends")
"""Key columns of a table of reviewed commitments."""


def problems(catalog: Catalog) -> Iterator[Problem]:
    """Every reference that does not lead to what it names."""
    for register in catalog.commitments.values():
        yield from _commitments(register, catalog)


def _commitments(register: Commitments, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(register)
    for i, commitment in enumerate(register.commitments):
        source = catalog.sources.get(commitment.source or "")
        if commitment.source is None or commitment.source in catalog.broken:
            continue
        if source is None:
            valid = tuple(sorted(catalog.sources))
            place: yaml.Place = ("commitments", i, "source")
            yield document.problem(place, "names an unknown source", value=commitment.source, valid=valid)
        elif commitment.edition is not None and commitment.edition not in source.editions:
            valid = tuple(source.editions)
            place = ("commitments", i, "edition")
            yield document.problem(place, "names an unknown edition", value=commitment.edition, valid=valid)
    if register.review is not None and register.review.table not in catalog.broken:
        table = catalog.tables.get(register.review.table)
        place = ("review", "table")
        if table is None:
            valid = tuple(sorted(catalog.tables))
            yield document.problem(place, "names an unknown table", value=register.review.table, valid=valid)
        elif missing := [name for name in REVIEWED if name not in table.key]:
            remedy = "name the columns of the file under key of the table"
            yield document.problem(place, "names a table without key", value=", ".join(missing), remedy=remedy)
