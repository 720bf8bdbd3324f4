"""Variances from replicates: those of R's survey where it has them, of brute force elsewhere, and near linearisation.

Of totals both routes are one: the jackknife must give the linear variance to 1e-9, under every rule for lonely PSUs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from support import influence, r_survey
from support.designs import MAKES, survey
from support.estimated import Pipeline
from support.records import Records
from support.surveys import Answers, Ask, Estimate, Key, Lonely, Statistic, Survey

from sdg_pipeline.errors import SpecErrors
from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.estimate.survey import differences, routes
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.design import Replication

JACKKNIFE = "{kind: jackknife}"
SAMPLES = ("fpc lonely", "decimal everything")
"""With lonely PSUs, strata of certainty, finite populations, empty domains, weights of zero and missing values."""
PLACES: dict[str, tuple[str, ...]] = {"nation": (), "groups": ("state", "sex", "urbanisation")}
INEQUALITY: dict[str, tuple[Statistic, influence.Statistic, str]] = {
    "gini": ("gini", influence.gini, ""),
    "palma": ("share", influence.share((0.9, 1.0), (0.0, 0.4)), "part: [0.9, 1], over: [0, 0.4]"),
    "s80_s20": ("share", influence.share((0.8, 1.0), (0.0, 0.2)), "part: [0.8, 1], over: [0, 0.2]"),
    "fgt1": ("fgt", influence.poverty(2000, 1), "line: 2000, alpha: 1"),
}
Answer = Callable[..., Answers]


def asks(lonely: Lonely) -> Iterator[Ask]:
    """Questions with a standard error that R's jackknife has."""
    for place, by in PLACES.items():
        yield Ask(f"total {place}", "total", "persons", by=by, lonely=lonely)
        yield Ask(f"ratio {place}", "ratio", "poor_persons", "persons", by=by, lonely=lonely)
        yield Ask(f"mean {place}", "mean", "income", by=by, lonely=lonely)
        yield Ask(f"median {place}", "quantile", "income", by=by, lonely=lonely)
        yield Ask(f"gini {place}", "gini", "income", by=by, lonely=lonely)


