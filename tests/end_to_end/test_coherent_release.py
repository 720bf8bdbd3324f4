"""Coherence on the real national data: nothing blocks, what is open is known, and a damaged value is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from end_to_end.product import Run

from sdg_pipeline.quality import deviations, results
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.coherence import Reference
from sdg_pipeline.specs.coherence_names import indicators

pytestmark = pytest.mark.national

OPEN = {
    ("far_beyond_neighbours", "burnt_area_in_protected_areas_share"): 4,
    ("far_beyond_neighbours", "burnt_area_of_sensitive_vegetation_share"): 6,
    ("far_beyond_neighbours", "forest_share"): 1,
    ("far_beyond_neighbours", "secondary_vegetation_share"): 1,
    ("far_beyond_neighbours", "so2_emissions_per_inhabitant"): 12,
    ("far_beyond_neighbours", "urban_land_share"): 1,
    ("impossible_change_of_decrees_and_planting", "reforested_area"): 2,
    ("surprising_change", "electricity_users_per_100_inhabitants_municipal"): 3,
    ("surprising_change", "infant_mortality_municipal_model"): 1,
    ("impossible_change_of_low_earners", "low_earners"): 3,
    ("surprising_change", "educational_lag_municipal_by_sex"): 1,
    ("un_old_age_pensions", "old_age_pensions"): 1,
    ("un_traffic_killed", "traffic_killed_rate"): 1,
}
"""How many deviations somebody should look into, by rule and indicator; all others are explained in indicator_specs/coherence."""


@pytest.fixture(scope="module")
def specs() -> Catalog:
    return catalogs.load(PROJECT / "indicator_specs").sound()


@pytest.fixture(scope="module")
def files(national: Run, specs: Catalog) -> dict[str, Path]:
    return {name: national.product.layout.indicator(name) for name in specs.indicators}


def test_nothing_blocks_and_what_is_open_is_known(national: Run, specs: Catalog) -> None:
    checks = results.read(national.product.layout.coherence_checks)
    assert [c.check for c in checks] == [r.id for _, s in sorted(specs.coherence.items()) for r in s.rules]
    assert [c.check for c in checks if c.blocks] == []
    assert [c.check for c in checks if c.observed == "nothing at hand to compare"] == [], "a rule that judges nothing"
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        rows = con.execute(
            "SELECT rule, indicator, ref_area, explanation, cite FROM sdg.deviation ORDER BY ALL"
        ).fetchall()
        left = con.execute(
            "SELECT count(*) FROM sdg.deviation WHERE status = 'open' AND explanation IS NULL"
        ).fetchall()
    assert Counter(row[:2] for row in rows if row[3] is None) == OPEN
    assert left == [(sum(OPEN.values()),)]
    assert all(row[4] for row in rows if row[3])


def test_there_are_rules_of_every_kind(specs: Catalog) -> None:
    kinds = [(spec.id, rule.kind) for spec in specs.coherence.values() for rule in spec.rules]
    assert sum(kind in ("equal", "at_most") and spec in ("orders", "identities") for spec, kind in kinds) >= 60
    assert sum(spec == "denominators" for spec, _ in kinds) >= 15
    assert {kind for _, kind in kinds} == {
        "equal", "at_most", "add_up", "surround", "one_edition", "same_population", "change", "neighbours", "reference",
    }  # fmt: skip


def test_every_indicator_with_a_code_of_the_un_is_compared_or_it_is_said_why_not(national: Run, specs: Catalog) -> None:
    with duckdb.connect() as con:
        staged = national.product.layout.staged("un_database")
        codes = {row[0] for row in con.execute(f"SELECT DISTINCT indicator FROM '{staged}'").fetchall()}
    own = {i.id for i in specs.indicators.values() if i.sdg.code in codes}
    spec = specs.coherence["un_comparison"]
    compared = {rule.indicator for rule in spec.rules if isinstance(rule, Reference)}
    assert len(codes) > 100 and len(own) > 50
    assert sorted(own - compared - set(spec.not_compared)) == []
    assert sorted(compared & set(spec.not_compared)) == []


FAULTS = {
    "an outlier of 10x in one municipality": (
        "population", "obs_value = 10 * obs_value, numerator = 10 * numerator",
        "ref_area = 'MX20067' AND time_period = '2020' AND sex = '_T'",
        {"impossible_change", "conapo_against_census_2020_municipal", "women_and_men_add_up"},
    ),
    "a part that is more than its whole": (
        "poverty_extreme", "obs_value = 10 * obs_value", "ref_area = 'MX07' AND time_period = '2020'",
        {"extreme_poverty_in_poverty", "poverty_is_moderate_and_extreme"},
    ),
    "swapped codes of sex": (
        "literacy_15_plus", "sex = CASE sex WHEN 'F' THEN 'M' ELSE 'F' END", "sex <> '_T' AND ref_area = 'MX20'",
        {"literacy_parity_is_women_over_men", "literacy_and_illiteracy"},
    ),
    "a denominator of another edition": (
        "extortion_files_rate", "denominator = 1.02 * denominator, denominator_source = 'conapo_state/2018'",
        "time_period = '2020'", {"one_edition_of_populations", "one_population_for_the_same_people"},
    ),
    "thousands for units": (
        "gdp", "obs_value = 1000 * obs_value", "ref_area = 'MX14'", {"gdp_per_head_is_gdp_over_population"},
    ),
    "a column out of place in one municipality": (
        "dwellings_with_electricity", "obs_value = obs_value / 10, numerator = numerator / 10",
        "ref_area = 'MX14039' AND urbanisation = '_T'", {"three_services_have_electricity", "far_beyond_neighbours"},
    ),
    "a year too late": (
        "infant_mortality", "time_period = (time_period::INT + 4)::VARCHAR", "true", {"un_infant_mortality"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_value_is_named(
    fault: str, files: dict[str, Path], specs: Catalog, national: Run, tmp_path: Path
) -> None:
    indicator, change, where, expected = FAULTS[fault]
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE t AS FROM '{files[indicator]}'")
        con.execute(f"UPDATE t SET {change} WHERE {where}")
        con.execute(f"COPY t TO '{tmp_path}/damaged.parquet' (FORMAT parquet)")
        con.execute("DROP TABLE t")
        near = {name: files[name] for name in near_to(indicator, specs)}
        damaged = near | {indicator: tmp_path / "damaged.parquet"}
        tables = {"un_database": national.product.layout.staged("un_database")}
        findings = deviations.judge(con, specs, damaged, tables)
    assert expected <= {row["rule"] for row in open_rows(findings)}


def near_to(indicator: str, specs: Catalog) -> set[str]:
    """Indicators of the same goal, and those that a rule names together with it: the rest takes most of the time."""
    named = [set(indicators(rule)) for spec in specs.coherence.values() for rule in spec.rules]
    goal = specs.indicators[indicator].goal
    return {i.id for i in specs.indicators.values() if i.goal == goal}.union(*(n for n in named if indicator in n))


def open_rows(findings: deviations.Findings) -> Iterator[dict[str, object]]:
    return (
        row for row in findings.deviations if row["status"] == "open" and (row["rule"], row["indicator"]) not in OPEN
    )
