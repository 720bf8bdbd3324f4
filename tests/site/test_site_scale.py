"""The script that draws in a browser has the axes, classes and runs of the charts that the build draws."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import Browser

from sdg_pipeline.charts import script
from sdg_pipeline.charts.axis import class_number, fitted_axis, quantile_limits
from sdg_pipeline.charts.choropleth import CLASSES
from sdg_pipeline.charts.models import Estimate, YearEstimate
from sdg_pipeline.charts.trend import _forecast_runs, _runs

pytestmark = pytest.mark.browser
MEASURE = """lists => lists.map(list => {
  const axis = SDG.axis(list), limits = SDG.limits(list);
  return [[axis.low, axis.high], axis.ticks, axis.decimals, axis.hasZero, limits, list.map(v => SDG.classOf(v, limits))];
})"""


def lists() -> list[list[float]]:
    """Lists of many sizes and orders of magnitude, with ties, zeros and a single value."""
    chance = random.Random(4)
    drawn: list[list[float]] = [
        [0.0],
        [5.0],
        [5.0, 5.0],
        [-3.0, -1.0],
        [-1.0, 2.0],
        [98.8, 99.3],
        [0.0, 1e-4],
        [1, 2, 3, 1e9],
    ]
    for _ in range(300):
        scale, decimals = 10.0 ** chance.randint(-3, 9), chance.randint(0, 3)
        drawn.append([round(chance.uniform(-0.2, 1) * scale, decimals) for _ in range(chance.randint(1, 40))])
    return drawn


def test_axes_and_classes_are_those_of_python(browser: Browser) -> None:
    page = browser.new_page()
    page.evaluate("window.SDG = {}")
    page.add_script_tag(content=script.scale().decode())
    for values, (ends, ticks, decimals, has_zero, limits, classes) in zip(
        lists(), page.evaluate(MEASURE, lists()), strict=True
    ):
        axis = fitted_axis(values)
        assert ends == pytest.approx([axis.low, axis.high], rel=1e-12, abs=1e-15), values
        assert ticks == pytest.approx(list(axis.ticks), rel=1e-12, abs=1e-15), values
        assert (decimals, has_zero) == (axis.decimals, axis.has_zero), values
        assert limits == quantile_limits(values, CLASSES), values
        assert classes == [class_number(value, limits) for value in values], values
    page.close()


def test_lines_break_where_those_of_python_break(browser: Browser) -> None:
    """A year without an estimate and a break part the line; forecasts are joined from the last measured year on."""
    page = browser.new_page()
    page.evaluate("window.SDG = {}")
    page.add_script_tag(content=script.scale().decode())
    chance = random.Random(8)
    for _ in range(200):
        count = chance.randint(1, 12)
        first = chance.randint(0, count)
        years = [
            YearEstimate(
                2000 + n, None if chance.random() < 0.2 else Estimate(1.0 * n), n >= first, chance.random() < 0.2
            )
            for n in range(count)
        ]
        points = [
            {
                "year": y.year,
                "value": y.estimate.value if y.estimate else None,
                "forecast": y.forecast,
                "breaks": y.breaks,
            }
            for y in years
        ]
        runs = page.evaluate("points => { const r = SDG.runs(points), y = l => l.map(run => run.map(p => p.year)); return [y(r.lines), y(r.forecasts)]; }", points)  # fmt: skip
        forecasts = {y.year for y in years if y.forecast}
        assert runs == [_runs(years, forecasts), _forecast_runs(years, forecasts)], years
    page.close()
