"""Words and numbers of charts in both languages, and how much room they take.

What belongs here: text. What does not: where it stands.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

from sdg_pipeline.charts.axis import Axis
from sdg_pipeline.charts.models import Estimate, Language, StatesFigure
from sdg_pipeline.charts.tiles import TILES

NATION = "México"
"""The nation's name, which one of its states bears as well."""
LETTER = 0.56
"""Mean width of a letter of DejaVu Sans or Verdana, the widest of the usual faces, in font sizes."""
WIDE_LETTER = 0.68
"""Mean width of a digit or a capital."""
THOUSAND, MILLION = 1e3, 1e6
LONGEST = 20
"""Letters of a number that need not be short."""
NAMED_STATES = 6
"""So many states without a value are named, more are counted."""
WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "national": "National",
        "state": "state",
        "states": "{count} states",
        "one_state": "1 state",
        "highest": "Highest: {name}, {value}.",
        "lowest": "Lowest: {name}, {value}.",
        "national_value": "National: {value}.",
        "interval": "{lower} to {upper}",
        "between": "{value} ({interval})",
        "interval_note": "Dot: estimate. Bar: its confidence interval.",
        "nation_note": "Dashed line: national value.",
        "axis_note": "The axis does not begin at zero.",
        "forecast_note": "Hollow dots and dashed line: forecast.",
        "forecast": "{value}, forecast",
        "no_value": "No value: {names}.",
        "no_values": "{count} states have no value.",
        "map": "Tile map of the states.",
        "fifths": "A fifth of the states each",
        "classes": "Classes of states",
        "no_national_value": "No national value",
        "interval_of": "Confidence interval: {interval}.",
        "states_of": "States, {period}.",
        "darker": "Darker: higher.",
        "source": "Source: {text}",
    },
    "es": {
        "national": "Nacional",
        "state": "estado",
        "states": "{count} entidades",
        "one_state": "1 entidad",
        "highest": "Mayor: {name}, {value}.",
        "lowest": "Menor: {name}, {value}.",
        "national_value": "Nacional: {value}.",
        "interval": "{lower} a {upper}",
        "between": "{value} ({interval})",
        "interval_note": "Punto: estimación. Barra: su intervalo de confianza.",
        "nation_note": "Línea discontinua: valor nacional.",
        "axis_note": "El eje no comienza en cero.",
        "forecast_note": "Puntos huecos y línea discontinua: pronóstico.",
        "forecast": "{value}, pronóstico",
        "no_value": "Sin valor: {names}.",
        "no_values": "{count} entidades no tienen valor.",
        "map": "Mapa de mosaicos de las entidades.",
        "fifths": "Un quinto de las entidades cada uno",
        "classes": "Clases de entidades",
        "no_national_value": "Sin valor nacional",
        "interval_of": "Intervalo de confianza: {interval}.",
        "states_of": "Entidades, {period}.",
        "darker": "Más oscuro: mayor.",
        "source": "Fuente: {text}",
    },
}


def say(language: Language, sentence: str, **values: object) -> str:
    """A sentence of charts in a language."""
    return WORDS[language][sentence].format(**values)


def number(value: float, decimals: int) -> str:
    """A number in full: 1,234.5; zero has no sign."""
    return f"{round(value, decimals) + 0.0:,.{decimals}f}"


def short_number(value: float, decimals: int, longest: int) -> str:
    """A number in full where it has at most ``longest`` letters, else rounded, to thousands (k) or millions (M)."""
    full = number(value, decimals)
    if len(full) <= longest:
        return full
    if abs(value) >= MILLION:
        return f"{number(value / MILLION, 1 if abs(value) < THOUSAND * MILLION else 0)}M"
    if abs(value) >= 100 * THOUSAND:
        return f"{number(value / THOUSAND, 0)}k"
    return number(value, 0 if abs(value) >= 100 else 1)


def tick_labels(axis: Axis) -> list[str]:
    """Labels of an axis: all in full, or all in millions."""
    if max(abs(axis.low), abs(axis.high)) < MILLION:
        return [number(tick, axis.decimals) for tick in axis.ticks]
    digits = max(0, -math.floor(math.log10((axis.ticks[1] - axis.ticks[0]) / MILLION)))
    return [f"{number(tick / MILLION, digits)}M" if tick else "0" for tick in axis.ticks]


def interval(limits: tuple[float, float], decimals: int, language: Language, longest: int = LONGEST) -> str:
    """Both limits of an interval."""
    lower, upper = (short_number(limit, decimals, longest) for limit in limits)
    return say(language, "interval", lower=lower, upper=upper)


def estimate_text(estimate: Estimate, decimals: int, language: Language) -> str:
    """A value and its interval for the description of a chart."""
    value = number(estimate.value, decimals)
    if estimate.interval is None:
        return value
    return say(language, "between", value=value, interval=interval(estimate.interval, decimals, language))


def state_name(name: str, language: Language) -> str:
    """The name of a state; the one that bears the nation's name is marked as a state."""
    return f"{name} ({say(language, 'state')})" if name == NATION else name


def summary(figure: StatesFigure, decimals: int, language: Language) -> Iterator[str]:
    """The states in words: how many, the highest, the lowest, the nation; at least one has an estimate."""
    estimates, names = figure.estimates, {state.code: state.name for state in figure.states}
    ordered = sorted(estimates, key=lambda code: (-estimates[code].value, code))
    count = say(language, "one_state") if len(ordered) == 1 else say(language, "states", count=len(ordered))
    yield f"{count}, {figure.period}."
    for place, code in (("highest", ordered[0]), ("lowest", ordered[-1])):
        value = estimate_text(estimates[code], decimals, language)
        yield say(language, place, name=state_name(names[code], language), value=value)
    if figure.nation is not None:
        yield say(language, "national_value", value=estimate_text(figure.nation, decimals, language))


def missing_note(figure: StatesFigure, language: Language) -> str | None:
    """Which of the 32 states have no value, or how many where they are many."""
    names = [tile.abbreviation for code, tile in sorted(TILES.items()) if code not in figure.estimates]
    if not names:
        return None
    if len(names) > NAMED_STATES:
        return say(language, "no_values", count=len(names))
    return say(language, "no_value", names=", ".join(names))


def text_width(text: str, size: float) -> float:
    """Room for a text in any of the usual faces, in pixels."""
    wide = sum(letter.isdigit() or letter.isupper() for letter in text)
    return size * (WIDE_LETTER * wide + LETTER * (len(text) - wide))


def wrapped(text: str, size: float, width: float) -> list[str]:
    """The lines of a text that is broken between words; a word that is too long is broken."""
    return textwrap.wrap(text, max(1, int(width / (LETTER * size))))
