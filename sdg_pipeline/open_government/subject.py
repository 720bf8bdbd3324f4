"""What a subject of open government is: its tables, what it reads, and the work that fills them.

A new subject is a module of this folder and a line in ``subjects``. What belongs here: that form, and how a table is
written. What does not: any work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline import duck
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government.facts import ReleaseFiles
from sdg_pipeline.open_government.table import Table
from sdg_pipeline.quality.results import CheckResult, Severity
from sdg_pipeline.specs.catalog import Catalog

if TYPE_CHECKING:
    import duckdb

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Material:
    """What the work of a subject gets: a database, the specs, the register of areas, and files by id.

    ``indicators`` and ``staged`` are the Parquet files of this run; ``target`` says where a table is to be written.
    ``files`` are those that the subject named in the home.
    ``raw`` has the bytes of all editions for a subject that reads them, ``release`` what the release has besides.
    """

    con: duckdb.DuckDBPyConnection
    catalog: Catalog
    register: Register
    indicators: Mapping[str, Path]
    staged: Mapping[str, Path]
    target: Callable[[Table], Path]
    files: tuple[Path, ...] = ()
    raw: Mapping[tuple[str, str], RawFile] = field(default_factory=dict)
    release: ReleaseFiles = field(default_factory=ReleaseFiles)

    def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Write a table whole; a column that a row lacks is empty."""
        import pyarrow

        kinds = {"VARCHAR": pyarrow.string(), "DOUBLE": pyarrow.float64(), "BIGINT": pyarrow.int64()}
        schema = pyarrow.schema([(f.name, kinds[f.sql_type]) for f in table.columns])
        self.con.register("new_rows", pyarrow.Table.from_pylist([dict(row) for row in rows], schema))
        duck.write_parquet(self.con, "FROM new_rows", ", ".join(table.key), self.target(table))
        self.con.unregister("new_rows")


@dataclass(frozen=True)
class Subject:
    """A subject: ``tables`` it writes, ``staged`` tables of the specs it reads, whether it reads all indicators."""

    name: str
    tables: tuple[Table, ...]
    staged: Callable[[Catalog], frozenset[str]]
    all_indicators: bool
    owner: str
    described: Mapping[str, tuple[Severity, str, str]]
    """By check: its severity, what must hold, and why."""
    work: Callable[[Material], Mapping[str, tuple[str, Sequence[Row]]]]
    """Writes the tables; returns what each check observed in words, and the rows that fail it."""
    files: Callable[[Layout], Sequence[Path]] = lambda _: ()
    """Files of the home that it reads beside those; their bytes tell whether the step is fresh."""
    all_editions: bool = False
    """Whether it reads the bytes of all editions."""
    after: tuple[tuple[str, ...], ...] = ()
    """Keys of further steps whose files it reads; of subjects, those laid out before it."""

    def judge(self, material: Material) -> list[CheckResult]:
        """Do the work, and judge it: one verdict a check."""
        observed = self.work(material)
        return [
            CheckResult(
                border="release",
                subject=self.name,
                check=check,
                severity=severity,
                passed=not observed[check][1],
                description=description,
                owner=self.owner,
                reason=reason,
                observed=observed[check][0],
                n_failing=len(observed[check][1]),
                failing_rows=tuple(dict(row) for row in observed[check][1][:20]),
            )
            for check, (severity, description, reason) in self.described.items()
        ]
