"""Reads a question to SDMX REST: flow, key, periods, form; every code of a key must be one of the structure.

What belongs here: what was asked, and why it cannot be answered. What does not: the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sdg_pipeline.errors import nearest
from sdg_pipeline.packages.sdmx.components import KEY, TIME

Form = Literal["ml", "csv", "json"]
Detail = Literal["full", "dataonly", "serieskeysonly", "nodata"]
Codes = Mapping[str, frozenset[str]]
EVERYTHING = ("", "all", "*")
NO_RESULTS, TOO_LARGE, SYNTAX, SEMANTIC, UNAVAILABLE = 100, 130, 140, 150, 503
MOST_KEYS = 50
_PERIOD = re.compile(
    r"(\d{4})(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T[\d:.Z+-]{1,30})?)?|-?[AQSTWMD]\d{1,3})?", re.ASCII
)
_RANGE = re.compile(r"(eq|ge|gt|le|lt):(.+)")
PARAMETERS = ("startPeriod", "endPeriod", "firstNObservations", "lastNObservations", "detail", "dimensionAtObservation",
              "format")  # fmt: skip


class Refused(Exception):
    """A question that is answered with an error of SDMX: its HTTP status, its code and a text."""

    def __init__(self, status: int, code: int, text: str) -> None:
        self.status, self.code, self.text = status, code, text
        super().__init__(text)


@dataclass(frozen=True)
class Query:
    """What is asked for.

    ``keys`` are alternatives, each with the codes by dimension; a dimension without codes admits all. ``first`` and
    ``last`` bound the values of a series; ``start`` and ``end`` are years.
    """

    flow: str
    keys: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    start: str | None = None
    end: str | None = None
    first: int | None = None
    last: int | None = None
    detail: Detail = "full"


def keys_of(text: str, codes: Codes) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    """The keys of a path: ``A.N.SI_POV_NAHC+SI_POV_DAY1.MX..``; parts that are empty or ``*`` admit every code."""
    if text in EVERYTHING:
        return ()
    alternatives = text.split(",")
    if len(alternatives) > MOST_KEYS:
        raise Refused(400, SYNTAX, f"{len(alternatives)} keys are too many; remedy: at most {MOST_KEYS} in a question")
    return tuple(_key(key, codes) for key in alternatives)


def _key(text: str, codes: Codes) -> dict[str, tuple[str, ...]]:
    parts = text.split(".")
    if len(parts) != len(KEY):
        order = ".".join(KEY)
        raise Refused(400, SYNTAX, f"the key has {len(parts)} parts and not {len(KEY)}; remedy: write {order}")
    key = {}
    for dimension, part in zip(KEY, parts, strict=True):
        if part not in ("", "*"):
            key[dimension] = admitted(dimension, part.split("+"), codes)
    return key


def admitted(dimension: str, values: Sequence[str], codes: Codes) -> tuple[str, ...]:
    """Codes of a dimension, each of them one of its list."""
    listed = codes[dimension]
    for code in values:
        if code not in listed:
            close = nearest(code, listed) if len(code) < 80 else None
            hint = f"; did you mean {close!r}?" if close else f"; remedy: take one of the code list of {dimension}"
            raise Refused(400, SEMANTIC, f"{dimension} has no code {code[:80]!r}{hint}")
    return tuple(dict.fromkeys(values))


def year_of(name: str, text: str) -> str:
    """The year of a period."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise Refused(400, SYNTAX, f"{name} {text[:40]!r} is no period; remedy: write a year, as 2015")
    return match[1]


def number_of(name: str, text: str) -> int:
    """A number of values, from 1."""
    if not re.fullmatch(r"[1-9]\d{0,5}", text, re.ASCII):
        raise Refused(400, SYNTAX, f"{name} {text[:40]!r} is no number of values; remedy: write a whole one, from 1")
    return int(text)


