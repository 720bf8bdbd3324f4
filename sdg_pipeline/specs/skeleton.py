"""Commented skeletons of new specs: they pass ``sdg check`` as they are and say what to replace.

What belongs here: the text of a first file. What does not: the grammar (the models) and its reference (docs).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sdg_pipeline.errors import ONE_OF_THEM, UsageError, nearest
from sdg_pipeline.files import write_text
from sdg_pipeline.specs.base import PUBLISHED_LEVELS, Identifier, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import TargetCode
from sdg_pipeline.specs.table import Table

INDICATOR = """\
# yaml-language-server: $schema=../schema/indicator.schema.json
id: {id}                         # the name of this file
# catalogue: mx_...              # the entry of the catalogue of candidates that this comes from, if any
sdg:
  target: "{target}"             # UN target; the file lies in the folder of its goal
  # code: "{target}.1"           # UN indicator code, with relation global or proxy
  relation: national             # global: the UN indicator itself; proxy: its subject by other means; national: no code
  # series: SI_POV_NMPI          # of a global indicator: its series, an id of codelists/series.yaml
title:
  en: Replace with a short title
  es: Reemplazar por un título breve
description:                     # the formula in words
  en: Replace with what is counted, out of what.
  es: Reemplazar por qué se cuenta, y respecto de qué.
unit: PT                         # code list units; PT multiplies a ratio by 100
decimals: 1
direction: up                    # up, down, parity or context: which way is better
owner: team:statistics           # left out, it is that of defaults.yaml
method:
{method}
# universe: {{sex: F, age: Y_GE15}}    # whom the figures are of, where that is not everybody
breakdowns:                      # a level, then dimensions of the table
{breakdowns}
checks:                          # all of them block publication
  range: [0, 100]
  complete: {{{complete}}}
  # agrees_with:                 # official figures; a cite is a text or an id of codelists/cites.yaml
  #   - {{area: MX, values: {{"2020": 96.3}}, tolerance: 0.05, cite: "..."}}
assumptions:                     # ids of codelists/assumptions.yaml, or assumptions of this indicator alone
  - text: {{en: Replace with what the method takes for granted., es: Reemplazar por lo que el método supone.}}
    impact: low
