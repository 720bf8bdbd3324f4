"""Sums of levels and groups: what adds up passes, each thing that does not is named with its sums."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import pytest
from support import ascii

from sdg_pipeline.quality import coherence
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.indicator import Indicator

RATIO = {"kind": "ratio", "table": "people", "numerator": "a", "denominator": "b"}
SOUND = """
    ref_area | geo_level    | sex | urbanisation | numerator | denominator
    MX       | national     | _T  | _T           | 60        | 100
    MX01     | state        | _T  | _T           | 40        | 70
    MX02     | state        | _T  | _T           | 20        | 30
    MX01001  | municipality | _T  | _T           | 30        | 50
    MX01002  | municipality | _T  | _T           | 7         | 15
    MX02001  | municipality | _T  | _T           | 20        | 30
    MX01     | state        | F   | _T           | 22        | 36
    MX01     | state        | M   | _T           | 18        | 34
"""
UNALLOCATED = "ref_area | sex | urbanisation | numerator | denominator\n MX01 | _T | _T | 3 | 5"
NOBODY = "ref_area | sex | urbanisation | numerator | denominator"


def indicator(method: dict[str, Any] = RATIO, breakdowns: list[list[str]] | None = None) -> Indicator:
    words = {"en": "x", "es": "x"}
    return Indicator.model_validate(
        {
            "id": "literacy", "title": words, "description": words, "sdg": {"target": "4.6", "relation": "national"},
            "unit": "PT", "decimals": 1, "direction": "up", "owner": "team:x", "method": method,
            "breakdowns": breakdowns or [["national"], ["state"], ["municipality"], ["state", "sex"]],
            "checks": {"range": [0, 100]},
        }
    )  # fmt: skip


def select(table: str) -> str:
    """The rows of a table as a query; ``-`` is NULL, other dimensions are ``_T``."""
    others = ", ".join(f"'_T' AS {d}" for d in fields.DIMENSIONS if d not in ("sex", "urbanisation"))
    rows = ascii.rows(table)
    columns = [cell.strip() for cell in table.strip().splitlines()[0].split("|")]
    empty = rows or [dict.fromkeys(columns, "0")]
    lines = [
        "SELECT '2020' AS time_period, " + others + "".join(
            f", {'NULL' if v == '-' else v}::DOUBLE AS {k}" if k in ("numerator", "denominator") else f", '{v}' AS {k}"
            for k, v in row.items()
        )
        for row in empty
    ]  # fmt: skip
    return " UNION ALL ".join(lines) + ("" if rows else " LIMIT 0")


def judge(
    duck: duckdb.DuckDBPyConnection, table: str, unallocated: str = UNALLOCATED, spec: Indicator | None = None
) -> list[CheckResult]:
    duck.execute(f"CREATE OR REPLACE VIEW observation AS {select(table)}")
    columns = ", ".join(("ref_area", "time_period", *fields.DIMENSIONS, "numerator", "denominator"))
    rest = f"SELECT 'municipality' AS geo_level, {columns} FROM ({{}})"
    return coherence.judge(duck, spec or indicator(), rest.format(select(unallocated)))


def test_what_adds_up_passes(duck: duckdb.DuckDBPyConnection) -> None:
    levels, groups = judge(duck, SOUND)
    assert (levels.check, levels.passed, levels.observed) == ("coherence_levels", True, "all sums are equal")
    assert (groups.check, groups.passed, groups.n_failing) == ("coherence_groups", True, 0)
    assert levels.severity == groups.severity == "blocking"


FAULTS = [
    ("60        | 100", "61        | 100", 0, "MX | 61 | 60 | 100 | 100"),
    ("60        | 100", "60        | 101", 0, "MX | 60 | 60 | 101 | 100"),
    ("30        | 50", "31        | 50", 0, "MX01 | 40 | 41 | 70 | 70"),
    ("22        | 36", "22        | 35", 1, "MX01 | 40 | 40 | 70 | 69"),
    ("MX01001  | municipality | _T  | _T           | 30 ", "MX01001  | municipality | _T  | _T           | -  ", 0,
     "MX01 | 40 | 10 | 70 | 70"),
    ("60        | 100", "-        | 100", 0, "MX |  | 60 | 100 | 100"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "which", "row"), FAULTS)
def test_what_does_not_add_up_is_named(
    duck: duckdb.DuckDBPyConnection, old: str, new: str, which: int, row: str
) -> None:
    verdicts = judge(duck, SOUND.replace(old, new))
    assert [v.passed for v in verdicts] == [which == 1, which == 0]
    verdict = verdicts[which]
    assert (verdict.n_failing, verdict.observed) == (1, "1 sums differ")
    ascii.assert_rows(
        list(verdict.failing_rows), f"ref_area | numerator | numerator_sum | denominator | denominator_sum\n {row}"
    )


def test_without_the_unallocated_the_state_does_not_add_up(duck: duckdb.DuckDBPyConnection) -> None:
    [row] = judge(duck, SOUND, NOBODY)[0].failing_rows
    assert (row["ref_area"], row["numerator"], row["numerator_sum"]) == ("MX01", 40, 37)


def test_levels_that_were_not_computed_are_not_compared(duck: duckdb.DuckDBPyConnection) -> None:
    """A partial run has municipalities of some states; the others have nothing to be compared with."""
    some = "\n".join(line for line in SOUND.splitlines() if not re.search("MX01001|MX01002", line))
    assert [v.passed for v in judge(duck, some, NOBODY)] == [True, True]


def test_a_total_that_lacks_a_part_is_not_compared_and_one_that_lacks_none_is(duck: duckdb.DuckDBPyConnection) -> None:
    """A part without a figure leaves the total without one; a total without one whose parts all have theirs is wrong."""
    only_nation = SOUND.replace("60        | 100", "-         | -")
    both = only_nation.replace("20        | 30", "-         | -")
    assert judge(duck, both)[0].passed
    assert not judge(duck, only_nation)[0].passed


def test_the_same_sum_over_another_group_is_compared_with_its_own_total(duck: duckdb.DuckDBPyConnection) -> None:
    spec = indicator(
        breakdowns=[["national"], ["state"], ["municipality"], ["state", "sex"], ["state", "urbanisation"]]
    )
    added = "    MX01 | state | _T | U | 30 | 50\n    MX01 | state | _T | R | 10 | 19\n"
    _, groups = judge(duck, SOUND + added, spec=spec)
    [row] = groups.failing_rows
    assert (row["dimension"], row["denominator"], row["denominator_sum"]) == ("urbanisation", 70, 69)


def test_only_counts_are_compared() -> None:
    groups = {"indicator": "x_y", "dimension": "sex", "compare": "F", "reference": "M"}
    assert [name for name, _ in coherence.names(indicator())] == ["coherence_levels", "coherence_groups"]
    assert [name for name, _ in coherence.names(indicator(breakdowns=[["national"], ["state"]]))] == [
        "coherence_levels"
    ]
    assert coherence.names(indicator({"kind": "published", "table": "people", "value": "mean_of"})) == ()
    assert coherence.names(indicator({"kind": "parity", **groups})) == ()


def test_many_failing_rows_are_counted_and_the_first_are_shown(duck: duckdb.DuckDBPyConnection) -> None:
    header = "ref_area | geo_level | sex | urbanisation | numerator | denominator\n"
    states = "".join(f"MX{n:02d} | state | _T | _T | 2 | 9\n" for n in range(1, 33))
    below = "".join(f"MX{n:02d}001 | municipality | _T | _T | 1 | 9\n" for n in range(1, 33))
    verdict = judge(duck, header + states + below, NOBODY)[0]
    assert (verdict.n_failing, len(verdict.failing_rows)) == (32, 20)
    assert verdict.failing_rows[0]["ref_area"] == "MX01"
