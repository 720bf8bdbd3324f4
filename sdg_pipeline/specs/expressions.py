"""Expressions in specs: a small allow-list of SQL, so that a spec can compute but not reach files or the environment.

What belongs here: what an expression may contain. What does not: what its columns mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sqlglot import exp, parse, parse_one
from sqlglot.errors import SqlglotError

ALLOWED = (
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Paren, exp.Column, exp.Identifier, exp.Literal,
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Between,
    exp.Is, exp.Null, exp.Boolean, exp.Case, exp.If, exp.Abs, exp.Least, exp.Greatest, exp.Coalesce, exp.Nullif,
)  # fmt: skip
WORDS = (
    "+ - * / ( )",
    "comparisons",
    "AND OR NOT",
    "IN",
    "BETWEEN",
    "IS NULL",
    "CASE",
    "COALESCE",
    "NULLIF",
    "ABS",
)


MOST_CHARACTERS = 20_000
"""Of an expression; the longest of the project has 240."""


class ExpressionError(ValueError):
    """An expression that cannot be read or is not allowed; the text says why."""


@lru_cache(maxsize=4096)
def read(text: str) -> exp.Expr:
    """The parsed expression, which nobody may change, or ExpressionError.

    The specs of a country name 900 different expressions, and a check of them reads each six times.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"has {len(text):,} characters; at most {MOST_CHARACTERS:,} are read")
    try:
        statements = parse(text, dialect="duckdb")
    except RecursionError:
        raise ExpressionError("is nested too deeply") from None
    except SqlglotError as error:
        raise ExpressionError(f"is not an expression: {str(error).splitlines()[0]}") from error
    tree = statements[0] if len(statements) == 1 else None
    if tree is None:
        raise ExpressionError("is not one expression")
    for node in tree.walk():
        if type(node) not in ALLOWED:  # a subclass is another function
            raise ExpressionError(f"uses {node.key.upper()}, which is not allowed; allowed: {', '.join(WORDS)}")
        if isinstance(node, exp.Column) and node.table:
            raise ExpressionError(f"names {node.sql()!r}; a column has no table before it")
    return tree


def readable(text: str) -> bool:
    """Whether the text is an expression that is allowed."""
    try:
        read(text)
    except ExpressionError:
        return False
    return True


def columns(tree: exp.Expr) -> tuple[str, ...]:
    """The columns that an expression names, in order of appearance."""
    return tuple(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))


def replaced(tree: exp.Expr, by: Mapping[str, str]) -> str:
    """DuckDB's text of the expression with SQL in place of its columns."""

    def substituted(node: exp.Expr) -> exp.Expr:
        return parse_one(by[node.name], dialect="duckdb") if isinstance(node, exp.Column) else node

    return sql(tree.transform(substituted))


def sql(tree: exp.Expr) -> str:
    """DuckDB's text of the expression, with quoted names where they need it."""
    return tree.sql(dialect="duckdb")
