"""Compares one value between two releases, column by column.

What belongs here: one row in both. What does not: all rows (``release.diff``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import duckdb

from sdg_pipeline import duck
from sdg_pipeline.errors import UsageError
from sdg_pipeline.publish import parquet
from sdg_pipeline.release.diff import CLASS, TOLERANCE, observations
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.base import TOTAL


@dataclass(frozen=True)
class ValueChange:
    """One row in two releases; ``columns`` has (column, old, new) of the others that differ."""

    kind: Literal["added", "removed", "revised", "reclassified", "unchanged"]
    old: float | None
    new: float | None
    columns: tuple[tuple[str, str | None, str | None], ...]


@dataclass(frozen=True)
class ValueKey:
    """Which value: ``dimensions`` gives codes by dimension; those that it lacks are totals."""

    indicator: str
    ref_area: str
    period: str
    dimensions: Mapping[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> list[str]:
        """The key as a row has it; UsageError names a dimension that there is not."""
        strangers = sorted(set(self.dimensions) - set(fields.DIMENSIONS))
        if strangers:
            raise UsageError(f"no dimension {strangers[0]!r}; valid: {', '.join(fields.DIMENSIONS)}")
        codes = (self.dimensions.get(d, TOTAL) for d in fields.DIMENSIONS)
        return [self.indicator, self.ref_area, self.period, *codes]


def value_change(old: Path, new: Path, key: ValueKey) -> ValueChange | None:
    """What became of one value between two release folders, or None where neither has it."""
    cells = key.cells
    before, after = _row(old, cells), _row(new, cells)
    if before is None and after is None:
        return None
    if before is None or after is None:
        row = after or before or {}
        kind: Literal["added", "removed"] = "added" if before is None else "removed"
        value = row["obs_value"]
        return ValueChange(kind, value if before is not None else None, value if after is not None else None, ())
    apart = [n for n in fields.names() if n not in (*fields.KEY, "obs_value") and _differ(before[n], after[n])]
    columns = tuple((n, _shown(before[n]), _shown(after[n])) for n in apart)
    if _differ(before["obs_value"], after["obs_value"]):
        return ValueChange("revised", before["obs_value"], after["obs_value"], columns)
    other = any(column in CLASS for column in apart)
    return ValueChange("reclassified" if other else "unchanged", before["obs_value"], after["obs_value"], columns)


def _row(release: Path, cells: list[str]) -> dict[str, Any] | None:
    where = " AND ".join(f"{duck.name(k)} = ?" for k in fields.KEY)
    con = duckdb.connect()
    try:
        row = con.execute(f"SELECT {parquet.COLUMNS} FROM {observations(release)} WHERE {where}", cells).fetchone()
    finally:
        con.close()
    return None if row is None else dict(zip(fields.names(), row, strict=True))


def _differ(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return abs(new - old) > TOLERANCE * max(abs(old), abs(new))
    return bool(old != new)


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)
