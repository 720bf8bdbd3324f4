"""Commented skeletons of new specs: they pass ``sdg check`` as they are and say what to replace.

What belongs here: the text of a first file. What does not: the grammar (the models) and its reference (docs).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sdg_pipeline.errors import UsageError, nearest
from sdg_pipeline.files import write_text
from sdg_pipeline.specs.base import Identifier
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import TargetCode

INDICATOR = """\
# yaml-language-server: $schema=../schema/indicator.schema.json
id: {id}                         # the name of this file
# catalogue: mx_...              # the entry of the catalogue of candidates that this comes from, if any
sdg:
  target: "{target}"             # UN target; the file lies in the folder of its goal
  # code: "{target}.1"           # UN indicator code, with relation global or proxy
  relation: national             # global: the UN indicator itself; proxy: its subject by other means; national: no code
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
  kind: ratio                    # ratio, count, published, parity, gap or sql
  table: {table}
  numerator: {measure}           # measures of the table, and + - * / CASE of them
  denominator: {measure}
breakdowns:                      # a level, then dimensions of the table
  - [national]
  - [state]
  - [municipality]
checks:                          # all of them block publication
  range: [0, 100]
  complete: {{national: all, state: all, municipality: all}}
  # agrees_with:                 # official figures; a cite is a text or an id of codelists/cites.yaml
  #   - {{area: MX, values: {{"2020": 96.3}}, tolerance: 0.05, cite: "..."}}
assumptions:                     # ids of codelists/assumptions.yaml, or assumptions of this indicator alone
  - text: {{en: Replace with what the method takes for granted., es: Reemplazar por lo que el método supone.}}
    impact: low
"""

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


def new_indicator(catalog: Catalog, indicator: str, target: str, table: str) -> Path:
    """Write a skeleton into the folder of its goal and return its path."""
    spec = catalog.tables.get(table)
    if spec is None:
        close = nearest(table, catalog.tables)
        hint = f"did you mean {close!r}?" if close else f"valid: {', '.join(catalog.tables)}"
        raise UsageError(f"no table {table!r}; {hint}")
    _refuse_bad_id(catalog, indicator)
    if not _fits(TargetCode, target):
        raise UsageError(f"no target {target!r}; remedy: write it as 6.1 or 9.c")
    goal = target.split(".")[0]
    measure = next(name for name, m in spec.measures.items() if m.additive)
    text = INDICATOR.format(id=indicator, target=target, table=table, measure=measure)
    return _write(catalog.root / f"goal_{int(goal):02d}" / f"{indicator}.yaml", text)


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
