"""Assets of source editions: the official bytes, verified and kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetsDefinition,
    AssetSpec,
    MetadataValue,
)

from assets.factory import Heard, asset_of
from assets.keys import GROUP_OF_KIND, asset_key
from sdg_pipeline.graph import Step
from sdg_pipeline.pipeline import Outcome, Pipeline

SAME_BYTES = "same_bytes"
MEANING = (
    "An edition keeps its bytes. Where it does not, the institution (or the keeper of the mirror) changed a file under "
    "its old name, and every value computed from it may be revised: look at the difference, then "
    "`sdg fetch --accept <source> <edition>`."
)


def raw_asset(pipeline: Pipeline, step: Step, heard: Heard) -> AssetsDefinition:
    source = pipeline.catalog.sources[step.key[1]]
    edition = source.editions[step.key[2]]
    spec = AssetSpec(
        key=asset_key(step.key),
        group_name=GROUP_OF_KIND["raw"],
        description=f"{source.title.en}\n\n{source.title.es}\n\n{source.publisher}. {source.citation.es}",
        kinds={edition.container, "csv"} - {"plain"},
        owners=[],
        tags={"sdg/source": source.id, "sdg/edition": step.key[2], "sdg/columns": source.columns_status},
        code_version=source.spec_hash,
        metadata={
            "official_url": MetadataValue.url(source.address(step.key[2])),
            "landing_page": MetadataValue.url(source.landing_page.url),
            "licence": MetadataValue.url(source.licence.url),
            **({"dictionary": MetadataValue.url(source.dictionary.url)} if source.dictionary.url else {}),
            "periodicity": source.periodicity,
            "contact": source.contact,
            "url_status": edition.url_status,
            "layout": edition.layout,
        },
    )
    check = AssetCheckSpec(SAME_BYTES, asset=spec.key, description=MEANING)

    def judged(outcome: Outcome) -> Iterator[AssetCheckResult]:
        before = outcome.report["replaced"]
        yield AssetCheckResult(
            check_name=SAME_BYTES,
            asset_key=spec.key,
            passed=not before,
            severity=AssetCheckSeverity.WARN,
            metadata={"sha256_before": before or "the same", "sha256_now": outcome.report["sha256"]},
        )

    return asset_of(pipeline, step, spec, _shown, heard, checks=[check], judged=judged)


def _shown(outcome: Outcome) -> dict[str, Any]:
    report = outcome.report
    return {
        "bytes": report["bytes"],
        "sha256": report["sha256"],
        "origin": report["origin"],
        "partial": report["partial"],
        "official_url": MetadataValue.url(report["url"]),
    }
