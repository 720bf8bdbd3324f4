"""Defines the tables of the warehouse, and fills those that follow from specs and release facts.

What belongs here: what stands in each table. What does not: DuckDB, see ``release.warehouse``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sdg_pipeline.errors import InputError
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import describe
from sdg_pipeline.publish.lacking import TITLES, why_no
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.release.columns import Column, Table, columns_of, described
from sdg_pipeline.release.manifest import MANIFEST, Manifest
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.target import Target

Row = tuple[Any, ...]

STANDING = (
    Column("release", "VARCHAR", "Release that the value is published in"),
    Column("first_sequence", "BIGINT", "Sequence of the release from which on the row stands as it is"),
    Column("until_sequence", "BIGINT", "Sequence of the first release without the row as it is; NULL while it stands"),
    Column("provenance", "BIGINT", "Number in the table provenance, within the indicator"),
)
"""Which releases have a row as it is."""

OBSERVATION = Table(
    "observation",
    "Indicator values of the latest release, one row per value; key: " + ", ".join(fields.KEY),
    (*columns_of(fields.OBSERVATION), *STANDING),
)

VINTAGE = Table(
    "vintage",
    "Values as of each cut (source_edition) of a series that is revised; key: that of observation, and source_edition",
    columns_of(fields.OBSERVATION),
)

DIFFERENCE = Table(
    "difference",
    "Differences between estimates of one survey with their design-based tests; key: "
    + ", ".join(fields.DIFFERENCE_KEY),
    columns_of(fields.DIFFERENCE),
)

MODEL = Table(
    "model",
    "Models of small areas: figures of the fit and of each municipality; key: " + ", ".join(fields.MODEL_KEY),
    columns_of(fields.MODEL),
)

DEVIATION = Table(
    "deviation",
    "What deviates from the rules of coherence, with its explanation or open; key: " + ", ".join(fields.DEVIATION_KEY),
    columns_of(fields.DEVIATION),
)

REVISION = Table(
    "revision",
    "What each cut of a revised series changed of the one before, by area, year and record",
    columns_of(fields.REVISION),
)

INDICATOR = described(
    "indicator",
    "Definition of each indicator of the latest release, from its spec",
    {
        "id": ("VARCHAR", "Indicator id of this project"),
        "former": ("VARCHAR[]", "Ids that it had before; macros take them too"),
        "catalogue": ("VARCHAR", "Entry of the national catalogue that it comes from; NULL where none"),
        "goal": ("BIGINT", "SDG goal, 1 to 17"),
        "target_code": ("VARCHAR", "SDG target"),
        "sdg_code": ("VARCHAR", "UN indicator code; NULL for national indicators"),
        "relation": ("VARCHAR", "global: the UN definition; proxy: its subject by other means; national: no UN code"),
        "series": ("VARCHAR", "Series of the UN where the definition is the UN's, else _L_MX_ and the id"),
        "universe": ("VARCHAR", "Whom the totals are of, by dimension; NULL: everybody"),
        "title_en": ("VARCHAR", "Title of the indicator in English"),
        "title_es": ("VARCHAR", "Title of the indicator in Spanish"),
        "description_en": ("VARCHAR", "Definition in English"),
        "description_es": ("VARCHAR", "Definition in Spanish"),
        "unit": ("VARCHAR", "Unit code, code list units"),
        "unit_en": ("VARCHAR", "Unit in English"),
        "unit_es": ("VARCHAR", "Unit in Spanish"),
        "decimals": ("INTEGER", "Decimals to show; values are stored in full"),
        "direction": ("VARCHAR", "Which way is better: up, down, parity, or context where neither is"),
        "formula": ("VARCHAR", "The method in one line"),
        "table_name": ("VARCHAR", "Staged table that the values are computed from"),
        "sources": ("VARCHAR[]", "Ids of the sources, see sdg.source"),
        "target_value": ("DOUBLE", "Numeric target; NULL where no document sets one, or it is a change"),
        "target_change": ("DOUBLE", "Numeric target as per cent of change from the base year; see table progress"),
        "target_base": ("VARCHAR", "Base year from which a change and progress are counted"),
        "target_year": ("VARCHAR", "Year of the numeric target"),
        "target_cite": ("VARCHAR", "Document that set the numeric target"),
        "target_cite_status": ("VARCHAR", "verified: read there; documented: read in another text; or from_memory"),
        "target_measure": ("VARCHAR", "same: the target is of this measure; proxy: of another of its subject"),
        "target_levels": ("VARCHAR[]", "Levels that the target is for"),
        "target_note_en": ("VARCHAR", "What was read into the document, in English"),
        "target_note_es": ("VARCHAR", "What was read into the document, in Spanish"),
        "is_global": ("BOOLEAN", "True where it is the UN indicator by its definition"),
        "verified": ("BOOLEAN", "True where official figures are named that its values must equal"),
        "levels": ("VARCHAR[]", "Levels with values: national, state, harmonised, municipality"),
        "years": ("VARCHAR[]", "Periods with values that are no forecasts"),
        "breakdowns": ("VARCHAR[]", "Dimensions with values of groups: sex, age …"),
        "has_interval": ("BOOLEAN", "True where values have confidence limits"),
        "no_nation_en": ("VARCHAR", "Why the nation has no value, in English; NULL where it has"),
        "no_nation_es": ("VARCHAR", "Why the nation has no value, in Spanish; NULL where it has"),
        "no_total_en": ("VARCHAR", "Why there are values of groups and no total, in English; NULL where there is one"),
        "no_total_es": ("VARCHAR", "Why there are values of groups and no total, in Spanish; NULL where there is one"),
        "assumptions_en": ("VARCHAR", "What the method takes for granted, in English"),
        "assumptions_es": ("VARCHAR", "What the method takes for granted, in Spanish"),
        "owner": ("VARCHAR", "Who answers for the definition"),
        "spec_hash": ("VARCHAR", "Hash of the definition that the release used"),
    },
)

_GROUPED = ", ".join(f"CASE WHEN count(DISTINCT {d}) > 1 THEN '{d}' END" for d in fields.DIMENSIONS)
EXTENT = f"""
UPDATE indicator SET levels = e.levels, years = e.years, breakdowns = e.breakdowns, has_interval = e.has_interval
FROM (
    SELECT indicator, list(DISTINCT geo_level ORDER BY geo_level) AS levels,
        coalesce(list(DISTINCT time_period ORDER BY time_period) FILTER (obs_status <> 'F'), []) AS years,
        list_filter([{_GROUPED}], lambda d: d IS NOT NULL) AS breakdowns,
        bool_or(ci_lower IS NOT NULL) AS has_interval
    FROM observation WHERE obs_value IS NOT NULL GROUP BY indicator
) AS e WHERE indicator.id = e.indicator
"""
"""SQL that fills the columns of INDICATOR that say what its values have."""

SOURCE = described(
    "source",
    "Source files that the latest release was computed from",
    {
        "id": ("VARCHAR", "Source id"),
        "edition": ("VARCHAR", "Edition of the source"),
        "publisher": ("VARCHAR", "Institution that publishes it"),
        "title_en": ("VARCHAR", "Title of the source in English"),
        "title_es": ("VARCHAR", "Title of the source in Spanish"),
        "citation_en": ("VARCHAR", "How to cite the source, in English"),
        "citation_es": ("VARCHAR", "How to cite the source, in Spanish"),
        "url": ("VARCHAR", "Official address of the file, or the landing page where that is not known"),
        "url_status": ("VARCHAR", "How the address is known: verified, documented, from_memory or unknown"),
        "url_cite": ("VARCHAR", "Where a documented address was read"),
        "layout": ("VARCHAR", "official, or copy: the file at the address has another layout than the one used"),
        "landing_page": ("VARCHAR", "Page on which the institution offers it"),
        "dictionary": ("VARCHAR", "Address of the description of its columns; NULL where none is known"),
        "contact": ("VARCHAR", "Where the institution answers questions"),
        "periodicity": ("VARCHAR", "How often a new edition comes"),
        "licence": ("VARCHAR", "Licence or terms of use"),
        "licence_url": ("VARCHAR", "Where the licence stands"),
        "sha256": ("VARCHAR", "sha256 of the bytes used"),
        "bytes": ("BIGINT", "Size of the file in bytes"),
        "partial": ("BOOLEAN", "True where the file covers less than the official edition"),
        "origin": ("VARCHAR", "Where the bytes came from: official or mirror; NULL where the raw file is gone"),
        "retrieved_at": ("VARCHAR", "When they were fetched, ISO 8601 UTC; NULL where the raw file is gone"),
    },
)

RELEASE = described(
    "release",
    "All releases kept beside this database; the observations here are those of the latest",
    {
        "id": ("VARCHAR", "Name of the release"),
        "sequence": ("BIGINT", "Number in order of creation, from 1"),
        "latest": ("BOOLEAN", "True for the release that this database holds"),
        "partial": ("BOOLEAN", "True where the run did not see the whole country"),
        "coverage_notes": ("VARCHAR[]", "What the run did not see"),
        "checks_total": ("BIGINT", "Number of checks"),
        "checks_passed": ("BIGINT", "Checks that passed"),
        "checks_warnings": ("BIGINT", "Checks that failed without blocking"),
        "published_on": ("VARCHAR", "When it was published: date, or month; NULL where neither name nor record says"),
    },
)

CHECK_RESULT = described(
    "check_result",
    "Verdict of every check on the latest release",
    {
        "release": ("VARCHAR", "Release that was checked"),
        "border": ("VARCHAR", "Where it was checked: source, table, indicator or release"),
        "subject": ("VARCHAR", "What was checked: a source with its edition, a table, an indicator, the release"),
        "rule": ("VARCHAR", "Name of the rule"),
        "severity": ("VARCHAR", "blocking: a failure stops publication; warning: it travels with the value"),
        "passed": ("BOOLEAN", "True where no row failed"),
        "description": ("VARCHAR", "What must hold"),
        "owner": ("VARCHAR", "Who answers for the rule"),
        "reason": ("VARCHAR", "Why the rule exists"),
        "observed": ("VARCHAR", "What was seen"),
        "n_failing": ("BIGINT", "Number of failing rows"),
        "failing_rows": ("VARCHAR", "First failing rows, JSON"),
    },
)

CODE = described(
    "code",
    "Codes of dimensions and attributes",
    {
        "codelist": ("VARCHAR", "Code list id"),
        "code": ("VARCHAR", "Code"),
        "en": ("VARCHAR", "Meaning in English"),
        "es": ("VARCHAR", "Meaning in Spanish"),
        "extension": ("BOOLEAN", "True where the code is a national extension of the standard"),
        "standard": ("VARCHAR", "Standard that the code list follows"),
    },
)


def indicators(catalog: Catalog, manifest: Manifest) -> Iterator[Row]:
    """Rows of INDICATOR for the indicators of a release; InputError where the specs have lost one.

    What its values have (levels, years, breakdowns, intervals) is empty here, see ``EXTENT``.
    """
    for name in sorted(manifest.facts["indicators"]):
        if name not in catalog.indicators:
            remedy = "publish again, so that the release and the specs agree"
            raise InputError(MANIFEST, "names an indicator that has no spec", value=name, remedy=remedy)
        i = catalog.indicators[name]
        yield (
            *(i.id, list(i.former), i.catalogue, i.goal, i.sdg.target, i.sdg.code, i.sdg.relation),
            *(i.series, describe.universe(i) or None),
            *(i.title.en, i.title.es, i.description.en, i.description.es),
            *(i.unit, describe.unit(i, catalog, "en"), describe.unit(i, catalog, "es"), i.decimals, i.direction),
            *(describe.formula(i, catalog), describe.table_of(i, catalog).id, list(describe.sources_of(i, catalog))),
            *_target(i.target),
            *(i.sdg.relation == "global", bool(i.checks.agrees_with), *((None,) * 4)),
            *(why_no(i, what, language) or None for what in TITLES for language in describe.LANGUAGES),
            *(describe.assumptions(i, "en"), describe.assumptions(i, "es")),
            *(i.owner, manifest.facts["indicators"][name]),
        )


def _target(target: Target | None) -> Row:
    if target is None:
        return (None,) * 10
    note = (target.note.en, target.note.es) if target.note else (None, None)
    document = (target.cite, target.cite_status, target.measure, [level.value for level in target.levels])
    return (target.value, target.change, target.base, target.year, *document, *note)


def sources(catalog: Catalog, manifest: Manifest, layout: Layout) -> Iterator[Row]:
    """Rows of SOURCE; provenance comes from the raw store while it holds the same bytes."""
    for fact in manifest.facts["sources"]:
        source = catalog.sources[fact["source"]].in_edition(fact["edition"])
        edition = source.editions[fact["edition"]]
        sidecar = layout.raw_current(fact["source"], fact["edition"])
        raw = RawFile.read(sidecar) if sidecar.is_file() else None
        same = raw if raw is not None and raw.sha256 == fact["sha256"] else None
        yield (
            *(source.id, fact["edition"], source.publisher, source.title.en, source.title.es),
            *(source.citation.en, source.citation.es, fact["url"]),
            *(edition.url_status, edition.url_cite, edition.layout, source.landing_page.url),
            *(source.dictionary.url, source.contact, source.periodicity),
            *(fact["licence"]["id"], fact["licence"]["url"], fact["sha256"], fact["bytes"], fact["partial"]),
            *(same.origin if same else None, same.retrieved_at if same else None),
        )


def releases(manifests: Iterable[Manifest], latest: str, dates: Mapping[str, str]) -> Iterator[Row]:
    """Rows of RELEASE; ``dates`` of those that have one."""
    for manifest in manifests:
        facts, checks = manifest.facts, manifest.facts["checks"]
        yield (
            *(
                manifest.release,
                manifest.sequence,
                manifest.release == latest,
                facts["partial"],
                facts["coverage_notes"],
            ),
            *(checks["total"], checks["passed"], checks["warnings"]),
            dates.get(manifest.release),
        )


def check_results(checks: Iterable[CheckResult], release: str) -> Iterator[Row]:
    """Rows of CHECK_RESULT."""
    for check in checks:
        failing = json.dumps(check.failing_rows, ensure_ascii=False, default=str)
        yield (
            *(release, check.border, check.subject, check.check, check.severity, check.passed),
            *(check.description, check.owner, check.reason, check.observed, check.n_failing, failing),
        )


def codes(catalog: Catalog) -> Iterator[Row]:
    """Rows of CODE."""
    for _, codelist in sorted(catalog.codelists.items()):
        for code, meaning in codelist.codes.items():
            yield (codelist.id, code, meaning.en, meaning.es, meaning.extension, codelist.source)
