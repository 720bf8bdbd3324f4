"""One run: when a step must run, and what stands on disk afterwards.

Two conductors walk it: ``sdg run`` in the terminal and Dagster through ``assets``. A step's fingerprint is made of
the contents of its inputs, its resolved spec and the code it uses; where it equals that of the last run and the
outputs are untouched, nothing is run. What belongs here: the walk and its
memory. What does not: the graph (graph), the work (steps).
Importing this module imports no library for data.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline import __version__, clock
from sdg_pipeline.errors import UsageError
from sdg_pipeline.files import room, sha256_of, write_text
from sdg_pipeline.ingest.mirror import Mirror, load_mirror
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.graph import Key, Reach, Step, steps_of
from sdg_pipeline.run.lock import turn
from sdg_pipeline.run.scheduler import walked
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    from sdg_pipeline.release.comparison import Place

Log = Callable[[str], None]
SEALING = ("build", "changes", "comparison", "contents", "diff", "facts", "report", "share", "version")
"""Modules of ``release`` that decide the bytes of a release."""
WAREHOUSE = ("warehouse", "tables", "quality_tables", "columns", "past", "history", "fold")
"""Modules of ``release`` that decide the warehouse."""
CODE_OF: dict[str, tuple[str, ...]] = {
    "raw": ("ingest",),
    "staged": ("ingest", "specs", "quality"),
    "indicator": ("estimate", "quality", "specs", "ingest/geography.py"),
    "coherence": ("quality", "specs"),
    "publication": ("publish", *(f"release/{name}.py" for name in SEALING), "specs", "run/publishing.py"),
    "warehouse": (*(f"release/{name}.py" for name in WAREHOUSE), "specs", "run/publishing.py"),
}
"""The code that a kind of step uses; a change there makes its steps stale."""
LIBRARIES = ("duckdb", "sqlglot", "pydantic", "pyarrow", "great-expectations")
"""Packages whose version decides results; releases name them."""


@dataclass(frozen=True)
class Done:
    """What a step's work gave: the files it wrote and a report for people (plain JSON values).

    ``beside`` are files that tell of the outputs, verdicts and profiles: no later computation depends on them.
    """

    outputs: tuple[Path, ...]
    report: dict[str, Any]
    beside: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A step after its turn: whether it was computed, and the state that is on disk now."""

    step: Step
    computed: bool
    seconds: float
    fingerprint: str
    content: str
    report: dict[str, Any]


