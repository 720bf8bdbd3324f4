"""What a kind of step is: the protocol that the runner calls and that each module of this folder implements.

A new kind is a module here and a line in ``KINDS``. What belongs here: the protocol and what a step's work gets.
What does not: any work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from sdg_pipeline.run.graph import Reach, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Report, Result, StateStore

Log = Callable[[str], None]


@dataclass(frozen=True)
class StepContext:
    """What the work of a step gets. ``log`` takes lines for people."""

    run: Run
    state: StateStore
    step: Step
    fingerprint: str
    log: Log


class StepKind(Protocol):
    """A kind of step; ``name`` is the first part of the keys of its steps.

    Steps of a kind that ``waits`` for servers run one at a time, beside those that compute. ``seals`` lets a step run
    only where all that it needs stands as the same run would leave it. So no release mixes two runs.
    """

    name: ClassVar[str]
    report: ClassVar[type[Report]]
    waits: ClassVar[bool] = False
    seals: ClassVar[bool] = False

    def nodes(self, reach: Reach, before: Sequence[Step]) -> Iterator[Step]:
        """The steps of this kind in a run that can read ``reach``, after the steps ``before``."""
        ...

    def identity(self, run: Run, state: StateStore, step: Step) -> str:
        """What decides the result of a step besides its code and the contents of its inputs."""
        ...

    def perform(self, context: StepContext) -> Result:
        """Do the work of a step."""
        ...

    def still_wanted(self, run: Run, report: Report) -> bool:
        """Whether what a step left is what this run would leave, all that decides its result being equal."""
        return True

    def begin_early(self) -> None:
        """Begin, in a thread of its own, what a later step will wait for."""
        return None
