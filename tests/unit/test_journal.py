"""Lines of JSON and figures for Prometheus: what a run says to machines."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from end_to_end.product import Said
from walk.world import World

from sdg_pipeline import clock
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.manifest import in_force
from sdg_pipeline.run import figures, journal

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9.]+(?:e[+-][0-9]+)?)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"')
NOW = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_events(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    events = journal.EVENTS
    before = events.handlers[:], events.level, events.propagate
    yield
    events.handlers[:], events.level, events.propagate = before


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.begun(tmp_path_factory.mktemp("world"))


def said_lines(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (said.out + said.err).splitlines()]


def read(layout: Layout) -> dict[tuple[str, ...], float]:
    """The samples of the file, by name and labels, as the format of Prometheus has them."""
    text = layout.figures.read_text(encoding="utf-8")
    assert text.endswith("\n")
    samples, kinds = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kinds.setdefault(name, kind) == kind and kind in ("gauge", "counter")
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] in kinds
            key = (match[1], *(value for _, value in LABEL.findall(match[2] or "")))
            assert key not in samples, f"twice: {line}"
            samples[key] = float(match[3])
    return samples


def test_every_line_is_json_and_the_figures_are_those_of_the_run(world: World) -> None:
    said = world.call("a", "run", SDG_LOG="json")
    lines = said_lines(said)
    assert said.code == 0
    assert {line["time"] for line in lines} == {"2026-11-30T06:00:00.000Z"}
    assert [line["event"] for line in lines if not line["event"].startswith(("step", "text"))] == [
        "run_begun",
        "run_ended",
    ]
    steps = {line["step"]: line for line in lines if line["event"] == "step_ended"}
    assert steps["indicator/reads"]["counts"]["rows"] == 7 and steps["indicator/reads"]["computed"]
    [ended] = [line for line in lines if line["event"] == "run_ended"]
    assert (ended["result"], ended["counts"]) == ("done", {"steps": len(steps), "computed": len(steps)})
    assert any("2 indicators of goals 1, 4: 14 values" in line.get("text", "") for line in lines)
    samples = read(world.layout)
    passed = sum(line["counts"]["checks_passed"] for line in steps.values())
    assert samples["sdg_runs_total", "done"] == 1 and samples["sdg_run_end_timestamp_seconds",] == NOW.timestamp()
    assert samples["sdg_values", "1"] == samples["sdg_values", "4"] == 7
    assert (samples["sdg_checks", "passed"], samples["sdg_checks", "failed"]) == (passed, 0)
    assert samples["sdg_step_duration_seconds", "indicator", "reads"] > 0
    assert samples["sdg_home_bytes", "data/published"] > 1_000
    assert samples["sdg_release_info", in_force(world.layout) or ""] == 1


def test_a_refused_run_is_one_line_of_json_and_counts(world: World) -> None:
    world.call("a", "run")
    before = read(world.layout)
    [csv] = (world.folder / "b").glob("state.csv")
    csv.write_text("other bytes\n", encoding="utf-8")
    said = world.call("b", "run", SDG_LOG="json")
    world.write_mirror("b")
    assert said.code == 2
    [refused] = [json.loads(line) for line in said.err.splitlines()]
    assert refused["event"] == "refused" and "expected sha256" in refused["text"]
    [failed] = [line for line in said_lines(said) if line["event"] == "step_failed"]
    assert failed["step"] == "raw/people_states/2020" and "expected sha256" in failed["why"]
    assert read(world.layout)["sdg_runs_total", "error"] == before["sdg_runs_total", "error"] + 1


def test_words_stay_words_unless_asked(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="sdg.run"):
        said = world.call("a", "run")
    assert "values" in said.out and "{" not in said.out + said.err
    assert [record for record in caplog.records if record.name == "sdg.run"] == []
    said = world.call("a", "run", SDG_LOG="xml")
    assert said.code == 2 and "SDG_LOG='xml' means nothing; remedy: set it to json or text" in said.err


def test_a_damaged_file_of_figures_begins_anew(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.figures.parent.mkdir(parents=True)
    layout.figures.write_bytes(
        b'\xffsdg_runs_total{result="done"} 7\nsdg_runs_total{result="error"} 1e9\n' + b"9" * 9_000
    )
    assert figures._counted(layout) == {}


def test_a_label_keeps_its_line() -> None:
    text = figures.text([("sdg_release_info", {"release": 'a"b\\c\nd'}, 1)])
    assert text.splitlines()[-1] == r'sdg_release_info{release="a\"b\\c\nd"} 1'
    assert SAMPLE.fullmatch(text.splitlines()[-1])