"""

RATIO = """\
  kind: ratio                    # ratio, count, published, parity, gap or sql
  table: {table}
  numerator: {measure}           # measures of the table, and + - * / CASE of them
  denominator: {measure}"""

PUBLISHED = """\
  kind: published                # the institution's own figure: no measure of this table adds up
  table: {table}
  value: {measure}"""

SOURCE = """\
# yaml-language-server: $schema=../schema/source.schema.json
id: {id}                         # the name of this file
title: {{en: Replace with the dataset's title, es: Reemplazar por el título del conjunto de datos}}
publisher: Replace with the institution    # or its id in codelists/publishers.yaml
licence: {{id: Replace with its terms, url: "https://example.org/terms", url_status: from_memory}}
landing_page: {{url: "https://example.org/dataset", url_status: from_memory}}
dictionary: {{url_status: unknown, note: Replace with what describes the columns.}}    # or its url
contact: Replace with a mail address
periodicity: annual              # decennial, quinquennial, biennial, annual, quarterly, monthly or once
columns_status: memory           # verified once the columns were read in a real file
citation:
  en: Replace with how the institution wants to be cited.
  es: Reemplazar por la cita que pide la institución.
editions:                        # a table spec reads an edition; until one does, the source is part of no run
  "2020":
    url: "https://example.org/replace-me.csv"
    url_status: from_memory      # documented, with url_cite, once it was read somewhere; verified once it was fetched
    period: "2020"
    # layout: copy               # if the tables describe a cut or relabelled copy of the file at that address
    # container: zip             # then member: the data file inside it, as a shell pattern
"""


REQUEST = """\
# yaml-language-server: $schema=../schema/request.schema.json
id: {id}                         # the name of this file
title:
  en: Replace with what is asked for
  es: Reemplazar por lo que se pide
owner: team:data
asks: Replace with who asks, in general terms, and no person's name
since: "{day}"
supporters: 1                    # people or organisations, the first one too
why:
  en: Replace with what it would be used for.
  es: Reemplazar por el uso que se le daría.
level: municipality
indicators: [{indicator}]        # or un_indicators: ["6.1.1"]
# answer: {{source: inegi_iter, edition: "2020", on: "{day}"}}   # closes it, once that edition exists
"""


def new_request(catalog: Catalog, request: str, indicator: str, day: str) -> Path:
    """Write a skeleton into ``requests`` and return its path."""
    catalog.indicator(indicator)
    if not _fits(Identifier, request):
        raise UsageError(f"{request!r} is no id; remedy: 2 to 64 of a-z, 0-9 and _, a letter first")
    text = REQUEST.format(id=request, indicator=indicator, day=day)
    return _write(catalog.root / "requests" / f"{request}.yaml", text)


def new_indicator(catalog: Catalog, indicator: str, target: str, table: str) -> Path:
    """Write a skeleton into the folder of its goal and return its path."""
    spec = catalog.tables.get(table)
    if spec is None:
        close = nearest(table, catalog.tables)
        hint = f"did you mean {close!r}?" if close else f"valid: {', '.join(catalog.tables)}"
        raise UsageError(f"no table {table!r}; {hint}", remedy=ONE_OF_THEM)
    _refuse_bad_id(catalog, indicator)
    if not _fits(TargetCode, target):
        raise UsageError(f"no target {target!r}; remedy: write it as 6.1 or 9.c")
    goal = target.split(".")[0]
    text = draft(catalog, spec, indicator, target)
    return _write(catalog.root / f"goal_{int(goal):02d}" / f"{indicator}.yaml", text)


def draft(catalog: Catalog, table: Table, indicator: str, target: str) -> str:
    """The skeleton of an indicator, with a measure of the table and the breakdowns that its rows make."""
    for measure in sorted(table.measures, key=lambda name: not table.measures[name].additive):
        breakdowns = _breakdowns(catalog, table, measure)
        if breakdowns:
            break
    else:
        remedy = "write the spec by hand, with `kind: sql` over its parts"
        raise UsageError(f"no level of table {table.id} has one measure in all of its parts; remedy: {remedy}")
    form = RATIO if table.measures[measure].additive else PUBLISHED
    return INDICATOR.format(
        id=indicator,
        target=target,
        method=form.format(table=table.id, measure=measure),
        breakdowns="\n".join(f"  - [{', '.join(names)}]" for names in breakdowns),
        complete=", ".join(f"{names[0]}: all" for names in breakdowns),
    )


def _breakdowns(catalog: Catalog, table: Table, measure: str) -> list[tuple[str, ...]]:
    """The published levels that rows of the table make: those of its design, or no finer than the rows.

    What does not add up is there on the level of the rows alone, by each dimension without published totals.
    """
    if table.design:
        return [(level,) for level in PUBLISHED_LEVELS if level in table.design.domains]
    levels = {part.level for part in table.parts}
    if not table.measures[measure].additive:
        rows = [level for level in PUBLISHED_LEVELS if level in levels]
        summed = {name: d for name, d in table.dimensions.items() if d.totals == "computed"}
        return [(level, *(name for name, d in summed.items() if level in d.levels)) for level in rows]
    complete = {level for level in levels if _all_give(table, level, measure)}
    nation = {p.level for p in table.parts if not catalog.sources[p.source].editions[p.edition].states}
    fit = {level: complete & nation if level == Level.NATIONAL else complete for level in PUBLISHED_LEVELS}
    return [(level,) for level, rows in fit.items() if any(level.depth <= finest.depth for finest in rows)]


def _all_give(table: Table, level: Level, measure: str) -> bool:
    """Whether all parts of a level give a measure; without names a part gives all."""
    return all(not part.measures or measure in part.measures for part in table.parts if part.level == level)


def new_source(catalog: Catalog, source: str) -> Path:
    """Write a skeleton into ``sources`` and return its path."""
    _refuse_bad_id(catalog, source)
    return _write(catalog.root / "sources" / f"{source}.yaml", SOURCE.format(id=source))


def _refuse_bad_id(catalog: Catalog, spec: str) -> None:
    if not _fits(Identifier, spec):
        raise UsageError(f"{spec!r} is no id; remedy: 2 to 64 of a-z, 0-9 and _, a letter first")
    if spec in catalog.documents:
        raise UsageError(f"{spec!r} is the id of {catalog.documents[spec].file}; remedy: choose another")


def _fits(form: Any, text: str) -> bool:
    try:
        TypeAdapter(form).validate_python(text)
    except ValidationError:
        return False
    return True


def _write(path: Path, text: str) -> Path:
    if path.exists():
        raise UsageError(f"{path} exists already; remedy: choose another id, or edit it")
    write_text(path, text)
    return path
