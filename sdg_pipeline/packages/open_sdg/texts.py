"""Translations of Open SDG: ``translations/<language>/<group>.yml``, by the keys that data and metadata have.

A column is a group: ``sex.F`` is a code of it, ``sex.sex`` its own name. The platform puts texts into pages as HTML, so
that a ``<`` that would begin a tag is written as ``&lt;``.
What belongs here: those texts. What does not: where they are named (``metadata``, ``values``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sdg_pipeline.packages.open_sdg import values
from sdg_pipeline.publish import describe
from sdg_pipeline.publish.describe import Language
from sdg_pipeline.specs.base import Bilingual
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Indicator

INDICATORS, SOURCES, WORDS = "national_indicators", "national_sources", "national_words"
LISTS = {**{name: name for name in DIMENSIONS}, values.UNITS: "units", values.STATUS: "obs_status"}
"""Code list of each column that has one."""
TITLES: Mapping[str, Mapping[Language, str]] = {
    values.STATE: {"en": "State", "es": "Entidad federativa"},
    values.REASON: {"en": "Why the value is missing or marked", "es": "Por qué falta o se marca el valor"},
}
OF_ALL: Mapping[str, Mapping[Language, str]] = {
    "mexico": {"en": "Mexico", "es": "México"},
    "global": {"en": "Indicator of the UN", "es": "Indicador de la ONU"},
    "proxy": {"en": "Proxy", "es": "Aproximación"},
    "national": {"en": "National indicator", "es": "Indicador nacional"},
}
REASONS: Mapping[str, Mapping[Language, str]] = {
    "projection": {"en": "projection, not an observed year", "es": "proyección, no un año observado"},
    "unknown_age": {"en": "too many cases of unknown age", "es": "demasiados casos de edad desconocida"},
    "unknown_age_allocated": {
        "en": "cases of unknown age were allocated",
        "es": "se repartieron casos de edad desconocida",
    },
    "methodology_changed": {"en": "the method changed", "es": "cambió la metodología"},
}
"""Reasons that the pages of the site say in other ways, in words; those that it has words for come from there."""
Groups = dict[str, dict[str, str]]
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def plain(text: str) -> str:
    """A text that a page shows as it is: nothing of it is a tag."""
    return _TAG.sub("&lt;", text)


def dump(content: Any, path: Path) -> None:
    """Write a YAML file, with the order of its keys kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120), encoding="utf-8")


def write(
    catalog: Catalog,
    written: values.Written,
    numbers: Mapping[str, str],
    reasons: Mapping[str, Bilingual],
    folder: Path,
) -> None:
    """Write the texts of both languages."""
    for language in describe.LANGUAGES:
        groups = _of_columns(catalog, written, reasons, language)
        groups[WORDS] = {key: text[language] for key, text in OF_ALL.items()}
        groups[INDICATORS], groups[SOURCES] = {}, {}
        for name in written.indicators:
            indicator, number = catalog.indicators[name], numbers[name]
            groups[INDICATORS] |= {f"{number}-{k}": t for k, t in _of_indicator(indicator, catalog, language).items()}
            for source in sources_of(indicator, catalog):
                spec = catalog.sources[source]
                groups[SOURCES] |= {f"{source}-title": _in(spec.title, language)}
                groups[SOURCES] |= {f"{source}-citation": _in(spec.citation, language)}
        for group, texts in groups.items():
            dump({key: plain(text) for key, text in texts.items()}, folder / language / f"{group}.yml")


def sources_of(indicator: Indicator, catalog: Catalog) -> tuple[str, ...]:
    """Ids of the sources behind an indicator, that of its population too."""
    parts = (part.source for name in indicator.tables for part in catalog.tables[name].parts)
    return tuple(dict.fromkeys((*describe.sources_of(indicator, catalog), *parts)))


def _of_indicator(indicator: Indicator, catalog: Catalog, language: Language) -> dict[str, str]:
    limits = {"limits": describe.assumptions(indicator, language)} if indicator.assumptions else {}
    return {
        "title": _in(indicator.title, language),
        "definition": _in(indicator.description, language),
        "unit": describe.unit(indicator, catalog, language),
        "direction": describe.DIRECTIONS[indicator.direction][language],
        **limits,
    }


def _of_columns(
    catalog: Catalog, written: values.Written, reasons: Mapping[str, Bilingual], language: Language
) -> Groups:
    """The name of each column that the files have, and words for the codes in it."""
    groups: Groups = {values.STATE: {values.STATE: TITLES[values.STATE][language], **written.states}}
    groups[values.REASON] = {values.REASON: TITLES[values.REASON][language]}
    groups[values.REASON] |= {code: text[language] for code, text in REASONS.items()}
    groups[values.REASON] |= {code: _in(text, language) for code, text in reasons.items()}
    for column, name in LISTS.items():
        used, codelist = written.codes.get(column, frozenset()), catalog.codelists.get(name)
        if used and codelist:
            own = {code: getattr(text, language) for code, text in codelist.codes.items() if code in used}
            groups[column] = {column: _in(codelist.title, language), **own}
    return groups


def _in(text: Bilingual, language: Language) -> str:
    return text.en if language == "en" else text.es
