"""Generated samples with all that makes variances go wrong: the pipeline, R `survey` and `svy` say the same.

Relative difference at most 1e-9. What R has not (inequality) is checked by scores that are the exact derivative of the
definition by each weight, whose variance R computes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import duckdb
import pytest
from support import influence, r_survey, svy_bridge
from support.agree import differences, with_limits
from support.designs import MAKES, survey
from support.estimated import Pipeline
from support.surveys import Answers, Ask, Key, Lonely, Statistic, Survey

from sdg_pipeline.errors import StagingError

PLACES: dict[str, tuple[str, ...]] = {
    "nation": (), "state": ("state",), "groups": ("state", "sex", "urbanisation"), "ages": ("state", "age"),
}  # fmt: skip
SURVEYS: dict[str, Survey] = {name: survey(make) for name, make in MAKES.items()}


def _asks(lonely: Lonely, places: Iterable[str]) -> Iterator[Ask]:
    for place in places:
        by = PLACES[place]
        yield Ask(f"total {place} {lonely}", "total", "persons", by=by, lonely=lonely, deff=True)
        yield Ask(f"ratio {place} {lonely}", "ratio", "poor_persons", "persons", by=by, lonely=lonely, deff=True)
        yield Ask(f"mean {place} {lonely}", "mean", "income", by=by, lonely=lonely, deff=True)
        yield Ask(f"median {place} {lonely}", "quantile", "income", by=by, lonely=lonely, deff=True)


def _more() -> Iterator[Ask]:
    for place in ("nation", "groups"):
        yield Ask(f"share {place}", "prop", "poor", by=PLACES[place], deff=True)
    yield Ask("ratio of few", "ratio", "poor_adult", "adult", by=PLACES["ages"], deff=True)
    yield Ask("persons per dwelling", "ratio", "persons", "dwellings", by=PLACES["state"], deff=True)
    yield Ask("tenth", "quantile", "income", by=PLACES["state"], p=0.1, deff=True)
    yield Ask("nine tenths", "quantile", "income", by=PLACES["ages"], p=0.9, deff=True)


def asks(name: str) -> list[Ask]:
    """Questions about a sample; where it has lonely PSUs, by each rule for them."""
    asked = [*_asks("adjust", PLACES), *_more()]
    if MAKES[name].lonely:
        asked += [*_asks("average", ("nation", "groups")), *_asks("certainty", ("nation", "groups"))]
    return asked


_exact, _PARTS = influence.differentiated, ((0.9, 1.0), (0.0, 0.4), (0.8, 1.0), (0.0, 0.2))
INEQUALITY: dict[str, tuple[Statistic, influence.Scored, str]] = {
    "gini": ("gini", _exact(influence.gini), ""),
    "palma": ("share", _exact(influence.share(*_PARTS[:2])), "part: [0.9, 1], over: [0, 0.4]"),
    "s80_s20": ("share", _exact(influence.share(*_PARTS[2:])), "part: [0.8, 1], over: [0, 0.2]"),
    "middle": ("share", _exact(influence.share((0.37, 0.83))), "part: [0.37, 0.83]"),
    "fgt0": ("fgt", _exact(influence.poverty(2000, 0)), "line: 2000, alpha: 0"),
    "fgt1": ("fgt", _exact(influence.poverty(2000, 1)), "line: 2000, alpha: 1"),
    "fgt2": ("fgt", _exact(influence.poverty(2000, 2)), "line: 2000, alpha: 2"),
}
"""By name the kind of statistic, the statistic with its scores, and the rest of its spec."""


def _scored(name: str, by: tuple[str, ...]) -> tuple[Survey, dict[str, dict[Key, float]]]:
    """A sample with the scores of every statistic of inequality, and their values by domain."""
    sample, values = SURVEYS[name], {}
    for statistic, (_, scores, _) in INEQUALITY.items():
        scored, values[statistic] = influence.with_scores(sample, "income", scores, by)
        records = scored.records.rename(columns={"score": f"{statistic}_score"})
        sample = Survey(records, sample.certainty_strata)
    return sample, values


@pytest.fixture(scope="module")
def from_r() -> dict[str, Answers]:
    """What R says of all samples; it is started once."""
    _need_r()
    answers = r_survey.all_answers((SURVEYS[name], asks(name)) for name in MAKES)
    return dict(zip(MAKES, answers, strict=True))


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Answers]:
    """What the pipeline says of a sample."""

    @cache
    def answers(name: str) -> Answers:
        with duckdb.connect(config={"threads": 2}) as con:
            return Pipeline(tmp_path_factory.mktemp("sample"), con, SURVEYS[name]).answers(asks(name))

    return answers


def _need_r() -> None:
    if why := r_survey.missing():
        pytest.skip(why)


@pytest.mark.parametrize("name", MAKES)
def test_estimates_equal_those_of_r(ours: Callable[[str], Answers], from_r: dict[str, Answers], name: str) -> None:
    own, theirs = ours(name), from_r[name]
    deviations = [d for ask in asks(name) for d in differences(ask, own[ask.name], with_limits(ask, theirs[ask.name]))]
    assert not deviations, "\n".join(deviations)


@pytest.mark.parametrize("name", MAKES)
def test_estimates_equal_those_of_svy(ours: Callable[[str], Answers], name: str) -> None:
    asked = [ask for ask in asks(name) if _same_in_svy(ask, name)]
    own, theirs = ours(name), svy_bridge.answers(SURVEYS[name], asked)
    deviations = [d for ask in asked for d in differences(ask, own[ask.name], with_limits(ask, theirs[ask.name]))]
    assert not deviations, "\n".join(deviations)


def _same_in_svy(ask: Ask, name: str) -> bool:
    """svy centres the total of a lonely PSU at the mean of all PSUs (Stata), R at zero; scores of other statistics add
    up to zero, so that the two are one. Of strata of certainty it takes the lonely ones for lonely, R does not.
    """
    if ask.statistic == "total" and ask.lonely == "adjust" and MAKES[name].lonely:
        return False
    return not (ask.lonely == "average" and SURVEYS[name].certainty_strata)


@pytest.mark.parametrize("name", ["plain", "lonely", "zero weights", "few strata", "decimal everything"])
def test_limits_of_rare_shares_equal_those_of_r_and_svy(
    tmp_path: Path, duck: duckdb.DuckDBPyConnection, from_r: dict[str, Answers], name: str
) -> None:
    """Korn-Graubard's. R counts records of weight 0 among those of the effective sample; svy and the pipeline do not."""
    asked = [ask for ask in asks(name) if ask.statistic == "prop"]
    ours, from_svy = (
        Pipeline(tmp_path, duck, SURVEYS[name], rare_share=0.5).answers(asked),
        svy_bridge.answers(SURVEYS[name], asked),
    )
    deviations = []
    for ask in asked:
        of_r = {k: e for k, e in from_r[name][ask.name].items() if e.records == e.weighted and 0 < e.value < 1}
        ours_there = {k: e for k, e in ours[ask.name].items() if k in of_r}
        deviations += differences(ask, ours_there, with_limits(ask, of_r, rare=True))
        deviations += differences(ask, ours[ask.name], with_limits(ask, from_svy[ask.name], rare=True))
    assert not deviations, "\n".join(deviations)


