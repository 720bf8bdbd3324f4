"""Survey estimates are the same to the last bit, whatever the order of records and the threads that add them up."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from support.designs import MAKES, survey
from support.estimated import Pipeline
from support.surveys import Ask, Survey

from sdg_pipeline.errors import SdgError
from sdg_pipeline.estimate import engine
from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.estimate.survey import differences
from sdg_pipeline.specs import catalog as catalogs

BREAKDOWNS: tuple[tuple[str, ...], ...] = ((), ("state",), ("state", "sex"), ("sex", "urbanisation"))
STATISTICS = {
    "total": ("total", "income", ""),
    "mean": ("mean", "income", ""),
    "share of persons": ("prop", "poor", ""),
    "median": ("quantile", "income", ""),
    "gini": ("gini", "income", ""),
    "palma": ("share", "income", "part: [0.9, 1], over: [0, 0.4]"),
    "gap": ("fgt", "income", "line: 2000, alpha: 2"),
}
WRITTEN = ("values", "differences")


def _bytes(folder: Path, sample: Survey, ask: Ask, threads: int) -> dict[str, bytes]:
    """The files of an indicator: its values, and their differences."""
    folder.mkdir()
    with duckdb.connect(config={"threads": threads}) as con:
        pipeline = Pipeline(folder, con, sample)
        pipeline.answers([Ask(ask.name, ask.statistic, ask.variable, by=by, keys=ask.keys) for by in BREAKDOWNS])
        files = [folder / "ask_0.parquet", folder / "differences.parquet"]
        catalog = catalogs.load(pipeline.specs)
        plan = make_plan(catalog.indicators["ask_0"], catalog)
        assert isinstance(plan, SurveyPlan)
        engine.view(con, "observation", files[0])
        assert differences.write(con, plan, files[1]) > 0
    return dict(zip(WRITTEN, (file.read_bytes() for file in files), strict=True))


@pytest.mark.parametrize("statistic", STATISTICS)
def test_the_order_of_records_changes_no_bit(tmp_path: Path, statistic: str) -> None:
    kind, variable, keys = STATISTICS[statistic]
    whole = survey(MAKES["decimal everything"])
    whole.records["income"] /= 7  # no decimal fraction, so that sums of doubles would depend on their order
    ask = Ask(statistic, kind, variable, keys=keys)  # type: ignore[arg-type]
    first = _bytes(tmp_path / "as_it_is", whole, ask, threads=1)
    for seed, threads in ((1, 1), (2, 2)):
        shuffled = Survey(whole.records.sample(frac=1, random_state=seed, ignore_index=True), whole.certainty_strata)
        again = _bytes(tmp_path / f"shuffled_{seed}", shuffled, ask, threads)
        for written in WRITTEN:
            assert again[written] == first[written], f"{written} with records shuffled by {seed}"


def test_values_too_large_to_be_added_are_refused(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> None:
    whole = survey(MAKES["plain"])
    whole.records["income"] *= 1e15
    message = "measure of a record is too large to be added up exactly, or infinite; .* remedy: "
    with pytest.raises(SdgError, match=message):
        Pipeline(tmp_path, duck, whole).answers([Ask("mean", "mean", "income")])
