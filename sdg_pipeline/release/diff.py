"""What changed between two releases: rows added, removed, revised, and with another status.

What belongs here: comparing published values by key. What does not: why they changed, which the sources and
definitions named in the rows tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from sdg_pipeline import duck
from sdg_pipeline.errors import UsageError
from sdg_pipeline.publish import parquet
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.base import TOTAL

TOLERANCE = 5e-13
"""Half a unit in the twelfth significant digit: sums of floats differ between plans in the last digits."""
LARGEST_SHOWN = 20


@dataclass(frozen=True)
class IndicatorChange:
    """Numbers of rows of one indicator; a row may be both revised and of another status."""

    indicator: str
    added: int
    removed: int
    revised: int
    status_changed: int


@dataclass(frozen=True)
class Revision:
    """One value that is another now. ``key`` has the columns of ``fields.KEY``; None is a missing value."""

    key: Mapping[str, str]
    old: float | None
    new: float | None


@dataclass(frozen=True)
class Difference:
    """Two releases compared. ``indicators`` has those with changes, ``largest`` is relative."""

    old: str
    new: str
    indicators: tuple[IndicatorChange, ...]
    largest: tuple[Revision, ...]

    @property
    def added(self) -> int:
        return sum(i.added for i in self.indicators)

    @property
    def removed(self) -> int:
        return sum(i.removed for i in self.indicators)

    @property
    def revised(self) -> int:
        return sum(i.revised for i in self.indicators)

    @property
    def status_changed(self) -> int:
        return sum(i.status_changed for i in self.indicators)

    @property
    def none(self) -> bool:
        return not self.indicators


@dataclass(frozen=True)
class ValueChange:
    """One row in two releases; ``columns`` has (column, old, new) of the others that differ."""

    kind: Literal["added", "removed", "revised", "status changed", "unchanged"]
    old: float | None
    new: float | None
    columns: tuple[tuple[str, str | None, str | None], ...]


def diff(old: Path, new: Path) -> Difference:
    """Compare the observations of two release folders."""
    con = duckdb.connect()
    try:
        con.execute(f"CREATE TEMP TABLE change AS {changes_query(_observations(old), _observations(new))}")
        counts = con.execute(
            "SELECT indicator, count_if(added), count_if(removed), count_if(revised), "
            "count_if(status_changed) FROM change GROUP BY indicator ORDER BY indicator"
        ).fetchall()
        largest = con.execute(
            f"SELECT {', '.join(fields.KEY)}, old_value, new_value FROM change WHERE revised "
            "ORDER BY abs(new_value - old_value) / nullif(abs(old_value), 0) DESC NULLS FIRST, "
            f"{parquet.ORDER} LIMIT {LARGEST_SHOWN}"
        ).fetchall()
    finally:
        con.close()
    size = len(fields.KEY)
    revisions = (Revision(dict(zip(fields.KEY, row[:size], strict=True)), row[size], row[size + 1]) for row in largest)
    return Difference(old.name, new.name, tuple(IndicatorChange(*row) for row in counts), tuple(revisions))


def changes_of(
    old: Path,
    new: Path,
    indicator: str,
    ref_area: str,
    period: str,
    dimensions: Mapping[str, str] | None = None,
) -> ValueChange | None:
    """What became of one value between two release folders, or None where neither has it.

    ``dimensions`` gives codes by dimension; those not given are totals.
    """
    asked = dict(dimensions or {})
    strangers = sorted(set(asked) - set(fields.DIMENSIONS))
    if strangers:
        raise UsageError(f"no dimension {strangers[0]!r}; valid: {', '.join(fields.DIMENSIONS)}")
    key = [indicator, ref_area, period, *(asked.get(d, TOTAL) for d in fields.DIMENSIONS)]
    before, after = _row(old, key), _row(new, key)
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
    status = "obs_status" in apart
    return ValueChange("status changed" if status else "unchanged", before["obs_value"], after["obs_value"], columns)


def _observations(release: Path) -> str:
    path = release / parquet.OBSERVATIONS
    if not path.is_file():
        raise UsageError(f"{release} is not a release: it has no {parquet.OBSERVATIONS}")
    return rows_of(path)


def rows_of(path: Path) -> str:
    """A Parquet file in the FROM of a query."""
    return f"read_parquet({duck.text(path)})"


def changes_query(old: str, new: str) -> str:
    """Only rows that differ, with four flags; every row of the larger release is looked at once."""
    keys = ", ".join(duck.name(k) for k in fields.KEY)
    columns = f"{keys}, obs_value, obs_status, true AS present"
    both = "o.present AND n.present"
    revised = (
        "(o.obs_value IS NULL) <> (n.obs_value IS NULL) OR coalesce("
        f"abs(n.obs_value - o.obs_value) > {TOLERANCE!r} * greatest(abs(o.obs_value), abs(n.obs_value)),"
        " false)"
    )
    return (
        f"SELECT {keys}, o.obs_value AS old_value, n.obs_value AS new_value, "
        "o.obs_status AS old_status, n.obs_status AS new_status, "
        "o.present IS NULL AS added, n.present IS NULL AS removed, "
        f"coalesce({both} AND ({revised}), false) AS revised, "
        f"coalesce({both} AND o.obs_status <> n.obs_status, false) AS status_changed "
        f"FROM (SELECT {columns} FROM {old}) AS o FULL JOIN (SELECT {columns} FROM {new}) AS n "
        f"USING ({keys}) "
        "WHERE added OR removed OR revised OR status_changed"
    )


def _row(release: Path, key: list[str]) -> dict[str, Any] | None:
    where = " AND ".join(f"{duck.name(k)} = ?" for k in fields.KEY)
    con = duckdb.connect()
    try:
        found = con.execute(f"SELECT {parquet.COLUMNS} FROM {_observations(release)} WHERE {where}", key).fetchone()
    finally:
        con.close()
    return None if found is None else dict(zip(fields.names(), found, strict=True))


def _differ(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return abs(new - old) > TOLERANCE * max(abs(old), abs(new))
    return bool(old != new)


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)
