"""Rules of coherence between indicators: what holds passes, each value that breaks one is named with what was expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from support import ascii

from sdg_pipeline.quality import deviations
from sdg_pipeline.quality.deviations import Findings
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.coherence import Coherence
from sdg_pipeline.specs.indicator import Indicator

RATE = {"kind": "rate", "table": "events", "events": "e", "population": {"table": "people", "measure": "p"}}
RATIO = {"kind": "ratio", "table": "people", "numerator": "a", "denominator": "b"}
METHODS: dict[str, dict[str, Any]] = {
    "poverty": {"kind": "published", "table": "people", "value": "poor"},
    "extreme": {"kind": "published", "table": "people", "value": "very_poor"},
    "moderate": {"kind": "published", "table": "people", "value": "poor"},
    "literacy": RATIO,
    "parity": {"kind": "parity", "indicator": "literacy", "dimension": "sex", "compare": "F", "reference": "M"},
    "murders": RATE,
    "thefts": RATE,
    "people_counted": {"kind": "count", "table": "people", "value": "a"},
}
UNITS = {"murders": "PER_100000_POP", "thefts": "PER_100000_POP", "people_counted": "NUMBER", "parity": "RO"}
NUMBERS = ("obs_value", "numerator", "denominator", "std_error")


def indicator(name: str) -> Indicator:
    words = {"en": "x", "es": "x"}
    return Indicator.model_validate(
        {
            "id": name, "title": words, "description": words, "sdg": {"target": "4.6", "relation": "national"},
            "unit": UNITS.get(name, "PT"), "decimals": 1, "direction": "up", "owner": "team:x",
            "method": METHODS[name], "breakdowns": [["national"]], "checks": {"range": [0, 100]},
        }
    )  # fmt: skip


def level(area: str) -> str:
    return {2: "national", 4: "state", 7: "municipality"}[len(area)]


def write(table: str, folder: Path, con: duckdb.DuckDBPyConnection) -> dict[str, Path]:
    """A Parquet file for each indicator of a table: absent columns are totals, 2020, empty; ``-`` is empty."""
    files = {}
    rows = ascii.rows(table)
    for name in sorted({row["indicator"] for row in rows}):
        selects = []
        for row in (row for row in rows if row["indicator"] == name):
            full = (
                dict.fromkeys(fields.DIMENSIONS, "_T")
                | {"time_period": "2020", "denominator_source": "x/1", "obs_reason": ""}
                | row
            )
            full |= {"geo_level": level(row["ref_area"]), "unit_measure": UNITS.get(name, "PT")}
            full["obs_value"] = full.pop("value")
            texts = [f"'{v}' AS {k}" for k, v in full.items() if k not in NUMBERS]
            cells = {k: full.get(k, "-") for k in NUMBERS}
            selects.append(
                "SELECT "
                + ", ".join(
                    [*texts, *(f"{'NULL' if v == '-' else v}::DOUBLE AS {k}" for k, v in cells.items())],
                )
            )
        files[name] = folder / f"{name}.parquet"
        con.execute(f"COPY ({' UNION ALL BY NAME '.join(selects)}) TO '{files[name]}' (FORMAT parquet)")
    return files


def judge(
    folder: Path,
    table: str,
    *rules: dict[str, Any],
    tables: dict[str, Path] | None = None,
    universe: dict[str, dict[str, str]] | None = None,
) -> Findings:
    rule = {"why": "it is so"}
    spec = Coherence.model_validate(
        {"id": "spec", "title": {"en": "x", "es": "x"}, "owner": "team:x", "rules": [{**rule, **r} for r in rules]}
    )
    extremes = universe or {}
    specs = {name: indicator(name).model_copy(update={"universe": extremes.get(name, {})}) for name in METHODS}
    catalog = Catalog(folder, coherence={"spec": spec}, indicators=specs)
    with duckdb.connect() as con:
        findings = deviations.judge(con, catalog, write(table, folder, con), tables or {})
        deviations.write(con, findings, folder / "deviations.parquet")
    return findings


SHARES = """
    indicator | ref_area | value
    poverty   | MX       | 40
    poverty   | MX01     | 30
    extreme   | MX       | 10
    extreme   | MX01     | 5
    moderate  | MX       | 30
    moderate  | MX01     | 25
