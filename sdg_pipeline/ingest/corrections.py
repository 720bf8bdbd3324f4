"""Corrections of the register, applied to the texts of a file before anything is made of them.

What belongs here: putting the new text in place of the old one, and refusing a file that was mended. What does not:
what is wrong (the register, indicator_specs/corrections).
"""

from __future__ import annotations

from typing import Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.ingest.parts import OpenPart
from sdg_pipeline.specs.correction import Correction


def apply(part: OpenPart, header: list[str]) -> list[dict[str, Any]]:
    """Correct the rows of a part and tell what was done; StagingError where the file is not as an entry says."""
    applied = []
    for entry in part.file.corrections:
        place = f"corrections/{part.raw.source}.yaml, {', '.join(f'{c} {v}' for c, v in entry.where.items())}"
        strangers = [c for c in (*entry.where, entry.column) if c not in header]
        if strangers:
            message = "lacks a column that a correction names"
            raise part.fail(message, place=place, value=strangers[0], remedy="mend the entry of the register")
        _correct(part, entry, place)
        applied.append({"column": entry.column, "old": entry.old, "new": entry.new, "rows": entry.rows})
    return applied


def _correct(part: OpenPart, entry: Correction, place: str) -> None:
    chosen = " AND ".join(f"{_cell(column)} = {literal(text)}" for column, text in entry.where.items())
    present = part.rows(f"SELECT {_cell(entry.column)}, count(*) FROM {part.view} WHERE {chosen} GROUP BY 1 ORDER BY 1")
    if present != [(entry.old, entry.rows)]:
        says = "; ".join(f"{n} rows with {text!r}" for text, n in present) or "no such row"
        raise part.fail(
            f"is not as a correction expects: {entry.rows} rows of {entry.column} with {entry.old!r}",
            place=place,
            value=says,
            remedy="if the source was mended, take the entry out of the register; else get the right file",
        )
    part.con.execute(f"UPDATE {part.view} SET {quoted(entry.column)} = {literal(entry.new)} WHERE {chosen}")


def _cell(column: str) -> str:
    return f"coalesce({quoted(column)}, '')"
