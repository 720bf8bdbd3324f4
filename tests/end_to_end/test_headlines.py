"""Every indicator has the same headline wherever it is shown: warehouse, README, desk, site and explain."""

from __future__ import annotations

import duckdb
import pytest
from end_to_end.product import Product, Run

from sdg_pipeline.errors import UsageError
from sdg_pipeline.explain import published
from sdg_pipeline.explain.choice import choose
from sdg_pipeline.explain.explanation import Request
from sdg_pipeline.publish import readme
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.steps.indicator import IndicatorReport
from sdg_pipeline.settings import Settings
from sdg_pipeline.site import addresses, format, reading
from sdg_pipeline.site.model import NATION
from sdg_pipeline.specs.indicator import Indicator

Headlines = dict[str, tuple[str, float]]


@pytest.fixture(params=["starter", "national"])
def product(request: pytest.FixtureRequest) -> Product:
    run: Run = request.getfixturevalue(request.param)
    assert run.said.code == 0, run.said
    return run.product


def in_warehouse(product: Product) -> Headlines:
    query = "SELECT indicator, time_period, obs_value FROM sdg.newest WHERE ref_area = 'MX' AND obs_value IS NOT NULL"
    with duckdb.connect(str(product.layout.warehouse), read_only=True) as con:
        return {str(row[0]): (str(row[1]), row[2]) for row in con.execute(query).fetchall()}


def in_readme(product: Product, indicators: list[Indicator]) -> Headlines:
    with duckdb.connect() as con:
        shown = readme.headlines(indicators, product.layout.latest / "observations.parquet", con)
    return {name: (each.period, each.value) for name, each in shown.items() if each.value is not None}


def at_the_desk(runner: Runner) -> Headlines:
    reports = (runner.remembered(step) for step in runner.run.steps if step.kind == "indicator")
    shown = {o.step.name: o.report_as(IndicatorReport).headline.national for o in reports}
    return {name: (figure.period, figure.value) for name, figure in shown.items() if figure}


def explained(product: Product, runner: Runner) -> Headlines:
    memory, headlines = published.remember(product.layout.latest, product.layout), {}
    with duckdb.connect() as con:
        for indicator in runner.run.indicators:
            try:
                row = choose(con, memory, Request(indicator.id, "MX", None, {})).value
            except UsageError:  # it has no value of the nation, or of no single total
                continue
            if row["obs_value"] is not None:
                headlines[indicator.id] = (row["time_period"], row["obs_value"])
    return headlines


def on_the_site(product: Product) -> Headlines:
    """The figures that the pages are made of, each as it stands large on the page of its indicator."""
    with duckdb.connect(str(product.layout.warehouse), read_only=True) as con:
        contents = reading.contents(con)
    headlines: Headlines = {}
    for indicator in contents.indicators.values():
        page = product.layout.site / addresses.path("indicator", "en", indicator.id)
        large = page.read_text(encoding="utf-8").partition('<p class="big"><b>')[2].partition("</b>")[0]
        own = contents.value(NATION, indicator.id)
        assert large == (format.number(own.value, indicator.decimals) if own and own.value is not None else "")
        if own and own.value is not None:
            headlines[indicator.id] = (own.period, own.value)
    return headlines


def test_states_have_the_same_newest_values_in_the_warehouse_and_at_the_desk(product: Product) -> None:
    query = (
        "SELECT indicator, ref_area, time_period, obs_value FROM sdg.newest "
        "WHERE geo_level = 'state' AND obs_value IS NOT NULL"
    )
    with duckdb.connect(str(product.layout.warehouse), read_only=True) as con:
        in_file = {(i, area): (period, value) for i, area, period, value in con.execute(query).fetchall()}
    runner = Runner.load(Settings.from_environment(product.environment()))
    steps = [step for step in runner.run.steps if step.kind == "indicator"]
    states = {step.name: runner.remembered(step).report_as(IndicatorReport).headline.states for step in steps}
    shown = {(name, s.code): (s.period, s.value) for name, figures in states.items() for s in figures}
    assert len(shown) > 40 * 32
    assert shown == in_file


def test_warehouse_readme_desk_site_and_explain_show_the_same_headline(product: Product) -> None:
    runner = Runner.load(Settings.from_environment(product.environment()))
    headlines = in_warehouse(product)
    assert len(headlines) > 40
    assert in_readme(product, runner.run.indicators) == headlines
    assert at_the_desk(runner) == headlines
    assert explained(product, runner) == headlines
    assert on_the_site(product) == headlines
