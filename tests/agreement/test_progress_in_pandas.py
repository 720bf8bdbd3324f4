"""Progress towards targets, computed a second time in plain pandas from the published values."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pytest
from end_to_end.product import Run

pytestmark = pytest.mark.national

KEYS = ["indicator", "ref_area"]
OFFICIAL = {"2016": 43.231448, "2024": 29.558539}
"""INEGI, Pobreza Multidimensional 2024, pm_ef_2024.xlsx, sheet EUM: population in poverty, per cent."""


@pytest.fixture(scope="module")
def con(national: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        yield con


def test_the_progress_of_poverty_is_that_of_the_official_figures(con: duckdb.DuckDBPyConnection) -> None:
    """By hand: from 43.2 to 29.6 in eight years is -4.64 a year; half in fourteen years needs -4.83."""
    first, last = OFFICIAL["2016"], OFFICIAL["2024"]
    actual, required = 100 * ((last / first) ** (1 / 8) - 1), 100 * (0.5 ** (1 / 14) - 1)
    columns = "base_period, time_period, target_value, actual_growth, required_growth, ratio, class, reason"
    [row] = con.sql(f"SELECT {columns} FROM progress WHERE indicator = 'poverty'").fetchall()
    assert row[:2] == ("2016", "2024")
    assert row[2:6] == pytest.approx((first / 2, actual, required, 100 * actual / required), rel=1e-6)
    assert row[6:] == ("significant", None)
    assert (round(actual, 2), round(required, 2), round(row[5])) == (-4.64, -4.83, 96)


def test_every_ratio_is_that_of_pandas(con: duckdb.DuckDBPyConnection) -> None:
    """Base, newest value and growth of each area whose values only rise or fall, from the published values alone."""
    values = con.sql(
        "SELECT indicator, ref_area, geo_level, time_period, obs_value FROM observation NATURAL JOIN total_key "
        "WHERE obs_status <> 'F' AND obs_value IS NOT NULL AND geo_level <> 'harmonised'"
    ).df()
    aims = con.sql(
        "SELECT id AS indicator, direction, target_value, target_change, target_base, target_year, target_levels "
        "FROM indicator WHERE target_year IS NOT NULL AND direction <> 'parity'"
    ).df()
    values = values.merge(aims, on="indicator")
    newest = values.groupby(["indicator", "geo_level"])["time_period"].transform("max")
    now = values[values["time_period"] == newest]
    within = values[values["time_period"] >= values["target_base"]].sort_values("time_period")
    both = now.merge(within.groupby(KEYS, as_index=False).first(), on=KEYS, suffixes=("", "_base"))
    for_level = [level in set(levels) for level, levels in zip(both["geo_level"], both["target_levels"], strict=True)]
    both = both[for_level]
    both = both[both["time_period_base"] < both["time_period"]]
    goal = both["target_value"].fillna(both["obs_value_base"] * (1 + both["target_change"] / 100)).replace(0, 0.001)
    base, value = both["obs_value_base"].replace(0, 0.001), both["obs_value"].replace(0, 0.001)
    start = both["time_period_base"].astype(int)
    actual = (value / base) ** (1 / (both["time_period"].astype(int) - start)) - 1
    required = (goal / base) ** (1 / (both["target_year"].astype(int) - start)) - 1
    sign = both["direction"].map({"up": 1, "down": -1})
    both["expected"] = (100 * sign * actual / required.abs()).replace([np.inf, -np.inf], np.nan)
    published = con.sql("SELECT * FROM progress WHERE ratio IS NOT NULL").df()
    joined = published.merge(both.dropna(subset=["expected"])[[*KEYS, "expected"]], on=KEYS, how="outer")
    joined = joined[joined["indicator"].isin(aims["indicator"])]
    assert len(joined) > 200
    assert not joined["expected"].isna().any() and not joined["ratio"].isna().any()
    assert np.allclose(joined["expected"], joined["ratio"], rtol=1e-9, atol=1e-9)
    unreached = joined[~joined["class"].isin(["reached", "missed"])]
    classes = pd.cut(
        unreached["ratio"], [-np.inf, 0, 60, 95, np.inf], right=False,
        labels=["away", "insufficient", "moderate", "significant"],
    )  # fmt: skip
    assert (classes.astype(str) == unreached["class"]).all()
