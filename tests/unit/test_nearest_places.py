"""Peers: the arithmetic of distances on places written by hand, and the refusal of variables that go in a circle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdg_pipeline.open_government.nearest import gap, medians, nearest, positions
from sdg_pipeline.open_government.peers import REGISTER, Places, choose
from sdg_pipeline.specs import open_government
from sdg_pipeline.specs.catalog import Catalog


def places(count: int, variables: int = 3, seed: int = 7) -> Places:
    values = np.random.default_rng(seed).normal(size=(count, variables))
    return Places(tuple(f"MX{n:05d}" for n in range(count)), values, {}, ())


def test_positions_are_ranks_and_ties_share_theirs() -> None:
    column = np.array([[10.0], [20.0], [20.0], [1000.0]])
    assert positions(column, column)[:, 0].tolist() == [0.0, 0.5, 0.5, 1.0]


def test_an_outlier_and_a_unit_move_nothing() -> None:
    one = places(40)
    scaled = replace(one, values=np.exp(one.values) * np.array([1, 1000, 0.001]))
    assert (choose(one, 5)[1].peers == choose(scaled, 5)[1].peers).all()


def test_the_nearest_are_those_of_a_plain_computation() -> None:
    one = places(300)
    ranked, chosen = choose(one, 15)
    for place in (0, 127, 128, 299):
        apart = np.abs(ranked - ranked[place]).mean(axis=1).round(9)
        apart[place] = np.inf
        assert chosen.peers[place].tolist() == np.argsort(apart, kind="stable")[:15].tolist()
        assert chosen.distance[place] == pytest.approx(np.sort(apart)[:15], abs=1e-8)
        for rank, peer in enumerate(chosen.peers[place]):
            stays = 0
            for variable in range(3):
                rest = np.abs(np.delete(ranked, variable, 1) - np.delete(ranked[place], variable)).mean(axis=1)
                rest = rest.round(9)
                rest[place] = np.inf
                stays += peer in np.argsort(rest, kind="stable")[:15]
            assert chosen.stays[place, rank] == pytest.approx(stays / 3)


def test_a_place_is_not_its_own_peer_and_an_heir_may_have_its_parent() -> None:
    one = places(30)
    heirs = Places((*one.codes, "MX99001"), np.vstack([one.values, one.values[3]]), {"MX99001": ("MX00003",)}, ())
    _, chosen = choose(heirs, 5)
    assert all(place not in chosen.peers[place] for place in range(30))
    assert chosen.peers[30, 0] == 3
    assert chosen.peers.max() < 30, "an heir has no figures of its own, so it is nobody's peer"


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=5, max_size=12))
@settings(deadline=None)
def test_medians_leave_out_what_is_empty(values: list[float | None]) -> None:
    row = np.array([[np.nan if v is None else v for v in values]])
    present = row[np.isfinite(row)]
    if len(present) < 5:
        assert np.isnan(medians(row)[0])
    else:
        assert medians(row)[0] == pytest.approx(np.median(present))


def test_a_gap_is_a_mean_distance_over_what_is_judged() -> None:
    assert gap(np.array([1.0, 5.0, 9.0]), np.array([2.0, 2.0, 0.0]), np.array([True, True, False])) == 2.0
    assert nearest(np.array([[0.0], [1.0]]), np.array([[0.0], [1.0]]), np.array([0, 1]), 1).peers.tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("outcome", "component"),
    [
        ("marginalisation_index", "PL.5000"),
        ("population_65_plus_share", "elderly"),
        ("census_population", "population"),
    ],
)
def test_check_refuses_an_outcome_that_shares_a_component_with_a_variable(
    catalog: Catalog, outcome: str, component: str
) -> None:
    spec = catalog.peers[REGISTER]
    assert list(open_government.circles(catalog)) == []
    changed = spec.model_copy(update={"outcomes": (*spec.outcomes, outcome)})
    problems = [str(p) for p in open_government.circles(replace(catalog, peers={REGISTER: changed}))]
    wanted = f"goes in a circle: {outcome}, an outcome, has the same component {component}"
    assert [p for p in problems if wanted in p], problems


def test_check_names_what_peers_and_gaps_do_not_have(catalog: Catalog) -> None:
    peers, gaps = catalog.peers[REGISTER], catalog.gaps["register"]
    bad = peers.variables["elderly"].model_copy(update={"table": "censu", "numerator": "population_65"})
    other = peers.variables["children"].model_copy(update={"numerator": "population_0_13"})
    changed = replace(
        catalog,
        peers={
            REGISTER: peers.model_copy(
                update={"outcomes": ("illiteracy",), "variables": {"elderly": bad, "children": other}}
            )
        },
        gaps={"register": gaps.model_copy(update={"population": ("populaton",)})},
    )
    problems = "\n".join(map(str, open_government.problems(changed)))
    assert "population[0]: names an unknown indicator; found 'populaton'; remedy: did you mean population?" in problems
    assert "variables.elderly.table: names an unknown table; found 'censu'" in problems
    assert "variables.children.numerator: names an unknown measure; found 'population_0_13'" in problems
    assert "outcomes[0]: names an unknown indicator; found 'illiteracy'" in problems
