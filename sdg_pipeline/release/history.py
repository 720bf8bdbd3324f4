"""Keeps every value of every release, each version once: ``data/history/<indicator>.parquet``.

A version of a row is valid from ``first_sequence`` up to, not including, ``until_sequence``, which is empty while it
stands. Where a new edition leaves a value as it was, there is no new version. Edition, hash, definition and the like
are the same for many rows at once and change for all of them. So they stand in *provenances* with a validity of their
own, and a row names its provenance by number. Nothing is lost: any release can be asked for, with all rows and columns.

A file knows from which releases it was made, and of which bytes. It is extended by the releases that came since, in
which only indicators with other bytes are read (SHA256SUMS). It is made anew where it does not fit the releases that
there are. What belongs here: keeping these files. What does not: the step from one release to the next
(``release.fold``), the database (``release.warehouse``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline import duck
from sdg_pipeline.errors import InputError
from sdg_pipeline.files import sha256_of, written_aside
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums, parquet
from sdg_pipeline.release import fold
from sdg_pipeline.release.manifest import manifests

if TYPE_CHECKING:
    import duckdb

STATE = "history"
"""Key of the Parquet metadata under which a file says what it was made from."""


@dataclass(frozen=True)
class Point:
    """A release in which an indicator has other bytes than in the one before; no ``sha256`` where it has none."""

    sequence: int
    sha256: str | None
    folder: Path


@dataclass(frozen=True)
class Provenance:
    """Where rows came from, over an interval of releases; ``facts`` has the columns of ``fold.PROVENANCE``."""

    provenance: int
    first_sequence: int
    until_sequence: int | None
    facts: dict[str, str | None]


def update(layout: Layout, con: duckdb.DuckDBPyConnection) -> dict[str, tuple[Provenance, ...]]:
    """Extend the files to all existing releases; returns the provenances by indicator.

    InputError where a release that must be read is not as it was sealed.
    """
    layout.history.mkdir(parents=True, exist_ok=True)
    wanted = points(layout)
    for leftover in layout.history.iterdir():
        if leftover.suffix != ".parquet" or leftover.stem not in wanted:
            leftover.unlink()

    def one(cursor: duckdb.DuckDBPyConnection, item: tuple[str, list[Point]]) -> tuple[str, tuple[Provenance, ...]]:
        return item[0], _extend(*item, layout, cursor)

    return dict(duck.side_by_side(con, sorted(wanted.items()), one))


def points(layout: Layout) -> dict[str, list[Point]]:
    """Where each indicator changed, over the releases in the order in which they were made."""
    by_indicator: dict[str, list[Point]] = {}
    for manifest in manifests(layout):
        folder = layout.release(manifest.release)
        there = {Path(name).stem: digest for name, digest in checksums.read(folder).items() if _is_indicator(name)}
        for indicator in {*by_indicator, *there}:
            past = by_indicator.setdefault(indicator, [])
            if (past[-1].sha256 if past else None) != there.get(indicator):
                past.append(Point(manifest.sequence, there.get(indicator), folder))
    return by_indicator


def _is_indicator(name: str) -> bool:
    return name.startswith(f"{parquet.FOLDER}/") and name.endswith(".parquet")


def _extend(
    indicator: str, wanted: list[Point], layout: Layout, con: duckdb.DuckDBPyConnection
) -> tuple[Provenance, ...]:
    target = layout.history / f"{indicator}.parquet"
    keys = [[p.sequence, p.sha256] for p in wanted]
    state = _state(target, con)
    done = state["points"] if state else []
    if state and keys == done:
        return tuple(_provenances(state))
    fold.begin(con)
    if state and keys[: len(done)] == done:
        fold.resume(con, target, state["provenances"])
    else:
        done = []
    for point in wanted[len(done) :]:
        fold.step(con, point.sequence, _sealed(point, indicator) if point.sha256 else None)
    state = {"columns": fold.signature(), "points": keys, "provenances": fold.provenances(con)}
    with written_aside(target) as aside:
        fold.write(con, aside, {STATE: json.dumps(state, ensure_ascii=False)})
    return tuple(_provenances(state))


def _state(path: Path, con: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    """What a file was made from; None where it is missing, damaged or of other columns, and has to be made anew."""
    import duckdb

    try:
        query = f"SELECT decode(value) FROM parquet_kv_metadata({duck.text(path)}) WHERE decode(key) = '{STATE}'"
        row = con.execute(query).fetchone() if path.is_file() else None
        state: dict[str, Any] | None = json.loads(row[0]) if row else None
    except (duckdb.Error, ValueError):
        return None
    return state if state and state.get("columns") == fold.signature() else None


def _provenances(state: dict[str, Any]) -> Iterator[Provenance]:
    for provenance, first, until, facts in state["provenances"]:
        yield Provenance(provenance, first, until, json.loads(facts))


def _sealed(point: Point, indicator: str) -> Path:
    path = point.folder / parquet.FOLDER / f"{indicator}.parquet"
    if not path.is_file() or sha256_of(path) != point.sha256:
        remedy = "restore the release from a copy, or delete its folder and run again; `sdg release verify` tells more"
        raise InputError(path, "is not as it was sealed", remedy=remedy)
    return path
