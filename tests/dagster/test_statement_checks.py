"""A check in Dagster for each statement of a charter: it fails after the last day of its signature, and not before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from place import evaluated

from assets.open_government import statement_checks
from sdg_pipeline import clock
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs.charter import Signature

NAME = "open_data_charter"
PRINCIPLE, ITEM = "governance_and_engagement", "requests_answered"


@pytest.mark.parametrize(
    ("day", "verdict"),
    [("2026-01-09", (True, "unsigned")), ("2026-12-31", (True, "signed")), ("2027-01-01", (False, "expired"))],
)
def test_an_expired_statement_fails_its_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: str, verdict: tuple[bool, str]
) -> None:
    run = Runner.load(Settings.from_environment({"SDG_HOME": str(tmp_path), "SDG_MIRROR": "starter"})).run
    charter = run.catalog.charters[NAME]
    signature = Signature(signer="Ana, director", signed="2026-01-10", expires="2026-12-31", cite="minutes")
    principle = charter.principles[PRINCIPLE]
    signed = {ITEM: principle.items[ITEM].model_copy(update={"signature": signature})}
    changed = charter.model_copy(update={"principles": {PRINCIPLE: principle.model_copy(update={"items": signed})}})
    run = replace(run, catalog=replace(run.catalog, charters={NAME: changed}))
    monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC))
    evaluation = evaluated(statement_checks(run), "charter")
    assert (evaluation.passed, evaluation.metadata["verdict"].value) == verdict
