"""A quick sample of the seeded faults; ``make faults`` runs all forty."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.judged import Desk
from faults.listed import FAULTS, Fault

pytestmark = pytest.mark.national

QUICK = ("dams", "health_resources", "air_quality", "municipal_finances", "population_state")
"""Tables that are staged in less than a second."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Desk:
    return Desk(tmp_path_factory.mktemp("faults"), shared_data)


def test_there_are_forty_faults_in_files_of_ten_sources_and_more() -> None:
    assert len(FAULTS) == 40
    assert len({fault.source for fault in FAULTS}) >= 10
    assert len({(fault.what, fault.source) for fault in FAULTS}) == 40


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.table in QUICK], ids=lambda f: f"{f.source}: {f.what}")
def test_a_fault_is_caught_by_a_rule_that_names_its_cause(desk: Desk, fault: Fault) -> None:
    verdicts = desk.judge(fault)
    assert verdicts is not None, "no rule caught it"
    assert verdicts.named, f"{verdicts.rule} does not name the cause: {verdicts.said}"


def test_sound_files_raise_no_alarm(desk: Desk) -> None:
    for table, checks in desk.alarms(QUICK):
        assert len(checks) > 2
        assert [(table, c.check, c.observed) for c in checks if not c.passed] == []
