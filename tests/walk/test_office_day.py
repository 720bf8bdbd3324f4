"""24 hours of an office: no event is lost, no release doubled, and each verifies. `make office` spends the whole day."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from walk import office_day

from sdg_pipeline import clock

pytestmark = pytest.mark.slow

SEED = 20215
SHARE = int(os.environ.get("SDG_OFFICE_SHARE", "40"))
"""The suite spends a fortieth of a day."""


def test_a_day_of_an_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = office_day.begun(tmp_path, SEED)
    monkeypatch.setattr(clock, "now", lambda: day.now)
    day.spend(office_day.Plan().part(SHARE))
    print(f"a day of an office, 1/{SHARE} of it: {dict(sorted(day.done.items()))}")


def test_a_whole_day_has_its_acts() -> None:
    acts = [kind for kind, _ in office_day.Plan().acts(office_day.random.Random(SEED))]
    assert {kind: acts.count(kind) for kind in dict.fromkeys(acts)} == {
        "run": 160, "draft": 40, "review": 30, "publish": 20, "withdraw": 10, "restore": 5,
    }  # fmt: skip
