"""Estimates that several indicators of a sum need are computed once, and again where a file has changed."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow
import pytest
from support.designs import MAKES, survey
from support.estimated import Pipeline
from support.surveys import Ask

from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey import finish
from sdg_pipeline.estimate.survey.kept import MOST, Kept

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
        assert estimated == ["ask_1", "ask_0", "ask_1"], "the second finds the first, and needs scores of its own"
        estimated.clear()


def test_the_oldest_estimates_are_let_go() -> None:
    kept, table = Kept(), pyarrow.table({"a": [1]})
    for number in range(MOST + 1):
        kept.keep(number, table)
    assert kept.get(0) is None
    assert kept.get(MOST) is table
