"""Metadata of an indicator in Open SDG, the schema of their fields, and the configuration of the builder.

Names are those of the platform (https://open-sdg.readthedocs.io, metadata and indicator configuration); texts are keys
of translations.
What belongs here: fields and what stands in them. What does not: the texts (``texts``).
"""

from __future__ import annotations

from typing import Any

from sdg_pipeline.packages.open_sdg import texts, values
from sdg_pipeline.publish import describe
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator

COVERAGE = f"{texts.WORDS}.mexico"
DIRECTIONS = {"up": "positive", "down": "negative"}
TRANSLATIONS = "https://github.com/open-sdg/sdg-translations.git"
TAG = "2.1.0"
"""Edition of the platform's own texts that its data starter names."""
SHOWN = {
    "STAT_CONC_DEF": "Definition",
    "DATA_COMP": "Method of computation",
    "UNIT_MEASURE": "Unit",
    "REC_USE_LIM": "Assumptions and limitations",
    "un_indicator": "UN indicator",
    "national_relation": "Relation to the UN indicator",
    "national_target": "Numeric target",
    "national_direction": "Which way is better",
    "series_code": "Series",
    "project_id": "Id in the release",
    "release": "Release",
}
"""Fields that the page of an indicator shows, and what they are called."""
STATUSES = ("complete", "inprogress", "notstarted", "notapplicable")


def of_indicator(indicator: Indicator, number: str, catalog: Catalog, release: str) -> dict[str, Any]:
    """The fields of an indicator."""
    key = f"{texts.INDICATORS}.{number}"
    goal, target = indicator.sdg.target.split(".")
    fields: dict[str, Any] = {
        "indicator_number": number.replace("-", "."),
        "indicator_name": f"{key}-title",
        "goal_number": goal,
        "target_number": f"{goal}.{target}",
        "target_name": f"global_targets.{goal}-{target}-title",
        "reporting_status": "complete",
        "data_non_statistical": False,
        "graph_type": "line",
        "graph_title": f"{key}-title",
        "national_geographical_coverage": COVERAGE,
        "computation_units": f"{key}-unit",
        "precision": [{"decimals": indicator.decimals}],
        "tags": [f"{texts.WORDS}.{indicator.sdg.relation}"],
        "STAT_CONC_DEF": f"{key}-definition",
        "DATA_COMP": texts.plain(describe.formula(indicator, catalog)),
        "UNIT_MEASURE": f"{key}-unit",
        "national_relation": f"{texts.WORDS}.{indicator.sdg.relation}",
        "national_direction": f"{key}-direction",
        "series_code": indicator.series,
        "project_id": indicator.id,
        "release": release,
    }
    if indicator.assumptions:
        fields["REC_USE_LIM"] = f"{key}-limits"
    if indicator.sdg.code:
        fields["un_indicator"] = indicator.sdg.code
    if indicator.sdg.relation == "proxy":
        fields["proxy"] = "proxy"
    return fields | _target(indicator) | {"sources": _sources(indicator, catalog)}


def _target(indicator: Indicator) -> dict[str, Any]:
    """The numeric target, as a line and for the platform's measure of progress, which is off until a site wants it."""
    if indicator.target is None:
        return {}
    year, value = int(indicator.target.year), indicator.target.value
    cited: dict[str, Any] = {"national_target": texts.plain(f"{describe.target(indicator)} ({indicator.target.cite})")}
    if value is None:  # the platform knows targets by their value alone
        return cited
    fields = cited | {"graph_target_lines": [{"value": value, "label_content": str(year)}]}
    if direction := DIRECTIONS.get(indicator.direction):
        fields["auto_progress_calculation"] = False
        fields["progress_calculation_options"] = [{"direction": direction, "target": value, "target_year": year}]
    return fields


def _sources(indicator: Indicator, catalog: Catalog) -> list[dict[str, str]]:
    sources = ((name, catalog.sources[name]) for name in texts.sources_of(indicator, catalog))
    return [
        {
            "organisation": texts.plain(source.publisher),
            "periodicity": source.periodicity,
            "geographical_coverage": COVERAGE,
            "url": source.landing_page.url,
            "url_text": f"{texts.SOURCES}.{name}-title",
            "contact": texts.plain(source.contact),
            "other_info": f"{texts.SOURCES}.{name}-citation",
        }
        for name, source in sources
    ]


def schema() -> dict[str, Any]:
    """The fields that a page shows, in the form of Prose.io that the builder reads."""
    status = {
        "element": "select",
        "label": "Reporting status",
        "options": [{"name": s, "value": s, "translation_key": f"status.{s}"} for s in STATUSES],
    }
    shown = [
        {"name": name, "field": {"element": "text", "label": label, "scope": "national"}}
        for name, label in SHOWN.items()
    ]
    return {"prose": {"metadata": {"meta": [{"name": "reporting_status", "field": status}, *shown]}}}


def configuration() -> dict[str, Any]:
    """``config_data.yml``: where the builder finds what, and which columns are no groups."""
    return {
        "languages": ["es", "en"],
        "src_dir": "",
        "site_dir": "_site",
        "schema_file": "metadata_schema.yml",
        "inputs": [
            {"class": "InputCsvData", "path_pattern": "data/*-*.csv"},
            {"class": "InputYamlMeta", "path_pattern": "meta/*-*.yml", "git": False},
        ],
        "translations": [
            {"class": "TranslationInputSdgTranslations", "source": TRANSLATIONS, "tag": TAG},
            {"class": "TranslationInputYaml", "source": "translations"},
        ],
        "indicator_options": {
            "non_disaggregation_columns": [
                values.YEAR, values.UNITS, "Series", values.VALUE, values.AREA, values.STATUS, values.REASON
            ],
            "observation_attributes": [values.REASON],
            "series_column": "Series",
            "unit_column": values.UNITS,
        },
        "reporting_status_extra_fields": [],
        "docs_extra_disaggregations": [values.UNITS],
        "docs_translate_disaggregations": True,
    }  # fmt: skip
