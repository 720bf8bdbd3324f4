"""The escape hatch: a SELECT in a file beside the spec, read and refused before anything runs it.

What belongs here: what such a file may say. What does not: the columns that are added to what it returns (compile).
"""

from __future__ import annotations

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

from sdg_pipeline.estimate import admitted
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.table import Table

COLUMNS = ("geo_level", "state", "municipality", "time_period", "numerator", "denominator", "obs_value")
"""What the SELECT returns; ``state`` and ``municipality`` are INEGI keys, or ``_T`` above their level."""
STAGED_KEYS = ("geo_level", "state", "municipality", "locality", "time_period", *DIMENSIONS)
"""Columns of a staged table besides its measures."""


class WrittenSqlError(ValueError):
    """SQL that cannot be read or is not allowed; ``value`` is what was found."""

    def __init__(self, message: str, value: str) -> None:
        super().__init__(message)
        self.value = value


def read(name: str, content: bytes, table: Table) -> exp.Expr:
    """The SELECT of a file ``name``: one statement that reads ``staged.<table>`` alone and returns ``COLUMNS``."""
    try:
        statements = parse(content.decode(), dialect="duckdb")
    except (UnicodeDecodeError, RecursionError) as error:
        raise WrittenSqlError("cannot be read as UTF-8 text of SQL", name) from error
    except SqlglotError as error:
        raise WrittenSqlError(f"is not SQL: {str(error).splitlines()[0]}", name) from error
    tree = statements[0]
    if len(statements) != 1 or not isinstance(tree, exp.Select):
        raise WrittenSqlError("holds something other than one SELECT", name)
    _refuse_what_is_not_admitted(tree, table)
    if tuple(tree.named_selects) != COLUMNS:
        raise WrittenSqlError(f"does not return the columns {', '.join(COLUMNS)}", ", ".join(tree.named_selects))
    _refuse_unknown_columns(tree, table)
    return tree


def _refuse_what_is_not_admitted(tree: exp.Select, table: Table) -> None:
    if admitted.too_deep(tree):
        raise WrittenSqlError(f"is nested more than {admitted.MAX_DEPTH} deep", table.id)
    other = admitted.other_table(tree, table.id)
    if other is not None:
        raise WrittenSqlError(f"reads another table than staged.{table.id}", other.sql())
    stranger = admitted.not_admitted(tree)
    if stranger is not None:
        allowed = ", ".join(admitted.WORDS)
        raise WrittenSqlError(f"uses {stranger.key.upper()}, which is not allowed; allowed: {allowed}", stranger.sql())


def _refuse_unknown_columns(tree: exp.Select, table: Table) -> None:
    columns = dict.fromkeys((*STAGED_KEYS, *table.key, *table.measures), "text")
    try:
        qualify(tree.copy(), dialect="duckdb", schema={"staged": {table.id: columns}})
    except SqlglotError as error:
        raise WrittenSqlError(str(error).splitlines()[0], table.id) from error
