"""Takes a faulty file as a run takes it, and finds the rule that stops it.

What belongs here: running the few steps that a fault needs. What does not: the list (listed).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from faults.listed import Fault
from sdg_pipeline.errors import SdgError
from sdg_pipeline.ingest.mirror import load_mirror
from sdg_pipeline.quality import results
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import PROJECT, Settings

MANIFEST = PROJECT / "tests" / "shared_mirror.yaml"


@dataclass(frozen=True)
class Found:
    """What stopped a fault: the rule (``refused`` where the file was), what it said, and whether it names the cause."""

    rule: str
    said: str
    named: bool


class Desk:
    """A home and a mirror in a folder; the files of the mirror are copies of the real ones, but for the faulty one."""

    def __init__(self, folder: Path, shared: Path) -> None:
        self.folder, self.shared = folder, shared
        self.manifest: dict[str, Any] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
        for entry in self.manifest["entries"]:
            entry["edition"] = str(entry["edition"])
        self.root = folder / "mirror"
        self.faulty: set[str] = set()
        self.loaded: Runner | None = None
        for path in {entry["path"] for entry in self.manifest["entries"]}:
            self._bring(path)

    def runner(self, fault: Fault | None = None) -> Runner:
        """The run over the real files, with one of them faulty."""
        while self.faulty:
            self._bring(self.faulty.pop())
        entries = []
        for entry in self.manifest["entries"]:
            if fault and (entry["source"], entry["edition"]) == (fault.source, fault.edition):
                content = fault.damage(self.shared / entry["path"])
                (self.root / entry["path"]).write_bytes(content)
                self.faulty.add(entry["path"])
                entry = entry if fault.sealed else {**entry, "sha256": hashlib.sha256(content).hexdigest()}
            entries.append(entry)
        manifest = self.folder / "mirror.yaml"
        written = {**self.manifest, "root": str(self.root), "entries": entries}
        manifest.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
        home = {"SDG_HOME": str(self.folder / "home"), "SDG_MIRROR": str(manifest)}
        if self.loaded is None:
            self.loaded = Runner.load(Settings.from_environment(home))
        return replace(self.loaded, run=replace(self.loaded.run, mirror=load_mirror(str(manifest))))

    def _bring(self, path: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.shared / path, target)

    def judge(self, fault: Fault) -> Found | None:
        """The first rule that stops the fault: on the file, on the table, or on an indicator of it."""
        runner = self.runner(fault)
        try:
            for step in runner.run.upstream([("staged", fault.table)]):
                runner.perform(step)
            return _first(fault, results.read(runner.run.layout.contract(fault.table))) or _indicators(runner, fault)
        except SdgError as error:
            said = str(error).replace("\n", " ")
            return Found("refused", said, any(cause in said for cause in fault.causes))

    def alarms(self, tables: Iterable[str]) -> Iterator[tuple[str, list[results.CheckResult]]]:
        """The verdicts on tables of the sound files."""
        runner, wanted = self.runner(), list(tables)
        for _ in runner.walk(runner.run.upstream([("staged", table) for table in wanted])):
            pass
        for table in wanted:
            yield table, results.read(runner.run.layout.contract(table))


def _first(fault: Fault, checks: Iterable[results.CheckResult]) -> Found | None:
    """Of the rules that failed, one that names the cause if there is any."""
    failed = [c for c in checks if c.blocks]
    named = [c for c in failed if c.check in fault.causes]
    for check in (*named, *failed):
        row = check.failing_rows[0] if check.failing_rows else {}
        said = f"{check.subject}: {check.observed}; first: {', '.join(f'{k} {v}' for k, v in row.items())}"
        return Found(check.check, said, bool(named))
    return None


def _indicators(runner: Runner, fault: Fault) -> Found | None:
    """Indicators of the table, one after another, until one is stopped."""
    steps: list[Step] = [s for s in runner.run.steps if s.kind == "indicator"]
    for step in (s for s in steps if ("staged", fault.table) in s.inputs):
        for needed in runner.run.upstream([step.key]):
            runner.perform(needed)
        first = _first(fault, results.read(runner.run.layout.checks(step.name)))
        if first is not None:
            return first
    return None
