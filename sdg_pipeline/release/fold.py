"""Extends the history of one indicator by one release, in DuckDB.

Two tables are the state: ``version`` (rows with their validity and the number of their provenance) and ``provenance``
(what each number meant, with its validity). A new release meets the versions that stand. A provenance follows most of
its rows. Where the new edition comes for all of them, it takes one line in ``provenance`` and no new version. Rows that
went another way than their neighbours get a new version, as do rows with another value. What belongs here: that step.
What does not: files and releases (``release.history``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.publish import parquet
from sdg_pipeline.specs import fields

if TYPE_CHECKING:
    import duckdb

PROVENANCE: tuple[str, ...] = (
    "geo_vintage",
    "denominator_source",
    "coverage",
    "source",
    "source_edition",
    "source_sha256",
    "spec_hash",
)
"""Columns that tell where a row came from and not what it says."""
VERSION = tuple(f for f in fields.OBSERVATION if f.name not in PROVENANCE)
"""Columns of a version, in the order of the indicator table."""
VALIDITY = ("first_sequence", "until_sequence", "provenance")
_COLUMNS = ", ".join(duck.name(f.name) for f in VERSION)
_KEYS = ", ".join(duck.name(k) for k in fields.KEY)
_SAME = " AND ".join(
    f"v.{duck.name(f.name)} IS NOT DISTINCT FROM a.{duck.name(f.name)}" for f in VERSION if f.name not in fields.KEY
)


def signature() -> list[str]:
    """The columns that a file of the history has; one with others is made anew."""
    return [f"{f.name} {f.sql_type}" for f in fields.OBSERVATION]


def begin(con: duckdb.DuckDBPyConnection) -> None:
    """An empty state."""
    columns = ", ".join(f"{duck.name(f.name)} {f.sql_type}" for f in VERSION)
    validity = "first_sequence BIGINT, until_sequence BIGINT"
    con.execute(f"CREATE OR REPLACE TEMP TABLE version ({columns}, {validity}, provenance BIGINT)")
    con.execute(f"CREATE OR REPLACE TEMP TABLE provenance (provenance BIGINT, {validity}, facts VARCHAR)")


def resume(con: duckdb.DuckDBPyConnection, versions: Path, provenances: list[tuple[int, int, int | None, str]]) -> None:
    """Restore the state that ``write`` saved; call ``begin`` first."""
    con.execute(
        f"INSERT INTO version SELECT {_COLUMNS}, {', '.join(VALIDITY)} FROM read_parquet({duck.text(versions)})"
    )
    if provenances:  # an indicator that never had a row has none, and DuckDB refuses an empty list
        con.executemany("INSERT INTO provenance VALUES (?, ?, ?, ?)", provenances)


def provenances(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int, int | None, str]]:
    """All intervals: number, first and until sequence, and the columns of ``PROVENANCE`` as JSON."""
    return con.execute("FROM provenance ORDER BY ALL").fetchall()


def write(con: duckdb.DuckDBPyConnection, target: Path, metadata: dict[str, str]) -> None:
    """The versions as Parquet, by key and time; the provenances go into the metadata."""
    pairs = ", ".join(f"{key}: {duck.text(value)}" for key, value in metadata.items())
    con.execute(
        f"COPY (FROM version ORDER BY {parquet.ORDER}, first_sequence) TO {duck.text(target)} "
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{pairs}}})"
    )


def step(con: duckdb.DuckDBPyConnection, sequence: int, rows: Path | None) -> None:
    """Take in the rows of an indicator in a release; None where the release does not have the indicator."""
    if rows is None:
        for table in ("version", "provenance"):
            con.execute(f"UPDATE {table} SET until_sequence = ? WHERE until_sequence IS NULL", [sequence])
        return
    if not con.execute("SELECT 1 FROM version LIMIT 1").fetchall():
        _start(con, sequence, rows)
        return
    _arrive(con, rows)
    _place(con)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE version AS "
        f"SELECT v.* REPLACE (CASE WHEN v.until_sequence IS NULL AND p.stays IS NULL THEN {sequence} "
        "ELSE v.until_sequence END AS until_sequence) "
        f"FROM version AS v LEFT JOIN (SELECT {_KEYS}, stays FROM placed WHERE stays) AS p USING ({_KEYS}) "
        f"UNION ALL SELECT {_COLUMNS}, {sequence}, NULL, provenance FROM placed WHERE NOT stays"
    )
    con.execute(
        f"UPDATE provenance SET until_sequence = {sequence} WHERE until_sequence IS NULL "
        "AND (provenance, facts) NOT IN (SELECT (provenance, facts) FROM slot)"
    )
    con.execute(
        f"INSERT INTO provenance SELECT provenance, {sequence}, NULL, facts FROM slot WHERE (provenance, facts) NOT IN "
        "(SELECT (provenance, facts) FROM provenance WHERE until_sequence IS NULL)"
    )


def _start(con: duckdb.DuckDBPyConnection, sequence: int, rows: Path) -> None:
    """The rows of the first release, which meet no other: what ``_arrive`` and ``_place`` give, in less time."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE arrived AS {_arriving(con, rows)}")
    con.execute(
        f"INSERT INTO provenance SELECT row_number() OVER (ORDER BY facts), {sequence}, NULL, facts "
        "FROM (SELECT DISTINCT facts FROM arrived)"
    )
    con.execute(
        f"INSERT INTO version SELECT {_COLUMNS}, {sequence}, NULL, p.provenance "
        "FROM arrived JOIN provenance AS p USING (facts)"
    )


