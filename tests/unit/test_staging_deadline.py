"""Staging ends at its deadline, whatever its files make it do, and says so in one error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.chosen_specs import chosen_specs

from sdg_pipeline.errors import StagingError
from sdg_pipeline.ingest import staging
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings

ENDLESS = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r"


def staged(home: Path, **environment: str) -> Runner:
    """A run that stages its table after its files."""
    specs = chosen_specs(home / "specs", ("literacy_15_plus",))
    places = {"SDG_HOME": str(home), "SDG_SPECS": str(specs), "SDG_MIRROR": "starter"}
    runner = Runner.load(Settings.from_environment(places | environment))
    step = next(step for step in runner.run.steps if step.kind == "staged")
    for before in runner.run.upstream([step.key]):
        runner.perform(before)
    return runner


def test_a_table_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(table: object, files: object, bench: staging.Bench, *rest: Any) -> None:
        bench.con.execute(ENDLESS)

    monkeypatch.setattr(staging, "stage", endless)
    expected = (
        r"^tables/census.yaml: was stopped: its files take more than 0.2 seconds to stage; found 'INTERRUPT Error.*'; "
        "remedy: see that the files are what the specs describe, or set SDG_STAGING_SECONDS to more$"
    )
    with pytest.raises(StagingError, match=expected):
        staged(tmp_path, SDG_STAGING_SECONDS="0.2")
    assert not Layout(tmp_path).staged("census").exists()


def test_an_error_in_time_is_the_readers_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise StagingError("file", "is broken", remedy="mend it")

    monkeypatch.setattr(staging, "stage", broken)
    with pytest.raises(StagingError, match=r"^file: is broken; remedy: mend it$"):
        staged(tmp_path)
