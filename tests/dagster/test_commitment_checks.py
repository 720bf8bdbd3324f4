"""A commitment is a check of its own in Dagster, judged by the day on which somebody asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from place import evaluated

from assets.open_government import commitment_checks
from sdg_pipeline import clock
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs.commitments import Evidence


@pytest.mark.parametrize(
    ("day", "verdict"),
    [("2026-09-29", (True, "not_yet_due")), ("2026-10-02", (True, "unknown")), ("2026-10-06", (False, "overdue"))],
)
def test_an_overdue_commitment_fails_its_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: str, verdict: tuple[bool, str]
) -> None:
    """Somebody looked on 5 October, after the day, and it was not there."""
    run = Runner.load(Settings.from_environment({"SDG_HOME": str(tmp_path), "SDG_MIRROR": "starter"})).run
    register = run.catalog.commitments["national"]
    absent = Evidence(seen="2026-10-05", cite="the page of the institution")
    promise = register.commitments[0].model_copy(update={"due": "2026-09-30", "published": absent})
    changed = register.model_copy(update={"commitments": (promise,)})
    run = replace(run, catalog=replace(run.catalog, commitments={"national": changed}))
    monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC))
    evaluation = evaluated(commitment_checks(run), "commitments")
    assert (evaluation.passed, evaluation.metadata["status"].value) == verdict
