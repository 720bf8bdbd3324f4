"""What a SELECT that a person wrote may be made of: nodes, functions and tables by scope.

What belongs here: the lists, and the walk that finds what is not on them. What does not: reading the file (written)
and running it (confined).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sdg_pipeline.specs import expressions

CLAUSES = (
    exp.Select, exp.Subquery, exp.Union, exp.Intersect, exp.Except, exp.With, exp.CTE, exp.TableAlias, exp.From,
    exp.Join, exp.Table, exp.Where, exp.Group, exp.GroupingSets, exp.Rollup, exp.Cube, exp.Having, exp.Qualify,
    exp.Order, exp.Ordered, exp.Distinct, exp.Alias, exp.Star, exp.Tuple, exp.Window, exp.WindowSpec, exp.Filter,
    exp.Exists, exp.DataType, exp.DataTypeParam,
)  # fmt: skip
OPERATORS = (exp.Mod, exp.IntDiv, exp.Pow, exp.DPipe, exp.Like)
IN_ORDER = (exp.Lag, exp.Lead, exp.Rank, exp.DenseRank)
"""Functions whose value is any of several without an order."""
FUNCTIONS = (
    *IN_ORDER, exp.Sum, exp.Count, exp.Avg, exp.Min, exp.Max, exp.Median, exp.PercentileCont, exp.Quantile,
    exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Variance, exp.VariancePop, exp.Corr, exp.Grouping, exp.Cast,
    exp.TryCast, exp.Round, exp.Floor, exp.Ceil, exp.Sqrt, exp.Ln, exp.Exp, exp.Concat, exp.Substring, exp.Length,
    exp.Upper, exp.Lower, exp.Trim,
)  # fmt: skip
"""Functions of their arguments alone: the same on any day, in any place, without a file."""
ADMITTED = frozenset((*CLAUSES, *OPERATORS, *FUNCTIONS, *expressions.ALLOWED))
TYPES = frozenset(
    {
        exp.DType.BOOLEAN, exp.DType.INT, exp.DType.BIGINT, exp.DType.INT128, exp.DType.DOUBLE, exp.DType.DECIMAL,
        exp.DType.VARCHAR, exp.DType.TEXT,
    }
)  # fmt: skip
WORDS = (
    "SELECT with CTEs, joins and set operations",
    "GROUP BY with GROUPING SETS",
    "windows",
    *expressions.WORDS,
    "CAST",
    "aggregates",
    "arithmetic and text functions",
)
"""What is admitted, in words, for messages; docs/contributor.md has the functions."""
MAX_DEPTH = 200


def other_table(tree: exp.Expr, table: str) -> exp.Expr | None:
    """The first thing in a FROM that is neither a CTE in scope there nor ``staged.<table>``; None where all are.

    A CTE is in scope in the statement that it begins and in the CTEs after it, not in its own text.
    """
    return next(_other_tables(tree, table, frozenset()), None)


def not_admitted(tree: exp.Expr) -> exp.Expr | None:
    """The first node that is on no list, or that has a part whose value is not the same every time."""
    return next((node for node in tree.walk() if type(node) not in ADMITTED or _varies(node)), None)


def too_deep(tree: exp.Expr) -> bool:
    """Whether nodes lie in each other more than ``MAX_DEPTH`` deep: what walks them would end without an answer."""
    level, depth = [tree], 0
    while level and depth <= MAX_DEPTH:
        level = [child for node in level for child in node.iter_expressions()]
        depth += 1
    return bool(level)


def _other_tables(node: exp.Expr, table: str, visible: frozenset[str]) -> Iterator[exp.Expr]:
    clause = node.args.get("with_")
    for cte in clause.expressions if clause else ():
        yield from _other_tables(cte.this, table, visible)
        visible |= {cte.alias.lower()}  # DuckDB's names have no case
    if isinstance(node, exp.Table) and not _resolves(node, table, visible):
        yield node
    for child in node.iter_expressions():
        if child is not clause:
            yield from _other_tables(child, table, visible)


def _resolves(node: exp.Table, table: str, visible: frozenset[str]) -> bool:
    if not isinstance(node.this, exp.Identifier) or node.catalog:
        return False
    return node.db == "staged" and node.name == table if node.db else node.name.lower() in visible


def _varies(node: exp.Expr) -> bool:
    """Parts that are no nodes of their own: recursion, rows by their position, any row of several, other types."""
    match node:
        case exp.With():
            return bool(node.args.get("recursive"))
        case exp.Join():
            return bool(node.args.get("method"))
        case exp.Distinct():
            return node.args.get("on") is not None
        case exp.DataType():
            return node.this not in TYPES
        case exp.Lag() | exp.Lead() | exp.Rank() | exp.DenseRank():
            window = node.parent
            return not isinstance(window, exp.Window) or window.args.get("order") is None
        case _:
            return False