"""
ORDER = {"id": "part", "kind": "at_most", "left": "extreme", "right": "poverty"}
SUM = {"id": "sum", "kind": "equal", "left": "poverty", "right": "moderate + extreme", "tolerance": "0.5"}


def test_what_holds_passes(tmp_path: Path) -> None:
    findings = judge(tmp_path, SHARES, ORDER, SUM)
    assert [(c.check, c.passed, c.observed) for c in findings.checks] == [
        ("part", True, "2 compared, 0 deviate"),
        ("sum", True, "2 compared, 0 deviate"),
    ]
    assert findings.deviations == ()
    assert {(c.border, c.subject, c.owner, c.reason) for c in findings.checks} == {
        ("release", "spec", "team:x", "it is so")
    }


def test_what_is_more_than_its_whole_is_named(tmp_path: Path) -> None:
    findings = judge(tmp_path, SHARES.replace("MX01     | 5", "MX01     | 50"), ORDER, SUM)
    assert [c.blocks for c in findings.checks] == [True, True]
    ascii.assert_rows(
        list(findings.deviations),
        """
        rule | indicator | ref_area | time_period | quantity | observed | expected | difference | severity | status
        part | extreme   | MX01     | 2020        | extreme  | 50       | 30       | 20         | blocking | open
        sum  | poverty   | MX01     | 2020        | poverty  | 30       | 75       | -45        | blocking | open
        """.strip(),
    )
    [row] = findings.checks[0].failing_rows
    assert row == {
        "indicator": "extreme", "ref_area": "MX01", "geo_level": "state", "time_period": "2020", "quantity": "extreme",
        "observed": 50.0, "expected": 30.0, "difference": 20.0,
    }  # fmt: skip


def test_totals_are_compared_whomever_they_are_of_and_reported_by_their_own_codes(tmp_path: Path) -> None:
    table = """
        indicator | ref_area | sex | value
        poverty   | MX       | _T  | 40
        extreme   | MX       | F   | 50
    """
    assert judge(tmp_path, table, ORDER).checks[0].observed == "nothing at hand to compare"
    findings = judge(tmp_path, table, ORDER, universe={"extreme": {"sex": "F"}})
    [row] = findings.deviations
    assert (row["indicator"], row["sex"], row["observed"], row["expected"]) == ("extreme", "F", 50.0, 40.0)


def test_rounding_is_no_deviation(tmp_path: Path) -> None:
    assert judge(tmp_path, SHARES.replace("MX01     | 25", "MX01     | 25.5"), SUM).deviations == ()
    assert len(judge(tmp_path, SHARES.replace("MX01     | 25", "MX01     | 25.51"), SUM).deviations) == 1


def test_a_rule_waits_for_its_indicators(tmp_path: Path) -> None:
    only = "\n".join(line for line in SHARES.splitlines() if "moderate" not in line)
    assert [c.check for c in judge(tmp_path, only, ORDER, SUM).checks] == ["part"]


def test_areas_and_values_that_are_missing_are_not_compared(tmp_path: Path) -> None:
    some = SHARES.replace("extreme   | MX01     | 5", "extreme   | MX02     | 50").replace(
        "poverty   | MX       | 40", "poverty | MX | -"
    )
    [check] = judge(tmp_path, some, ORDER).checks
    assert (check.passed, check.observed) == (True, "nothing at hand to compare")


PARITY = """
    indicator | ref_area | sex | value
    literacy  | MX       | F   | 90
    literacy  | MX       | M   | 96
    literacy  | MX       | _T  | 93
    parity    | MX       | _T  | 0.9375
