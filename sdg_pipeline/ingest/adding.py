"""Rows of a part that are finer than its table, added up: single ages to all ages, women and men to both.

What belongs here: the sums, and the refusal of cells that cannot be added. What does not: what the table makes of them.
"""

from __future__ import annotations

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.ingest.cells import FORMS, plain, recoded
from sdg_pipeline.ingest.parts import OpenPart
from sdg_pipeline.ingest.readers import ROW
from sdg_pipeline.specs.table import AddUp

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
