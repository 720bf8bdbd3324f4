"""What must hold of a home after every command, whatever came before.

What belongs here: these judgements. What does not: how a walk goes (test_walk), the world (world).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
from walk.world import World

from sdg_pipeline.duck import text
from sdg_pipeline.files import sha256_of
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums, parquet
from sdg_pipeline.release import events
from sdg_pipeline.release.manifest import in_force, manifests, proof, sealed
from sdg_pipeline.specs import fields

EXPLAIN = True
"""Whether `sdg explain` explains the value in force; see ``explained``."""
COLUMNS = ", ".join(fields.names())


def seals(layout: Layout) -> dict[str, dict[str, str]]:
    """By release, the sha256 of each of its files now."""
    verdicts = {}
    for manifest in sealed(layout):
        folder = layout.release(manifest.release)
        verdicts[manifest.release] = {name: sha256_of(folder / name) for name in checksums.files_below(folder)}
    return verdicts


def whole(layout: Layout) -> None:
    """``latest`` is a whole release: as sealed, as recorded, and its rows cite what it holds."""
    if layout.latest.is_symlink():
        assert proof(layout, layout.latest) == []
    assert in_force(layout) is not None or manifests(layout) == []


def warehouse(layout: Layout) -> None:
    """The warehouse holds exactly the release in force, and gives every published release back."""
    standing = in_force(layout)
    if standing is None:
        return
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        _same(con, "observation", layout.release(standing))
        assert con.execute("SELECT DISTINCT release FROM observation").fetchall() == [(standing,)]
        releases = {row[0] for row in con.execute("SELECT id FROM release").fetchall()}
        for manifest in manifests(layout):
            if manifest.release in releases:
                _same(con, f"as_of({text(manifest.release)})", layout.release(manifest.release))


def _same(con: duckdb.DuckDBPyConnection, rows: str, release: Path) -> None:
    sealed_rows = f"read_parquet({text(release / parquet.OBSERVATIONS)})"
    for one, other in ((rows, sealed_rows), (sealed_rows, rows)):
        query = f"SELECT count(*) FROM (SELECT {COLUMNS} FROM {one} EXCEPT ALL SELECT {COLUMNS} FROM {other})"
        assert con.execute(query).fetchone() == (0,), f"{rows} is not {release.name}"


def went_forward(layout: Layout, before: str | None, after: str | None) -> None:
    """A run that put another release in force put it there for the first time."""
    if after is not None and after != before and before is not None and layout.release(before).is_dir():
        published = [e for e in events.counted(layout, after) if e.event == "published"]
        assert len(published) == 1, f"a run went from {before} back to {after}"


def explained(world: World, mirror: str) -> None:
    """`sdg explain` answers for a value in force, and names the sha256 of its row."""
    standing = in_force(world.layout)
    if not EXPLAIN or standing is None:
        return
    rows = f"read_parquet({text(world.layout.release(standing) / parquet.OBSERVATIONS)})"
    with duckdb.connect() as con:
        for indicator, area, year, digest in con.execute(
            f"SELECT indicator, ref_area, time_period, source_sha256 FROM {rows} USING SAMPLE 1"
        ).fetchall():
            said = world.call(mirror, "explain", indicator, "--area", area, "--period", year)
            assert (said.code, digest in said.out) == (0, True), said


def rows_hash(file: Path) -> str:
    """A hash of all rows of a file of observations; the file itself says besides what the run did not see."""
    with duckdb.connect() as con:
        rows = con.execute(f"SELECT {COLUMNS} FROM read_parquet({text(file)}) ORDER BY ALL").fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()
