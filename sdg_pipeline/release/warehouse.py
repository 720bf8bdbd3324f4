"""Builds the DuckDB file for analysts aside from the latest release, then swaps it in.

A reader that has the old file open keeps it, a new one sees the new. The storage format is that of DuckDB
1.2, so that 1.2 and later read it. No foreign keys and no indexes: they bloat the file, and the data are
checked before.

``sdg`` in ``sdg.latest`` is the name that DuckDB takes from the file. There is no schema of that name: DuckDB calls
every ``sdg.…`` ambiguous where file and schema are namesakes (1.2.2 and 2.0.0). Views and macros name tables without
it, so that a copy under another name works as well.

What belongs here: assembling the file. What does not: its tables (``release.tables``), its views and macros
(``warehouse/``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb
import pyarrow as pa

from sdg_pipeline import duck
from sdg_pipeline.errors import InputError, UsageError
from sdg_pipeline.files import written_aside
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government import tables as open_tables
from sdg_pipeline.open_government.table import Table as OpenTable
from sdg_pipeline.publish import parquet
from sdg_pipeline.quality import results
from sdg_pipeline.release import area_tables, fold, history, past, quality_tables, tables, total_keys
from sdg_pipeline.release.columns import Table, columns_of
from sdg_pipeline.release.manifest import CHECKS, Manifest, manifests, read_manifest, releases
from sdg_pipeline.release.tables import Row
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.catalog import Catalog

STORAGE_VERSION = "v1.2.0"
"""The oldest DuckDB that must read the file; 2.0 writes a format that 1.x does not."""
SQL_FOLDERS = ("views", "macros")
NAMED = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)|\b(\w+)\(")
"""A relation read, or a macro called, in the SQL of a view or macro."""
ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR[]": pa.list_(pa.string()),
}


def build_warehouse(
    layout: Layout, catalog: Catalog, register: Register, sql_folder: Path, settings: Settings | None = None
) -> Path:
    """Build ``warehouse/sdg.duckdb`` from the latest release and swap it in; returns its path.

    ``sql_folder`` holds ``views/*.sql`` and ``macros/*.sql``. Raises UsageError where nothing is published,
    InputError where an SQL file or the release is damaged; the old file then stays.
    """
    if not layout.latest.exists():
        raise UsageError(f"nothing is published below {layout.published}; remedy: `make run`")
    folder = layout.latest.resolve()
    if folder.name not in releases(layout):
        remedy = f"restore it from a copy, or `sdg release publish {folder.name} --by NAME` begins another"
        raise UsageError(f"{layout.events(folder.name)} is missing: nobody published {folder.name}; remedy: {remedy}")
    _clear_leftovers(layout.warehouse)
    with written_aside(layout.warehouse) as aside:
        con = duck.connect(settings or Settings.from_environment(), layout.scratch)
        try:
            con.execute(f"ATTACH {duck.text(aside)} AS target (STORAGE_VERSION {duck.text(STORAGE_VERSION)})")
            con.execute("USE target; BEGIN")  # one transaction: each of 1,000 comments would else wait for the disk
            _fill(con, folder, layout, catalog, register)
            _add_sql(con, sql_folder)
            con.execute("COMMIT; CHECKPOINT target; USE memory; DETACH target")
        finally:
            con.close()
            _wal(aside).unlink(missing_ok=True)
        # DuckDB refuses to open a file beside which another file's log lies.
        _wal(layout.warehouse).unlink(missing_ok=True)
    return layout.warehouse


def holds(database: Path, release: str) -> bool:
    """Whether a file is a warehouse of this release that can be read, every value of it."""
    try:
        with duckdb.connect(str(database), read_only=True) as con:
            con.execute("SELECT sum(hash(observation)) FROM observation").fetchone()
            latest = con.execute("SELECT id FROM release WHERE latest").fetchall()
    except duckdb.Error:
        return False
    return latest == [(release,)]


def _wal(database: Path) -> Path:
    return database.with_name(f"{database.name}.wal")


def _clear_leftovers(target: Path) -> None:
    """What killed runs left beside the target, see ``files.written_aside``."""
    for leftover in target.parent.glob(f".{target.name}.*.aside*"):
        leftover.unlink()


def _fill(con: duckdb.DuckDBPyConnection, folder: Path, layout: Layout, catalog: Catalog, register: Register) -> None:
    manifest = read_manifest(folder)
    _fill_versions(con, folder, manifest, layout)
    for table, name in _COPIED:
        _create(con, table)
        if (folder / name).exists():
            columns = ", ".join(duck.name(c.name) for c in table.columns)
            con.execute(f"INSERT INTO {table.name} SELECT {columns} FROM read_parquet({duck.text(folder / name)})")
    for table, rows in _derived(folder, manifest, layout, catalog, register):
        _create(con, table)
        _insert(con, table, list(rows))
    con.execute(tables.EXTENT)
    note = f"{tables.RELEASE.comment}; {duck.FORMAT_NOTE}{duck.WAREHOUSE_FORMAT}"
    con.execute(f"COMMENT ON TABLE {tables.RELEASE.name} IS {duck.text(note)}")


def _fill_versions(con: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, layout: Layout) -> None:
    """Each version of a value is stored once: in ``observation`` where the release has it, else in ``past``."""
    for table in (tables.OBSERVATION, past.PAST, past.PROVENANCE):
        _create(con, table)
    working = con.cursor()  # its temporary tables are not seen by this connection
    try:
        provenances = history.update(layout, working)
    finally:
        working.close()
    _insert(con, past.PROVENANCE, list(past.provenances(provenances)))
    files = ", ".join(duck.text(path) for path in sorted(layout.history.glob("*.parquet")))
    versions = f"read_parquet([{files}]) AS v"  # a pattern would take the brackets of a home's name as its own
    columns = ", ".join(f"{'p' if f.name in fold.PROVENANCE else 'v'}.{duck.name(f.name)}" for f in fields.OBSERVATION)
    standing = ", ".join(f"v.{name}" for name in fold.VALIDITY)
    now = manifest.sequence
    con.execute(
        f"INSERT INTO observation SELECT {columns}, {duck.text(manifest.release)}, {standing} FROM {versions} "
        f"JOIN provenance AS p ON p.indicator = v.indicator AND p.provenance = v.provenance AND {_valid('p', now)} "
        f"WHERE {_valid('v', now)} ORDER BY {_by_key('v')}"
    )
    con.execute(f"INSERT INTO past SELECT v.* FROM {versions} WHERE NOT {_valid('v', now)} ORDER BY {_by_key('v')}")
    _require_whole(con, folder / parquet.OBSERVATIONS, layout)


def _valid(alias: str, sequence: int) -> str:
    until = f"{alias}.until_sequence"
    return f"({alias}.first_sequence <= {sequence} AND ({until} IS NULL OR {until} > {sequence}))"


def _by_key(alias: str) -> str:
    return ", ".join(f"{alias}.{duck.name(k)}" for k in (*fields.KEY, "first_sequence"))


def _require_whole(con: duckdb.DuckDBPyConnection, published: Path, layout: Layout) -> None:
    """The history must give the release as it was published."""
    rows = "SELECT count(*), count(obs_value), sum(hash(ref_area, time_period, obs_value, source_sha256)) FROM "
    by_history = con.execute(f"{rows} observation").fetchone()
    sealed = con.execute(f"{rows} read_parquet({duck.text(published)})").fetchone()
    if by_history != sealed:
        remedy = "delete the folder, it is made again from the releases"
        raise InputError(layout.history, f"does not give the values of {published.parent.name}", remedy=remedy)


def _comment(table: OpenTable) -> str:
    return f"{table.en[0].upper()}{table.en[1:]}; key: {', '.join(table.key)}"


_COPIED = (
    (tables.VINTAGE, parquet.VINTAGES),
    (tables.REVISION, parquet.REVISIONS),
    (tables.DIFFERENCE, parquet.DIFFERENCES),
    (tables.MODEL, parquet.MODELS),
    (tables.DEVIATION, parquet.DEVIATIONS),
    (quality_tables.PROFILE, parquet.PROFILES),
    *((Table(t.name, _comment(t), columns_of(t.columns)), t.file) for t in open_tables.TABLES),
)
"""Tables that hold a file of the release as it is, where it has one."""


def _derived(
    folder: Path, manifest: Manifest, layout: Layout, catalog: Catalog, register: Register
) -> Iterable[tuple[Table, Iterable[Row]]]:
    yield tables.INDICATOR, tables.indicators(catalog, manifest)
    yield total_keys.TOTAL_KEY, total_keys.total_keys(catalog, manifest)
    yield area_tables.AREA, area_tables.areas(register)
    yield area_tables.AREA_GEOMETRY, area_tables.area_geometries(layout)
    yield tables.SOURCE, tables.sources(catalog, manifest, layout)
    every = manifests(layout)
    published = list(past.publications(every, layout))
    first = {str(row[0]): str(row[1]) for row in reversed(published)}  # each record begins with the oldest
    yield tables.RELEASE, tables.releases(every, manifest.release, first)
    yield past.PUBLICATION, published
    yield past.RELEASE_INPUT, past.inputs(every)
    yield tables.CHECK_RESULT, tables.check_results(results.read(folder / CHECKS), manifest.release)
    yield quality_tables.FRESHNESS, quality_tables.expected(catalog)
    yield quality_tables.CORRECTION, quality_tables.corrected(catalog, manifest)
    yield tables.CODE, tables.codes(catalog)


def _create(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    columns = ", ".join(f"{duck.name(c.name)} {c.sql_type}" for c in table.columns)
    con.execute(f"CREATE TABLE {table.name} ({columns})")
    con.execute(f"COMMENT ON TABLE {table.name} IS {duck.text(table.comment)}")
    for column in table.columns:
        con.execute(f"COMMENT ON COLUMN {table.name}.{duck.name(column.name)} IS {duck.text(column.comment)}")


def _insert(con: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[Row]) -> None:
    """Through Arrow: row by row, 2,500 areas take seconds."""
    arrays = [pa.array([row[n] for row in rows], ARROW_TYPES[c.sql_type]) for n, c in enumerate(table.columns)]
    con.register("derived_rows", pa.table(arrays, names=[c.name for c in table.columns]))
    con.execute(f"INSERT INTO {table.name} SELECT * FROM derived_rows")
    con.unregister("derived_rows")


def _add_sql(con: duckdb.DuckDBPyConnection, sql_folder: Path) -> None:
    """Create what the SQL files define; the comment at a file's head becomes the comment of its object.

    Views and macros are bound when they are made, so each comes after those that it names.
    """
    files = {path.stem: path for kind in SQL_FOLDERS for path in sorted((sql_folder / kind).glob("*.sql"))}
    headers = {}
    for stem in _in_order(files):
        sql = files[stem].read_text(encoding="utf-8")
        headers[stem] = _header(sql, files[stem])
        with _its_own(files[stem]):
            con.execute(sql)
    macros = _macros(con)
    for stem, header in headers.items():
        with _its_own(files[stem]):
            con.execute(f"COMMENT ON {macros.get(stem, 'VIEW')} {stem} IS {duck.text(header)}")
        if stem not in macros:
            _comment_columns(con, files[stem])


@contextmanager
def _its_own(path: Path) -> Iterator[None]:
    """What DuckDB says of a file is an error of that file."""
    try:
        yield
    except duckdb.Error as error:
        remedy = f"let it define {path.stem} and nothing else"
        raise InputError(path, f"DuckDB refuses it: {error}", remedy=remedy) from error


def _in_order(files: Mapping[str, Path]) -> list[str]:
    named: dict[str, set[str]] = {}
    for stem, path in files.items():
        code = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("--")]
        used = {relation or macro for relation, macro in NAMED.findall("\n".join(code))}
        named[stem] = used & (set(files) - {stem})
    try:
        return list(TopologicalSorter(named).static_order())
    except CycleError as error:
        remedy = "let one of them not use the other"
        raise InputError(files[error.args[1][0]], "uses what uses it", value=error.args[1], remedy=remedy) from error


def _macros(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The macros of the warehouse and what COMMENT calls their kind. DuckDB lists 3,000 functions each time."""
    rows = con.execute(
        "SELECT DISTINCT function_name, function_type FROM duckdb_functions() WHERE database_name = 'target'"
    ).fetchall()
    return {name: "MACRO TABLE" if kind == "table_macro" else "MACRO" for name, kind in rows}


def _header(sql: str, path: Path) -> str:
    lines = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    if not lines:
        raise InputError(path, "has no comment at its head", remedy="say in `--` lines what the view or macro gives")
    return " ".join(lines)


def _comment_columns(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """A view's column means what the table column of this name means, unless the file says otherwise."""
    comments: dict[str, str] = {}
    for table in (area_tables.AREA, tables.INDICATOR, tables.OBSERVATION):
        comments.update({column.name: column.comment for column in table.columns})
    columns = con.execute(
        "SELECT column_name, comment FROM duckdb_columns() WHERE database_name = 'target' AND table_name = ?",
        [path.stem],
    ).fetchall()
    for column, comment in columns:
        if comment is None and column not in comments:
            remedy = f"add COMMENT ON COLUMN {path.stem}.{column} IS '…' to the file"
            raise InputError(path, "has a column without a meaning", value=column, remedy=remedy)
        text = comment if comment is not None else comments[column]
        con.execute(f"COMMENT ON COLUMN {path.stem}.{duck.name(column)} IS {duck.text(text)}")
