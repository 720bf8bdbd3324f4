"""Types of expressions: numbers, texts and conditions, which no operator mixes.

What belongs here: what an operator takes and gives. What does not: which columns there are. DuckDB casts the cell of a
text to the number on the other side when it comes to it. A mixed comparison therefore ends in the middle of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from sqlglot import exp

from sdg_pipeline.specs.expressions import ExpressionError, sql

Type = Literal["number", "text", "condition"]
Types = Callable[[str], Type]
"""The type of a column by its name."""
ALL: dict[Type, Types] = {"number": lambda _: "number", "text": lambda _: "text"}
"""Where all columns are of one type."""

ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Abs)
COMPARED = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Between)
ALIKE = (exp.Coalesce, exp.Least, exp.Greatest, exp.Nullif)


def require(tree: exp.Expr, columns: Types, wanted: Type | None = None) -> None:
    """ExpressionError where an operator mixes types, or the whole is not what is wanted."""
    own = type_of(tree, columns)
    if None not in (wanted, own) and own != wanted:
        raise ExpressionError(f"is a {own} where a {wanted} is needed")


def type_of(node: exp.Expr, columns: Types) -> Type | None:
    """What an expression gives, None for NULL alone; ExpressionError where it mixes types."""
    if isinstance(node, exp.Column):
        return columns(node.name)
    if isinstance(node, exp.Literal):
        return "text" if node.is_string else "number"
    if isinstance(node, exp.Boolean):
        return "condition"
    if isinstance(node, exp.Case | exp.If):
        return _case(node, columns)
    parts = [child for child in node.iter_expressions() if not isinstance(child, exp.Identifier)]
    if isinstance(node, ARITHMETIC):
        return _all("number", parts, columns)
    if isinstance(node, exp.And | exp.Or | exp.Not):
        return _all("condition", parts, columns)
    if isinstance(node, exp.Is):
        _all("condition" if isinstance(node.expression, exp.Boolean) else None, parts[:1], columns)
        return "condition"
    if isinstance(node, COMPARED):
        _one(parts, columns, f"compares in {_shown(node)}")
        return "condition"
    return _one(parts, columns, f"takes in {_shown(node)}")


def _all(wanted: Type | None, parts: Iterable[exp.Expr], columns: Types) -> Type | None:
    for part in parts:
        own = type_of(part, columns)
        if None not in (wanted, own) and own != wanted:
            raise ExpressionError(f"has the {own} {_shown(part)} where a {wanted} is needed")
    return wanted


def _one(parts: Iterable[exp.Expr], columns: Types, does: str) -> Type | None:
    """The type that all parts have."""
    result: Type | None = None
    for part in parts:
        own = type_of(part, columns)
        if None not in (result, own) and own != result:
            raise ExpressionError(f"{does} a {result} with a {own}")
        result = result or own
    return result


def _case(node: exp.Case | exp.If, columns: Types) -> Type | None:
    branches = [node] if isinstance(node, exp.If) else node.args["ifs"]
    conditions = [branch.this for branch in branches]
    subject = node.this if isinstance(node, exp.Case) else None
    if subject is None:
        _all("condition", conditions, columns)
    else:
        _one([subject, *conditions], columns, f"compares in {_shown(node)}")
    otherwise = node.args.get("default") or node.args.get("false")
    values = [branch.args["true"] for branch in branches]
    return _one([*values, *([otherwise] if otherwise else [])], columns, f"gives in {_shown(node)}")


def _shown(node: exp.Expr) -> str:
    text = sql(node)
    return text if len(text) <= 60 else f"{text[:57]}..."
