"""One hostile input: its kind, its name, and how it comes into a stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hostile.stage import Stage

Prepare = Callable[[Stage], None]


@dataclass(frozen=True)
class Case:
    """``prepare`` brings the input into a stage that is sound; ``command`` is what then refuses it.

    ``heals``: the command repairs what was damaged, and ends well.
    """

    kind: str
    name: str
    prepare: Prepare
    command: tuple[str, ...] = ("run",)
    heals: bool = False

    @property
    def id(self) -> str:
        return f"{self.kind}: {self.name}"
