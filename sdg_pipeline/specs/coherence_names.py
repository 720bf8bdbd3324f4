"""What the rules of coherence name, and whether it is there: indicators, tables, dimensions.

What belongs here: names in rules. What does not: their grammar (coherence) and their SQL (quality). It is apart from
``references`` because it reads expressions, which needs sqlglot.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sdg_pipeline.errors import AN_AREA, AN_EXPRESSION, ANOTHER_ID, Problem
from sdg_pipeline.specs import expressions, yaml
from sdg_pipeline.specs.area_names import area_codes
from sdg_pipeline.specs.coherence import AnyRule, Reference, Relation
from sdg_pipeline.specs.fields import DIMENSIONS

if TYPE_CHECKING:
    from sdg_pipeline.specs.catalog import Catalog


def sides(rule: Relation) -> tuple[str, ...]:
    """The names in the two sides of a relation, in order of appearance."""
    trees = (expressions.read(text) for text in (rule.left, rule.right))
    return tuple(dict.fromkeys(name for tree in trees for name in expressions.columns(tree)))


def indicators(rule: AnyRule) -> tuple[str, ...]:
    """The indicators without which a rule cannot be judged; none for a rule over all that there are."""
    if isinstance(rule, Relation):
        return tuple(dict.fromkeys(rule.terms[n].indicator if n in rule.terms else n for n in sides(rule)))
    return (rule.indicator,) if isinstance(rule, Reference) else ()


def problems(catalog: Catalog) -> Iterator[Problem]:
    """Every name in a rule that names nothing, and every rule whose name is taken."""
    taken: dict[str, str] = {}
    for spec in catalog.coherence.values():
        document = catalog.document(spec)
        for number, rule in enumerate(spec.rules):
            place: yaml.Place = ("rules", number)
            if rule.id in taken:
                message = f"is also the name of a rule of {taken[rule.id]}"
                yield document.problem((*place, "id"), message, value=rule.id, remedy=ANOTHER_ID)
            taken[rule.id] = document.file
            yield from _names(rule, place, document, catalog)
        yield from _unknown(tuple(spec.not_compared), ("not_compared",), document, catalog)


def _names(rule: AnyRule, place: yaml.Place, document: yaml.Document, catalog: Catalog) -> Iterator[Problem]:
    if isinstance(rule, Relation):
        yield from _relation(rule, place, document, catalog)
    if isinstance(rule, Reference):
        yield from _unknown((rule.indicator,), (*place, "indicator"), document, catalog)
        yield from _reference(rule, place, document, catalog)
    for key in ("indicators", "leave_out"):
        yield from _unknown(getattr(rule, key, ()), (*place, key), document, catalog)
    dimension = getattr(rule, "dimension", None)
    if dimension is not None and dimension not in DIMENSIONS:
        message = "is not a dimension of the indicator table"
        yield document.problem((*place, "dimension"), message, value=dimension, valid=DIMENSIONS)
    areas = area_codes(catalog.root, catalog.files)
    for number, entry in enumerate(rule.explained):
        at = (*place, "explained", number)
        yield from _unknown(entry.indicators, (*at, "indicators"), document, catalog)
        for area in entry.areas:
            if area not in areas:
                yield document.problem((*at, "areas"), "is not an area of the register", value=area, remedy=AN_AREA)


def _unknown(ids: tuple[str, ...], place: yaml.Place, document: yaml.Document, catalog: Catalog) -> Iterator[Problem]:
    for name in ids:
        if name not in catalog.indicators and name not in catalog.broken:
            valid = tuple(sorted(catalog.indicators))
            yield document.problem(place, "names an unknown indicator", value=name, valid=valid)


def _relation(rule: Relation, place: yaml.Place, document: yaml.Document, catalog: Catalog) -> Iterator[Problem]:
    names: tuple[str, ...] = ()
    for key, text in (("left", rule.left), ("right", rule.right)):
        try:
            columns = expressions.columns(expressions.read(text))
        except expressions.ExpressionError as error:
            yield document.problem((*place, key), str(error), value=text, remedy=AN_EXPRESSION)
            return
        names += columns
        yield from _unknown(tuple(n for n in columns if n not in rule.terms), (*place, key), document, catalog)
    if not names:
        yield document.problem((*place, "left"), "names no indicator on either side", remedy="name one by its id")
    for name, term in rule.terms.items():
        at = (*place, "terms", name)
        if name not in names:
            yield document.problem(at, "is not used", value=name, remedy="use it in left or right, or take it out")
        if name in catalog.indicators:
            yield document.problem(at, "is the id of an indicator", value=name, remedy="give the term another name")
        yield from _unknown((term.indicator,), (*at, "indicator"), document, catalog)
        yield from _dimensions(tuple(term.codes), (*at, "codes"), document)


def _dimensions(names: tuple[str, ...], place: yaml.Place, document: yaml.Document) -> Iterator[Problem]:
    for name in names:
        if name not in DIMENSIONS:
            message = "is not a dimension of the indicator table"
            yield document.problem((*place, name), message, value=name, valid=DIMENSIONS)


def _reference(rule: Reference, place: yaml.Place, document: yaml.Document, catalog: Catalog) -> Iterator[Problem]:
    yield from _dimensions(tuple(rule.codes), (*place, "codes"), document)
    table = catalog.tables.get(rule.table)
    if table is None:
        if rule.table not in catalog.broken:
            valid = tuple(sorted(catalog.tables))
            yield document.problem((*place, "table"), "names an unknown table", value=rule.table, valid=valid)
        return
    if rule.measure not in table.measures:
        valid = tuple(table.measures)
        yield document.problem((*place, "measure"), "names an unknown measure", value=rule.measure, valid=valid)
    for column in rule.series:
        if column not in table.key:
            at = (*place, "series", column)
            yield document.problem(at, "is not a key column of the table", value=column, valid=tuple(table.key))
