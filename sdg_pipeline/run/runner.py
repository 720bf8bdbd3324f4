"""The runner: performs what is stale of a run and remembers it.

Two conductors use it: ``sdg run`` in the terminal and Dagster through ``assets``. The fingerprint of a step hashes the
contents of its inputs, its resolved spec and its code. Where it equals that of the last run, and the outputs are
untouched, nothing is done. What belongs here: fingerprint, perform, stale, walk. What does not: the work (steps).
Importing this module imports no library for data.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from sdg_pipeline.errors import FetchError, UsageError
from sdg_pipeline.files import room
from sdg_pipeline.ingest.addresses import require_takers
from sdg_pipeline.ingest.lock import ChangedError
from sdg_pipeline.ingest.mirror import Mirror, load_mirror
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.policy import remember, require_sound
from sdg_pipeline.run import code, journal, scheduler
from sdg_pipeline.run.graph import Key, Reach, Step
from sdg_pipeline.run.lock import turn
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Outcome, Report, State, StateStore
from sdg_pipeline.run.steps import KINDS
from sdg_pipeline.run.steps.kind import Log, StepContext, StepKind
from sdg_pipeline.run.steps.publication import coverage_notes
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import catalog as catalogs

if TYPE_CHECKING:
    from sdg_pipeline.quality.results import CheckResult
    from sdg_pipeline.release.comparison import Position


MAX_NAMED = 5
GATHERED = ("raw", "staged", "indicator")
"""Kinds of steps that need no more than some files, and can be performed while others are fetched."""
Ended = TypeVar("Ended")


def silent(_: str) -> None:
    """A log that nobody reads."""


@dataclass(frozen=True)
class Runner:
    """A run, the memory of its home, and the kinds of its steps.

    The addresses of the steps ``asked`` were asked; ``gathered`` are the steps that were computed meanwhile.
    """

    run: Run
    state: StateStore
    kinds: Mapping[str, StepKind]
    asked: frozenset[Key] = frozenset()
    gathered: frozenset[Key] = frozenset()

    @classmethod
    def load(
        cls, settings: Settings, release: str | None = None, kinds: Mapping[str, StepKind] | None = None
    ) -> Runner:
        """Read the specs and the mirror manifest and lay out the steps; SpecErrors where they are not sound."""
        layout = Layout(settings.home)
        catalog = catalogs.load(settings.specs).sound()
        mirror = load_mirror(settings.mirror) if settings.mirror else None
        kinds = KINDS if kinds is None else kinds
        require_takers(catalog, settings.addresses)
        steps = laid_out(Reach(catalog, mirror, supplied=frozenset(settings.addresses)), kinds)
        return cls(Run(settings, layout, catalog, mirror, steps, release), StateStore(layout), kinds)

    def over(self, mirror: Mirror, notes: tuple[str, ...], position: Position) -> Runner:
        """The same specs over other files, for a release that is rebuilt."""
        steps = laid_out(Reach(self.run.catalog, mirror), self.kinds)
        return replace(self, run=replace(self.run, mirror=mirror, steps=steps, notes=notes, position=position))

    def without(self, failed: Mapping[tuple[str, str], str]) -> Runner:
        """The same run without editions that cannot be had, each with the reason."""
        steps = laid_out(replace(self.run.reach, failed=failed), self.kinds)
        return replace(self, run=replace(self.run, steps=steps, failed=failed))

    def under(self, settings: Settings) -> Runner:
        """The same run under other settings; where these name another mirror, over its files."""
        if settings.mirror != self.run.settings.mirror:
            return Runner.load(settings, self.run.release, self.kinds)
        return replace(self, run=replace(self.run, settings=settings))

    def remember_rules(self) -> None:
        """Record that releases need a review, where the settings say so: it holds from the start of a command on."""
        with turn(self.run.layout):
            require_sound(self.run.layout)
            remember(self.run.layout, self.run.settings)

    def walk(self, steps: Iterable[Step] | None = None, log: Log = silent) -> Iterator[Outcome]:
        """Perform the steps (all by default), those that need nothing of one another side by side.

        The home is held from the first step to the last, so that no other run changes what a later step reads.
        """

        def perform(step: Step) -> Outcome:
            with journal.failing(step):
                outcome = self.perform(step, log, early=True)
            journal.ended(outcome)
            return outcome

        with turn(self.run.layout):
            yield from self._walk(self.run.steps if steps is None else steps, perform)

    def gather(self, steps: Iterable[Step], log: Log = silent) -> tuple[Runner, dict[tuple[str, str], str]]:
        """Ask the official addresses. Return the runner that has asked, and why the address of an edition failed.

        Servers are slow, so meanwhile the tables and indicators are computed whose files have come. What another graph
        without the failed editions would compute otherwise has another fingerprint there.
        """
        steps = [step for step in steps if step.kind in GATHERED]
        failed: dict[Key, str] = {}
        skipped: set[Key] = set()
        computed: set[Key] = set()

        def perform(step: Step) -> None:
            if not skipped.isdisjoint(step.inputs):
                skipped.add(step.key)
                return
            try:
                if self.perform(step, log, again=self.kept(step), early=True).computed:
                    computed.add(step.key)
            except ChangedError:
                raise
            except FetchError as error:
                if not self.kinds[step.kind].waits:
                    raise
                log(str(error))
                failed[step.key] = error.problem.message
                skipped.add(step.key)

        with turn(self.run.layout):
            list(self._walk(steps, perform))
        asked = frozenset(step.key for step in steps if self.kinds[step.kind].waits)
        runner = replace(self, asked=asked, gathered=frozenset(computed))
        return runner, {(source, edition): why for (_, source, edition), why in failed.items()}

    def _walk(self, steps: Iterable[Step], perform: Callable[[Step], Ended]) -> Iterator[Ended]:
        waiting = frozenset(name for name, kind in self.kinds.items() if kind.waits)
        yield from scheduler.walked(steps, perform, self.run.settings.steps_at_once, waiting)

    def perform(self, step: Step, log: Log = silent, *, again: bool = False, early: bool = False) -> Outcome:
        """Perform a step if it is stale, or ``again``. Steps of two runs take turns; the second finds the work done.

        ``early`` lets the kinds of later steps begin what they will wait for.
        """
        with turn(self.run.layout):
            remember(self.run.layout, self.run.settings)
            if self.kinds[step.kind].seals:
                self._require_own(step)
            fingerprint = self.fingerprint(step)
            if not again and self._stands(step, fingerprint):
                return self.remembered(step)
            started = time.perf_counter()
            if early:
                self._begin_early(step.kind)
            with room(f"{step.kind} {step.name}", self.run.layout.data):
                result = self.kinds[step.kind].perform(StepContext(self.run, self.state, step, fingerprint, log))
                seconds = time.perf_counter() - started
                state = self.state.save(step, fingerprint, result, seconds)
            return Outcome(step, True, seconds, fingerprint, state.content, result.report)

    def kept(self, step: Step) -> bool:
        """Whether a step left the last good copy of a file, since its address failed: it is asked again once a run."""
        state = self.state.load(step.key)
        return step.key not in self.asked and state is not None and state.report.get("failed") is not None

    def stale(self) -> list[Step]:
        """The steps that a run would compute, or that come after one of these."""
        steps: dict[Key, Step] = {}
        for step in self.run.steps:
            if any(key in steps for key in step.inputs) or not self._stands(step, self.fingerprint(step)):
                steps[step.key] = step
        return list(steps.values())

    def remembered(self, step: Step) -> Outcome:
        """The outcome of a step's last run, as it stands on disk; UsageError where it has not run."""
        state = self.state.load(step.key)
        report = self._report(step, state) if state else None
        if state is None or report is None:
            raise UsageError(f"step {'/'.join(step.key)} has not run; remedy: `sdg run`")
        gathered = step.key in self.gathered
        return Outcome(step, gathered, state.seconds if gathered else 0.0, state.fingerprint, state.content, report)

    def fingerprint(self, step: Step) -> str:
        """Hash of all that decides a step's result: its spec, its code, and the contents of its inputs."""
        kind = self.kinds[step.kind]
        parts = [*step.key, code.version(type(kind).__module__), kind.identity(self.run, self.state, step)]
        for key in step.inputs:
            state = self.state.load(key)
            if state is None:
                raise UsageError(
                    f"step {'/'.join(step.key)} needs {'/'.join(key)}, which has not run; remedy: `sdg run`"
                )
            parts.append(state.content)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def judge_again(self, step: Step) -> list[CheckResult]:
        """Judge the values of an indicator that stand on disk, without computing them."""
        from sdg_pipeline.run.steps.indicator import judge_again

        self.remembered(step)
        with turn(self.run.layout):
            return judge_again(self.run, self.run.catalog.indicators[step.name])

    def coverage_notes(self) -> tuple[str, ...]:
        """What this run does not see of the country, in plain sentences; empty for a full run."""
        return coverage_notes(self.run, self.state)

    def _stands(self, step: Step, fingerprint: str) -> bool:
        state = self.state.load(step.key)
        if state is None or state.fingerprint != fingerprint or not self.state.untouched(state):
            return False
        report = self._report(step, state)
        return report is not None and self.kinds[step.kind].still_wanted(self.run, report)

    def _require_own(self, step: Step) -> None:
        """UsageError where a step that this one needs does not stand as this run would leave it."""
        foreign = [s for s in self.run.upstream([step.key]) if s.key != step.key and not self._is_own(s)]
        if foreign:
            named = ", ".join("/".join(s.key) for s in foreign[:MAX_NAMED])
            rest = f" and {len(foreign) - MAX_NAMED} more" if len(foreign) > MAX_NAMED else ""
            raise UsageError(
                f"{step.kind} {step.name} cannot be sealed: {named}{rest} stand from another run, with other files, "
                "specs or code; remedy: `sdg run`, or the job publish_all, performs them first"
            )

    def _is_own(self, step: Step) -> bool:
        """Whether a step stands; one whose inputs have not run does not."""
        return all(self.state.load(key) for key in step.inputs) and self._stands(step, self.fingerprint(step))

    def _report(self, step: Step, state: State) -> Report | None:
        """The report of a step; None where an older version of its kind wrote it: the step is done again."""
        try:
            return state.report_as(self.kinds[step.kind].report)
        except ValidationError:
            return None

    def _begin_early(self, kind: str) -> None:
        names = list(self.kinds)
        for name in names[names.index(kind) :]:
            self.kinds[name].begin_early()


def laid_out(reach: Reach, kinds: Mapping[str, StepKind]) -> tuple[Step, ...]:
    """The steps of a run that can read ``reach``, each after those that it needs."""
    steps: list[Step] = []
    for kind in kinds.values():
        steps += list(kind.nodes(reach, tuple(steps)))
    return tuple(steps)
