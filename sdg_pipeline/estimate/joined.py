"""Mistakes of joins in table specs: files of other years, keys that are not there yet, columns under one name twice.

What belongs here: what ``sdg check`` says of them. What does not: reading and joining the files (ingest.joins).
"""

from __future__ import annotations

from collections.abc import Iterator

from sdg_pipeline.errors import AN_EXPRESSION, Problem
from sdg_pipeline.specs import expressions, yaml
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.design import Join
from sdg_pipeline.specs.table import Table


def problems(table: Table, catalog: Catalog) -> Iterator[Problem]:
    """Files of other years, keys that are not there yet, and columns that two files would bring under one name."""
    document = catalog.document(table)
    for number, part in enumerate(table.parts):
        joins = table.joins_of(part)
        added = _added(joins)
        for column in sorted({column for column in added if added.count(column) > 1}):
            remedy = "rename one of them under rename of its join"
            yield document.problem(("parts", number), "has two joined columns of one name", value=column, remedy=remedy)
        for join in joins:
            yield from _aggregates(join, ("parts", number), document)
        late = [column for i, join in enumerate(joins) for column in join.by if column in _added(joins[i:])]
        for column in late:
            message, remedy = "joins by a column that this join or a later one adds", "mend the order of joins"
            yield document.problem(("parts", number), message, value=column, remedy=remedy)
        years = [_year(source, edition, catalog) for source, edition in table.files_of(part)]
        for join, year in zip(joins, years[1:], strict=True):
            if None not in (year, years[0]) and year != years[0]:
                message = f"joins {join.source} of {year} to records of {years[0]}"
                remedy = "join the edition of the same year"
                yield document.problem(("parts", number), message, value=join.edition, remedy=remedy)


def _aggregates(join: Join, place: yaml.Place, document: yaml.Document) -> Iterator[Problem]:
    """Conditions of counted rows that cannot be read; where all can, columns that are both read and ignored."""
    conditions = [(name, aggregate.condition) for name, aggregate in join.aggregate.items() if aggregate.condition]
    unreadable = [(name, text) for name, text in conditions if not expressions.readable(text)]
    for name, text in unreadable:
        try:
            expressions.read(text)
        except expressions.ExpressionError as error:
            message = f"joins {join.source}, where aggregate {name} {error}"
            yield document.problem(place, message, value=text, remedy=AN_EXPRESSION)
    if not unreadable:
        for column in sorted({*join.read} & {*join.ignore}):
            message, remedy = f"joins {join.source}, and both counts by and ignores a column", "take it off one of them"
            yield document.problem(place, message, value=column, remedy=remedy)


def _added(joins: tuple[Join, ...]) -> list[str]:
    return [column for join in joins for column in join.added]


def _year(source: str, edition: str, catalog: Catalog) -> str | None:
    spec = catalog.sources.get(source)
    return spec.editions[edition].period if spec and edition in spec.editions else None
