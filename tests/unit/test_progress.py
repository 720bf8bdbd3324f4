"""Progress towards targets by the method of Eurostat: tables in, rows out; and a second formula that must agree."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from release_fixture import REGISTER, catalog, observation, write_observations
from support import ascii

from sdg_pipeline.open_government.progress import BASED, MEASURED, PROGRESSES, Way, measured
from sdg_pipeline.open_government.progress_table import PROGRESS
from sdg_pipeline.open_government.subject import Material
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.specs.indicator import Indicator

FIGURES = """
indicator | ref_area | time_period | value | status
poverty   | MX       | 2012        | 60    | A
poverty   | MX       | 2016        | 40    | A
poverty   | MX       | 2024        | 27    | A
poverty   | MX       | 2030        | 5     | F
poverty   | MX01     | 2016        | 30    | A
poverty   | MX01     | 2024        | 29    | A
water     | MX       | 2015        | 80    | A
water     | MX       | 2020        | 90    | A
water     | MX01     | 2015        | 80    | A
water     | MX01     | 2020        | 80.5  | A
water     | MX20     | 2020        | 99.96 | A
water     | MX01001  | 2015        | 90    | A
water     | MX01001  | 2020        | 85    | A
water     | MX20067  | 2020        |       | O
water     | MX20067  | 2015        | 70    | A
changed   | MX       | 2015        | 50    | A
changed   | MX       | 2018        | 40    | B
changed   | MX       | 2020        | 30    | A
"""
"""Poverty is to be halved by the nation, water is for everybody; what is changed has a break in 2018."""
ROWS = """
indicator | ref_area | target_value | base_period | base_value | time_period | obs_value | ratio       | class        | reason
poverty   | MX       | 20           | 2016        | 40         | 2024        | 27        | 99.250814  | significant  |
water     | MX       | 100          | 2015        | 80         | 2020        | 90        | 159.041555 | significant  |
water     | MX01     | 100          | 2015        | 80         | 2020        | 80.5      | 8.319545   | insufficient |
water     | MX01001  | 100          | 2015        | 90         | 2020        | 85        | -161.256563 | away         |
water     | MX20     | 100          | 2020        | 99.96      | 2020        | 99.96     |            | reached      | one_period
water     | MX20067  | 100          | 2015        | 70         | 2020        |           |            |              | no_value
changed   | MX       | 0            | 2015        | 50         | 2020        | 30        |            |              | break
"""
CLASSES = """
direction | base | now   | target | base year | year | target year | class        | reason
up        | 50   | 60    | 100    | 2015      | 2020 | 2030        | moderate     |
up        | 50   | 70    | 100    | 2015      | 2020 | 2030        | significant  |
up        | 50   | 50    | 100    | 2015      | 2020 | 2030        | insufficient |
up        | 50   | 40    | 100    | 2015      | 2020 | 2030        | away         |
up        | 50   | 99.95 | 100    | 2015      | 2020 | 2030        | reached      |
down      | 40   | 20    | 0      | 2015      | 2020 | 2030        | insufficient |
down      | 0    | 1     | 0      | 2015      | 2020 | 2030        | away         | base_at_target
down      | 1    | 0     | 0      | 2015      | 2020 | 2030        | reached      |
down      | -4   | 2     | -8     | 2015      | 2020 | 2030        |              | opposite_signs
down      | -4   | -6    | -8     | 2015      | 2020 | 2030        | significant  |
down      | 40   | 35    | 20     | 2015      | 2024 | 2020        | missed       |
down      | 40   | 35    | 20     | 2021      | 2024 | 2020        | missed       | base_after_target
parity    | 30   | 35    | 50     | 2015      | 2020 | 2030        | moderate     |
parity    | 70   | 65    | 50     | 2015      | 2020 | 2030        | moderate     |
parity    | 30   | 72    | 50     | 2015      | 2020 | 2030        | away         |
parity    | 0.8  | 1.2   | 1      | 2015      | 2020 | 2030        | insufficient |
parity    | 0.8  | 0.98  | 1      | 2015      | 2020 | 2030        | reached      |
down      |      | 35    | 20     |           | 2024 | 2030        |              | no_base
"""
"""Parity is met from both sides. A value that reaches the target as it is shown has reached it, whatever the growth."""


def aimed(plain: dict[str, Any], name: str, direction: str, target: dict[str, Any]) -> Indicator:
    own = {"id": name, "former": [], "direction": direction, "decimals": 1, "checks": {"range": [-100, 100]}}
    breakdowns = [["national"], ["state"], ["municipality"]]
    target = {"year": "2030", "cite": "A law", **target}
    return Indicator.model_validate({**plain, **own, "breakdowns": breakdowns, "target": target})


def judged(folder: Path, figures: str = FIGURES) -> dict[str, CheckResult]:
    country = catalog(folder)
    plain = country.indicators["water"].model_dump(mode="json")
    specs = (
        aimed(plain, "poverty", "down", {"change": -50, "levels": ["national"], "measure": "same"}),
        aimed(plain, "water", "up", {"value": 100}),
        aimed(plain, "changed", "down", {"value": 0}),
        Indicator.model_validate({**plain, "id": "aimless", "former": [], "target": None}),
    )
    rows: dict[str, list[dict[str, Any]]] = {"aimless": [observation("aimless", "MX", 1.0, time_period="2020")]}
    for row in ascii.rows(figures):
        value = observation(
            row["indicator"], row["ref_area"], float(row["value"]) if row["value"] else None,
            time_period=row["time_period"], obs_status=row["status"],
        )  # fmt: skip
        rows.setdefault(row["indicator"], []).append(value)
    files = {name: write_observations(folder / f"{name}.parquet", values) for name, values in rows.items()}
    with duckdb.connect() as con:
        material = Material(
            con, replace(country, indicators={s.id: s for s in specs}), REGISTER, files, {},
            lambda table: folder / table.file,
        )  # fmt: skip
        return {check.check: check for check in PROGRESSES.judge(material)}


def test_each_area_that_a_target_is_for_is_measured_from_its_base_year(tmp_path: Path) -> None:
    """Not the states of a target of the nation, no forecast, nothing before 2015, and no ratio over a break."""
    checks = judged(tmp_path)
    cursor = duckdb.sql(f"FROM '{tmp_path / PROGRESS.file}'")
    ascii.assert_rows([dict(zip(cursor.columns, row, strict=True)) for row in cursor.fetchall()], ROWS)
    assert all(check.passed for check in checks.values())
    assert checks[MEASURED].observed == "3 targets; 7 areas: 1 away, 1 insufficient, 1 reached, 2 significant"


def test_a_target_without_a_value_and_a_change_without_a_base_are_warned_of(tmp_path: Path) -> None:
    early = "indicator | ref_area | time_period | value | status\npoverty | MX | 2012 | 40 | A\n"
    checks = judged(tmp_path, early + "water | MX | 2020 | | O\nchanged | MX | 2020 | 1 | A")
    assert [row["indicator"] for row in checks[MEASURED].failing_rows] == ["water"]
    assert [row["indicator"] for row in checks[BASED].failing_rows] == ["poverty"]
    assert not any(check.blocks for check in checks.values())


@pytest.mark.parametrize("row", ascii.rows(CLASSES), ids=lambda row: " ".join(row.values()))
def test_the_class_follows_from_the_ratio(row: dict[str, str]) -> None:
    base = float(row["base"]) if row["base"] else None
    way = Way(row["base year"] or None, base, row["year"], float(row["now"]), float(row["target"]), row["target year"])
    result = measured(way, row["direction"], 1 if row["target"] != "1" else 2)
    assert (result.kind or "", result.reason or "") == (row["class"], row["reason"])
    assert (result.ratio is None) == bool(row["reason"])


def test_it_is_the_measure_of_open_sdg_on_the_figures_of_its_own_tests() -> None:
    """Indicator 3.3.3 of sdg-build (tests/assets/progress-calculation): 1.55 in 2015, 1.82 in 2019; a fall of 90 %.

    By its formula: growth of 4.096 against -14.231 per cent a year, ratio -0.288, the wrong way: deterioration.
    """
    result = measured(Way("2015", 1.55, "2019", 1.82, 0.155, "2030"), "down", 2)
    assert result.actual_growth == pytest.approx(4.0962, abs=1e-4)
    assert result.required_growth == pytest.approx(-14.2304, abs=1e-4)
    assert (result.ratio, result.kind) == (pytest.approx(-28.785, abs=1e-3), "away")


POSITIVE = st.floats(min_value=0.01, max_value=1e6)
YEARS = st.integers(min_value=1, max_value=40)


@given(POSITIVE, POSITIVE, POSITIVE, YEARS, YEARS, st.sampled_from(["up", "down"]))
def test_growth_and_ratio_are_those_of_an_oracle_in_logarithms(
    base: float, now: float, target: float, passed: int, ahead: int, direction: str
) -> None:
    """Whatever the figures: rates compound to the values, and the class is that of the ratio."""
    way = Way("2000", base, str(2000 + passed), now, target, str(2000 + passed + ahead))
    result = measured(way, direction, 6)
    actual = 100 * math.expm1(math.log(now / base) / passed)
    required = 100 * math.expm1(math.log(target / base) / (passed + ahead))
    assert result.actual_growth == pytest.approx(actual, rel=1e-6, abs=1e-6)
    assert result.required_growth == pytest.approx(required, rel=1e-6, abs=1e-6)
    better = now >= target if direction == "up" else now <= target
    if result.kind == "reached":
        shown = round(now, 6)
        assert better or shown == pytest.approx(target, abs=1e-6)
    elif result.ratio is not None:
        assert result.ratio == pytest.approx(
            100 * actual / abs(required) * (1 if direction == "up" else -1), rel=1e-3, abs=1e-3
        )
        steps = [
            name
            for least, name in ((95, "significant"), (60, "moderate"), (0, "insufficient"))
            if result.ratio >= least
        ]
        assert result.kind == (steps or ["away"])[0]


@given(POSITIVE, YEARS, YEARS)
def test_who_keeps_to_the_required_path_makes_the_whole_of_it(target: float, passed: int, ahead: int) -> None:
    """On the path from the base to the target the ratio is 100 per cent in every year, upwards and downwards."""
    for base, direction in ((target / 2, "up"), (target * 2, "down")):
        now = base * (target / base) ** (passed / (passed + ahead))
        result = measured(Way("2000", base, str(2000 + passed), now, target, str(2000 + passed + ahead)), direction, 9)
        assert result.ratio == pytest.approx(100, rel=1e-6)