@dataclass(frozen=True)
class Pipeline:
    """The graph of one catalogue under one set of settings.

    ``notes`` and ``place`` are given where a release is made again: what its run did not see, and where it stands.
    """

    settings: Settings
    layout: Layout
    catalog: Catalog
    mirror: Mirror | None
    steps: tuple[Step, ...]
    release: str | None = None
    notes: tuple[str, ...] | None = None
    place: Place | None = None

    @classmethod
    def load(cls, settings: Settings, release: str | None = None) -> Pipeline:
        """Read the specs and the mirror manifest and lay out the graph; SpecErrors where they are not sound."""
        layout = Layout.of(settings)
        catalog = catalogs.load(settings.specs).sound()
        mirror = load_mirror(settings.mirror) if settings.mirror else None
        reach = Reach(catalog, mirror)
        return cls(settings, layout, catalog, mirror, tuple(steps_of(reach)), release)

    def over(self, mirror: Mirror, notes: tuple[str, ...], place: Place) -> Pipeline:
        """The same specs over other files, for a release that is made again."""
        steps = tuple(steps_of(Reach(self.catalog, mirror)))
        return replace(self, mirror=mirror, steps=steps, notes=notes, place=place)

    def step(self, key: Key) -> Step:
        return next(s for s in self.steps if s.key == key)

    def upstream(self, keys: Iterable[Key]) -> list[Step]:
        """The steps of these keys and all that they need, in order."""
        wanted = set(keys)
        for step in reversed(self.steps):
            if step.key in wanted:
                wanted.update(step.inputs)
        return [s for s in self.steps if s.key in wanted]

    @property
    def reach(self) -> Reach:
        """What this run can read."""
        return Reach(self.catalog, self.mirror)

    @property
    def indicators(self) -> list[Indicator]:
        """The indicators of this run, in the order of its steps."""
        return [self.catalog.indicators[step.name] for step in self.steps if step.kind == "indicator"]

    def coverage_notes(self) -> tuple[str, ...]:
        """What this run does not see of the country, in plain sentences; empty for a full run."""
        if self.notes is not None:
            return self.notes
        notes = self.reach.notes()
        if not notes:
            return ()
        states = {i.id: self.state(("indicator", i.id)) for i in self.indicators}
        empty = sorted(i for i, state in states.items() if state is not None and not state["report"]["rows"])
        return (*notes, *([f"No values without what is not held: {', '.join(empty)}."] if empty else []))

    def walk(self, steps: Iterable[Step] | None = None, log: Log = lambda _: None) -> Iterator[Outcome]:
        """Perform the steps (all by default), those that need nothing of one another side by side."""
        given = self.steps if steps is None else steps
        yield from walked(given, lambda step: self.perform(step, log), self.settings.steps_at_once)

    def perform(self, step: Step, log: Log = lambda _: None, *, again: bool = False) -> Outcome:
        """Run a step if it is stale, or ``again``. Steps of two runs take turns; the second finds the work done."""
        from sdg_pipeline.run import work as steps

        with turn(self.layout):
            fingerprint = self.fingerprint(step)
            if not again and self._stands(step, fingerprint):
                return self.remembered(step)
            started = time.perf_counter()
            steps.foresee(step)
            with room(f"{step.kind} {step.name}", self.layout.data):
                done = steps.run(self, step, fingerprint, log)
                seconds = time.perf_counter() - started
                content = self._remember(step, fingerprint, done, seconds)
            return Outcome(step, True, seconds, fingerprint, content, done.report)

    def stale(self) -> list[Step]:
        """The steps that a run would compute, or that come after one of these."""
        found: dict[Key, Step] = {}
        for step in self.steps:
            if any(key in found for key in step.inputs) or not self._stands(step, self.fingerprint(step)):
                found[step.key] = step
        return list(found.values())

    def remembered(self, step: Step) -> Outcome:
        """The outcome of a step's last run, as it stands on disk."""
        state = self.state(step.key)
        if state is None:
            raise UsageError(f"step {'/'.join(step.key)} has not run; remedy: `sdg run`")
        return Outcome(step, False, 0.0, state["fingerprint"], state["content"], state["report"])

    def _stands(self, step: Step, fingerprint: str) -> bool:
        from sdg_pipeline.run.publishing import still_wanted

        state = self.state(step.key)
        if state is None or state["fingerprint"] != fingerprint:
            return False
        return _untouched(state, self.layout.home) and still_wanted(self, step, state["report"])

    def fingerprint(self, step: Step) -> str:
        """Hash of all that decides a step's result: its spec, its code, and the contents of its inputs."""
        from sdg_pipeline.run.work import identity

        parts = [*step.key, _code_version(step.kind), identity(self, step)]
        for key in step.inputs:
            state = self.state(key)
            if state is None:
                raise UsageError(
                    f"step {'/'.join(step.key)} needs {'/'.join(key)}, which has not run; remedy: `sdg run`"
                )
            parts.append(state["content"])
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def state(self, key: Key) -> dict[str, Any] | None:
        """What is remembered of a step: fingerprint, content, outputs, report; None where it never ended.

        A damaged memory is none: the step is done again.
        """
        try:
            state: dict[str, Any] = json.loads(self.layout.state(key).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return state if {"fingerprint", "content", "outputs", "report"} <= state.keys() else None

    def _remember(self, step: Step, fingerprint: str, done: Done, seconds: float) -> str:
        outputs = [
            {
                "path": str(path.relative_to(self.layout.home)),
                "bytes": path.stat().st_size,
                "mtime_ns": path.stat().st_mtime_ns,
                "sha256": sha256_of(path),
            }
            for path in (*done.outputs, *done.beside)
        ]
        digests = "\n".join(str(o["sha256"]) for o in outputs[: len(done.outputs)])
        content = hashlib.sha256(digests.encode()).hexdigest()
        state = {
            "fingerprint": fingerprint,
            "content": content,
            "finished_at": clock.now().isoformat(timespec="seconds"),
            "seconds": round(seconds, 3),
            "outputs": outputs,
            "report": done.report,
        }
        write_text(self.layout.state(step.key), json.dumps(state, ensure_ascii=False, indent=1, default=str) + "\n")
        return content


def _untouched(state: dict[str, Any], home: Path) -> bool:
    """Whether all outputs are as the step left them; a file with another time is read to find out."""
    for output in state["outputs"]:
        path = home / output["path"]
        if not path.exists() or path.stat().st_size != output["bytes"]:
            return False
        if path.stat().st_mtime_ns != output["mtime_ns"] and sha256_of(path) != output["sha256"]:
            return False
    return True


def code_hash() -> str:
    """sha256 of the source text that decides what a release holds."""
    kinds = (kind for kind in CODE_OF if kind != "warehouse")
    return hashlib.sha256(b"".join(_source_text(kind) for kind in kinds)).hexdigest()


@cache
def _code_version(kind: str) -> str:
    """Hash of the source text that a kind of step uses, and of the versions of the libraries that compute."""
    versions = [__version__, *(metadata.version(name) for name in LIBRARIES)]
    return hashlib.sha256(" ".join(versions).encode() + _source_text(kind)).hexdigest()


def _source_text(kind: str) -> bytes:
    """All modules that a kind of step uses, one after the other."""
    package, texts = Path(__file__).parents[1], []
    for place in (
        *CODE_OF[kind],
        "run/work.py",
        "run/verdicts.py",
        "run/inputs.py",
        "run/graph.py",
        "publish/headline.py",
        "duck.py",
    ):
        path = package / place
        texts += [file.read_bytes() for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return b"".join(texts)