"""
WOMEN_OVER_MEN = {
    "id": "over", "kind": "equal", "left": "parity", "right": "women / men",
    "terms": {
        "women": {"indicator": "literacy", "codes": {"sex": ["F"]}},
        "men": {"indicator": "literacy", "codes": {"sex": ["M"]}},
    },
}  # fmt: skip


def test_groups_are_compared_with_totals_of_others(tmp_path: Path) -> None:
    assert judge(tmp_path, PARITY, WOMEN_OVER_MEN).checks[0].passed
    swapped = judge(
        tmp_path, PARITY.replace("| F ", "| X ").replace("| M ", "| F ").replace("| X ", "| M "), WOMEN_OVER_MEN
    )
    [row] = swapped.deviations
    assert (row["indicator"], row["expected"]) == ("parity", pytest.approx(96 / 90))


EXPLAINED = {"areas": ["MX01"], "periods": ["2020"], "largest": "20", "why": "two surveys", "cite": "page 3"}


def test_an_explanation_covers_what_it_names_and_no_more(tmp_path: Path) -> None:
    rule = {**ORDER, "explained": [EXPLAINED]}
    findings = judge(tmp_path, SHARES.replace("MX01     | 5", "MX01     | 50"), rule)
    [row] = findings.deviations
    assert (row["status"], row["explanation"], row["cite"]) == ("explained", "two surveys", "page 3")
    assert findings.checks[0].passed
    assert findings.checks[0].observed == "2 compared, 1 deviate, 1 of them explained"
    larger = judge(tmp_path, SHARES.replace("MX01     | 5", "MX01     | 51"), rule)
    elsewhere = judge(tmp_path, SHARES.replace("MX       | 10", "MX       | 41"), rule)
    assert [[r["status"] for r in f.deviations] for f in (larger, elsewhere)] == [["open"], ["open"]]
    assert larger.checks[0].blocks and elsewhere.checks[0].blocks


def test_an_explanation_without_areas_covers_as_many_as_were_seen(tmp_path: Path) -> None:
    """One more area that deviates, and none is explained: it may be the same fault or another."""
    anywhere = {name: value for name, value in EXPLAINED.items() if name != "areas"} | {"count": 1, "largest": "50"}
    rule = {**ORDER, "explained": [anywhere]}
    one = judge(tmp_path, SHARES.replace("MX01     | 5", "MX01     | 50"), rule)
    two = judge(tmp_path, SHARES.replace("MX01     | 5", "MX01     | 50").replace("MX       | 10", "MX | 41"), rule)
    assert [[r["status"] for r in f.deviations] for f in (one, two)] == [["explained"], ["open", "open"]]


def test_an_explanation_without_areas_and_count_is_refused(tmp_path: Path) -> None:
    anywhere = {name: value for name, value in EXPLAINED.items() if name != "areas"}
    with pytest.raises(ValueError, match="names its areas, or says in count how many"):
        judge(tmp_path, SHARES, {**ORDER, "explained": [anywhere]})


def test_an_explanation_fails_once_its_deviation_is_gone(tmp_path: Path) -> None:
    [check] = judge(tmp_path, SHARES, {**ORDER, "explained": [EXPLAINED]}).checks
    assert check.blocks
    assert check.observed == "2 compared, 0 deviate; 1 explanations are out of date"
    [row] = check.failing_rows
    assert row["explanation"] == "two surveys"
    assert "take it out" in row["problem"]


def test_an_explanation_waits_for_areas_that_a_partial_run_lacks(tmp_path: Path) -> None:
    nation = "\n".join(line for line in SHARES.splitlines() if "MX01" not in line)
    assert judge(tmp_path, nation, {**ORDER, "explained": [EXPLAINED]}).checks[0].passed


def test_the_table_of_deviations_has_its_columns_even_when_empty(tmp_path: Path) -> None:
    for table, rows in ((SHARES, 0), (SHARES.replace("MX01     | 5", "MX01     | 50"), 1)):
        judge(tmp_path, table, ORDER)
        with duckdb.connect() as con:
            read = con.execute(f"FROM '{tmp_path}/deviations.parquet'")
            described = [(c[0], str(c[1])) for c in read.description or ()]
            assert len(read.fetchall()) == rows
        assert [name for name, _ in described] == [f.name for f in fields.DEVIATION]


GROUPS = """
    indicator | ref_area | sex | value | numerator | denominator
    literacy  | MX       | F   | 90    | 45        | 50
    literacy  | MX       | M   | 80    | 40        | 50
    literacy  | MX       | _T  | 85    | 85        | 100
