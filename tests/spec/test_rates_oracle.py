"""Random events over random populations: the SQL of rates gives what plain Python gives, and scipy's limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from support import oracle
from support.records import Records

BREAKDOWNS = [["national"], ["state"], ["municipality"], ["state", "sex"], ["municipality", "sex"]]
TOWNS = [("01", "001"), ("01", "002"), ("02", "001")]
PLACES = [*TOWNS, ("01", "998"), ("01", "999"), ("02", "999"), ("99", "999")]
YEARS, SEXES = range(2018, 2021), {"1": "M", "2": "F", "9": "_U"}
PER = 1000.0
RULES: dict[str, dict[str, int]] = {
    "plain": {"min_population": 0, "min_events": 0, "pool_years": 1},
    "strict": {"min_population": 40, "min_events": 3, "pool_years": 1},
    "pooled": {"min_population": 10, "min_events": 2, "pool_years": 2},
}
RESIDENTS = """
geography: {vintage: 2020, state: ENT, municipality: MUN}
parts: [{source: registry, edition: "a", level: municipality}]
period: {column: YEAR, years: [2018, 2020]}
dimensions: {sex: {codelist: sex, totals: computed, levels: [municipality], column: SEX, recode: {"2": F, "1": M}}}
measures: {residents: {label: {en: "Residents", es: "Residentes"}, column: N}}
"""
CASES = """
geography: {vintage: 2020, state: ENT, municipality: MUN, unallocated_states: ["99"]}
parts: [{source: clinics, edition: "b", level: municipality}]
period: {column: YEAR, years: [2018, 2020]}
dimensions:
  sex: {codelist: sex, totals: computed, levels: [municipality], column: SEX, recode: {"2": F, "1": M, "9": _U}}
measures: {cases: {label: {en: "Cases", es: "Casos"}, column: N}}
"""


def rows(places: list[tuple[str, str]], sexes: str, numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Rows of places, years and sexes, each at most once, and at least one."""
    keys = st.tuples(st.sampled_from(places), st.sampled_from(list(YEARS)), st.sampled_from(list(sexes)))
    return st.dictionaries(keys, numbers, min_size=1, max_size=25)


def table(cells: dict[Any, Any]) -> str:
    lines = [f"{s} | {m} | {y} | {sex} | {'' if n is None else n}" for ((s, m), y, sex), n in cells.items()]
    return "\n".join(["ENT | MUN | YEAR | SEX | N", *lines])


def plain(cells: dict[Any, Any]) -> list[dict[str, Any]]:
    """The rows as the oracle reads them."""
    return [
        {
            "state": None if state == "99" else state, "municipality": None if town in ("998", "999") else town,
            "year": year, "sex": SEXES[sex], "n": n,
        }
        for ((state, town), year, sex), n in cells.items()
    ]  # fmt: skip


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory, duck: duckdb.DuckDBPyConnection) -> Iterator[Records]:
    """One rate for each set of rules."""
    records = Records(tmp_path_factory.mktemp("rates"), duck)
    for source, edition, name, body in (("registry", "a", "residents", RESIDENTS), ("clinics", "b", "cases", CASES)):
        records.source(source, {edition: "2020"})
        records.table(name, body)
    for name, rules in RULES.items():
        small = f"{{min_population: {rules['min_population']}, min_events: {rules['min_events']}}}"
        method = (
            "{kind: rate, table: cases, events: cases, population: {table: residents, measure: residents}, "
            f"pool_years: {rules['pool_years']}, small_numbers: {small}}}"
        )
        breakdowns = [b for b in BREAKDOWNS if rules["pool_years"] == 1 or "sex" not in b]
        listed = ", ".join(f"[{', '.join(b)}]" for b in breakdowns)
        records.indicator(name, f"method: {method}\nbreakdowns: [{listed}]", unit="PER_1000_POP")
    yield records


counts = st.one_of(st.integers(0, 12), st.integers(0, 12), st.just(0), st.none())
people = st.one_of(st.integers(0, 200), st.integers(1, 10**6), st.none())


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # shrinking costs minutes, and countries are small
)
@given(events=rows(PLACES, "129", counts), population=rows(TOWNS, "12", people), name=st.sampled_from(sorted(RULES)))
def test_rates_equal_the_oracle(rates: Records, events: Any, population: Any, name: str) -> None:
    rates.file("clinics", "b", table(events))
    rates.file("registry", "a", table(population))
    values = rates.values(name)
    computed = {
        (v["ref_area"], v["sex"], v["time_period"]): (
            v["numerator"], v["denominator"], v["obs_value"], v["obs_status"], v["obs_reason"],
        )
        for v in values
    }  # fmt: skip
    breakdowns = [b for b in BREAKDOWNS if RULES[name]["pool_years"] == 1 or "sex" not in b]
    expected = oracle.rate(plain(events), plain(population), breakdowns, PER, RULES[name])
    assert set(computed) == set(expected)
    for key, row in expected.items():
        assert computed[key] == (*row[:2], row[2] if row[2] is None else pytest.approx(row[2]), *row[3:]), key
    for v in values:
        if v["obs_value"] is None:
            assert (v["ci_lower"], v["ci_upper"]) == (None, None)
            continue
        n, scale = v["numerator"], PER / v["denominator"]
        low = chi2.ppf(0.025, 2 * n) / 2 if n else 0
        limits = (low * scale, chi2.ppf(0.975, 2 * n + 2) / 2 * scale)
        assert (v["ci_lower"], v["ci_upper"]) == pytest.approx(limits)
