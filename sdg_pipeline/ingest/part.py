"""One part of a table while it is read: its file, how its errors are told, and the SQL of its keys and cells.

What belongs here: what reading (staging) and checking (cells) share. What does not: either of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import StagingError
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.specs.source import Edition
from sdg_pipeline.specs.table import Part, Table

if TYPE_CHECKING:
    import duckdb

ROW = "__row"
"""Number of a row in its file, the header being row 1: what an error names."""


@dataclass(frozen=True)
class PartFile:
    """One part of a table with its file: ``path`` is the unpacked text, ``raw`` what is known of the bytes."""

    part: Part
    edition: Edition
    raw: RawFile
    path: Path


@dataclass(frozen=True)
class Reader:
    """The open work on one part."""

    con: duckdb.DuckDBPyConnection
    table: Table
    file: PartFile
    name: str

    def fail(self, message: str, *, place: str = "", value: object = None, remedy: str) -> StagingError:
        return StagingError(self.name, message, place=place, value=value, remedy=remedy)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.con.execute(query).fetchall()


def state_key(table: Table) -> str:
    return _padded(table.geography.state, 2)


def municipality_key(table: Table) -> str:
    return _padded(table.geography.municipality, 3)


def _padded(column: str, digits: int) -> str:
    """A key with its leading zeros; what is too long stays so, to be refused (``lpad`` would cut it to a valid key)."""
    key = quoted(column)
    return f"CASE WHEN length({key}) < {digits} THEN lpad({key}, {digits}, '0') ELSE {key} END"


def is_missing(column: str, table: Table) -> str:
    tokens = ", ".join(literal(t) for t in table.format.missing)
    return f"({quoted(column)} IS NULL OR {quoted(column)} IN ({tokens}))"
