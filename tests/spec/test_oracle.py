"""Random small countries: the pipeline's SQL gives what 50 lines of plain Python give, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import oracle
from support.country import Country

BREAKDOWNS = [
    ["national"], ["state"], ["municipality"], ["national", "sex"], ["state", "sex"], ["municipality", "sex"],
    ["state", "urbanisation"], ["municipality", "urbanisation"], ["state", "sex", "urbanisation"],
]  # fmt: skip
MUNICIPALITIES = {"01": ("001", "002"), "02": ("001", "002")}
UNALLOCATED = ("998", "999")
COLUMNS = {
    ("population", "_T"): "POP", ("population", "F"): "POP_F", ("population", "M"): "POP_M",
    ("literate", "_T"): "LIT", ("literate", "F"): "LIT_F", ("literate", "M"): "LIT_M",
}  # fmt: skip
SIZES = {"1": "R", "2": "U", "*": "R"}

count = st.one_of(st.none(), st.just(0), st.integers(0, 9), st.integers(0, 2**31))
figures = st.fixed_dictionaries(dict.fromkeys(COLUMNS, count))
whole_figures = st.fixed_dictionaries({key: st.integers(0, 50) for key in COLUMNS})


def area_rows(keys: list[tuple[str, str]], cells: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    chosen = st.lists(st.sampled_from(keys), min_size=1, unique=True)
    return chosen.flatmap(
        lambda areas: st.tuples(*[cells.map(lambda c, a=a: {"key": a, **c}) for a in areas]).map(list)
    )


STATES = [("01", "000"), ("02", "000")]
BELOW = [(s, m) for s, allocated in MUNICIPALITIES.items() for m in (*allocated, *UNALLOCATED)]
LOCAL = [(f"01{m}", f"{n:04d}") for m in (*MUNICIPALITIES["01"], "999") for n in (1, 2, 9998)]


@st.composite
def countries(draw: st.DrawFn) -> dict[str, list[dict[Any, Any]]]:
    """Rows by level, some levels absent; areas, withheld cells and unallocated keys at random."""
    cells = draw(st.sampled_from([figures, whole_figures]))
    rows = {
        "state": [{**r, "state": r["key"][0], "municipality": None} for r in draw(area_rows(STATES, cells))],
        "municipality": [
            {**r, "state": r["key"][0], "municipality": None if r["key"][1] in UNALLOCATED else r["key"][1]}
            for r in draw(area_rows(BELOW, cells))
        ],
        "locality": [
            {
                **r, "state": "01", "municipality": None if r["key"][0][2:] == "999" else r["key"][0][2:],
                "size": (size := draw(st.sampled_from(sorted(SIZES)))), "urbanisation": SIZES[size],
            }
            for r in draw(area_rows(LOCAL, cells))
        ],
    }  # fmt: skip
    present = draw(st.sets(st.sampled_from(sorted(rows)), min_size=1))
    return {level: rows[level] for level in rows if level in present}


def cells_of(level: str, row: dict[Any, Any]) -> dict[str, str]:
    """A row as the official file would write it; a withheld figure is one of the missing tokens."""
    first, second = row["key"]
    keys = {"ENT": first, "MUN": second}
    if level == "locality":
        keys = {"ENT": "01", "MUN": first[2:], "LOC": second, "SIZE": row["size"]}
    tokens = ("*", "", "N/D")
    figures = {c: tokens[i % 3] if row[k] is None else str(row[k]) for i, (k, c) in enumerate(COLUMNS.items())}
    return keys | figures


@pytest.fixture(scope="module")
def literate_country(tmp_path_factory: pytest.TempPathFactory, duck: duckdb.DuckDBPyConnection) -> Iterator[Country]:
    country = Country(tmp_path_factory.mktemp("oracle"), duck)
    listed = ", ".join(f"[{', '.join(b)}]" for b in BREAKDOWNS)
    method = "{kind: ratio, table: people, numerator: literate, denominator: population}"
    country.indicator("literacy", f"method: {method}\nbreakdowns: [{listed}]")
    yield country


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rows=countries())
def test_sql_equals_the_oracle(literate_country: Country, rows: dict[str, list[dict[Any, Any]]]) -> None:
    literate_country.raws.clear()
    for level, of_level in rows.items():
        literate_country.give_rows(level, [cells_of(level, row) for row in of_level])
    computed = {
        (v["ref_area"], v["sex"], v["urbanisation"]): (
            v["numerator"], v["denominator"], v["obs_value"], v["obs_status"], v["obs_reason"],
        )
        for v in literate_country.values("literacy")
    }  # fmt: skip
    assert computed == oracle.ratio(rows, "literate", "population", BREAKDOWNS)


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(municipalities=area_rows(BELOW, whole_figures))
def test_states_made_of_their_municipalities_cohere(literate_country: Country, municipalities: list[Any]) -> None:
    """A state file that is the sum of municipalities and unallocated coheres; one person more does not."""
    sums: dict[str, dict[str, int]] = {}
    for row in municipalities:
        state = sums.setdefault(row["key"][0], dict.fromkeys(COLUMNS.values(), 0))
        for key, column in COLUMNS.items():
            state[column] += row[key]
    for extra in (0, 1):
        literate_country.raws.clear()
        states = [
            {"ENT": s} | {c: str(n + extra * (c == "POP")) for c, n in cells.items()} for s, cells in sums.items()
        ]
        literate_country.give_rows("state", states)
        literate_country.give_rows("municipality", [cells_of("municipality", row) for row in municipalities])
        literate_country.values("literacy")
        verdict = literate_country.coherence("literacy")[0]
        assert verdict.passed == (extra == 0)
