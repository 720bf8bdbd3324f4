"""Derives from the contents of a release the facts in ``release.json``.

What belongs here: those facts. What does not: reading them back (``release.manifest``).
"""

from __future__ import annotations

from dataclasses import asdict
from importlib import metadata
from typing import Any

from sdg_pipeline import __version__
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.release.comparison import Comparison, Position
from sdg_pipeline.specs.source import Source

PACKAGES_THAT_SHAPE_FILES = ("duckdb", "pydantic", "pysdmx", "sqlglot")


def facts_of(contents: Contents, fingerprint: str, position: Position, compared: Comparison) -> dict[str, Any]:
    """No dates and no paths of this machine: the same contents give the same bytes.

    ``fingerprint`` is that of the contents, by which a run finds the release that holds them.
    """
    catalog = contents.catalog
    failed = [check for check in contents.checks if not check.passed]
    blocking = sum(check.blocks for check in failed)
    return {
        "release": contents.release,
        "sequence": position.sequence,
        "fingerprint": fingerprint,
        "version": compared.judged.version,
        "version_reasons": {"major": list(compared.judged.major), "minor": list(compared.judged.minor)},
        "highest_version": position.highest,
        "compared_with": compared.compared_with,
        "compared_with_seal": compared.seal,
        "changes": [asdict(change) for change in compared.indicators],
        "causes": [asdict(cause) for cause in compared.causes],
        "partial": contents.partial,
        "coverage_notes": list(contents.coverage_notes),
        "sources": [_source_facts(raw, catalog.sources[raw.source]) for raw in contents.sources],
        "indicators": {i.id: catalog.spec_hash(i) for i in contents.indicators},
        "checks": {
            "total": len(contents.checks),
            "passed": len(contents.checks) - len(failed),
            "warnings": len(failed) - blocking,
            "blocking": blocking,
        },
        "csv_bom": contents.csv_bom,
        "packages": packages(),
        "code": contents.code,
    }


def packages() -> dict[str, str]:
    """The versions of what shapes the files."""
    return {"sdg-pipeline": __version__, **{name: metadata.version(name) for name in PACKAGES_THAT_SHAPE_FILES}}


def _source_facts(raw: RawFile, source: Source) -> dict[str, Any]:
    source, edition = source.in_edition(raw.edition), source.editions[raw.edition]
    return {
        "source": raw.source,
        "edition": raw.edition,
        "url": raw.url,
        **edition.model_dump(include={"url_status", "url_cite", "layout"}),
        "landing_page": source.landing_page.url,
        "dictionary": source.dictionary.url,
        "contact": source.contact,
        "periodicity": source.periodicity,
        "sha256": raw.sha256,
        "bytes": raw.bytes,
        "partial": raw.partial,
        "states": list(raw.states),
        "licence": source.licence.model_dump(include={"id", "url"}),
    }
