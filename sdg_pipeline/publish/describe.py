"""Describes an indicator in words for every output: formula, unit, direction, sources.

What belongs here: text and rows derived from specs. What does not: any format.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Literal

from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import (
    Comparison,
    Count,
    Fgt,
    Gini,
    Mean,
    Published,
    Quantile,
    Rate,
    Ratio,
    Share,
    SmallArea,
    Sql,
)
from sdg_pipeline.specs.table import Table

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "es")

DIRECTIONS: dict[str, dict[Language, str]] = {
    "up": {"en": "higher is better", "es": "más alto es mejor"},
    "down": {"en": "lower is better", "es": "más bajo es mejor"},
    "parity": {"en": "closer to parity is better", "es": "más cerca de la paridad es mejor"},
    "context": {"en": "context, neither way is better", "es": "contexto, sin dirección deseada"},
}

GOALS: dict[int, dict[Language, str]] = {
    1: {"en": "No poverty", "es": "Fin de la pobreza"},
    2: {"en": "Zero hunger", "es": "Hambre cero"},
    3: {"en": "Good health and well-being", "es": "Salud y bienestar"},
    4: {"en": "Quality education", "es": "Educación de calidad"},
    5: {"en": "Gender equality", "es": "Igualdad de género"},
    6: {"en": "Clean water and sanitation", "es": "Agua limpia y saneamiento"},
    7: {"en": "Affordable and clean energy", "es": "Energía asequible y no contaminante"},
    8: {"en": "Decent work and economic growth", "es": "Trabajo decente y crecimiento económico"},
    9: {"en": "Industry, innovation and infrastructure", "es": "Industria, innovación e infraestructura"},
    10: {"en": "Reduced inequalities", "es": "Reducción de las desigualdades"},
    11: {"en": "Sustainable cities and communities", "es": "Ciudades y comunidades sostenibles"},
    12: {"en": "Responsible consumption and production", "es": "Producción y consumo responsables"},
    13: {"en": "Climate action", "es": "Acción por el clima"},
    14: {"en": "Life below water", "es": "Vida submarina"},
    15: {"en": "Life on land", "es": "Vida de ecosistemas terrestres"},
    16: {"en": "Peace, justice and strong institutions", "es": "Paz, justicia e instituciones sólidas"},
    17: {"en": "Partnerships for the goals", "es": "Alianzas para lograr los objetivos"},
}
"""Short titles of the goals, United Nations."""


def formula(indicator: Indicator, catalog: Catalog) -> str:
    """The method in one line: ``100 × (piped_water) / (occupied_dwellings)``."""
    return _formula(indicator.method, catalog.multiplier(indicator))


@singledispatch
def _formula(method: object, times: float) -> str:
    """The formula of a kind of method, ``times`` the multiplier of its unit; every kind registers here."""
    raise NotImplementedError(f"publish.describe has no formula of {type(method).__name__}")


@_formula.register
def _ratio(method: Ratio, times: float) -> str:
    quotient = f"({method.numerator}) / ({method.denominator})"
    return quotient if times == 1 else f"{times:,.10g} × {quotient}"


@_formula.register
def _rate(method: Rate, times: float) -> str:
    return f"{times:,.10g} × ({method.events}) / ({method.population.measure} of {method.population.table})"


@_formula.register
def _count(method: Count, times: float) -> str:
    return f"sum of {method.value}"


@_formula.register
def _mean(method: Mean, times: float) -> str:
    return f"mean of {method.value}"


@_formula.register
def _quantile(method: Quantile, times: float) -> str:
    return f"quantile {method.p:g} of {method.value}"


@_formula.register
def _gini(method: Gini, times: float) -> str:
    return f"Gini coefficient of {method.value}"


@_formula.register
def _share(method: Share, times: float) -> str:
    return f"{method.value} of the population from {_range(method.part)}, over that from {_range(method.over)}"


@_formula.register
def _fgt(method: Fgt, times: float) -> str:
    return f"poverty measure of order {method.alpha} of {method.value} below {method.line}"


@_formula.register
def _published(method: Published, times: float) -> str:
    return f"{method.value}, as published"


@_formula.register
def _comparison(method: Comparison, times: float) -> str:
    sign = "/" if method.kind == "parity" else "-"
    compared, reference = (f"{method.indicator}[{method.dimension}={c}]" for c in (method.compare, method.reference))
    return f"{compared} {sign} {reference}"


@_formula.register
def _small_area(method: SmallArea, times: float) -> str:
    return f"area-level model of {method.indicator} on {', '.join(a.indicator for a in method.auxiliaries)}"


@_formula.register
def _sql(method: Sql, times: float) -> str:
    return f"SQL in {method.file}"


def _range(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:g} to {bounds[1]:g}"


def unit(indicator: Indicator, catalog: Catalog, language: Language) -> str:
    """The unit's title in a language."""
    code = catalog.codelists["units"].codes[indicator.unit]
    return code.en if language == "en" else code.es


def table_of(indicator: Indicator, catalog: Catalog) -> Table:
    """The staged table that the values come from, also where the indicator compares another."""
    base = catalog.root_of(indicator)
    assert base.table is not None, "Catalog.sound: a comparison is made of an indicator that reads a table"
    return catalog.tables[base.table]


def sources_of(indicator: Indicator, catalog: Catalog) -> tuple[str, ...]:
    """Ids of the sources behind an indicator."""
    return tuple(dict.fromkeys(part.source for part in table_of(indicator, catalog).parts))


def universe(indicator: Indicator) -> str:
    """``sex F, age Y15T19``, or nothing where the figures are of everybody."""
    return ", ".join(f"{dimension} {code}" for dimension, code in indicator.universe.items())


def target(indicator: Indicator) -> str:
    """``100 by 2030``, ``-50 % from 2015 by 2030``, or nothing."""
    aim = indicator.target
    if aim is None:
        return ""
    return (
        f"{aim.value:g} by {aim.year}" if aim.value is not None else f"{aim.change:+g} % from {aim.base} by {aim.year}"
    )


def assumptions(indicator: Indicator, language: Language) -> str:
    """All assumptions in one cell."""
    texts = ((a.text.en if language == "en" else a.text.es, a.impact) for a in indicator.assumptions)
    word = "impact" if language == "en" else "impacto"
    impacts = {"low": "bajo", "medium": "medio", "high": "alto"}
    return " | ".join(f"{t} ({word}: {i if language == 'en' else impacts[i]})" for t, i in texts)


def safe_cell(text: str) -> str:
    """Text that a spreadsheet reads as text: a leading apostrophe precedes what it would read as a formula.

    See OWASP, "CSV Injection". Numbers never come here.
    """
    return "'" + text if text.startswith(FORMULA_STARTS) else text


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def sentence_list(items: Iterable[str]) -> str:
    """``a; b; c`` with no final stop, so that the caller sets it."""
    return "; ".join(item.rstrip(". ") for item in items)
