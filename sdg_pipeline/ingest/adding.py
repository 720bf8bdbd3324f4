"""Rows of a part that are finer than its table, added up; rows of single figures, spread; columns made of others.

What belongs here: the sums, the columns, and the refusal of what would be lost in them. What does not: wide columns
(staging).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.ingest.cells import FORMS, plain, recoded
from sdg_pipeline.ingest.parts import OpenPart
from sdg_pipeline.ingest.readers import ROW
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.layouts import AddUp, Spread

DECIMAL = "DECIMAL(38, 9)"
"""Sums are exact: the order of the rows must not show in them."""


def add_up(part: OpenPart, adding: AddUp) -> None:
    """Put the sums in place of the rows; a row is numbered as the first of those that it adds up."""
    for column in adding.sum:
        _refuse_other_than_numbers(part, column)
    contents = {column: quoted(column) for column in adding.by}
    for column, groups in adding.groups.items():
        contents[column] = _grouped(part, column, groups)
    inner = ", ".join(f"{content} AS {quoted(column)}" for column, content in contents.items())
    numbers = ", ".join(f"CAST({plain(c, part.form)} AS {DECIMAL}) AS {quoted(c)}" for c in adding.sum)
    kept = [quoted(column) for column in adding.by]
    totals = [quoted(column) for column in adding.totals]
    plainly = [column for column in kept if column not in totals]
    sets = ", ".join([*plainly, *([f"CUBE ({', '.join(totals)})"] if totals else [])])
    columns = [
        f"CASE WHEN grouping({quoted(c)}) = 1 THEN {literal(adding.totals[c])} ELSE {quoted(c)} END AS {quoted(c)}"
        if c in adding.totals
        else quoted(c)
        for c in adding.by
    ]
    columns += [rf"regexp_replace(CAST(sum({quoted(c)}) AS VARCHAR), '\.?0+$', '') AS {quoted(c)}" for c in adding.sum]
    part.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {part.view} AS SELECT min({ROW}) AS {ROW}, {', '.join(columns)} "
        f"FROM (SELECT {ROW}, {inner}, {numbers} FROM {part.view}) GROUP BY {sets}"
    )


def spread(part: OpenPart, wanted: Spread) -> dict[str, Any]:
    """Put columns of figures in place of rows, and tell how many rows hold figures that nobody wants."""
    names, value, header = quoted(wanted.names), quoted(wanted.value), _columns_of(part)
    kept = [quoted(c) for c in header if c not in (ROW, wanted.names, wanted.value)]
    whens, figures = [], []
    for column, contents in wanted.into.items():
        whens += [f"WHEN {names} = {literal(name)} THEN {literal(key)}" for name, key in contents.items()]
        listed = ", ".join(literal(name) for name in contents)
        figures.append(f"any_value({value}) FILTER (WHERE {names} IN ({listed})) AS {quoted(column)}")
    key = f"CASE {' '.join(whens)} END"
    _refuse_two_figures(part, [names, *kept], f"({key}) IS NOT NULL")
    gone = part.rows(f"SELECT count(*) FROM {part.view} WHERE ({key}) IS NULL")[0][0]
    by = ", ".join([key, *kept])
    part.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {part.view} AS SELECT min({ROW}) AS {ROW}, {key} AS {quoted(wanted.key)}, "
        f"{', '.join([*kept, *figures])} FROM {part.view} WHERE ({key}) IS NOT NULL GROUP BY {by}"
    )
    return {"rows": gone, "keep": f"{wanted.names} of spread", "reason": "figures that the table does not take"}


def derive(part: OpenPart, wanted: Mapping[str, str]) -> None:
    """Add columns that are made of others, as texts."""
    there = {column.lower() for column in _columns_of(part)}
    for column in wanted:
        if column.lower() in there:
            remedy = f"mend derive of this part in tables/{part.table.id}.yaml"
            raise part.fail("has a column that the part derives", place="header", value=column, remedy=remedy)
    texts = ((column, expressions.sql(expressions.read(text))) for column, text in wanted.items())
    columns = ", ".join(f"CAST({sql} AS VARCHAR) AS {quoted(column)}" for column, sql in texts)
    part.con.execute(f"CREATE OR REPLACE TEMP TABLE {part.view} AS SELECT *, {columns} FROM {part.view}")


def _columns_of(part: OpenPart) -> list[str]:
    return [row[0] for row in part.rows(f"DESCRIBE {part.view}")]


def _refuse_two_figures(part: OpenPart, columns: list[str], wanted: str) -> None:
    """Each figure stands in one row, or one of the two would be lost."""
    twice = part.rows(
        f"SELECT min({ROW}), max({ROW}), {columns[0]} FROM {part.view} WHERE {wanted} "
        f"GROUP BY {', '.join(columns)} HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
    )
    if twice:
        first, last, name = twice[0]
        raise part.fail("has a figure twice that spread takes", place=f"rows {first} and {last}", value=name)


def _refuse_other_than_numbers(part: OpenPart, column: str) -> None:
    cell = plain(column, part.form)
    wrong = f"NOT regexp_full_match(lower(coalesce({cell}, '')), {literal(FORMS['amount'])})"
    seen = part.rows(f"SELECT {ROW}, {quoted(column)} FROM {part.view} WHERE {wrong} ORDER BY 1 LIMIT 1")
    if seen:
        place, remedy = (
            f"row {seen[0][0]}, column {column}",
            "get a sound copy of the file; what is missing adds to nothing",
        )
        raise part.fail("a cell that is to be added up is no number", place=place, value=seen[0][1], remedy=remedy)


def _grouped(part: OpenPart, column: str, groups: dict[str, str]) -> str:
    """SQL of a column's new contents; every content of the file must have one."""
    cell = f"coalesce({quoted(column)}, '')"
    grouped = f"CASE {' '.join(f'WHEN {recoded(cell, raw)} THEN {literal(new)}' for raw, new in groups.items())} END"
    seen = part.rows(f"SELECT {ROW}, {cell} FROM {part.view} WHERE {grouped} IS NULL ORDER BY 1 LIMIT 1")
    if seen:
        place = f"row {seen[0][0]}, column {column}"
        remedy = f"add it to add_up.groups of the part in tables/{part.table.id}.yaml"
        message = "has a content that belongs to no group"
        raise part.fail(message, place=place, value=seen[0][1], remedy=remedy)
    return grouped