"""


def test_groups_add_up_and_lie_on_both_sides(tmp_path: Path) -> None:
    add_up = {"id": "add_up", "kind": "add_up", "dimension": "sex"}
    surround = {"id": "between", "kind": "surround", "dimension": "sex"}
    assert [c.observed for c in judge(tmp_path, GROUPS, add_up, surround).checks] == [
        "2 compared, 0 deviate", "1 compared, 0 deviate",
    ]  # fmt: skip
    lost = judge(tmp_path, GROUPS.replace("85    | 85 ", "95    | 86 "), add_up, surround)
    ascii.assert_rows(
        list(lost.deviations),
        """
        rule    | indicator | sex | quantity  | observed | expected
        add_up  | literacy  | _T  | numerator | 85       | 86
        between | literacy  | _T  | value     | 95       | 90
        """.strip(),
    )
    withheld = judge(tmp_path, GROUPS.replace("90    | 45        | 50", "-     | -         | -"), add_up, surround)
    assert [c.observed for c in withheld.checks] == ["nothing at hand to compare"] * 2


POPULATIONS = """
    indicator | ref_area | value | numerator | denominator | denominator_source
    murders   | MX01     | 10    | 100       | 1000000     | conapo/2023
    murders   | MX02     | 10    | 100       | 1000000     | conapo/2023
    thefts    | MX01     | 50    | 500       | 1000000     | conapo/2023-all
    thefts    | MX02     | 50    | 500       | 1000000     | conapo/2023-all