@pytest.fixture(scope="module")
def scores_from_r() -> dict[str, tuple[dict[str, dict[Key, float]], Answers]]:
    """By sample the values of statistics of inequality, and what R says of the totals of their scores."""
    _need_r()
    asked = [Ask(s, "total", f"{s}_score", by=PLACES["state"], deff=True) for s in INEQUALITY]
    scored = {name: _scored(name, PLACES["state"]) for name in MAKES}
    answers = r_survey.all_answers((sample, asked) for sample, _ in scored.values())
    return {name: (values, of_r) for (name, (_, values)), of_r in zip(scored.items(), answers, strict=True)}


@pytest.mark.parametrize("name", MAKES)
def test_inequality_has_the_variance_of_its_exact_derivative(
    tmp_path: Path,
    duck: duckdb.DuckDBPyConnection,
    scores_from_r: dict[str, tuple[dict[str, dict[Key, float]], Answers]],
    name: str,
) -> None:
    values, of_scores = scores_from_r[name]
    asked = [Ask(s, kind, "income", by=PLACES["state"], keys=keys) for s, (kind, _, keys) in INEQUALITY.items()]
    ours = Pipeline(tmp_path, duck, SURVEYS[name]).answers(asked)
    for statistic in INEQUALITY:
        assert set(ours[statistic]) == set(values[statistic])
        for key, our in ours[statistic].items():
            theirs = of_scores[statistic][key]
            assert abs(theirs.value) < 1e-9, "a statistic that is the same of all weights doubled has scores of sum 0"
            expected = (values[statistic][key], theirs.std_error, theirs.df, theirs.deff)
            assert (our.value, our.std_error, our.df, our.deff) == pytest.approx(expected, rel=1e-9, abs=0), statistic


def test_r_says_of_a_mean_what_scores_say() -> None:
    """The way by scores, on a statistic that R has itself."""
    _need_r()
    sample, by = SURVEYS["everything"], ("state", "sex")
    mean = influence.differentiated(lambda y, w: w @ y / w.sum(axis=-1))
    scored, values = influence.with_scores(sample, "income", mean, by)
    asked = [Ask("scores", "total", "score", by=by), Ask("mean", "mean", "income", by=by)]
    answers = r_survey.answers(scored, asked)
    for key, estimate in answers["mean"].items():
        by_scores = (values[key], answers["scores"][key].std_error)
        assert by_scores == pytest.approx((estimate.value, estimate.std_error), rel=1e-12)


def test_closed_forms_of_scores_are_the_exact_derivative() -> None:
    used = SURVEYS["few strata"].records.dropna(subset="income")
    y, w = used["income"].to_numpy(float), used["weight"].to_numpy(float)
    pairs = (
        (influence.gini_closed, INEQUALITY["gini"][1]),
        (influence.share_closed(*_PARTS[:2]), INEQUALITY["palma"][1]),
    )
    for closed, exact in pairs:
        (value, scores), (same_value, same_scores) = closed(y, w), exact(y, w)
        assert value == pytest.approx(same_value, rel=1e-12)
        assert scores == pytest.approx(same_scores, rel=1e-9, abs=1e-12 * abs(same_scores).max())


@pytest.mark.parametrize(("name", "fails"), [("lonely", True), ("lonely certainty", True), ("fpc lonely", False)])
def test_a_lonely_psu_fails_where_none_must_be(
    tmp_path: Path, duck: duckdb.DuckDBPyConnection, name: str, fails: bool
) -> None:
    """The one of a stratum of certainty adds nothing, and does not fail: so in R."""
    _need_r()
    ask = Ask("total", "total", "persons", lonely="fail")
    pipeline, theirs = Pipeline(tmp_path, duck, SURVEYS[name]), r_survey.answers(SURVEYS[name], [ask])["total"][()]
    if fails:
        assert "has only one PSU at stage 1" in theirs.error
        with pytest.raises(StagingError, match="has a stratum with one primary sampling unit"):
            pipeline.answers([ask])
    else:
        assert not list(differences(ask, pipeline.answers([ask])["total"], {(): theirs}))
