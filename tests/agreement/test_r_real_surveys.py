"""The real surveys: the pipeline, R `survey` and `svy` say the same, to a relative difference of 1e-9.

Straight from the institutions' files: ENIGH 2016 with CONEVAL's deprivations, ENDUTIH 2021, ENDIREH 2021, ENVIPE 2021, ENVI
2020.
R needs seconds for each question about a quarter of a million records, so that each survey is asked few.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pytest
from support import influence, r_survey, svy_bridge
from support.agree import differences, with_limits
from support.estimated import Pipeline
from support.real_surveys import PARTS, SURVEYS
from support.surveys import Answers, Ask, Survey
from test_parts_of_samples import REAL as ASKS_OF_PARTS

from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs

pytestmark = pytest.mark.national

STATE, GROUPS = ("state",), ("state", "sex", "urbanisation")
ASKS: dict[str, list[Ask]] = {
    "enigh": [
        Ask("persons by state", "total", "persons", by=STATE),
        Ask("food deprivation", "ratio", "no_food", "persons", deff=True),
        Ask("educational lag by group", "ratio", "educational_lag", "persons", by=GROUPS),
        Ask("social security by sex and area", "ratio", "no_social_security", "persons", by=("sex", "urbanisation")),
        Ask("median income", "quantile", "income"),
        Ask("lowest tenth by state", "quantile", "income", by=STATE, p=0.1),
    ],
    "enigh_dwellings": [
        Ask("dwellings", "total", "dwellings"),
        Ask("piped water by state and area", "ratio", "piped_water", "dwellings", by=("state", "urbanisation"), deff=True),
        Ask("persons with water by state", "ratio", "persons_with_water", "persons", by=STATE),
        Ask("persons per room", "ratio", "persons", "rooms", deff=True),
    ],
    "endutih": [
        Ask("users", "total", "internet", deff=True),
        Ask("internet by area", "prop", "internet", by=("urbanisation",), deff=True),
        Ask("internet by group", "ratio", "internet", "persons", by=GROUPS),
        Ask("age by sex", "mean", "years", by=("sex",), deff=True),
        Ask("median age by state", "quantile", "years", by=STATE),
    ],
    "endireh": [
        Ask("women", "total", "women"),
        Ask("violence", "ratio", "physical_violence", "women", deff=True),
        Ask("violence by state", "ratio", "physical_violence", "women", by=STATE, deff=True),
        Ask("mean age by area", "mean", "years", by=("urbanisation",), deff=True),
    ],
    "envipe": [
        Ask("victims", "total", "victims", deff=True),
        Ask("prevalence by state", "ratio", "victims", "persons", by=STATE, deff=True),
        Ask("prevalence by group", "ratio", "victims", "persons", by=("sex", "urbanisation")),
        Ask("crimes for each person by state", "ratio", "crimes", "persons", by=STATE),
    ],
    # ENVI has a stratum of one PSU
    "envi": [
        Ask("households", "total", "households"),
        Ask("households, certainty", "total", "households", by=STATE, lonely="certainty"),
        Ask("in need, adjust", "ratio", "needs_dwelling", "households", by=STATE, deff=True),
        Ask("in need, average", "ratio", "needs_dwelling", "households", by=STATE, lonely="average"),
        Ask("in need, certainty", "ratio", "needs_dwelling", "households", lonely="certainty"),
    ],
}  # fmt: skip
TABLES = {
    "enigh_persons": "enigh", "enigh_members": "enigh", "enigh_households": "enigh_dwellings",
    "enigh_incomes": "enigh_dwellings", "endutih_persons": "endutih", "endireh_women": "endireh", "envipe_persons": "envipe", "envi_households": "envi",
}  # fmt: skip
"""By table with a whole sample, the survey that is asked; parts of samples are in test_parts_of_samples."""
INEQUALITY = {
    "gini": ("gini", influence.gini_closed, ""),
    "palma": ("share", influence.share_closed((0.9, 1.0), (0.0, 0.4)), "part: [0.9, 1], over: [0, 0.4]"),
}


@dataclass(frozen=True)
class Asked:
    """A survey and what the pipeline says of it."""

    survey: Survey
    answers: Answers
    inequality: Answers


@pytest.fixture(scope="module")
def asked(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Asked]:
    """The surveys by name, each read and estimated once."""

    @cache
    def by_name(name: str) -> Asked:
        folder = tmp_path_factory.mktemp(name)
        survey = SURVEYS[name](shared_data, folder)
        with duckdb.connect(config={"threads": 2}) as con:
            pipeline = Pipeline(folder, con, survey)
            unequal = [Ask(s, kind, "income", keys=keys) for s, (kind, _, keys) in INEQUALITY.items()]
            inequality = pipeline.answers(unequal) if name == "enigh" else {}
            return Asked(survey, pipeline.answers(ASKS[name]), inequality)

    return by_name


def test_every_table_with_a_design_is_compared() -> None:
    designed = {
        table.id for table in catalogs.load(PROJECT / "indicator_specs").sound().tables.values() if table.design
    }
    assert TABLES.keys() | PARTS.keys() == designed
    assert set(TABLES.values()) == set(ASKS) == set(SURVEYS)
    assert set(PARTS) == set(ASKS_OF_PARTS)


@pytest.mark.parametrize("name", ASKS)
def test_estimates_equal_those_of_r(asked: Callable[[str], Asked], name: str) -> None:
    if why := r_survey.missing():
        pytest.skip(why)
    survey = asked(name)
    _equal(ASKS[name], survey.answers, r_survey.answers(survey.survey, ASKS[name]))


@pytest.mark.parametrize("name", ASKS)
def test_estimates_equal_those_of_svy(asked: Callable[[str], Asked], name: str) -> None:
    survey = asked(name)
    lonely = name == "envi"  # see test_r_survey
    asks = [a for a in ASKS[name] if not (lonely and a.statistic == "total" and a.lonely == "adjust")]
    assert "total" in {a.statistic for a in asks}
    _equal(asks, survey.answers, svy_bridge.answers(survey.survey, asks))


def _equal(asks: list[Ask], ours: Answers, theirs: Answers) -> None:
    deviations = [d for ask in asks for d in differences(ask, ours[ask.name], with_limits(ask, theirs[ask.name]))]
    assert not deviations, "\n".join(deviations)


def test_inequality_of_income_has_the_variance_of_its_scores(asked: Callable[[str], Asked]) -> None:
    """svy gives the variance of the total of scores here, for R needs long; they agree above."""
    survey = asked("enigh")
    for statistic, (_, scores, _) in INEQUALITY.items():
        scored, values = influence.with_scores(survey.survey, "income", scores, ())
        theirs = svy_bridge.answers(scored, [Ask("scores", "total", "score", deff=True)])["scores"][()]
        our = survey.inequality[statistic][()]
        expected = (values[()], theirs.std_error, theirs.df, theirs.deff)
        assert (our.value, our.std_error, our.df, our.deff) == pytest.approx(expected, rel=1e-9, abs=0)
