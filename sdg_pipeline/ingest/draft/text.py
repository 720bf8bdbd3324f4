"""The text of a first table spec, with ``!decide`` before what a person must decide.

What belongs here: YAML. What does not: what is proposed (packing, roles).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from sdg_pipeline.ingest.draft.columns import Profile
from sdg_pipeline.ingest.draft.packing import Packed
from sdg_pipeline.ingest.draft.roles import Areas, Choice, Roles
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.yaml import DECIDE

STAGED = ("edition", "geo_level", "state", "municipality", "locality", "time_period", "weight", "stratum", "psu")
"""Columns of staged tables, which no measure is called."""
HEAD = """\
# yaml-language-server: $schema=../schema/table.schema.json
# First draft by `sdg new table {source} {edition}`, from {rows:,} rows and {columns} columns.
# Replace the text after each {decide}, or leave it where it is right, and take the mark out. `sdg check` lists them.
"""


@dataclass(frozen=True)
class Facts:
    """What the draft is made of."""

    table: str
    source: str
    edition: str
    title: tuple[str, str]
    rows: int
    packed: Packed
    roles: Roles
    rest: str | None
    """Hash of the list of ignored columns."""


def text(facts: Facts, figures: dict[str, Profile]) -> str:
    """The draft; ``figures`` are the columns that measures read, by the name of the measure."""
    return "".join(f"{line}\n" for line in _lines(facts, figures))


def _lines(facts: Facts, figures: dict[str, Profile]) -> Iterator[str]:
    roles, packed = facts.roles, facts.packed
    columns = len(packed.header)
    yield HEAD.format(
        source=facts.source, edition=facts.edition, rows=facts.rows, columns=columns, decide=DECIDE
    ).rstrip("\n")
    yield f"id: {facts.table}"
    english, spanish = facts.title
    yield f"title: {{en: {_decide(english)}, es: {_decide(spanish)}}}"
    what = ("what one row of the file is", "qué es una fila del archivo")
    yield f"description: {{en: {_decide(what[0])}, es: {_decide(what[1])}}}"
    if roles.surveyed or roles.unique:
        yield f"record: {'aggregate' if roles.unique else 'unit'}"
    else:
        yield "# unit: a row is a person or an event; aggregate: figures of an area, and then key makes its rows unique"
        yield f"record: {_decide('unit')}"
    yield from (f"# {note}" for note in packed.notes)
    yield f"format: {_flow(packed.form.model_dump(mode='json', exclude_defaults=True) | _missing(facts))}"
    yield f"geography: {{{', '.join(_geography(roles.areas))}}}"
    yield "parts:"
    yield f"  - {{source: {facts.source}, edition: {json.dumps(facts.edition)}, level: {_level(roles)}}}"
    yield from _design(roles)
    if roles.year:
        column, first, last = roles.year
        yield f"period: {{column: {_quoted(column)}, years: [{first}, {last}]}}"
    yield from _dimensions(roles)
    yield "measures:"
    yield from _measures(figures)
    if facts.rest:
        yield "ignore:"
        yield f'  - {{reason: not needed yet, columns: {{rest: "{facts.rest}"}}}}'


def _missing(facts: Facts) -> dict[str, object]:
    """Tokens for no figure, and the sign between thousands, of the columns that measures may read."""
    figures = () if facts.roles.surveyed else facts.roles.figures
    tokens = dict.fromkeys(token for profile in figures for token in profile.tokens)
    said: dict[str, object] = {"missing": ["", *tokens]} if tokens else {}
    return said | ({"thousands": ","} if any(profile.grouped for profile in figures) else {})


def _geography(areas: Areas) -> Iterator[str]:
    vintage = str(areas.vintage)
    yield f"vintage: {vintage if areas.sure else _decide(vintage)}"
    yield from (f"{way}: {_quoted(column)}" for way, column in areas.columns.items())
    if areas.unallocated_states:
        listed = ", ".join(_decide(key) for key in areas.unallocated_states)
        yield f"unallocated_states: [{listed}]"


def _level(roles: Roles) -> str:
    """Surveys are not designed for municipalities; a file without keys may have them under another name."""
    if roles.areas.level == Level.NATIONAL:
        return _decide(Level.NATIONAL.value)
    return (Level.STATE if roles.surveyed else roles.areas.level).value


def _design(roles: Roles) -> Iterator[str]:
    if roles.weight is None:
        return
    yield "design:"
    if roles.weight.others:
        yield f"  # other weights: {', '.join(roles.weight.others)}"
        yield f"  weight: {_decide(roles.weight.column)}"
    else:
        yield f"  weight: {_quoted(roles.weight.column)}"
    yield f"  strata: {_chosen(roles.strata, 'column with the stratum')}"
    yield f"  psu: {_chosen(roles.psu, 'column with the primary sampling unit')}"
    yield f"  single_psu: {_decide('adjust, average, certainty or fail')}"
    yield "  # a file that has records of some units only is a part: name the table of the whole sample"
    yield f"  sample: {_decide('whole')}"
    yield f"  domains: [national, {_decide('state')}]"
    yield f"  why: {_decide('where the institution says for which areas the survey was designed')}"


def _chosen(choice: Choice | None, what: str) -> str:
    return _decide(what) if choice is None else _quoted(choice.column)


def _dimensions(roles: Roles) -> Iterator[str]:
    if not roles.groups:
        return
    yield "dimensions:"
    for name, group in roles.groups.items():
        recode = ", ".join(
            f"{_quoted(content)}: {_quoted(code) if group.sure else _decide(code)}"
            for content, code in group.recode.items()
        )
        yield f"  {name}:"
        yield f"    {{codelist: {name}, totals: {group.totals}, levels: [{_level(roles)}],"
        yield f"     column: {_quoted(group.column)}, recode: {{{recode}}}}}"


def _measures(figures: dict[str, Profile]) -> Iterator[str]:
    if not figures:
        yield f"  records: {{records: all, label: {{en: {_decide('Records')}, es: {_decide('Registros')}}}}}"
    if any(profile.measure == "amount" for profile in figures.values()):
        yield "  # an amount adds up over areas and groups; a mean, a rate or a percentage does not, and is a mean"
    for name, profile in figures.items():
        kind = "" if profile.measure == "count" else f"type: {_decide(profile.measure)}, "
        label = f"{{en: {_decide(profile.name)}, es: {_decide(profile.name)}}}"
        yield f"  {name}: {{column: {_quoted(profile.name)}, {kind}label: {label}}}"


def measure_names(profiles: tuple[Profile, ...]) -> dict[str, Profile]:
    """Columns by the name of a measure, which is that of the column in small letters of ASCII."""
    named: dict[str, Profile] = {}
    for number, profile in enumerate(profiles, start=1):
        plain = unicodedata.normalize("NFKD", profile.name).encode("ascii", "ignore").decode().lower()
        name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50]
        name = name if re.match(r"[a-z][a-z0-9]|[a-z]_", name) else f"figure_{name}".rstrip("_")
        if name in named or name in STAGED or name in DIMENSIONS:
            name = f"{name}_{number}"
        named[name] = profile
    return named


def _decide(proposal: str) -> str:
    return f"{DECIDE} {json.dumps(proposal, ensure_ascii=False)}"


def _quoted(value: str) -> str:
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value) and value.lower() not in ("y", "n", "yes", "no", "on", "off")
    return value if plain and value.lower() not in ("true", "false", "null") else json.dumps(value, ensure_ascii=False)


def _flow(data: object) -> str:
    """Plain data in one line of YAML."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{key}: {_flow(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list | tuple):
        return "[" + ", ".join(map(_flow, data)) + "]"
    return json.dumps(data, ensure_ascii=False) if not isinstance(data, str) else _quoted(data)
