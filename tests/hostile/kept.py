"""Hostile files in the home itself: memories of steps, outputs, locks, and records of what portals answered.

A damaged memory or output is no fault of its user: the step is done again, and what is published stays as it is. A
damaged record that no run computes again is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from hostile.around import LINES, Facts, kept
from hostile.case import Case, Prepare
from hostile.stage import Stage

STATES = (
    "raw/people_states/2020", "staged/people", "indicator/literacy", "coherence/indicators", "open_government/portal",
    "publication/release", "warehouse/sdg", "site/pages",
)  # fmt: skip
"""Steps of the run of a stage."""
OUTPUTS = (
    "staged/people.parquet", "indicators/literacy.parquet", "checks/literacy.json", "contracts/people.json",
    "profiles/people.parquet", "coherence/deviations.parquet", "coherence/checks.json", "open_government/portal.parquet",
    "site/index.html", "metrics/sdg.prom",
)  # fmt: skip
OUTPUT = {"path": "data/staged/people.parquet", "bytes": 1, "mtime_ns": 1, "sha256": "0" * 64}
OF_A_STATE: dict[str, Facts] = {
    "an output that is a device": {"outputs": [OUTPUT | {"path": "/dev/zero", "bytes": 0}]},
    "no outputs": {"outputs": []}, "outputs of numbers": {"outputs": [5]}, "a report that is a list": {"report": []},
    "a report of strangers": {"report": {"x": 1}}, "a report without end": {"report": {"rows": "9" * 5_000}},
    "another fingerprint": {"fingerprint": "\x1b[31m"}, "no seconds": {"seconds": "x"}, "seconds without end": {"seconds": 1e400},
    "another content": {"content": "0" * 64}, "a format below 0": {"format": -1},
    **{f"an output that is {what}": {"outputs": [OUTPUT | {"path": path, "bytes": 0}]} for what, path in {
        "outside": "../../../../../etc/passwd", "a folder": "data", "NUL": "a\0b", "very long": "x" * 5_000}.items()},
}  # fmt: skip
RECORD: Facts = {
    "portal": "open_data", "dataset": "people", "link": "https://example.org/dataset/people", "asked_at": "2026-01-01T00:00:00+00:00",
    "reason": None, "detail": "", "answered_at": "2026-01-01T00:00:00+00:00", "result": {"name": "people", "resources": []},
}  # fmt: skip
PORTAL = """\
id: open_data
title: {en: "A portal", es: "Un portal"}
owner: team:tests
address: {url: "https://example.org", url_status: from_memory}
"""
ON_PORTAL = 'periodicity: decennial\non_portal: {portal: open_data, dataset: "people", cite: "its page"}\n'
OF_A_RECORD: dict[str, Facts] = {
    "no files": {"result": {"name": "people"}}, "files that are a number": {"result": {"name": "people", "resources": 5}},
    "files of numbers": {"result": {"name": "people", "resources": [5]}}, "an answer about something else": {"result": {"name": "other", "resources": []}},
    "a result that is a list": {"result": []}, "a day that is a number": {"asked_at": 5}, "no reason of ours": {"reason": "\x1b[31m"},
    "no portal": {"portal": None}, "an answer without a day": {"answered_at": "[/x]"},
}  # fmt: skip


def _facts(path: str, facts: Facts) -> Prepare:
    """A memory with other facts."""

    def prepare(stage: Stage) -> None:
        [file] = (stage.home / "data" / "state").glob(f"{path}.json")
        file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | facts), encoding="utf-8")

    return prepare


def states() -> Iterator[Case]:
    for number, (what, make) in enumerate(LINES.items()):
        step = STATES[number % len(STATES)]
        yield Case("memory of a step that is none", f"{step}, {what}", kept(f"state/{step}.json", make()), heals=True)
    for what, facts in OF_A_STATE.items():
        for step in ("staged/people", "publication/release"):
            yield Case("memory of a step of wrong facts", f"{step}, {what}", _facts(step, facts), heals=True)
    for step in STATES:
        yield Case("memory of a step of a newer program", step, _facts(step, {"format": 99}))


def outputs() -> Iterator[Case]:
    for path in OUTPUTS:
        for what in ("binary", "deep", "a list"):
            yield Case("output of a step that is none", f"{path}, {what}", kept(path, LINES[what]()), heals=True)
    yield Case("warehouse that is none", "binary", kept("../warehouse/sdg.duckdb", bytes(range(256)) * 99), heals=True)
    for what, make in LINES.items():
        if what not in ("empty lines", "60 MB", "no fields"):
            yield Case("lock that is none", what, _with_other_source(kept("locks/people_states.lock.yaml", make())))


def _with_other_source(prepare: Prepare) -> Prepare:
    """The same with a source that is to be fetched again, which reads its lock."""

    def both(stage: Stage) -> None:
        prepare(stage)
        stage.edit("sources/people_states.yaml", "from_memory}", "from_memory, max_megabytes: 7}")

    return both


def _portal(content: bytes, name: str | None = None, current: bytes | None = None) -> Prepare:
    """Specs that name a dataset of a portal, and the record of it in the home."""

    def prepare(stage: Stage) -> None:
        stage.edit("sources/people_states.yaml", "periodicity: decennial\n", ON_PORTAL)
        (stage.specs / "portals").mkdir()
        (stage.specs / "portals" / "open_data.yaml").write_text(PORTAL, encoding="utf-8")
        folder = stage.home / "data" / "portals" / "open_data" / "people"
        folder.mkdir(parents=True)
        file = name or f"{hashlib.sha256(content).hexdigest()[:12]}.json"
        (folder / Path(file).name).write_bytes(content)
        (folder / "current.json").write_bytes(current or json.dumps({"record": file}).encode())

    return prepare


def portals() -> Iterator[Case]:
    sound = json.dumps(RECORD).encode()
    for what, make in LINES.items():
        yield Case("record of a portal that is none", what, _portal(make()))
        if what != "empty lines":
            yield Case("note of the newest record that is none", what, _portal(sound, current=make()))
    for what, facts in OF_A_RECORD.items():
        record = json.dumps(RECORD | facts).encode()
        yield Case("record of a portal of wrong facts", what, _portal(record), ("portal", "list"))
        yield Case("record of a portal of wrong facts", f"{what}, in a run", _portal(record))
    for what, name in {
        "nowhere": "nowhere.json",
        "outside": "../../../../../etc/passwd",
        "ANSI": "\x1b[31m.json",
    }.items():
        current = json.dumps({"record": name}).encode()
        yield Case("record of a portal of a hostile name", what, _portal(sound, current=current))
    yield Case(
        "record of a portal that is not named by its bytes", "other bytes", _portal(sound, name="0" * 12 + ".json")
    )


def every() -> Iterator[Case]:
    yield from states()
    yield from outputs()
    yield from portals()
