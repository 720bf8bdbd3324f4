"""Corrections of the register, applied to the texts of a file before anything is made of them.

What belongs here: putting the new text in place of the old one, adding a missing row, refusing a
file that was mended. What does not: what is wrong (the register, indicator_specs/corrections).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.ingest.parts import OpenPart
from sdg_pipeline.ingest.reading import ROW
from sdg_pipeline.specs.correction import Correction


def apply(part: OpenPart, header: list[str]) -> list[dict[str, Any]]:
    """Correct the rows of a part and tell what was done; StagingError where the file is not as an entry says."""
    applied = []
    for entry in part.file.corrections:
        cells = (entry.row or entry.where).items()
        place = f"corrections/{part.raw.source}.yaml, {', '.join(f'{c} {v}' for c, v in cells)}"
        named = (*entry.row, *entry.where, *([entry.column] if entry.column else []))
        strangers = [c for c in named if c not in header]
        if strangers:
            message = "lacks a column that a correction names"
            raise part.fail(message, place=place, value=strangers[0], remedy="mend the entry of the register")
        if entry.row:
            _add(part, entry, place)
            applied.append({"row": dict(entry.row), "rows": 1})
        else:
            _correct(part, entry, place)
            applied.append({"column": entry.column, "old": entry.old, "new": entry.new, "rows": entry.rows})
    return applied


def _add(part: OpenPart, entry: Correction, place: str) -> None:
    """The missing row after all others; StagingError where the file has it."""
    there = part.rows(f"SELECT count(*) FROM {part.view} WHERE {_rows_with(entry.row)}")[0][0]
    if there:
        remedy = "the source was mended: take the entry out of the register"
        raise part.fail("has a row that a correction adds", place=place, value=f"{there} such rows", remedy=remedy)
    columns, cells = ", ".join(map(quoted, entry.row)), ", ".join(map(literal, entry.row.values()))
    part.con.execute(f"INSERT INTO {part.view} ({ROW}, {columns}) SELECT max({ROW}) + 1, {cells} FROM {part.view}")


def _rows_with(cells: Mapping[str, str]) -> str:
    return " AND ".join(f"{_cell(column)} = {literal(text)}" for column, text in cells.items())


def _correct(part: OpenPart, entry: Correction, place: str) -> None:
    chosen, column = _rows_with(entry.where), entry.column or ""
    present = part.rows(f"SELECT {_cell(column)}, count(*) FROM {part.view} WHERE {chosen} GROUP BY 1 ORDER BY 1")
    if present != [(entry.old, entry.rows)]:
        says = "; ".join(f"{n} rows with {text!r}" for text, n in present) or "no such row"
        raise part.fail(
            f"is not as a correction expects: {entry.rows} rows of {column} with {entry.old!r}",
            place=place,
            value=says,
            remedy="if the source was mended, take the entry out of the register; else get the right file",
        )
    part.con.execute(f"UPDATE {part.view} SET {quoted(column)} = {literal(entry.new or '')} WHERE {chosen}")


def _cell(column: str) -> str:
    return f"coalesce({quoted(column)}, '')"