def query(flow: str, key: str, parameters: Sequence[tuple[str, str]], codes: Codes) -> Query:
    """The question of a path and its parameters, those of SDMX REST 1.5 and of 2.x."""
    asked = dict(parameters)
    if len(asked) != len(parameters):
        raise Refused(400, SYNTAX, "a parameter stands there twice; remedy: give each once")
    filters = {name: asked.pop(name) for name in tuple(asked) if re.fullmatch(r"c\[.*\]", name, re.DOTALL)}
    for name in asked:
        if name not in PARAMETERS:
            close = nearest(name, PARAMETERS) if len(name) < 80 else None
            hint = f"; did you mean {close!r}?" if close else f"; remedy: there are {', '.join(PARAMETERS)}"
            raise Refused(400, SEMANTIC, f"there is no parameter {name[:80]!r}{hint}")
    start, end = (year_of(n, asked[n]) if asked.get(n) else None for n in ("startPeriod", "endPeriod"))
    first, last = (
        number_of(n, asked[n]) if asked.get(n) else None for n in ("firstNObservations", "lastNObservations")
    )
    if asked.get("dimensionAtObservation", TIME) != TIME:
        raise Refused(400, SEMANTIC, f"dimensionAtObservation can only be {TIME}; remedy: leave it out")
    keys = keys_of(key, codes)
    for name, text in filters.items():
        dimension = name[2:-1]
        if dimension == TIME:
            start, end = _bounds(text, start, end)
        elif dimension in KEY:
            wanted = admitted(dimension, [code.removeprefix("eq:") for code in text.split(",")], codes)
            keys = tuple(_narrowed(one, dimension, wanted) for one in keys or ({},))
        else:
            raise Refused(400, SEMANTIC, f"there is no dimension {dimension[:80]!r}; remedy: one of {', '.join(KEY)}")
    return Query(flow, keys, start, end, first, last, _detail(asked.get("detail", "full")))


def _narrowed(
    key: Mapping[str, tuple[str, ...]], dimension: str, wanted: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    both = tuple(code for code in key.get(dimension, wanted) if code in wanted)
    return {**key, dimension: both}


def _detail(text: str) -> Detail:
    for detail in ("full", "dataonly", "serieskeysonly", "nodata"):
        if text == detail:
            return detail
    raise Refused(400, SEMANTIC, f"there is no detail {text[:40]!r}; remedy: full, dataonly, serieskeysonly or nodata")


def _bounds(text: str, start: str | None, end: str | None) -> tuple[str | None, str | None]:
    """``ge:2015+le:2020`` as the first and last year."""
    for part in text.split("+"):
        match = _RANGE.fullmatch(part)
        operator, period = match.groups() if match else ("eq", part)
        year = int(year_of(f"c[{TIME}]", period))
        if operator in ("eq", "ge", "gt"):
            start = max(start or "", f"{year + (operator == 'gt'):04}")
        if operator in ("eq", "le", "lt"):
            end = min(end or "9999", f"{max(year - (operator == 'lt'), 0):04}")
    return start, end


def form_of(accept: str, named: str | None) -> Form:
    """The form of the values: that of the parameter ``format``, else that of the Accept header; SDMX-ML by default."""
    names: dict[str, Form] = {"csv": "csv", "ml": "ml", "xml": "ml", "json": "json"}
    if named is not None:
        if named not in names:
            raise Refused(400, SEMANTIC, f"there is no format {named[:40]!r}; remedy: csv, ml or json")
        return names[named]
    for kind, version in accepted(accept):
        form = _FORMS.get(kind)
        if form is not None and (not version or version.startswith(form[1])):
            return form[0]
    raise Refused(406, SEMANTIC, "no such form; remedy: Accept " + ", ".join(MEDIA_TYPES.values()))


MEDIA_TYPES: dict[Form, str] = {
    "ml": "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
    "csv": "application/vnd.sdmx.data+csv;version=2.0.0",
    "json": "application/vnd.sdmx.data+json;version=2.0.0",
}
_FORMS: dict[str, tuple[Form, str]] = {
    "application/vnd.sdmx.structurespecificdata+xml": ("ml", "2.1"),
    "application/vnd.sdmx.data+xml": ("ml", "2.1"),
    "application/xml": ("ml", ""),
    "text/xml": ("ml", ""),
    "text/html": ("ml", ""),
    "*/*": ("ml", ""),
    "application/*": ("ml", ""),
    "application/vnd.sdmx.data+csv": ("csv", "2."),
    "text/csv": ("csv", ""),
    "text/*": ("csv", ""),
    "application/vnd.sdmx.data+json": ("json", "2."),
    "application/json": ("json", ""),
}
"""Forms by what a client accepts, with the version that it may name."""


def accepted(header: str) -> list[tuple[str, str]]:
    """Types of an Accept header with the version that they name, the most wanted first; nothing means everything."""
    wanted = []
    for place, item in enumerate((header or "*/*").lower().split(",")):
        kind, *parameters = (part.strip() for part in item.split(";"))
        values = dict(parameter.partition("=")[::2] for parameter in parameters)
        try:
            quality = float(values.get("q", "1"))
        except ValueError:
            quality = 0.0
        if quality > 0:
            wanted.append((-quality, place, kind, values.get("version", "").strip('"')))
    return [(kind, version) for _, _, kind, version in sorted(wanted)]