def _arriving(con: duckdb.DuckDBPyConnection, rows: Path) -> str:
    """SELECT of the columns of a version and of ``facts``; a release of older code may lack columns, empty then."""
    source = f"read_parquet({duck.text(rows)})"
    there = {str(r[0]) for r in con.execute(f"DESCRIBE FROM {source}").fetchall()}
    cells = {f.name: duck.name(f.name) if f.name in there else f"NULL::{f.sql_type}" for f in fields.OBSERVATION}
    columns = ", ".join(f"{cells[f.name]} AS {duck.name(f.name)}" for f in VERSION)
    facts = ", ".join(f"{name}: {cells[name]}" for name in PROVENANCE)
    return f"SELECT {columns}, to_json({{{facts}}})::VARCHAR AS facts FROM {source}"


def _arrive(con: duckdb.DuckDBPyConnection, rows: Path) -> None:
    """``arrived``: the new rows, the provenance that each had until now (``was``), and whether the row is the same."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE arrived AS "
        f"SELECT a.*, v.provenance AS was, v.provenance IS NOT NULL AND {_SAME} AS same "
        f"FROM ({_arriving(con, rows)}) AS a "
        f"LEFT JOIN (FROM version WHERE until_sequence IS NULL) AS v USING ({_KEYS})"
    )


def _place(con: duckdb.DuckDBPyConnection) -> None:
    """``slot``: what each provenance means from now on; ``placed``: the new rows, theirs, and whether they stay."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE slot AS SELECT was AS provenance, facts FROM arrived WHERE was IS NOT NULL "
        "GROUP BY was, facts QUALIFY row_number() OVER (PARTITION BY was ORDER BY count(*) DESC, facts) = 1"
    )
    con.execute(
        "INSERT INTO slot "
        "SELECT (SELECT coalesce(max(provenance), 0) FROM provenance) + row_number() OVER (ORDER BY facts), facts "
        "FROM (SELECT DISTINCT facts FROM arrived WHERE facts NOT IN (SELECT facts FROM slot))"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE placed AS "
        "SELECT *, same AND provenance = was AS stays FROM ("
        "SELECT a.*, CASE WHEN own.facts = a.facts THEN a.was ELSE other.provenance END AS provenance "
        "FROM arrived AS a LEFT JOIN slot AS own ON own.provenance = a.was "
        "JOIN (SELECT facts, min(provenance) AS provenance FROM slot GROUP BY facts) AS other ON other.facts = a.facts)"
    )
