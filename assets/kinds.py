"""How each kind of step looks in Dagster: its asset and its checks, under the key of the kind.

A kind that is not here has a plain asset and no checks. What belongs here: the register. What does not: an asset.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dagster import AssetsDefinition

from assets.checks import Checks
from assets.coherence import COHERENCE_CHECKS, coherence_asset
from assets.factory import Heard
from assets.indicators import INDICATOR_CHECKS, indicator_asset
from assets.open_government import OPEN_GOVERNMENT_CHECKS, open_government_asset
from assets.plain import plain_asset
from assets.published import publication_asset, site_asset, warehouse_asset
from assets.raw import RAW_CHECKS, raw_asset
from assets.staged import STAGED_CHECKS, staged_asset
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.runner import Runner


@dataclass(frozen=True)
class AssetKind:
    """The asset of a step of this kind, and what is judged about it."""

    asset: Callable[[Runner, Step, Heard], AssetsDefinition]
    checks: Checks | None = None


PLAIN = AssetKind(plain_asset)
ASSET_KINDS = {
    "raw": AssetKind(raw_asset, RAW_CHECKS),
    "staged": AssetKind(staged_asset, STAGED_CHECKS),
    "indicator": AssetKind(indicator_asset, INDICATOR_CHECKS),
    "coherence": AssetKind(coherence_asset, COHERENCE_CHECKS),
    "open_government": AssetKind(open_government_asset, OPEN_GOVERNMENT_CHECKS),
    "publication": AssetKind(publication_asset),
    "warehouse": AssetKind(warehouse_asset),
    "site": AssetKind(site_asset),
}
CHECKS = {name: kind.checks for name, kind in ASSET_KINDS.items() if kind.checks is not None}
