"""Compares two releases: values added, removed, revised and reclassified, how far, and why.

A value is *reclassified* if it is the same with another status, reason, precision, nature, unit or series. A revision
is measured in standard errors of the older value, if it has one: a revision below one is within the sampling error.
The cause is the part of the row's provenance that changed. The macro ``release_changes`` of the warehouse gives the
same for published releases. What belongs here: comparing published values by key. What does not: words
(``release.report``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.errors import UsageError
from sdg_pipeline.publish import parquet
from sdg_pipeline.specs import fields

if TYPE_CHECKING:
    import duckdb

TOLERANCE = 5e-13
"""Half a unit in the twelfth significant digit: sums of floats differ between plans in the last digits."""
LARGEST_SHOWN = 20
CLASS = ("obs_status", "obs_reason", "precision", "nature", "unit_measure", "series")
"""Columns that say what kind of figure a value is."""
FACTS = (
    ("edition", "source || '/' || source_edition"),
    ("bytes", "source_sha256"),
    ("denominator", "denominator_source"),
    ("geography", "geo_vintage"),
    ("definition", "spec_hash"),
    ("coverage", "coverage"),
)
"""Causes, and what a row says of each; another edition has other bytes, which is not said besides."""
INDICATOR, INPUTS, CODE = "indicator", "inputs", "code"
"""Causes that no row shows: the other release lacks the indicator; another source file; only the software."""


@dataclass(frozen=True)
class IndicatorChange:
    """Numbers of values of one indicator; ``beyond_error`` of the revised differ by more than a standard error."""

    indicator: str
    added: int
    removed: int
    revised: int
    reclassified: int
    beyond_error: int


@dataclass(frozen=True)
class CauseChange:
    """Numbers of values that changed from one cause, or from several at once (``edition, definition``)."""

    cause: str
    added: int
    removed: int
    revised: int
    reclassified: int


@dataclass(frozen=True)
class Revision:
    """One revised value. ``key`` has the columns of ``fields.KEY``; None is a missing value.

    ``errors`` is the difference in standard errors, None where the value has none.
    """

    key: Mapping[str, str]
    old: float | None
    new: float | None
    errors: float | None
    cause: str


@dataclass(frozen=True)
class Difference:
    """Two releases compared. ``indicators`` has those with changes.

    ``largest`` begins with revisions beyond their sampling error; those without one follow, by relative size.
    """

    old: str
    new: str
    indicators: tuple[IndicatorChange, ...]
    causes: tuple[CauseChange, ...]
    largest: tuple[Revision, ...]
    files: tuple[str, ...] = ()
    """Files that one of the two releases was computed from and not the other."""

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
    def reclassified(self) -> int:
        return sum(i.reclassified for i in self.indicators)

    @property
    def beyond_error(self) -> int:
        return sum(i.beyond_error for i in self.indicators)

    @property
    def none(self) -> bool:
        return not self.indicators

    @property
    def in_words(self) -> str:
        """What to say where no value changed; a new cut between two others changes the record of revisions alone."""
        if not self.files:
            return "hold the same values"
        return f"hold the same values, computed from other files: {'; '.join(self.files)}"


Sources = Collection[tuple[str, str, str]]
"""Source, edition and sha256 of each file that a release was computed from."""


def diff(old: Path, new: Path) -> Difference:
    """Compare two release folders."""
    import duckdb

    from sdg_pipeline.release.manifest import read_manifest

    for folder in (old, new):
        observations(folder)
    before, after = (read_manifest(folder).sources for folder in (old, new))
    with duckdb.connect() as con:
        prepare(con, old, new, before, after)
        return replace(difference(con, old.name, new.name), files=changed_files(before, after))


def changed_files(before: Sources, after: Sources) -> tuple[str, ...]:
    """``source/edition came`` or ``… went``, with the begin of the hash, for files that only one side has."""
    came, went = set(after) - set(before), set(before) - set(after)
    listed = [(file, "came") for file in came] + [(file, "went") for file in went]
    return tuple(f"{source}/{edition} {sha256[:12]} {what}" for (source, edition, sha256), what in sorted(listed))


def prepare(con: duckdb.DuckDBPyConnection, old: Path, new: Path, before: Sources, after: Sources) -> None:
    """Make table ``change`` of two release folders, one of which may still be in the making; see ``changes_query``."""
    otherwise = INPUTS if set(before) != set(after) else CODE
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE change AS {changes_query(observations(old), observations(new), otherwise)}"
    )


def difference(con: duckdb.DuckDBPyConnection, old: str, new: str) -> Difference:
    """The figures of table ``change``."""
    kinds = ", ".join(f"count_if(kind = '{k}')" for k in ("added", "removed", "revised", "reclassified"))
    counts = con.execute(
        f"SELECT indicator, {kinds}, count(*) FILTER (errors > 1) FROM change GROUP BY indicator ORDER BY indicator"
    ).fetchall()
    causes = con.execute(f"SELECT cause, {kinds} FROM change GROUP BY cause ORDER BY count(*) DESC, cause").fetchall()
    largest = con.execute(
        f"SELECT {', '.join(fields.KEY)}, old_value, new_value, errors, cause FROM change WHERE kind = 'revised' "
        "ORDER BY CASE WHEN errors > 1 THEN 0 WHEN errors IS NULL THEN 1 ELSE 2 END, errors DESC, "
        "abs(new_value - old_value) / nullif(abs(old_value), 0) DESC NULLS FIRST, "
        f"{parquet.ORDER} LIMIT {LARGEST_SHOWN}"
    ).fetchall()
    size = len(fields.KEY)
    revisions = (Revision(dict(zip(fields.KEY, row[:size], strict=True)), *row[size:]) for row in largest)
    return Difference(
        old,
        new,
        tuple(IndicatorChange(*row) for row in counts),
        tuple(CauseChange(*row) for row in causes),
        tuple(revisions),
    )


def observations(release: Path) -> str:
    """The values of a release in the FROM of a query; UsageError where the folder is none."""
    path = release / parquet.OBSERVATIONS
    if not path.is_file():
        raise UsageError(
            f"{release} is not a release: it has no {parquet.OBSERVATIONS}", remedy="name the folder of one"
        )
    return f"read_parquet({duck.text(path)})"


def changes_query(old: str, new: str, otherwise: str) -> str:
    """Rows that changed: key, kind, old and new value and status, ``errors``, ``cause``."""
    keys = ", ".join(duck.name(k) for k in fields.KEY)
    facts = ", ".join(f"{sql} AS {name}" for name, sql in FACTS)
    columns = f"{keys}, obs_value, std_error, {', '.join(CLASS)}, {facts}, true AS present"
    facts_there = ", ".join(f"list(DISTINCT {sql}) AS {name}" for name, sql in FACTS)
    other_class = " OR ".join(f"o.{c} IS DISTINCT FROM n.{c}" for c in CLASS)
    revised = (
        "(o.obs_value IS NULL) <> (n.obs_value IS NULL) OR coalesce("
        f"abs(n.obs_value - o.obs_value) > {TOLERANCE!r} * greatest(abs(o.obs_value), abs(n.obs_value)), false)"
    )
    return (
        f"WITH o AS (SELECT {columns} FROM {old}), n AS (SELECT {columns} FROM {new}), "
        f"of_old AS (SELECT indicator, {facts_there} FROM {old} GROUP BY indicator), "
        f"of_new AS (SELECT indicator, {facts_there} FROM {new} GROUP BY indicator) "
        f"SELECT {keys}, CASE WHEN o.present IS NULL THEN 'added' WHEN n.present IS NULL THEN 'removed' "
        f"WHEN {revised} THEN 'revised' WHEN {other_class} THEN 'reclassified' END AS kind, "
        "o.obs_value AS old_value, n.obs_value AS new_value, o.obs_status AS old_status, n.obs_status AS new_status, "
        "CASE WHEN kind = 'revised' THEN "
        "abs(n.obs_value - o.obs_value) / nullif(coalesce(o.std_error, n.std_error), 0) END AS errors, "
        f"{_cause(otherwise)} AS cause "
        f"FROM o FULL JOIN n USING ({keys}) "
        "LEFT JOIN of_old USING (indicator) LEFT JOIN of_new USING (indicator) WHERE kind IS NOT NULL"
    )


def _cause(otherwise: str) -> str:
    """The facts that differ; of a row that the other release lacks, those that no row of the indicator has there."""
    tests = []
    for name, _ in FACTS:
        own = f"coalesce(n.{name}, o.{name})"
        lacking = f"CASE WHEN n.present IS NULL THEN of_new.{name} ELSE of_old.{name} END"
        other = (
            f"CASE WHEN o.present AND n.present THEN o.{name} IS DISTINCT FROM n.{name} "
            f"ELSE {own} IS NOT NULL AND NOT list_contains({lacking}, {own}) END"
        )
        tests.append(f"CASE WHEN {other} THEN '{name}' END")
    edition, raw, *others = tests
    listed = ", ".join((f"coalesce({edition}, {raw})", *others))
    alone = "CASE WHEN n.present IS NULL THEN of_new.indicator ELSE of_old.indicator END IS NULL"
    cause = f"coalesce(nullif(concat_ws(', ', {listed}), ''), '{otherwise}')"
    return f"CASE WHEN {alone} THEN '{INDICATOR}' ELSE {cause} END"
