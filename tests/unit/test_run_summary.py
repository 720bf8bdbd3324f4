"""What the end of a run says in the terminal of bytes that changed and of sources that are late."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from sdg_pipeline.cli import terminal
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.raw import RawReport
from sdg_pipeline.settings import Settings


def test_changed_bytes_and_late_sources_are_named(tmp_path: Path) -> None:
    runner = Runner.load(Settings.from_environment({"SDG_HOME": str(tmp_path), "SDG_MIRROR": "starter"}))
    before, now = "a" * 64, "b" * 64
    outcomes = []
    for step, replaced in zip((s for s in runner.run.steps if s.kind == "raw"), (before, None), strict=True):
        facts = {"bytes": 1, "sha256": now, "url": "https://example.org", "origin": "official", "partial": False}
        report = RawReport.model_validate({**facts, "replaced": replaced})
        outcomes.append(Outcome(step, True, 0.1, "", "", report))
    text = io.StringIO()
    terminal.run_summary(Console(file=text, width=80), outcomes, runner, 2.0)
    lines = text.getvalue().splitlines()
    changed = [line for line in lines if line.startswith("Changed:")]
    assert changed == [
        f"Changed: {outcomes[0].step.name}: its bytes changed under the same name, sha256 before {'a' * 12}"
    ]
    assert any(line.startswith("Late: ") and "`sdg doctor` lists them" in line for line in lines)
    assert any("2.0 s" in line for line in lines)
