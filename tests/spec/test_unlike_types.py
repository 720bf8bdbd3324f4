"""Spec tests of types: an expression that mixes numbers, texts and conditions is refused before any file is read."""

from __future__ import annotations

import pytest
from support.country import Country

TABLE = "tables/people.yaml"
CELLS = "; remedy: cells are texts here: compare them with 'text', and compute in value of a measure"
NAMES = "; remedy: names stand for numbers here: compare them with numbers, and write texts under where of a measure"
MEASURES = "; remedy: measures are numbers: compare them with numbers, and make a condition 0 or 1 by CASE WHEN"
WATER, DWELLINGS = "column: WAT}", "column: DWE}"
TABLES = [
    ("MUN <> '000'", "MUN <> 0",
     f"15: parts[1].rows[0].keep: compares in MUN <> 0 a text with a number; found 'MUN <> 0'{CELLS}"),
    ("MUN <> '000'", "SIZE",
     f"15: parts[1].rows[0].keep: is a text where a condition is needed; found 'SIZE'{CELLS}"),
    ("level: municipality\n", "level: municipality\n    derive: {MORE: \"POP + DWE\"}\n",
     f"14: parts[1].derive.MORE: has the text POP where a number is needed; found 'POP + DWE'{CELLS}"),
    (WATER, "column: WAT, where: \"SIZE IN (1, 2)\"}",
     f"31: measures.piped_water.where: compares in SIZE IN (1, 2) a text with a number; found 'SIZE IN (1, 2)'{CELLS}"),
    (WATER, "value: \"CASE WHEN SIZE = '1' THEN WAT END\"}",
     "31: measures.piped_water.value: compares in SIZE = '1' a number with a text; "
     f"found \"CASE WHEN SIZE = '1' THEN WAT END\"{NAMES}"),
    (DWELLINGS, "value: \"DWE > 1\"}",
     f"30: measures.dwellings.value: is a condition where a number is needed; found 'DWE > 1'{NAMES}"),
    ("measures:\n", "known_share: [{measures: [literate], answered: \"literate = 'x'\", whole: population, "
     "withheld_below: 0.5, marked_below: 0.8, why: a test}]\nmeasures:\n",
     f"27: known_share[0].answered: compares in literate = 'x' a number with a text; found \"literate = 'x'\"{NAMES}"),
]  # fmt: skip
METHODS = [
    ("numerator: literate > 5, denominator: population",
     f"method.numerator: is a condition where a number is needed; found 'literate > 5'{MEASURES}"),
    ("numerator: \"CASE WHEN literate = 'x' THEN literate END\", denominator: population",
     "method.numerator: compares in literate = 'x' a number with a text; "
     f"found \"CASE WHEN literate = 'x' THEN literate END\"{MEASURES}"),
    ("numerator: literate, denominator: \"population + 'x'\"",
     f"method.denominator: has the text 'x' where a number is needed; found \"population + 'x'\"{MEASURES}"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "problem"), TABLES, ids=lambda v: str(v)[:40])
def test_expressions_of_tables(country: Country, old: str, new: str, problem: str) -> None:
    country.edit(TABLE, old, new)
    assert country.problems() == [f"{TABLE}:{problem}"]


@pytest.mark.parametrize(("keys", "problem"), METHODS, ids=lambda v: str(v)[:40])
def test_expressions_of_methods(country: Country, keys: str, problem: str) -> None:
    country.indicator("literacy", f"method: {{kind: ratio, table: people, {keys}}}\nbreakdowns: [[state]]")
    [line] = country.problems()
    assert line.endswith(f": {problem}") and line.startswith("goal_")
