"""A run as data: where it works, what it computes from which files, and its steps.

What belongs here: the value that every step gets, and plain questions to it. What does not: reading, writing, walking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sdg_pipeline.ingest.mirror import Mirror
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.graph import Key, Reach, Step
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    from sdg_pipeline.release.comparison import Position


@dataclass(frozen=True)
class Run:
    """One catalogue over the files of one mirror (None: official addresses) under one set of settings.

    ``release`` is the name that its release shall have, None for a name by number and contents. ``notes`` and
    ``position`` are those of a release that is rebuilt: what its run did not see, and where it stands among the others.
    ``failed`` says why the addresses of editions failed, of which there is no earlier copy.
    """

    settings: Settings
    layout: Layout
    catalog: Catalog
    mirror: Mirror | None
    steps: tuple[Step, ...]
    release: str | None = None
    notes: tuple[str, ...] | None = None
    position: Position | None = None
    failed: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def reach(self) -> Reach:
        """What this run can read."""
        return Reach(self.catalog, self.mirror, self.failed, frozenset(self.settings.addresses))

    @property
    def indicators(self) -> list[Indicator]:
        """The indicators of this run, in the order of its steps."""
        return [self.catalog.indicators[step.name] for step in self.steps if step.kind == "indicator"]

    @property
    def tables(self) -> list[str]:
        """The ids of the staged tables of this run, in the order of its steps."""
        return [step.name for step in self.steps if step.kind == "staged"]

    @property
    def keys(self) -> frozenset[Key]:
        """The keys of the steps."""
        return frozenset(step.key for step in self.steps)

    def step(self, key: Key) -> Step:
        """The step of a key; KeyError where the run has none."""
        try:
            return next(s for s in self.steps if s.key == key)
        except StopIteration:
            raise KeyError(key) from None

    def upstream(self, keys: Iterable[Key]) -> list[Step]:
        """The steps of these keys and all that they need, in order."""
        wanted = set(keys)
        for step in reversed(self.steps):
            if step.key in wanted:
                wanted.update(step.inputs)
        return [s for s in self.steps if s.key in wanted]

    def downstream(self, keys: Iterable[Key]) -> list[Step]:
        """The steps that need one of these, at any distance, in order; without these themselves."""
        reached, result = set(keys), list[Step]()
        for step in self.steps:
            if reached.intersection(step.inputs):
                reached.add(step.key)
                result.append(step)
        return result
