"""Types of expressions: what mixes them is refused, and what does not computes over any cells."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdg_pipeline.specs import expressions, operands
from sdg_pipeline.specs.operands import Type

COLUMNS: dict[str, Type] = {"t": "text", "u": "text", "n": "number", "m": "number"}
SOUND: dict[str, Type | None] = {
    "t": "text", "n + 1": "number", "t = 'x'": "condition", "n > 1 AND NOT t IN ('a', 'b')": "condition",
    "CASE t WHEN 'x' THEN n ELSE 0 END": "number", "CASE WHEN n > 0 THEN 'a' END": "text", "NULL": None,
    "coalesce(t, NULL, '')": "text", "n IS NULL": "condition", "(t = 'x') IS TRUE": "condition", "greatest(n, 1) / 2": "number",
    "n BETWEEN 1 AND m": "condition", "(t = 'a') = (n = 1)": "condition", "nullif(n, 0)": "number", "-abs(n)": "number",
    "NULL = t": "condition", "if(n > 1, t, 'x')": "text",
}  # fmt: skip
MIXED = {
    "t = 1": "compares in t = 1 a text with a number",
    "n = 'x'": "compares in n = 'x' a number with a text",
    "t IN ('a', 2)": "compares in t IN ('a', 2) a text with a number",
    "n BETWEEN 1 AND '2'": "compares in n BETWEEN 1 AND '2' a number with a text",
    "t + 1": "has the text t where a number is needed",
    "n + (t = 'x')": "has the condition (t = 'x') where a number is needed",
    "n AND t = 'x'": "has the number n where a condition is needed",
    "NOT t": "has the text t where a condition is needed",
    "CASE WHEN n THEN 1 END": "has the number n where a condition is needed",
    "CASE t WHEN 1 THEN 2 END": "compares in CASE t WHEN 1 THEN 2 END a text with a number",
    "CASE WHEN n > 1 THEN 1 ELSE 'x' END": "gives in CASE WHEN n > 1 THEN 1 ELSE 'x' END a number with a text",
    "coalesce(n, 'x')": "takes in COALESCE(n, 'x') a number with a text",
    "t IS TRUE": "has the text t where a condition is needed",
    "abs(t)": "has the text t where a number is needed",
    "(n > 1) > 2": "compares in (n > 1) > 2 a condition with a number",
}


@pytest.mark.parametrize("text", SOUND)
def test_what_mixes_nothing_has_a_type(text: str) -> None:
    assert operands.type_of(expressions.read(text), COLUMNS.__getitem__) == SOUND[text]


@pytest.mark.parametrize("text", MIXED)
def test_what_mixes_types_is_refused(text: str) -> None:
    with pytest.raises(expressions.ExpressionError) as caught:
        operands.require(expressions.read(text), COLUMNS.__getitem__)
    assert str(caught.value) == MIXED[text]


def test_the_whole_is_what_its_place_needs() -> None:
    with pytest.raises(expressions.ExpressionError, match=r"^is a number where a condition is needed$"):
        operands.require(expressions.read("n + 1"), COLUMNS.__getitem__, "condition")


leaves = st.sampled_from([*COLUMNS, "1", "0", "2.5", "'x'", "'01'", "NULL", "TRUE"])
texts = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([*"+-*/=<", "<>", "AND", "OR"]), inner).map(lambda t: f"({' '.join(t)})"),
        st.tuples(inner, inner, inner).map(lambda t: f"CASE WHEN {t[0]} THEN {t[1]} ELSE {t[2]} END"),
        st.tuples(inner, inner, inner).map(lambda t: f"CASE {t[0]} WHEN {t[1]} THEN {t[2]} END"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} BETWEEN {t[1]} AND {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]} IN ({t[1]}, {t[0]}))"),
        st.tuples(st.sampled_from(["COALESCE", "LEAST", "GREATEST", "NULLIF"]), inner, inner).map(
            lambda t: f"{t[0]}({t[1]}, {t[2]})"
        ),
        inner.map(lambda x: f"(NOT {x})"),
        inner.map(lambda x: f"({x} IS NULL)"),
        inner.map(lambda x: f"ABS({x})"),
    ),
    max_leaves=6,
)
CELLS = "(VALUES ('x', '', 1.0::DOUBLE, 2::BIGINT), (NULL, 'N/D', NULL, NULL), ('01', '9', 0, 0)) AS c(t, u, n, m)"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=texts)
def test_what_mixes_nothing_computes_over_any_cells(text: str, duck: duckdb.DuckDBPyConnection) -> None:
    tree = expressions.read(text)
    try:
        operands.require(tree, COLUMNS.__getitem__)
    except expressions.ExpressionError:
        return
    assert len(duck.execute(f"SELECT {expressions.sql(tree)} FROM {CELLS}").fetchall()) == 3
