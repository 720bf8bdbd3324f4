"""The table of the codes that each indicator's own total has.

What belongs here: that table. What does not: which codes these are (``Indicator.totals``).
"""

from __future__ import annotations

from collections.abc import Iterator

from sdg_pipeline.release.columns import described
from sdg_pipeline.release.manifest import Manifest
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.catalog import Catalog

TOTAL_KEY = described(
    "total_key",
    "The codes of each indicator's own total: NATURAL JOIN it to observation or latest for values without a breakdown",
    {
        "indicator": ("VARCHAR", "Indicator id of this project"),
        **{name: ("VARCHAR", f"{name}: _T, or whom the indicator is of") for name in fields.DIMENSIONS},
    },
)


def total_keys(catalog: Catalog, manifest: Manifest) -> Iterator[tuple[str, ...]]:
    """Rows of TOTAL_KEY for the indicators of a release."""
    for name in sorted(manifest.facts["indicators"]):
        yield name, *catalog.indicators[name].totals.values()
