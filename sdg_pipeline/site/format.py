"""How figures look on pages: numbers, intervals, units, reasons, groups; a figure looks the same in both languages.

What belongs here: text of figures. What does not: sentences (words) and where they stand (templates).
"""

from __future__ import annotations

from collections.abc import Mapping

from sdg_pipeline.charts import texts
from sdg_pipeline.site.model import Group, Indicator, Language, Text, Value
from sdg_pipeline.site.words import has_word, word
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.fields import DIMENSIONS

MINUS = "−"
"""The sign of numbers, so that a dash between two of them is none."""
SHORT_UNITS = {"PT": "%", "NUMBER": ""}
SIZES = ("NUMBER", "MXN", "M_M3", "HA", "KM2", "T")
"""Units of totals: a larger place has more, so that a rank says nothing."""
MARKS = {"F": "mark_forecast", "P": "mark_provisional", "B": "mark_break", "U": "mark_low", "I": "mark_imputed"}
"""The mark of a value by its status."""
MARKED_PRECISION = {"unstable": "mark_unstable", "model_based": "mark_model", "low": "mark_low"}
NO_MARK = ""
EXPLAINED = ("mark_unstable", "mark_model", "mark_provisional", "mark_break", "mark_low", "mark_imputed")
"""Marks in the order in which a note explains them."""


def number(value: float | None, decimals: int) -> str:
    """A number with the decimals of its indicator; a dash where there is none."""
    return "–" if value is None else texts.number(value, decimals).replace("-", MINUS)


def interval(lower: float | None, upper: float | None, decimals: int) -> str:
    """Both limits of an interval; empty where there is none."""
    if lower is None or upper is None:
        return ""
    return f"{number(lower, decimals)}–{number(upper, decimals)}"


def unit(indicator: Indicator, language: Language) -> str:
    """The unit behind a number: ``%``, or its label in small letters."""
    label = indicator.unit_text[language]
    return SHORT_UNITS.get(indicator.unit, label[:1].lower() + label[1:])


def mark(status: str, precision: str | None, nature: str = "") -> str:
    """The word that marks a value which is not plain: forecast, provisional, model and the like; empty for others."""
    if precision == "model_based" or (nature == "M" and status == "A"):
        return "mark_model" if status != "U" else "mark_model_low"
    return MARKS.get(status) or MARKED_PRECISION.get(precision or "", NO_MARK)


def mark_of(value: Value) -> str:
    """The mark of a value of a place."""
    return mark(value.status, value.precision, value.nature)


def reason(language: Language, name: str | None, status: str) -> str:
    """Why there is no value, in words; a reason that has no words is shown as its code."""
    if name is None:
        return word(language, "reason_none") if status not in ("Q",) else word(language, "reason_withheld")
    return word(language, f"reason_{name}") if has_word(f"reason_{name}") else name


def change(value: Value, decimals: int) -> str:
    """The difference between the two numbers that are shown, from the first year on; empty where there is none."""
    if value.value is None or value.first_value is None or value.first_period in (None, value.period):
        return ""
    difference = round(round(value.value, decimals) - round(value.first_value, decimals), decimals)
    return signed(difference, decimals)


def signed(value: float, decimals: int) -> str:
    """A change with its sign."""
    rounded = round(value, decimals)
    return f"{'+' if rounded > 0 else ''}{number(rounded, decimals)}"


def group_name(group: Group, own: Group | None, codes: Mapping[str, Mapping[str, Text]], language: Language) -> str:
    """The words for a group: the labels of the codes in which it is not the total of its indicator."""
    base = own or (TOTAL,) * len(DIMENSIONS)
    labels = [
        _label(codes, dimension, code, language)
        for dimension, code, total in zip(DIMENSIONS, group, base, strict=True)
        if code != total
    ]
    return ", ".join(labels) if labels else word(language, "total")


def _label(codes: Mapping[str, Mapping[str, Text]], dimension: str, code: str, language: Language) -> str:
    if code == TOTAL:
        return word(language, "all_of_dimension")
    label = codes.get(dimension, {}).get(code)
    return label[language] if label else code
