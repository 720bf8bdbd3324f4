"""Keys of the grammar that have a new name: the old one is read for one version, with a warning that says the new one.

What belongs here: old and new names, and putting the one in place of the other. What does not: their meaning (models).
Remove an entry with the version after the one that brought it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sdg_pipeline.errors import Problem
from sdg_pipeline.specs.yaml import Document, Place

ANY = "*"
"""In a path: every key or item of the mapping or list."""


@dataclass(frozen=True)
class Renamed:
    """A key inside ``path`` of a kind of spec; ``kinds`` are the values of `kind` beside it, where that matters."""

    spec: str
    path: tuple[str, ...]
    old: str
    new: str
    kinds: tuple[str, ...] = ()


RENAMED = (
    Renamed("indicator", ("method",), "of", "quantity", ("rate",)),
    Renamed("indicator", ("method",), "of", "indicator", ("parity", "gap", "small_area")),
    Renamed("indicator", ("method",), "of", "part", ("share",)),
    Renamed("table", ("dimensions", ANY, "quantiles"), "of", "value"),
    Renamed("contract", ("exceptions", ANY), "of", "exempt"),
    Renamed("contract", ("rules", ANY), "of", "measure"),
)


def rename(document: Document, spec: str) -> list[Problem]:
    """Put new names in place of old ones in the data of a document, and return a warning for each."""
    warnings: list[Problem] = []
    for entry in (r for r in RENAMED if r.spec == spec):
        for place, keys in _mappings(document.data, entry.path, ()):
            fits = not entry.kinds or keys.get("kind") in entry.kinds
            if fits and entry.old in keys and entry.new not in keys:
                old, new = (*place, entry.old), (*place, entry.new)
                message = f"is now called {entry.new}; the next version does not read the old name"
                warnings.append(document.problem(old, message, remedy=f"rename it to {entry.new}"))
                keys[entry.new] = keys.pop(entry.old)
                moved = {(*new, *p[len(old) :]): line for p, line in document.lines.items() if p[: len(old)] == old}
                document.lines.update(moved)
    return warnings


def _mappings(data: Any, path: tuple[str, ...], place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
    """The mappings that a path leads to, each with its place."""
    if not path:
        if isinstance(data, dict):
            yield place, data
        return
    if isinstance(data, list):
        items: list[tuple[str | int, Any]] = list(enumerate(data))
    else:
        items = list(data.items()) if isinstance(data, dict) else []
    for key, inner in items:
        if path[0] in (ANY, key):
            yield from _mappings(inner, path[1:], (*place, key))
