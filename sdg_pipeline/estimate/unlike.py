"""Expressions of tables, contracts and coherence rules whose operators mix numbers, texts and conditions.

What belongs here: which type the columns of each expression have. What does not: those of methods (rows), and texts
that are no expressions (check).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sdg_pipeline.errors import Problem
from sdg_pipeline.specs import expressions, operands, yaml
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.coherence import Coherence, Relation
from sdg_pipeline.specs.contract import Contract
from sdg_pipeline.specs.design import Join
from sdg_pipeline.specs.operands import Type
from sdg_pipeline.specs.table import Table

Written = tuple[yaml.Place, str | None, Type, Type | None]
"""Where an expression stands, its text, the type of all its columns, and the type that it gives."""
REMEDY: dict[Type, str] = {
    "text": "cells are texts here: compare them with 'text', and compute in value of a measure",
    "number": "names stand for numbers here: compare them with numbers, and write texts under where of a measure",
}


def problems(catalog: Catalog) -> Iterator[Problem]:
    """One problem for each expression that mixes types; what cannot be read is passed over."""
    for table in catalog.tables.values():
        yield from _mixed(catalog.document(table), _of_table(table))
    for contract in catalog.contracts.values():
        yield from _mixed(catalog.document(contract), _of_contract(contract))
    for coherence in catalog.coherence.values():
        yield from _mixed(catalog.document(coherence), _of_coherence(coherence))


def _mixed(document: yaml.Document, written: Iterator[Written]) -> Iterator[Problem]:
    for place, text, columns, wanted in written:
        if text is None or not expressions.readable(text):
            continue
        try:
            operands.require(expressions.read(text), operands.ALL[columns], wanted)
        except expressions.ExpressionError as error:
            yield document.problem(place, str(error), value=text, remedy=REMEDY[columns])


def _of_table(table: Table) -> Iterator[Written]:
    for number, part in enumerate(table.parts):
        for column, text in part.derive.items():
            yield ("parts", number, "derive", column), text, "text", None
        for rule, row in enumerate(part.rows):
            yield ("parts", number, "rows", rule, "keep"), row.keep, "text", "condition"
        yield from _of_joins(("parts", number), part.joins)
    yield from _of_joins((), table.joins)
    for name, measure in table.measures.items():
        yield ("measures", name, "where"), measure.where, "text", "condition"
        yield ("measures", name, "unknown"), measure.unknown, "text", "condition"
        yield ("measures", name, "value"), measure.value, "number", "number"
    for name, dimension in table.dimensions.items():
        if dimension.quantiles is not None:
            place = ("dimensions", name, "quantiles")
            yield (*place, "value"), dimension.quantiles.value, "number", "number"
            yield (*place, "weight"), dimension.quantiles.weight, "number", "number"
    for number, share in enumerate(table.known_share):
        yield ("known_share", number, "answered"), share.answered, "number", "number"
        yield ("known_share", number, "whole"), share.whole, "number", "number"


def _of_joins(owner: yaml.Place, joins: Iterable[Join]) -> Iterator[Written]:
    for join in joins:
        for name, aggregate in join.aggregate.items():
            yield (*owner, "joins", name), aggregate.condition, "text", "condition"


def _of_contract(contract: Contract) -> Iterator[Written]:
    for name, rule in contract.rules.items():
        yield ("rules", name, "measure"), rule.measure, "number", "number"
        yield ("rules", name, "to"), rule.to, "number", "number"
        yield ("rules", name, "where"), rule.where, "text", "condition"
        yield ("rules", name, "to_where"), rule.to_where, "text", "condition"


def _of_coherence(coherence: Coherence) -> Iterator[Written]:
    for number, rule in enumerate(coherence.rules):
        if isinstance(rule, Relation):
            yield ("rules", number, "left"), rule.left, "number", "number"
            yield ("rules", number, "right"), rule.right, "number", "number"