@pytest.fixture
def answers(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> Answer:
    """What the pipeline says of a sample whose design is replicated so."""
    numbers = iter(range(100))

    def said(sample: Survey, asked: list[Ask], replication: str = "", con: Any = duck) -> Answers:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return Pipeline(folder, con, sample, replication=replication).answers(asked)

    return said


def errors(answers: Answers) -> dict[tuple[str, Key], Estimate]:
    """Estimates that are published with a standard error, by question and domain."""
    estimates = {(name, key): estimate for name, by_key in answers.items() for key, estimate in by_key.items()}
    return {key: estimate for key, estimate in estimates.items() if not math.isnan(estimate.std_error)}


@pytest.fixture(scope="module")
def from_r() -> dict[str, Answers]:
    """What R says of the samples; it is started once."""
    if why := r_survey.missing():
        pytest.skip(why)
    asked = [replace(ask, replicated=True) for ask in asks("certainty")]
    return dict(zip(SAMPLES, r_survey.all_answers((survey(MAKES[name]), asked) for name in SAMPLES), strict=True))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_jackknife_is_that_of_r(answers: Answer, from_r: dict[str, Answers], name: str) -> None:
    ours = errors(answers(survey(MAKES[name]), list(asks("certainty")), JACKKNIFE))
    assert len(ours) >= 35, "most of the domains have one"
    for (ask, key), our in ours.items():
        their = from_r[name][ask][key]
        assert our.value == pytest.approx(their.value, rel=1e-9), (ask, key)
        assert our.std_error == pytest.approx(their.std_error, rel=1e-9, abs=1e-12 * abs(their.value)), (ask, key)


@pytest.mark.parametrize("lonely", ["adjust", "average", "certainty"])
@pytest.mark.parametrize("name", SAMPLES)
def test_of_totals_the_jackknife_is_linearisation(answers: Answer, name: str, lonely: Lonely) -> None:
    asked = [ask for ask in asks(lonely) if ask.statistic == "total"]
    linear, replicated = (errors(answers(survey(MAKES[name]), asked, way)) for way in ("", JACKKNIFE))
    assert linear.keys() == replicated.keys()
    for key, estimate in linear.items():
        assert replicated[key].std_error == pytest.approx(estimate.std_error, rel=1e-9), key
        assert replicated[key].limits == pytest.approx(estimate.limits, rel=1e-9), key


def by_force(sample: Survey, statistic: influence.Statistic, lonely: str) -> tuple[float, float]:
    """The statistic of income, and its standard error by leaving out one PSU after the other."""
    records = sample.records[["stratum", "psu", "weight", "income"]].assign(fpc=sample.fpc())
    used = records[(records["weight"] > 0) & records["income"].notna()]
    y, w = used["income"].to_numpy(float), used["weight"].to_numpy(float)
    whole, total = statistic(y, w), 0.0
    for code, stratum in records.groupby("stratum"):
        n = stratum["psu"].nunique()
        if n == 1 and lonely == "certainty":
            continue
        for psu in stratum["psu"].unique():
            same, out = (used["stratum"] == code).to_numpy(), (used["psu"] == psu).to_numpy()
            changed = np.where(same, np.where(out, 0.0, w * n / max(n - 1, 1)), w)
            scale = (1 - n / stratum["fpc"].iloc[0]) * (1 if n == 1 else (n - 1) / n)
            total += scale * (statistic(y, changed) - whole) ** 2
    return whole, math.sqrt(total)


@pytest.mark.parametrize("lonely", ["adjust", "certainty"])
def test_of_inequality_the_jackknife_is_brute_force(answers: Answer, lonely: Lonely) -> None:
    sample = survey(MAKES["everything"])
    asked = [Ask(name, kind, "income", lonely=lonely, keys=keys) for name, (kind, _, keys) in INEQUALITY.items()]
    estimates = answers(sample, asked, JACKKNIFE)
    for name, (_, statistic, _) in INEQUALITY.items():
        estimate = estimates[name][()]
        expected = by_force(sample, statistic, lonely)
        assert (estimate.value, estimate.std_error) == pytest.approx(expected, rel=1e-9), name


@pytest.mark.parametrize("lonely", ["adjust", "average"])
def test_the_bootstrap_comes_near_to_linearisation(answers: Answer, lonely: Lonely) -> None:
    """Of totals its expectation is the linear variance; 4000 replicates are 1.1 per cent from it, of normal ones."""
    asked = [ask for ask in asks(lonely) if not ask.by and ask.statistic != "quantile"]
    sample = survey(MAKES["lonely certainty"])
    linear, drawn = (errors(answers(sample, asked, f)) for f in ("", "{kind: bootstrap, replicates: 4000, seed: 3}"))
    ratios = {key[0]: drawn[key].std_error / estimate.std_error for key, estimate in linear.items()}
    assert len(ratios) == 4
    assert ratios.pop("total nation") == pytest.approx(1, abs=0.04)
    assert all(ratio == pytest.approx(1, abs=0.15) for ratio in ratios.values()), ratios


def test_a_seed_draws_the_same_replicates_whatever_the_threads(answers: Answer) -> None:
    sample, asked = survey(MAKES["plain"]), [ask for ask in asks("fail") if "mean" not in ask.name]
    with duckdb.connect(config={"threads": 1}) as alone:
        first, other = (
            errors(answers(sample, asked, f"{{kind: bootstrap, replicates: 40, seed: {seed}}}", alone))
            for seed in (1, 2)
        )
    second = errors(answers(sample, asked, "{kind: bootstrap, replicates: 40, seed: 1}"))
    assert len(first) == 4 * 9
    assert second == first, "to the last bit"
    assert all(other[key].std_error != first[key].std_error for key in first if key[0].startswith("total"))


FEW = pd.DataFrame([
    *(("01", "a", f"{i}", sex, 10.0, income) for i, sex, income in [(0, "F", 1.0), (1, "F", 4.0), (2, "M", 1.0), (3, "M", 6.0)]),
    *(("02", "b", f"{i}", sex, 10.0, 3.0) for i, sex in [(0, "M"), (1, "F")]),
], columns=["state", "stratum", "psu", "sex", "weight", "income"])  # fmt: skip
"""Women of state 01 are in two of four PSUs, those of 02 in one of two."""


def test_replicates_without_a_value_are_left_out(answers: Answer) -> None:
    """Of women in state 01 one in eight: none of their two PSUs is among the three drawn of four."""
    asked = [Ask("mean", "mean", "income", by=("state", "sex"), lonely="fail")]
    asked.append(replace(asked[0], name="median", statistic="quantile"))
    estimates = answers(Survey(FEW), asked, "{kind: bootstrap, replicates: 4000}")
    of_mean, of_median, chance = 0.0, 0.0, 0.0
    for one in range(4):
        for two in range(4 - one):
            times = math.factorial(3) / math.prod(map(math.factorial, (one, two, 3 - one - two)))
            p = times * 0.25 ** (one + two) * 0.5 ** (3 - one - two)
            if one + two:
                chance += p
                of_mean += p * ((one + 4 * two) / (one + two) - 2.5) ** 2
                of_median += p * ((1 if one >= two else 4) - 1) ** 2
    assert estimates["mean"]["01", "F"].std_error == pytest.approx(math.sqrt(of_mean / chance), rel=0.05)
    assert estimates["median"]["01", "F"].std_error == pytest.approx(math.sqrt(of_median / chance), rel=0.05)


def planned(specs: Path) -> SurveyPlan:
    catalog = catalogs.load(specs)
    plan = make_plan(catalog.indicators["ask_0"], catalog)
    assert isinstance(plan, SurveyPlan)
    return plan


@pytest.mark.parametrize("replication", [Replication(kind="jackknife"), Replication(kind="bootstrap", replicates=300)])
@pytest.mark.parametrize("design", ["", JACKKNIFE])
def test_both_routes_are_put_side_by_side(
    tmp_path: Path, duck: duckdb.DuckDBPyConnection, replication: Replication, design: str
) -> None:
    pipeline = Pipeline(tmp_path, duck, survey(MAKES["lonely"]), replication=design)
    pipeline.answers([Ask("mean", "mean", "income", by=("state",))])
    rows = routes.side_by_side(duck, planned(pipeline.specs), replication).to_pylist()
    assert [row["ref_area"] for row in rows] == ["MX01", "MX02"]
    assert all(0.8 < row["ratio"] < 1.25 and row["replicated"] > 0 and row["df"] > 10 for row in rows), rows


def test_a_domain_of_one_psu_has_no_jackknife(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> None:
    pipeline = Pipeline(tmp_path, duck, Survey(FEW))
    pipeline.answers([Ask("median", "quantile", "income", by=("state", "sex"))])
    rows = routes.side_by_side(duck, planned(pipeline.specs), Replication(kind="jackknife")).to_pylist()
    without = {(row["ref_area"], row["sex"]) for row in rows if row["replicated"] is None}
    assert len(rows) == 4 and without == {("MX02", "F"), ("MX02", "M")}


def test_differences_are_not_tested_by_replicates(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> None:
    pipeline = Pipeline(tmp_path, duck, survey(MAKES["plain"]), replication=JACKKNIFE)
    pipeline.answers([Ask("mean", "mean", "income", by=("state", "sex"))])
    duck.execute(f"CREATE OR REPLACE VIEW observation AS FROM read_parquet('{tmp_path / 'ask_0.parquet'}')")
    assert differences.write(duck, planned(pipeline.specs), tmp_path / "differences.parquet") == 0


def test_a_model_of_areas_does_not_take_replicates(catalog: Catalog) -> None:
    (name,) = catalog.indicators["population_with_clean_fuel"].tables
    table = catalog.tables[name]
    assert table.design is not None
    design = table.design.model_copy(update={"replication": Replication(kind="jackknife")})
    changed = replace(catalog, tables={**catalog.tables, name: table.model_copy(update={"design": design})})
    with pytest.raises(SpecErrors, match="has variances from replicates, which a model of areas does not take"):
        make_plan(catalog.indicators["clean_fuel_municipal_model"], changed)


SPEC = """
geography: {{vintage: 2020, state: ENT}}
parts: [{{source: sample, edition: "2020", level: state}}]
design: {{weight: W, strata: H, psu: U, single_psu: adjust, sample: whole, domains: [national, state], why: test, {design}}}
measures:
  persons: {{label: {{en: Persons, es: Personas}}, records: all}}
"""


@pytest.mark.parametrize(
    ("design", "message"),
    [
        ("population_psus: N, replication: {kind: bootstrap}", "it takes no population_psus"),
        ("replication: {kind: jackknife, replicates: 100}", "it takes no replicates"),
        ("replication: {kind: jackknife, seed: 1}", "it takes no seed"),
        ("replication: {kind: bootstrap, replicates: 1}", "greater than or equal to 2"),
        ("replication: {kind: brr}", "jackknife"),
    ],
)
def test_what_cannot_be_replicated_is_a_mistake(records: Records, design: str, message: str) -> None:
    records.source("sample", {"2020": "2020"})
    records.table("survey", SPEC.format(design=design), record="unit")
    problems = records.problems()
    assert any(message in problem for problem in problems), problems
