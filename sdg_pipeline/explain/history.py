"""Since when a value is published: the first release that has it, and what changed since.

What belongs here: one row over the published releases. What does not: all rows of two releases (``release.diff``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import InputError, SdgError
from sdg_pipeline.explain.explanation import Row
from sdg_pipeline.explain.sealed import Sealed
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import parquet
from sdg_pipeline.publish.headline import rows_of
from sdg_pipeline.release.diff import CLASS, TOLERANCE
from sdg_pipeline.release.manifest import manifests, read_manifest
from sdg_pipeline.specs import fields

if TYPE_CHECKING:
    import duckdb

Kind = Literal["added", "removed", "revised", "reclassified", "unchanged"]
PROVENANCE = ("source", "source_edition", "source_sha256", "spec_hash")
"""Columns whose change is said of a value that stayed as it was."""


@dataclass(frozen=True)
class ValueChange:
    """One row in two releases; ``columns`` has (column, old, new) of the others that differ."""

    kind: Kind
    old: float | None
    new: float | None
    columns: tuple[tuple[str, str | None, str | None], ...]


def value_change(before: Row | None, after: Row | None) -> ValueChange | None:
    """What became of a row, or None where neither has it; columns that one of them lacks are not compared."""
    if before is None and after is None:
        return None
    if before is None or after is None:
        old, new = (None if row is None else row["obs_value"] for row in (before, after))
        return ValueChange("added" if before is None else "removed", old, new, ())
    shared = [n for n in fields.names() if n in before and n in after and n not in (*fields.KEY, "obs_value")]
    apart = [name for name in shared if _differ(before[name], after[name])]
    columns = tuple((n, _shown(before[n]), _shown(after[n])) for n in apart)
    if _differ(before["obs_value"], after["obs_value"]):
        return ValueChange("revised", before["obs_value"], after["obs_value"], columns)
    other = any(column in CLASS for column in apart)
    return ValueChange("reclassified" if other else "unchanged", before["obs_value"], after["obs_value"], columns)


def life(con: duckdb.DuckDBPyConnection, layout: Layout, release: Path, value: Row) -> str:
    """Since when a value of a release is published, and what changed in the releases since, in one line."""
    first, since, before = "", [], None
    for name, row in _rows(con, layout, release, value):
        if isinstance(row, str):
            since.append(f"release {name} cannot be read ({row})")
            continue
        change = value_change(before, row)
        before = row
        if change is not None and not first:
            first = name
        elif change is not None and (change.kind != "unchanged" or _has_other_origin(change)):
            since.append(_words(change, name))
    if first == release.name and not _is_published(layout, release):
        return "; ".join((*since, f"not published before; new in release {first}"))
    if first != release.name and not since:
        since.append("unchanged since")
    return "; ".join((f"first published in release {first}", *since))


def _has_other_origin(change: ValueChange) -> bool:
    return any(column in PROVENANCE for column, _, _ in change.columns)


def _is_published(layout: Layout, release: Path) -> bool:
    return release.name in {manifest.release for manifest in manifests(layout)}


def _rows(
    con: duckdb.DuckDBPyConnection, layout: Layout, release: Path, value: Row
) -> Iterator[tuple[str, Row | str | None]]:
    """The row in each published release up to this one in which the indicator has other bytes, and in this one.

    A text in place of the row says why a release cannot be read.
    """
    own = read_manifest(release)
    earlier = [layout.release(m.release) for m in manifests(layout) if m.sequence < own.sequence]
    name, digest = f"{parquet.FOLDER}/{value['indicator']}.parquet", None
    for folder in (*earlier, release):
        try:
            sealed = Sealed.at(folder)
            if sealed.sums.get(name) == digest:
                continue
            digest = sealed.sums.get(name)
            yield folder.name, _row(con, sealed.path(name), value) if digest else None
        except SdgError as error:
            yield folder.name, str(error).splitlines()[0]


def _row(con: duckdb.DuckDBPyConnection, file: Path, value: Row) -> Row | None:
    from duckdb import Error

    same = " AND ".join(f"{key} = {literal(value[key])}" for key in fields.KEY)
    try:
        rows = rows_of(con.execute(f"SELECT * FROM read_parquet({literal(file)}) WHERE {same}"))
    except Error as error:
        raise InputError(file, "has other columns than this version reads", remedy="none is needed") from error
    return rows[0] if rows else None


def _words(change: ValueChange, release: str) -> str:
    figures = f" from {change.old} to {change.new}" if change.kind == "revised" else ""
    kind = "the same from other inputs" if change.kind == "unchanged" else change.kind
    also = ", ".join(f"{n} from {_short(n, old)} to {_short(n, new)}" for n, old, new in change.columns)
    return f"{kind} in release {release}{figures}" + (f" ({also})" if also else "")


def _short(column: str, cell: str | None) -> str:
    return (cell or "nothing")[:12] if column == "source_sha256" else cell or "nothing"


def _differ(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return abs(new - old) > TOLERANCE * max(abs(old), abs(new))
    return bool(old != new)


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)
