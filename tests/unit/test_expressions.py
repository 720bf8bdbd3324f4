"""Expressions of specs: what they may contain, and that nothing in them reaches files or the environment."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdg_pipeline.specs import expressions

ALLOWED = {
    "a": "a",
    "a + b - 3 * (c / 4)": "a + b - 3 * (c / 4)",
    "-a": "-a",
    "CASE WHEN a > 1 AND NOT b <= 2 OR a <> 3 THEN b ELSE 0 END": "",
    "a BETWEEN 1 AND 2": "",
    "a IN ('x', 'y')": "",
    "a IS NOT NULL": "NOT a IS NULL",
    "COALESCE(a, 0) + NULLIF(b, 0) + ABS(c)": "",
    "LEAST(a, b) / GREATEST(a, 1)": "",
    "\"Column with blanks\" <> '00'": "",
    "a /* why */ + b": "",
    "TRUE": "TRUE",
}
REFUSED = {
    # reaches something
    "(SELECT 1)": "uses SUBQUERY",
    "a IN (SELECT b FROM t)": "uses SUBQUERY",
    "EXISTS (SELECT 1)": "uses EXISTS",
    "read_csv('/etc/passwd')": "uses READCSV",
    "read_text('/etc/passwd')": "uses ANONYMOUS",
    "getenv('HOME')": "uses ANONYMOUS",
    "current_setting('home_directory')": "uses ANONYMOUS",
    "CURRENT_DATE": "uses CURRENTDATE",
    "$1": "uses PLACEHOLDER",
    "?": "uses PLACEHOLDER",
    # is a statement
    "DROP TABLE staged.census": "uses DROP",
    "COPY a TO 'x.csv'": "uses COPY",
    "ATTACH 'x.db'": "uses ATTACH",
    "PRAGMA version": "uses PRAGMA",
    "SELECT a": "uses SELECT",
    "a; DROP TABLE b": "is not one expression",
    "": "is not one expression",
    "-- only a comment": "is not one expression",
    # is not portable, or hides a mistake
    "a::INTEGER": "uses CAST",
    "CAST(a AS DOUBLE)": "uses CAST",
    "TRY(a)": "uses TRY",
    "census.a": "names 'census.a'; a column has no table before it",
    "staged.census.a": "names 'staged.census.a'; a column has no table before it",
    "SUM(a)": "uses SUM",
    "COUNT(*)": "uses COUNT",
    "SUM(a) OVER ()": "uses WINDOW",
    "*": "uses STAR",
    "COLUMNS('a.*')": "uses COLUMNS",
    "a LIKE 'x%'": "uses LIKE",
    "a || b": "uses DPIPE",
    "a ** 2": "uses POW",
    "a[1]": "uses BRACKET",
    "[a, b]": "uses ARRAY",
    "list_transform(a, x -> x)": "uses ",
    # cannot be read
    "a +": "is not an expression: ",
    "'open": "is not an expression: ",
    "a b c": "is not an expression: ",
    "(" * 3000 + "a" + ")" * 3000: "is nested too deeply",
}


@pytest.mark.parametrize("text", ALLOWED)
def test_allowed(text: str) -> None:
    tree = expressions.read(text)
    again = expressions.read(expressions.sql(tree))
    assert expressions.sql(again) == expressions.sql(tree)
    assert expressions.sql(tree) == (ALLOWED[text] or expressions.sql(tree))


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40])
def test_refused_with_the_reason(text: str) -> None:
    with pytest.raises(expressions.ExpressionError) as caught:
        expressions.read(text)
    assert str(caught.value).startswith(REFUSED[text])


def test_a_refusal_says_what_is_allowed() -> None:
    with pytest.raises(expressions.ExpressionError) as caught:
        expressions.read("a LIKE 'x'")
    assert str(caught.value) == (
        "uses LIKE, which is not allowed; allowed: + - * / ( ), comparisons, AND OR NOT, IN, BETWEEN, IS NULL, CASE, "
        "COALESCE, NULLIF, ABS"
    )


def test_columns_come_once_in_order_of_appearance() -> None:
    assert expressions.columns(expressions.read("b - a + b / c")) == ("b", "a", "c")
    assert expressions.columns(expressions.read("1 + 1")) == ()


def test_a_comment_cannot_end_itself_early() -> None:
    text = expressions.sql(expressions.read("a -- */ + (SELECT 1) /*"))
    assert duckdb.sql(f"SELECT {text} AS x FROM (SELECT 7 AS a)").fetchall() == [(7,)]


numbers = st.sampled_from(["a", "b", "c", "0", "2"])
trees = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda x: f"COALESCE({x}, 1)"),
        st.tuples(inner, inner).map(lambda t: f"CASE WHEN {t[0]} < {t[1]} THEN {t[0]} ELSE -{t[1]} END"),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=trees)
def test_what_is_read_computes_what_was_written(text: str, duck: duckdb.DuckDBPyConnection) -> None:
    sql = expressions.sql(expressions.read(text))
    assert duck.execute(f"SELECT ({text}) IS NOT DISTINCT FROM ({sql}) FROM (SELECT 5 AS a, 3 AS b, NULL::INT AS c)").fetchone() == (True,)  # fmt: skip
