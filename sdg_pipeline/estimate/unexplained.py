"""Indicators without a value of the nation, or without a total, that do not say why.

What belongs here: that demand of `sdg check`. What does not: the reasons, which are assumptions (specs.indicator).
"""

from __future__ import annotations

from collections.abc import Iterator

from sdg_pipeline.errors import Problem
from sdg_pipeline.specs.catalog import Catalog

LACKS = {"nation": "no value of the nation", "total": "values of groups and no total"}


def problems(catalog: Catalog) -> Iterator[Problem]:
    """A problem for each thing that an indicator lacks and does not explain."""
    for indicator in catalog.indicators.values():
        for what in indicator.lacks:
            if not indicator.why_no(what):
                message = f"give {LACKS[what]}, and nothing says why"
                remedy = f"say why in an assumption with says_why_no: [{what}], or add the breakdown"
                yield catalog.document(indicator).problem(("breakdowns",), message, remedy=remedy)
