"""Threads deliver rows in any order: a text that an aggregate puts together names the order of its parts."""

import re
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AGGREGATE = re.compile(r"\b(?:string_agg|array_agg|group_concat|listagg)\((?P<rest>.*)", re.IGNORECASE | re.DOTALL)


def _arguments(text: str) -> Iterator[str]:
    """What stands between the parentheses of each aggregate that depends on the order of rows."""
    match = AGGREGATE.search(text)
    while match:
        depths = accumulate(({"(": 1, ")": -1}.get(c, 0) for c in match["rest"]), initial=1)
        yield match["rest"][: next((at - 1 for at, depth in enumerate(depths) if not depth), None)]
        match = AGGREGATE.search(match["rest"])


def test_the_reader_of_arguments_sees_nested_ones() -> None:
    text = "SELECT string_agg(a || (b), ', '), string_agg(c, upper(',') ORDER BY c) FROM t"
    assert list(_arguments(text)) == ["a || (b), ', '", "c, upper(',') ORDER BY c"]


@pytest.mark.parametrize("folder", ["sdg_pipeline", "warehouse"])
def test_a_text_of_many_rows_has_an_order(folder: str) -> None:
    files = [p for p in sorted((ROOT / folder).rglob("*")) if p.suffix in {".py", ".sql"}]
    every = [(p.relative_to(ROOT), part) for p in files for part in _arguments(p.read_text())]
    assert every and [e for e in every if "order by" not in e[1].casefold()] == []
