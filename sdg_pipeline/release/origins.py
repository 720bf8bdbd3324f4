"""What the rows of a release cite: each names a source file and a definition, and the release holds both.

A row that cites other bytes, or another definition, was computed by another run than the one that sealed it. What
belongs here: that comparison, in DuckDB. What does not: sealing (``release.build``), hashes of files (``checksums``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.publish import parquet

if TYPE_CHECKING:
    import duckdb

SourceFile = tuple[str, str, str]
"""Source, edition and sha256."""


def faults(folder: Path, sources: Iterable[SourceFile], definitions: Mapping[str, str]) -> list[str]:
    """Rows of the Parquet files of values that cite what is not among these, one line per indicator and citation.

    ``definitions`` has the spec hash by indicator.
    """
    import duckdb

    lines: list[str] = []
    with duckdb.connect() as con:
        con.execute("CREATE TABLE source_file (source VARCHAR, source_edition VARCHAR, source_sha256 VARCHAR)")
        con.execute("CREATE TABLE definition (indicator VARCHAR, spec_hash VARCHAR)")
        for table, rows in (("source_file", [*sources]), ("definition", [*definitions.items()])):
            if rows:  # DuckDB refuses an empty list
                con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        for name in (parquet.OBSERVATIONS, parquet.VINTAGES):
            if (folder / name).is_file():
                lines += _faults_of(con, folder / name)
    return lines


def _faults_of(con: duckdb.DuckDBPyConnection, file: Path) -> list[str]:
    rows = f"read_parquet({duck.text(file)})"
    file_cited = "CONCAT('source file ', source, '/', source_edition, ' sha256 ', source_sha256)"
    rows_of_others = con.execute(
        f"SELECT indicator, {file_cited} AS cited, count(*) FROM {rows} "
        "ANTI JOIN source_file USING (source, source_edition, source_sha256) GROUP BY ALL UNION ALL "
        f"SELECT indicator, CONCAT('definition ', spec_hash) AS cited, count(*) FROM {rows} "
        "ANTI JOIN definition USING (indicator, spec_hash) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return [
        f"{file.name}: {count} rows of {i} cite {cited}, which the release does not hold"
        for i, cited, count in rows_of_others
    ]
