"""Every indicator has the same headline wherever it is shown, and the recipes for analysts give what they show."""

from __future__ import annotations

import re

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
from sdg_pipeline.settings import PROJECT, Settings
from sdg_pipeline.specs.indicator import Indicator

Headlines = dict[str, tuple[str, float]]
RECIPE = re.compile(r"^```sql\n(.*?)^```\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPES = RECIPE.findall((PROJECT / "docs" / "recipes.md").read_text(encoding="utf-8"))


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


def test_warehouse_readme_desk_and_explain_show_the_same_headline(product: Product) -> None:
    runner = Runner.load(Settings.from_environment(product.environment()))
    headlines = in_warehouse(product)
    assert len(headlines) > 40
    assert in_readme(product, runner.run.indicators) == headlines
    assert at_the_desk(runner) == headlines
    assert explained(product, runner) == headlines


@pytest.mark.parametrize(
    ("sql", "result"), RECIPES, ids=[sql.split()[0] + str(n) for n, (sql, _) in enumerate(RECIPES)]
)
def test_a_recipe_gives_what_the_page_shows(starter: Run, sql: str, result: str) -> None:
    with duckdb.connect(str(starter.product.layout.warehouse), read_only=True) as con:
        assert str(con.sql(sql)).rstrip() == result.rstrip()
