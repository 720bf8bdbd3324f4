"""Rows of a part that are finer than its table, added up; single figures, spread; runs; columns made of others.

What belongs here: the sums, the columns, and the refusal of what would be lost in them. What does not: wide columns
(staging).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.ingest.cells import FORMS, is_missing, plain, recoded
from sdg_pipeline.ingest.parts import OpenPart
from sdg_pipeline.ingest.readers import ROW
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.layouts import AddUp, Runs, Spread

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
    columns += [f"{_written(f'sum({quoted(c)})')} AS {quoted(c)}" for c in adding.sum]
    part.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {part.view} AS SELECT min({ROW}) AS {ROW}, {', '.join(columns)} "
        f"FROM (SELECT {ROW}, {inner}, {numbers} FROM {part.view}) GROUP BY {sets}"
    )


def spread(part: OpenPart, wanted: Spread) -> dict[str, Any]:
    """Put columns of figures in place of rows, and tell how many rows hold figures that nobody wants.

    Other columns stay where the table reads them; one that a row rule alone reads would keep its rows apart.
    """
    names, value, header = quoted(wanted.names), quoted(wanted.value), _columns_of(part)
    derived = [part.table.reshape.into] if part.table.reshape else []
    read = {column.lower() for column in (*part.table.used_columns, *derived)}
    kept = [quoted(c) for c in header if c.lower() in read and c not in (wanted.names, wanted.value)]
    whens, figures = [], []
    for column, contents in wanted.into.items():
        whens += [f"WHEN {names} = {literal(name)} THEN {literal(key)}" for name, key in contents.items()]
        listed = ", ".join(literal(name) for name in contents)
        chosen, figure = f"{names} IN ({listed})", f"any_value({value}) FILTER (WHERE {names} IN ({listed}))"
        if column in wanted.sums:
            chosen += f" AND NOT {is_missing(wanted.value, part.form)}"
            _refuse_other_than_numbers(part, wanted.value, chosen)
            number = f"CAST({plain(wanted.value, part.form)} AS {DECIMAL})"
            figure = _written(f"sum(CASE WHEN {chosen} THEN {number} END)")
        figures.append(f"{figure} AS {quoted(column)}")
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


def put_together(part: OpenPart, runs: Runs) -> None:
    """Put the longest run of each content in place of the rows of its dates; no run goes over a date without it."""
    _refuse_odd_dates(part, runs)
    by, days = ", ".join(map(quoted, runs.by)), quoted(runs.days)
    content, date = quoted(runs.content), f"CAST({quoted(runs.date)} AS DATE)"
    cell = content if runs.empty is None else f"coalesce(nullif({content}, ''), {literal(runs.empty)})"
    part.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {part.view} AS "
        f"WITH dates AS (SELECT day, coalesce(lag(day) OVER (ORDER BY day) + 1, date_trunc('month', day)) AS begin "
        f"FROM (SELECT DISTINCT {date} AS day FROM {part.view})), "
        f"rows AS (SELECT {ROW}, {by}, {cell} AS {content}, day, CAST(begin AS DATE) AS begin, "
        f"row_number() OVER (PARTITION BY {by} ORDER BY day) AS place "
        f"FROM {part.view} JOIN dates ON day = {date}), "
        f"runs AS (SELECT *, place - row_number() OVER (PARTITION BY {by}, {content} ORDER BY day) AS run FROM rows "
        f"WHERE {content} IS NOT NULL AND {content} <> ''), "
        f"ends AS (SELECT min({ROW}) AS {ROW}, {by}, {content}, max(day) - min(begin) AS {days} FROM runs "
        f"GROUP BY {by}, {content}, run) "
        f"SELECT min({ROW}) AS {ROW}, {by}, {content}, CAST(max({days}) AS VARCHAR) AS {days} FROM ends "
        f"GROUP BY {by}, {content}"
    )


def _refuse_odd_dates(part: OpenPart, runs: Runs) -> None:
    """Each row has a date, and no other one the same date and area."""
    day, by = quoted(runs.date), ", ".join(map(quoted, runs.by))
    no_date = f"try_cast({day} AS DATE) IS NULL OR NOT regexp_full_match({day}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
    seen = part.rows(f"SELECT {ROW}, {day} FROM {part.view} WHERE {no_date} ORDER BY 1 LIMIT 1")
    if seen:
        raise part.fail("has a row without a date", place=f"row {seen[0][0]}, column {runs.date}", value=seen[0][1])
    twice = part.rows(
        f"SELECT min({ROW}), max({ROW}), {day} FROM {part.view} GROUP BY {by}, {day} HAVING count(*) > 1 "
        f"ORDER BY ALL LIMIT 1"
    )
    if twice:
        first, last, value = twice[0]
        raise part.fail("has a date twice of which a run is made", place=f"rows {first} and {last}", value=value)


def _written(number: str) -> str:
    """SQL: a decimal as text, without zeros at its end."""
    return rf"regexp_replace(CAST({number} AS VARCHAR), '\.?0+$', '')"


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


def _refuse_other_than_numbers(part: OpenPart, column: str, among: str = "true") -> None:
    cell = plain(column, part.form)
    wrong = f"({among}) AND NOT regexp_full_match(lower(coalesce({cell}, '')), {literal(FORMS['amount'])})"
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
