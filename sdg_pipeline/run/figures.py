"""Figures of runs for Prometheus, in the text format that the collector of node_exporter reads from a file.

Dagster itself gives no figures to Prometheus. Its package for it pushes to a gateway, one more server to keep. A run
is over before anybody could ask it. For such jobs Prometheus advises this file, and it needs no library. All but
the counters is read from the home, so that ``sdg run`` and Dagster give the same figures.
What belongs here: the figures and their file. What does not: events (journal), the figures of indicators.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sdg_pipeline import clock
from sdg_pipeline.errors import SdgError
from sdg_pipeline.files import room, write_text
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.manifest import in_force
from sdg_pipeline.run import journal
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Outcome, State, StateStore

RESULTS = ("done", "checks_failed", "error")
"""How a run ends."""
_COUNTER = re.compile(r'^sdg_runs_total\{result="(\w+)"\} (\d+)$', re.MULTILINE)
_HELP = {
    "sdg_runs_total": ("counter", "Runs that ended, by result."),
    "sdg_run_end_timestamp_seconds": ("gauge", "When the newest run ended."),
    "sdg_run_duration_seconds": ("gauge", "How long the newest run took."),
    "sdg_step_duration_seconds": ("gauge", "How long a step took when it was computed last."),
    "sdg_values": ("gauge", "Values of the last run, by goal."),
    "sdg_checks": ("gauge", "Checks of the last run, by status."),
    "sdg_sources_late": ("gauge", "Sources whose newer edition is out or overdue, by status."),
    "sdg_home_bytes": ("gauge", "Bytes of the home on the disk, by folder."),
    "sdg_release_info": ("gauge", "The release in force."),
}
Sample = tuple[str, dict[str, str], float]
"""Name, labels and value of a figure."""


@contextmanager
def of_a_run(run: Run) -> Iterator[list[Outcome]]:
    """A run from its beginning to its end, for the journal and the figures; it fills the list with its outcomes."""
    outcomes: list[Outcome] = []
    started, result = time.perf_counter(), "error"
    journal.tell("run_begun", steps=len(run.steps), indicators=len(run.indicators))
    try:
        yield outcomes
        result = "checks_failed" if any(o.report.checks_failed for o in outcomes) else "done"
    finally:
        seconds = time.perf_counter() - started
        computed = sum(outcome.computed for outcome in outcomes)
        counted = {"steps": len(outcomes), "computed": computed}
        journal.tell("run_ended", result=result, seconds=round(seconds, 3), counts=counted)
        # What broke a run may break this as well, and is the error to be said.
        with suppress(OSError, SdgError) if result == "error" else room("figures of runs", run.layout.data):
            count(run, result, seconds)


def count(run: Run, result: str, seconds: float) -> None:
    """Count a run that ended so, and write all figures anew; no turn is taken, since the next run may have it."""
    counted = Counter(_counted(run.layout))
    counted[result] += 1
    ended = clock.now().timestamp()
    samples: list[Sample] = [("sdg_runs_total", {"result": r}, counted[r]) for r in RESULTS]
    samples += [("sdg_run_end_timestamp_seconds", {}, ended), ("sdg_run_duration_seconds", {}, round(seconds, 3))]
    write_text(run.layout.figures, text([*samples, *_of_home(run)]))


def text(samples: list[Sample]) -> str:
    """Samples as Prometheus reads them, those of one name together."""
    lines = []
    for name, (kind, meaning) in _HELP.items():
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
        for _, labels, value in (sample for sample in samples if sample[0] == name):
            written = ",".join(f'{label}="{_escaped(word)}"' for label, word in labels.items())
            lines.append(f"{name}{{{written}}} {value}" if written else f"{name} {value}")
    return "\n".join(lines) + "\n"


def _escaped(word: str) -> str:
    return word.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _counted(layout: Layout) -> dict[str, int]:
    """The counters of the file that stands; a damaged one begins anew, which Prometheus knows as a reset."""
    if not layout.figures.is_file():
        return {}
    written = layout.figures.read_text(encoding="utf-8", errors="replace")
    return {result: int(number[:15]) for result, number in _COUNTER.findall(written)}


def _of_home(run: Run) -> Iterator[Sample]:
    """What the home has: steps, values, checks, late sources, bytes and the release in force."""
    from sdg_pipeline.quality import freshness
    from sdg_pipeline.run.prune import budget

    store = StateStore(run.layout)
    states = {step: state for step in run.steps if (state := store.load(step.key)) is not None}
    for step, state in states.items():
        yield "sdg_step_duration_seconds", {"kind": step.kind, "step": step.name}, state.seconds
    values: Counter[int] = Counter()
    for step, state in states.items():
        if step.kind == "indicator":
            values[run.catalog.indicators[step.name].goal] += _number(state, "rows")
    yield from (("sdg_values", {"goal": str(goal)}, number) for goal, number in sorted(values.items()))
    for status, key in (("passed", "checks_passed"), ("failed", "checks_failed"), ("warning", "warnings")):
        yield "sdg_checks", {"status": status}, sum(_number(state, key) for state in states.values())
    late = Counter(source.status for source in freshness.of_catalog(run.catalog, clock.now().date()))
    yield from (("sdg_sources_late", {"status": status}, late[status]) for status in ("late", "published"))
    for folder, size in budget(run.layout).items():
        yield "sdg_home_bytes", {"folder": folder}, size
    yield "sdg_release_info", {"release": in_force(run.layout) or ""}, 1


def _number(state: State, key: str) -> int:
    """A whole number of a report, or how many names its list has; 0 where a report has neither."""
    value = state.report.get(key)
    return len(value) if isinstance(value, list) else value if isinstance(value, int) else 0
