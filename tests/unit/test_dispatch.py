"""Every kind of method, plan and rule is registered where its type is asked for, and a sum gets the type that it needs."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from sdg_pipeline.estimate import companions, compile, nodes, plan, provenance
from sdg_pipeline.estimate.survey import curve, replicates, sums
from sdg_pipeline.ingest.geography import register
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import describe
from sdg_pipeline.quality import deviations
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import coherence, methods
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.fields import DIMENSIONS

PLANS = set(get_args(nodes.Plan))
METHODS = set(get_args(get_args(methods.Method)[0]))
RULES = set(get_args(get_args(coherence.AnyRule)[0]))


def test_every_kind_of_method_has_a_plan_and_a_formula() -> None:
    assert set(plan._plan.registry) - {object} == METHODS == set(describe._formula.registry) - {object}


def test_every_type_of_plan_has_a_query_and_says_which_rows_are_behind_it() -> None:
    assert set(compile.compiled.registry) - {object} == PLANS
    assert all(callable(getattr(kind, "rows_behind", None)) for kind in PLANS)


def test_every_statistic_of_a_distribution_has_both_routes() -> None:
    assert set(curve._statistic.registry) == set(replicates._of_distribution.registry)


def test_every_rule_of_coherence_has_a_query_and_words() -> None:
    assert RULES == set(deviations._query.registry) - {object} == set(deviations.describe.registry) - {object}


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(NotImplementedError, match="no query of int"):
        compile.compiled(1)


def test_plans_of_the_project_answer_by_their_type(catalog: Catalog) -> None:
    """A survey has differences and a model its figures; only sums of areas have what is unallocated."""
    layout, kinds = Layout(Path("home")), set()
    for indicator in catalog.indicators.values():
        answer = plan.make_plan(indicator, catalog)
        folders = [path.parent.name for path in companions.companions(answer, layout)]
        survey, model = isinstance(answer, nodes.SurveyPlan), isinstance(answer, nodes.SmallAreaPlan)
        assert folders == ["differences"] * survey + ["models"] * model
        adds_up = isinstance(answer, nodes.TablePlan | nodes.RatePlan)
        assert (compile.unallocated(answer) is not None) == adds_up
        kinds.add(type(answer))
    assert {nodes.TablePlan, nodes.RatePlan, nodes.SurveyPlan, nodes.SmallAreaPlan, nodes.ComparisonPlan} <= kinds


def test_the_rows_of_a_value_are_those_of_its_level_year_group_and_area(catalog: Catalog) -> None:
    literacy = plan.make_plan(catalog.indicators["literacy_15_plus"], catalog)
    total = dict.fromkeys(DIMENSIONS, TOTAL)
    value = {**total, "geo_level": "state", "ref_area": "MX07", "time_period": "2020", "source_edition": "2020"}
    areas = register(PROJECT / "indicator_specs")
    rows = provenance.rows_of_value(literacy, value, areas)
    assert rows is not None and "state = '07'" in rows.where and "time_period = '2020'" in rows.where
    parity = plan.make_plan(catalog.indicators["literacy_parity"], catalog)
    assert provenance.rows_of_value(parity, value, areas) is None


@pytest.mark.parametrize(
    ("factors", "kind"), [((), sums.WEIGHTED), (("y",), sums.WEIGHTED), (("y", "x"), sums.SQUARED)]
)
def test_the_type_of_a_sum_follows_from_its_factors(factors: tuple[str, ...], kind: str) -> None:
    product = " * ".join(("weight", *factors))
    assert sums.weighted(factors, "true") == f"SUM(CAST(CASE WHEN true THEN {product} ELSE 0 END AS {kind}))"