"""


def test_rates_have_one_population_of_one_edition(tmp_path: Path) -> None:
    edition = {"id": "edition", "kind": "one_edition"}
    population = {"id": "population", "kind": "same_population", "relative": "0.001"}
    assert judge(tmp_path, POPULATIONS, edition, population).deviations == ()
    old = POPULATIONS.replace("thefts    | MX02     | 50    | 500       | 1000000     | conapo/2023-all",
                              "thefts    | MX02     | 50    | 500       | 1020000     | conapo/2018")  # fmt: skip
    ascii.assert_rows(
        list(judge(tmp_path, old, edition, population).deviations),
        """
        rule       | indicator | ref_area | quantity    | observed | expected
        edition    | thefts    | MX       | conapo/2018 | 1        | 0
        population | thefts    | MX02     | denominator | 1020000  | 1000000
        """.strip(),
    )


def series(values: dict[str, list[float]], name: str = "murders", people: float = 100_000) -> str:
    """Rates by area and year from 2015 on, with their events."""
    lines = ["indicator | ref_area | time_period | value | numerator | denominator | std_error"]
    for area, numbers in values.items():
        for year, events in enumerate(numbers, start=2015):
            lines.append(f"{name} | {area} | {year} | {events} | {events} | {people} | {events**0.5}")
    return "\n".join(lines)


STATES = {f"MX{n:02d}": [200.0 + n, 204.0 + n, 208.0 + n, 210.0 + n] for n in range(1, 11)}
CHANGE = {"id": "change", "kind": "change", "spreads": "6", "factor": "3"}


def test_a_value_ten_times_as_large_is_named(tmp_path: Path) -> None:
    assert judge(tmp_path, series(STATES), CHANGE).deviations == ()
    wrong = STATES | {"MX03": [203.0, 207.0, 2110.0, 213.0]}
    findings = judge(tmp_path, series(wrong), CHANGE)
    rows = [(r["ref_area"], r["time_period"], r["observed"]) for r in findings.deviations]
    assert rows == [("MX03", "2017", 2110.0)], "the year after goes back: it has changed as much before"
    assert findings.deviations[0]["expected"] == pytest.approx(207 * 208 / 204, rel=0.01)


def test_a_change_that_all_neighbours_share_is_none(tmp_path: Path) -> None:
    jump = {area: [*numbers[:3], 10 * numbers[3]] for area, numbers in STATES.items()}
    assert judge(tmp_path, series(jump), CHANGE).deviations == ()


def test_few_events_change_by_chance(tmp_path: Path) -> None:
    """2 and 9 events differ by a factor of four and by less than six Poisson spreads."""
    few = {area: [2.0, 3.0, 2.0, 3.0] for area in STATES} | {"MX03": [2.0, 3.0, 2.0, 9.0]}
    assert judge(tmp_path, series(few), CHANGE).deviations == ()


def test_without_neighbours_the_own_changes_before_tell(tmp_path: Path) -> None:
    steady = {"MX": [200.0, 204.0, 199.0, 203.0, 201.0, 2000.0]}
    assert [r["time_period"] for r in judge(tmp_path, series(steady), CHANGE).deviations] == ["2020"]
    assert judge(tmp_path, series({"MX": [200.0, 2000.0]}), CHANGE).checks[0].observed == "nothing at hand to compare"


def test_a_municipality_far_beyond_the_others_of_its_state_is_named(tmp_path: Path) -> None:
    rule = {"id": "beyond", "kind": "neighbours", "severity": "warning", "spreads": "8", "factor": "3"}
    lines = ["indicator | ref_area | value | numerator | denominator"]
    lines += [f"literacy | MX01{n:03d} | {90 + n / 10} | {900 + n} | 1000" for n in range(1, 12)]
    assert judge(tmp_path, "\n".join(lines), rule).deviations == ()
    lines[5] = "literacy | MX01005 | 9.05 | 905 | 10000"
    findings = judge(tmp_path, "\n".join(lines), rule)
    [row] = findings.deviations
    assert (row["ref_area"], row["observed"], round(row["expected"], 1)) == ("MX01005", 9.05, 90.6)
    assert not findings.checks[0].passed and not findings.checks[0].blocks


def test_a_foreign_series_is_compared_year_by_year(tmp_path: Path) -> None:
    staged = tmp_path / "foreign.parquet"
    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT * FROM (VALUES ('2018', 'S1', 44.0), ('2019', 'S1', 41.0), ('2020', 'S2', 1.0)) "
            f"AS t(time_period, series, value)) TO '{staged}' (FORMAT parquet)"
        )
    rule = {
        "id": "un", "kind": "reference", "severity": "warning", "indicator": "poverty", "table": "foreign",
        "series": {"series": "S1"}, "tolerance": "0.05",
    }  # fmt: skip
    table = "indicator | ref_area | time_period | value\npoverty | MX | 2018 | 44.04\npoverty | MX | 2020 | 39"
    same = judge(tmp_path, table, rule, tables={"foreign": staged})
    assert (same.checks[0].observed, same.deviations) == ("1 compared, 0 deviate", ())
    near = judge(tmp_path, table, {**rule, "years_apart": "1"}, tables={"foreign": staged})
    [row] = near.deviations
    assert (row["time_period"], row["quantity"], row["difference"]) == ("2020", "value of 2019", -2.0)
    assert judge(tmp_path, table, rule).checks == (), "without its table the rule waits"


def test_a_change_over_a_break_is_not_judged(tmp_path: Path) -> None:
    """A value ten times as large, of an inventory by other methods than the one before."""
    wrong = STATES | {"MX03": [203.0, 207.0, 2110.0, 2120.0]}
    lines = series(wrong).splitlines()
    marked = [line + (" | methodology_changed" if "| 2017 |" in line else " |") for line in lines[1:]]
    assert judge(tmp_path, "\n".join([f"{lines[0]} | obs_reason", *marked]), CHANGE).deviations == ()
    assert [r["time_period"] for r in judge(tmp_path, series(wrong), CHANGE).deviations] == ["2017"]
