"""The outlines of places as the step of the geometry left them.

What belongs here: reading them. What does not: how they are made of official shapes (ingest.shapes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Geometry:
    """Paths of SVG by REF_AREA on a drawing of ``size``; ``source`` says where they come from."""

    size: tuple[int, int]
    states: Mapping[str, str]
    municipalities: Mapping[str, str]
    boxes: Mapping[str, tuple[int, int, int, int]]
    """By state the part of the drawing that it fills: left, top, width, height."""
    source: str
    edition: str


def read(path: Path) -> Geometry | None:
    """The geometry of a home; None where it has none."""
    if not path.is_file():
        return None
    written = json.loads(path.read_text(encoding="utf-8"))
    return Geometry(
        tuple(written["size"]),
        written["states"],
        written["municipalities"],
        {code: tuple(box) for code, box in written["boxes"].items()},
        written["source"],
        written["edition"],
    )
