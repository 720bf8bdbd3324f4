"""Every mistake of tables, expressions and breakdowns in all specs, told at once.

What belongs here: what ``sdg check`` finds beyond the grammar. What does not: grammar and references between files
(specs), and the reasons why a breakdown cannot be made (plan).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sdg_pipeline.errors import Problem, SpecErrors
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.estimate.written import STAGED_KEYS
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Sql
from sdg_pipeline.specs.table import Dimension, Table

_NAME = re.compile(r"[a-z][a-z0-9_]{1,63}")


def check(catalog: Catalog) -> list[Problem]:
    """Every problem of tables, expressions and breakdowns; specs with unknown references are passed over."""
    problems: list[Problem] = []
    for table in catalog.tables.values():
        problems.extend(_parts(table, catalog))
        problems.extend(_measures(table, catalog))
        problems.extend(_dimensions(table, catalog))
        problems.extend(_columns(table, catalog))
    for indicator in catalog.indicators.values():
        if _resolved(indicator, catalog):
            try:
                make_plan(indicator, catalog)
            except SpecErrors as error:
                problems.extend(error.problems)
    return problems


def sound(catalog: Catalog) -> Catalog:
    """The catalogue, or SpecErrors with every problem of all specs; what a run asks for before any work."""
    catalog.problems.extend(check(catalog))
    return catalog.sound()


def _resolved(indicator: Indicator, catalog: Catalog) -> bool:
    """Whether all that a plan looks up is there; of what is not, the catalogue has told."""
    root = catalog.indicators.get(indicator.base) if indicator.base else indicator
    table = catalog.tables.get((root.table if root else None) or "")
    units = catalog.codelists.get("units")
    if table is None or units is None or indicator.unit not in units.codes:
        return False
    method = indicator.method
    if isinstance(method, Sql) and not (catalog.folder(indicator) / method.file).is_file():
        return False
    sources = catalog.sources
    return (
        set(indicator.known) <= set(catalog.indicators)
        and all(p.source in sources and p.edition in sources[p.source].editions for p in table.parts)
        and all(d.codelist in catalog.codelists for d in table.dimensions.values())
        and all(m.by is None or m.by in table.dimensions for m in table.measures.values())
    )


def _parts(table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    seen: list[tuple[object, ...]] = []
    for i, part in enumerate(table.parts):
        edition = catalog.sources.get(part.source)
        known = edition.editions.get(part.edition) if edition else None
        apart = (part.level, sorted(part.codes.items()), *((known.period, known.states) if known else ()))
        if apart in seen and not table.vintages and table.period is None:
            message = "has rows of the same level, groups, year and states as an earlier part: they would count twice"
            yield document.problem(("parts", i, "level"), message, value=part.level.value)
        seen.append(apart)
        if part.level != Level.NATIONAL and not table.geography.columns:
            message = "has areas, but geography names no column with their keys"
            yield document.problem(("parts", i, "level"), message, value=part.level.value)
        if any((p.level, p.edition) == (part.level, part.edition) and p.source != part.source for p in table.parts[:i]):
            message = "has the name of another source's edition at this level: values could not tell which they cite"
            yield document.problem(("parts", i, "edition"), message, value=part.edition)
        for j, rule in enumerate(part.rows):
            try:
                expressions.read(rule.keep)
            except expressions.ExpressionError as error:
                yield document.problem(("parts", i, "rows", j, "keep"), str(error), value=rule.keep)


def _measures(table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    for name in table.measures:
        if not _NAME.fullmatch(name):
            yield document.problem(("measures", name), f"does not have the form {_NAME.pattern}", value=name)
        elif name in STAGED_KEYS:
            yield document.problem(("measures", name), "is the name of a key of the staged table", value=name)
    spread = sorted({m.by for m in table.measures.values() if m.by})
    if len(spread) > 1:
        yield document.problem(("measures",), "are spread by more than one dimension", value=", ".join(spread))
    elif spread and spread[0] in table.dimensions and table.dimensions[spread[0]].totals == "computed":
        for name in (n for n, m in table.measures.items() if m.by is None):
            message = f"is not spread by {spread[0]}, the total of which is computed: it would be lost"
            yield document.problem(("measures", name), message)


def _dimensions(table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    spread = {m.by for m in table.measures.values() if m.by}
    for name, dimension in table.dimensions.items():
        place = ("dimensions", name)
        if name not in DIMENSIONS:
            message = "is not a dimension of the indicator table"
            yield document.problem(place, message, value=name, valid=DIMENSIONS)
        if dimension.column is None and name not in spread and not any(name in part.codes for part in table.parts):
            yield document.problem(place, "has no column, and no measure or part gives its codes", value=name)
        for what, codes in _codes(name, dimension, table):
            if (TOTAL in codes) != (dimension.totals == "published"):
                why = f"does not give {TOTAL}" if TOTAL not in codes else f"gives {TOTAL}, which would count twice"
                message = f"says that totals are {dimension.totals}, but {what} {why}"
                yield document.problem((*place, "totals"), message, value=dimension.totals)


def _columns(table: Table, catalog: Catalog) -> Iterator[Problem]:
    """Conditions that cannot be read; where all can, columns that are both used and ignored."""
    document, sound = catalog.document(table), True
    for name, measure in table.measures.items():
        try:
            table.condition_columns(measure)
        except expressions.ExpressionError as error:
            sound = False
            yield document.problem(("measures", name, "where"), str(error), value=measure.where or "")
    seen = [table.seen_by(part) for part in table.parts] if sound else []
    for column in sorted({c for own in seen for c in set(own.used_columns) & set(own.ignored_columns)}):
        yield document.problem(("ignore",), "lists a column that the table uses", value=column)


def _codes(name: str, dimension: Dimension, table: Table) -> Iterator[tuple[str, set[str]]]:
    """Where codes of a dimension come from, and which."""
    if dimension.column is not None:
        yield "recode", set(dimension.recode.values())
    if given := {part.codes[name] for part in table.parts if name in part.codes}:
        yield "codes of parts", given
    for measure, spec in table.measures.items():
        if spec.by == name:
            yield f"measure {measure}", set(spec.columns)
