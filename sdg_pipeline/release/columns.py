"""Describes a table of the warehouse: its columns with types and comments.

What belongs here: that form. What does not: which tables there are (tables).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sdg_pipeline.specs.fields import Field


@dataclass(frozen=True)
class Column:
    """A column: its DuckDB type and the comment that analysts see."""

    name: str
    sql_type: str
    comment: str


@dataclass(frozen=True)
class Table:
    """A table of the warehouse."""

    name: str
    comment: str
    columns: tuple[Column, ...]


def described(name: str, comment: str, columns: Mapping[str, tuple[str, str]]) -> Table:
    return Table(name, comment, tuple(Column(n, t, c) for n, (t, c) in columns.items()))


def columns_of(described_fields: tuple[Field, ...]) -> tuple[Column, ...]:
    return tuple(Column(f.name, f.sql_type, f"{f.en} · {f.es}") for f in described_fields)
