"""Rows as text, against the same done row by row with Python's own functions."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sdg_pipeline.serve.sdmx_text import body, joined, series_of, written

VALUES = st.lists(st.tuples(st.sampled_from(["a", "ñ", None]), st.sampled_from(["x", None])), min_size=1, max_size=12)


def _table(rows: list[tuple[Any, Any]]) -> pa.Table:
    first, second = zip(*rows, strict=True)
    return pa.table({"first": pa.array(first, pa.string()), "second": pa.array(second, pa.string())})


@given(VALUES)
def test_rows_that_follow_each_other_and_are_alike_are_a_series(rows: list[tuple[Any, Any]]) -> None:
    table = _table(rows)
    series = series_of(table, ["first", "second"])
    heads = series.before(joined(["<", written(series.first["first"], str, "-"), ">"], len(series.first)))
    groups = [(key, list(group)) for key, group in groupby(rows)]
    assert series.first.to_pylist() == [{"first": key[0], "second": key[1]} for key, _ in groups]
    expected = [f"<{k[0] or '-'}>" if not n else "" for k, group in groups for n in range(len(group))]
    assert heads.to_pylist() == expected
    assert series.ends.to_pylist() == [n == len(group) - 1 for _, group in groups for n in range(len(group))]


@given(VALUES)
def test_the_parts_of_each_row_are_put_together_in_order(rows: list[tuple[Any, Any]]) -> None:
    table = _table(rows)
    texts = joined(["[", written(table["first"], str, "-"), "|", written(table["second"], str), "]"], len(table))
    expected = [f"[{a or '-'}|{b or ''}]" for a, b in rows]
    assert texts.to_pylist() == expected
    assert bytes(body(texts)).decode() == "".join(expected)
