"""Estimates that several indicators of a sum need are computed once, and again where a file has changed."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow
import pytest
from support.designs import MAKES, survey
from support.estimated import Pipeline
from support.surveys import Ask

from sdg_pipeline.estimate import engine
from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.estimate.survey import differences, finish
from sdg_pipeline.estimate.survey.kept import MOST, Estimated, Kept
from sdg_pipeline.specs import catalog as catalogs

OF_ONE_SUM = [Ask("total", "total", "income"), Ask("mean", "mean", "income")]


def test_indicators_of_one_sum_do_not_estimate_each_other_twice(
    tmp_path: Path, duck: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimated = []
    whole = finish.estimates

    def counted(con: duckdb.DuckDBPyConnection, plan: SurveyPlan, query: str) -> pyarrow.Table:
        estimated.append(plan.indicator.id)
        return whole(con, plan, query)

    monkeypatch.setattr(finish, "estimates", counted)
    sample = survey(MAKES["plain"])
    for folder, factor in (("first", 1), ("changed", 2)):
        (tmp_path / folder).mkdir()
        sample.records["income"] *= factor
        pipeline = Pipeline(tmp_path / folder, duck, sample)
        pipeline.answers(OF_ONE_SUM)
        assert estimated == ["ask_1", "ask_0"], "the second finds what the first has made"
        estimated.clear()


def test_the_oldest_estimates_are_let_go() -> None:
    kept, estimated = Kept(), Estimated(pyarrow.table({"a": [1]}))
    for number in range(MOST + 1):
        kept.keep(number, estimated)
    assert kept.get(0) is None
    assert kept.get(MOST) is estimated


def test_differences_are_the_same_from_kept_scores(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> None:
    by = [("state",), ("state", "sex")]
    asks = [Ask(s, s, "income", by=b) for s in ("total", "mean") for b in by]  # type: ignore[arg-type]
    written = []
    for folder, asked in (("together", asks), ("alone", asks[2:])):
        (tmp_path / folder).mkdir()
        pipeline = Pipeline(tmp_path / folder, duck, survey(MAKES["plain"]))
        pipeline.answers(asked)
        catalog = catalogs.load(pipeline.specs)
        indicator = f"ask_{len(asked) // 4}"
        plan = make_plan(catalog.indicators[indicator], catalog)
        assert isinstance(plan, SurveyPlan)
        engine.view(duck, "observation", tmp_path / folder / f"{indicator}.parquet")
        assert differences.write(duck, plan, tmp_path / folder / "differences.parquet") > 0
        rows = duck.execute(f"SELECT * EXCLUDE indicator FROM '{tmp_path / folder / 'differences.parquet'}'").fetchall()
        written.append(rows)
    assert written[0] == written[1]
