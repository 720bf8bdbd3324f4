"""Names steps in Dagster: asset keys, groups, and the kind marks of the graph."""

from __future__ import annotations

import re

from dagster import AssetKey

from sdg_pipeline.run.graph import Key
from sdg_pipeline.specs.indicator import Indicator

GROUP_OF_KIND = {
    "raw": "sources",
    "staged": "tables",
    "coherence": "release",
    "open_government": "open_government",
    "publication": "release",
    "warehouse": "release",
    "geometry": "tables",
    "site": "release",
}


def asset_key(key: Key) -> AssetKey:
    """``("raw", "inegi_iter", "2020-01")`` as ``raw/inegi_iter/2020_01``: Dagster takes letters, digits and _."""
    return AssetKey([_plain(part) for part in key])


def op_name(key: Key) -> str:
    return "__".join(_plain(part) for part in key)


def goal_group(indicator: Indicator) -> str:
    return f"goal_{indicator.goal:02d}"


def _plain(text: str) -> str:
    return re.sub(r"\W", "_", text)
