"""Complementary suppression: what an attacker with the published figures and linear algebra can derive is nothing."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import ascii, attack

from sdg_pipeline.estimate.disclosure import complementary
from sdg_pipeline.specs.fields import DIMENSIONS, OBSERVATION

INTERVAL = 0.2


def table(rows: list[dict[str, Any]]) -> pyarrow.Table:
    """Rows with area, codes, numerator, denominator and n; the level is told by the area."""
    levels = {2: "national", 4: "state", 7: "municipality"}
    filled = [
        {
            "indicator": "share", "time_period": "2020", **dict.fromkeys(DIMENSIONS, "_T"), **row,
            "geo_level": levels[len(row["ref_area"])],
        }
        for row in rows
    ]  # fmt: skip
    types = {"text": pyarrow.string(), "number": pyarrow.float64(), "integer": pyarrow.int64()}
    schema = pyarrow.schema([(f.name, types[f.kind]) for f in OBSERVATION])
    return pyarrow.Table.from_pylist(filled, schema)


def read(text: str) -> list[dict[str, Any]]:
    numbers = ("numerator", "denominator")
    return [
        {
            **{k: v for k, v in row.items() if k in ("ref_area", "sex", "urbanisation")},
            **{k: float(row[k]) for k in numbers if row.get(k)},
            "n_obs": int(row["n"]),
        }
        for row in ascii.rows(text)
    ]


def hidden(text: str) -> list[str]:
    """Areas and codes of the rows that are withheld besides those marked with an x."""
    rows, marked = read(text), [i for i, row in enumerate(ascii.rows(text)) if row["x"]]
    also = complementary(table(rows), marked, INTERVAL)
    return [
        " ".join(filter(None, (rows[i]["ref_area"], rows[i].get("sex"), rows[i].get("urbanisation")))) for i in also
    ]


def test_of_two_groups_the_other_is_withheld_too() -> None:
    assert hidden("""
        ref_area | sex | numerator | denominator | n   | x
        ---------+-----+-----------+-------------+-----+--
        MX01     | _T  | 50        | 100         | 200 |
        MX01     | F   | 10        | 20          | 20  | x
        MX01     | M   | 40        | 80          | 180 |
    """) == ["MX01 M"]  # fmt: skip


def test_of_several_groups_the_smallest_other_one_is_withheld() -> None:
    assert hidden("""
        ref_area | sex | numerator | denominator | n   | x
        ---------+-----+-----------+-------------+-----+--
        MX       | _T  | 90        | 160         | 400 |
        MX01     | _T  | 10        | 20          | 20  | x
        MX02     | _T  | 40        | 80          | 180 |
        MX03     | _T  | 40        | 60          | 90  |
    """) == ["MX03 _T"]  # fmt: skip


def test_nothing_is_withheld_without_a_withheld_value() -> None:
    assert hidden("""
        ref_area | sex | numerator | denominator | n   | x
        ---------+-----+-----------+-------------+-----+--
        MX01     | _T  | 50        | 100         | 200 |
        MX01     | F   | 10        | 20          | 20  |
        MX01     | M   | 40        | 80          | 180 |
    """) == []  # fmt: skip


def test_a_group_without_published_total_gives_nothing_away() -> None:
    assert hidden("""
        ref_area | sex | numerator | denominator | n   | x
        ---------+-----+-----------+-------------+-----+--
        MX01     | F   | 10        | 20          | 20  | x
        MX01     | M   | 40        | 80          | 180 |
    """) == []  # fmt: skip


def test_a_cell_that_is_nearly_disclosed_takes_another_one_along() -> None:
    """Four withheld cells of a square with known margins: that of 100 lies between 98 and 101."""
    square = """
        ref_area | sex | urbanisation | numerator | denominator | n   | x
        ---------+-----+--------------+-----------+-------------+-----+--
        MX01     | F   | _T           | 151       | 300         | 900 |
        MX01     | M   | _T           | 53        | 300         | 900 |
        MX01     | _T  | U            | 101       | 300         | 900 |
        MX01     | _T  | R            | 3         | 300         | 900 |
        MX01     | _T  | _U           | 100       | 300         | 900 |
        MX01     | F   | U            | 100       | 100         | 20  | x
        MX01     | F   | R            | 1         | 100         | 20  | x
        MX01     | F   | _U           | 50        | 100         | 90  |
        MX01     | M   | U            | 1         | 100         | 20  | x
        MX01     | M   | R            | 2         | 100         | 20  | x
        MX01     | M   | _U           | 50        | 100         | 80  |
    """
    assert hidden(square) == ["MX01 F _U", "MX01 M _U"]


def test_statistics_without_numerator_are_not_added_up() -> None:
    assert hidden("""
        ref_area | sex | denominator | n   | x
        ---------+-----+-------------+-----+--
        MX01     | _T  | 100         | 200 |
        MX01     | F   | 20          | 20  | x
        MX01     | M   | 80          | 180 |
    """) == []  # fmt: skip


STATES, SEXES, PLACES = ("MX01", "MX02", "MX03"), ("F", "M"), ("R", "U")


@st.composite
def withheld_tables(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[int]]:
    """Whole tables of a nation of three states by sex and place, with some cells withheld."""
    counts = {(state, sex, place): draw(st.integers(0, 40)) for state in STATES for sex in SEXES for place in PLACES}
    rows = []
    by = draw(
        st.sampled_from(
            [[()], [(), ("sex",)], [(), ("sex",), ("urbanisation",)], [(), ("sex",), ("sex", "urbanisation")]]
        )
    )
    for area in ("MX", *STATES):
        for dimensions in by:
            for sex in SEXES if "sex" in dimensions else ("_T",):
                for place in PLACES if "urbanisation" in dimensions else ("_T",):
                    inside = [
                        n for (s, x, p), n in counts.items()
                        if area in ("MX", s) and sex in ("_T", x) and place in ("_T", p)
                    ]  # fmt: skip
                    total = sum(inside)
                    rows.append({
                        "ref_area": area, "sex": sex, "urbanisation": place, "numerator": float(total),
                        "denominator": float(total + 7 * len(inside)), "n_obs": total + 1,
                    })  # fmt: skip
    primary = draw(st.lists(st.integers(0, len(rows) - 1), max_size=5, unique=True))
    return rows, sorted(primary)


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(withheld_tables())
def test_no_withheld_numerator_can_be_derived(marginals: tuple[list[dict[str, Any]], list[int]]) -> None:
    rows, primary = marginals
    also = complementary(table(rows), primary, INTERVAL)
    assert not set(also) & set(primary)
    assert bool(also) <= bool(primary)
    cells = [(row["ref_area"], row["sex"], row["urbanisation"]) for row in rows]
    published = {c: Fraction(rows[i]["numerator"]) for i, c in enumerate(cells) if i not in {*primary, *also}}
    derived = attack.derived(cells, published)
    assert not set(derived) & {cells[i] for i in primary}


def test_the_attacker_finds_what_is_not_protected() -> None:
    cells = [("MX01", "_T", "_T"), ("MX01", "F", "_T"), ("MX01", "M", "_T")]
    published = {cells[0]: Fraction(50), cells[2]: Fraction(40)}
    assert attack.derived(cells, published) == {cells[1]: Fraction(10)}


@pytest.mark.parametrize("sexes", [("F", "M"), ("F", "M", "_U")])
def test_the_attacker_takes_what_is_absent_for_zero(sexes: tuple[str, ...]) -> None:
    cells = [("MX01", "_T", "_T"), *(("MX01", sex, "_T") for sex in sexes)]
    published = {cell: Fraction(3) for cell in cells[:-1]}
    assert set(attack.derived(cells, published)) == {cells[-1]}
