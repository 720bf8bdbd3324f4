"""Derives the semantic version of a release from the changes since the published one before.

Major: what a reader relied on is gone or means something else (columns, codes, indicators, definitions, areas or years
of an indicator). Minor: there is more (indicators, areas, years, codes). Patch: the same values, some revised.
What belongs here: that judgement. What does not: the values (``release.changes``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.publish import dictionary, parquet
from sdg_pipeline.release.manifest import read_manifest

if TYPE_CHECKING:
    import duckdb

MAX_NAMED = 5


@dataclass(frozen=True)
class Judgement:
    """A version, and the reasons for its first two numbers, in plain sentences."""

    version: str
    major: tuple[str, ...] = ()
    minor: tuple[str, ...] = ()


def judge(
    before: Path, folder: Path, hashes: Mapping[str, str], highest: str | None, con: duckdb.DuckDBPyConnection
) -> Judgement:
    """The version of the release in ``folder``, whose indicators have these spec hashes, after the one ``before``.

    Versions only rise. Where ``before`` was put in force again after a release with a higher version, something that
    readers of that one relied on is gone.
    """
    old = read_manifest(before)
    hashes_before: Mapping[str, str] = old.facts["indicators"]
    codes, codes_before = _codes(folder), _codes(before)
    major = [
        *_named("columns changed", _columns(before, con) ^ _columns(folder, con)),
        *_named(
            "codes removed or with another meaning", {c for c, text in codes_before.items() if codes.get(c) != text}
        ),
        *_named("indicators removed", hashes_before.keys() - hashes.keys()),
        *_named(
            "definitions changed", {i for i in hashes_before.keys() & hashes.keys() if hashes_before[i] != hashes[i]}
        ),
        *_extents("removed", folder, before, con),
    ]
    minor = [
        *_named("codes added", codes.keys() - codes_before.keys()),
        *_named("indicators added", hashes.keys() - hashes_before.keys()),
        *_extents("added", before, folder, con),
    ]
    if highest is not None and _parts(highest) > old.number:
        major.append(
            f"version {highest} is in force no more: this release follows {old.release}, version {old.version}"
        )
        return Judgement(_next(highest, True, False), tuple(major), tuple(minor))
    return Judgement(_next(old.version, bool(major), bool(minor)), tuple(major), tuple(minor))


def _next(version: str, major: bool, minor: bool) -> str:
    first, second, third = _parts(version)
    if major:
        return f"{first + 1}.0.0"
    return f"{first}.{second + 1}.0" if minor else f"{first}.{second}.{third + 1}"


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _columns(release: Path, con: duckdb.DuckDBPyConnection) -> set[str]:
    rows = con.execute(f"DESCRIBE FROM read_parquet({duck.text(release / parquet.OBSERVATIONS)})").fetchall()
    return {f"{row[0]} {row[1]}" for row in rows}


def _codes(release: Path) -> dict[str, tuple[str, str]]:
    with (release / dictionary.CSV_NAME).open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "code"]
    return {f"{row['part_of']} {row['id']}": (row["title_en"], row["title_es"]) for row in rows}


def _extents(word: str, less: Path, more: Path, con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Indicators of both releases that have areas or years in ``more`` which they have not in ``less``."""
    here, there = (f"read_parquet({duck.text(release / parquet.OBSERVATIONS)})" for release in (less, more))
    for column, plural in (("ref_area", "areas"), ("time_period", "years")):
        counts = con.execute(
            f"SELECT indicator, count(*) FROM (SELECT DISTINCT indicator, {column} FROM {there} "
            f"EXCEPT SELECT indicator, {column} FROM {here}) "
            f"SEMI JOIN (SELECT DISTINCT indicator FROM {here}) USING (indicator) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        yield from _named(f"{plural} {word}", {f"{indicator} ({count})" for indicator, count in counts})


def _named(what: str, names: set[str]) -> Iterator[str]:
    """One sentence with the first names, or none."""
    if names:
        rest = len(names) - MAX_NAMED
        yield f"{what}: {', '.join(sorted(names)[:MAX_NAMED])}" + (f" and {rest} more" if rest > 0 else "")
