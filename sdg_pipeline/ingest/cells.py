"""Every cell and key of one part, checked before anything is made of them.

What belongs here: what a measure's cell and an area's key may be, and the error that names the first that is not.
What does not: columns and rows (staging), codes of dimensions (staging), the areas themselves (geography).
"""

from __future__ import annotations

import re

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.ingest.part import ROW, Reader, is_missing, municipality_key, state_key
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.table import Table


def check_cells(reader: Reader, view: str) -> None:
    """Every cell of a measure is missing or a number, and no count is negative or broken; one scan for all."""
    columns = _columns_by_type(reader.table)
    counts = ", ".join(f"count(*) FILTER (WHERE {_is_wrong(c, add, reader.table)})" for c, add in columns)
    wrong = zip(columns, reader.rows(f"SELECT {counts} FROM {view}")[0], strict=True)
    for column, additive in (about for about, n in wrong if n):
        row, cell = reader.rows(
            f"SELECT {ROW}, {quoted(column)} FROM {view} "
            f"WHERE {_is_wrong(column, additive, reader.table)} ORDER BY {ROW} LIMIT 1"
        )[0]
        what = "is negative" if re.fullmatch(r"-[0-9.]+", cell) else f"is not a {'whole ' * additive}number"
        raise reader.fail(
            f"a cell {what}",
            place=f"row {row}, column {column}",
            value=cell,
            remedy="get a sound copy, or list the token under format.missing in the table spec",
        )


def _is_wrong(column: str, additive: bool, table: Table) -> str:
    cast = f"try_cast({quoted(column)} AS {'BIGINT' if additive else 'DOUBLE'})"
    form = "-?[0-9]+(\\.0+)?" if additive else "-?[0-9]+(\\.[0-9]+)?"  # a cast would round 12.5 persons
    number = f"({cast} IS NOT NULL AND regexp_full_match({quoted(column)}, {literal(form)}) AND {cast} >= 0)"
    return f"(NOT {is_missing(column, table)} AND NOT {number})"


def _columns_by_type(table: Table) -> list[tuple[str, bool]]:
    return list({c: m.additive for m in table.measures.values() for c in m.by_code.values()}.items())


def check_keys(reader: Reader, view: str, register: Register) -> None:
    """Keys exist in the vintage of the table, lie within the edition's states, and name each area once."""
    table, level = reader.table, reader.file.part.level
    unallocated = ", ".join(literal(k) for k in table.geography.unallocated)
    key = state_key(table)
    if level.depth >= Level.MUNICIPALITY.depth:
        below = municipality_key(table)
        key = f"CASE WHEN {below} IN ({unallocated}) THEN {key} ELSE {key} || {below} END"
    found = [row[0] for row in reader.rows(f"SELECT DISTINCT coalesce({key}, '(empty)') FROM {view}")]
    register.require(found, table.geography.vintage, reader.name)
    covered = reader.file.raw.states or reader.file.edition.states
    outside = sorted({k[:2] for k in found} - set(covered)) if covered else []
    if outside:
        raise reader.fail(
            "has areas outside the states that its edition covers",
            value=", ".join(outside),
            remedy="mend states in the source spec or the mirror manifest, or get the right file",
        )
    if table.record == "aggregate":
        _refuse_duplicates(reader, view)


def _refuse_duplicates(reader: Reader, view: str) -> None:
    table, geography = reader.table, reader.table.geography
    keys = [state_key(table)]
    if reader.file.part.level.depth >= Level.MUNICIPALITY.depth:
        keys.append(municipality_key(table))
    if reader.file.part.level == Level.LOCALITY and geography.locality:
        keys.append(quoted(geography.locality))
    twice = reader.rows(
        f"SELECT concat({', '.join(keys)}), min({ROW}), max({ROW}) FROM {view} "
        f"GROUP BY ALL HAVING count(*) > 1 ORDER BY 2 LIMIT 1"
    )
    if twice:
        area, first, last = twice[0]
        raise reader.fail(
            "has an area twice",
            place=f"rows {first} and {last}",
            value=area,
            remedy="get a sound copy of the file",
        )
