"""DuckDB connections, the quoting of names and texts, and Parquet files written whole.

What belongs here: how the library opens DuckDB and takes results out. What does not: any query.
"""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sdg_pipeline.errors import too_new
from sdg_pipeline.files import written_aside

if TYPE_CHECKING:
    import duckdb
    import pyarrow

    from sdg_pipeline.settings import Settings

T = TypeVar("T")
R = TypeVar("R")


WAREHOUSE_FORMAT = 1
"""Format of the warehouse, named in the comment on its table of releases."""
FORMAT_NOTE = "warehouse format "


def require_format(con: duckdb.DuckDBPyConnection, database: Path) -> None:
    """InputError where a newer program wrote an open warehouse; one that names no format is of the first."""
    rows = con.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'release'").fetchall()
    number = str(rows[0][0]).rpartition(FORMAT_NOTE)[2] if rows else ""
    if number.isdecimal() and int(number) > WAREHOUSE_FORMAT:
        raise too_new(database, number, WAREHOUSE_FORMAT)


def connect(settings: Settings, scratch: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory database bound to the machine's share of ``settings``; it spills into ``scratch``."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{settings.memory_limit_gb}GB",
        "temp_directory": str(scratch),
        "autoinstall_known_extensions": False,
    }
    if settings.threads:
        config["threads"] = settings.threads
    con = duckdb.connect(config=config)
    con.execute("SET enable_progress_bar = false")  # runs have bars of their own, and logs none
    return con


@contextmanager
def scratch_catalogue(settings: Settings, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a catalogue of its own, cleared at the end, to the one database in memory of this process.

    To open a database for every step takes three times as long; and steps side by side keep to one memory limit. They
    share its threads, too: a query of two steps that both take all cores costs a quarter more than of one core each.
    What a spec says becomes SQL here, so the database reads and writes below the home and the specs alone.
    """
    with _opening:
        database = _database(settings, scratch)
        con = database.con.cursor()
        name = f"scratch_{next(_numbers)}"
        database.catalogues += 1
        database.share()
    try:
        con.execute("SET enable_progress_bar = false")
        con.execute(f"ATTACH ':memory:' AS {name}")
        con.execute(f"USE {name}")
        yield con
    finally:
        con.execute("USE memory")
        con.execute(f"DETACH DATABASE IF EXISTS {name}")
        con.close()
        with _opening:
            database.catalogues -= 1


_opening = threading.Lock()
_numbers = itertools.count()


@dataclass
class _Database:
    """The database of this process, its threads in all and now, and the number of catalogues that are open in it."""

    con: duckdb.DuckDBPyConnection
    threads: int
    running: int
    catalogues: int = 0

    def share(self) -> None:
        """Give each open catalogue its share of the threads, one at least. To start and end them takes 10 ms."""
        share = max(1, self.threads // self.catalogues)
        if share != self.running:
            self.con.execute(f"SET threads = {share}")
            self.running = share


@cache
def _database(settings: Settings, scratch: Path) -> _Database:
    con = connect(settings, scratch)
    shut(con, (settings.home, settings.specs, scratch))
    threads = threads_of(con)
    return _Database(con, threads, threads)


def threads_of(con: duckdb.DuckDBPyConnection) -> int:
    """The threads with which a database answers a query."""
    return int(con.execute("SELECT current_setting('threads')").fetchall()[0][0])


def shut(con: duckdb.DuckDBPyConnection, folders: Iterable[Path], files: Iterable[Path] = ()) -> None:
    """Let a database reach these folders and files and nothing else, for good: DuckDB does not open it again."""
    reached = {"allowed_directories": folders, "allowed_paths": files}
    for setting, paths in reached.items():
        con.execute(f"SET {setting} = [{', '.join(text(path) for path in paths)}]")
    con.execute("SET enable_external_access = false")


INTERRUPTED_EVERY_SECONDS = 0.5


@contextmanager
def stopped_after(con: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[threading.Event]:
    """Interrupt the queries of a connection once ``seconds`` have passed, until the block ends.

    The event says that they have passed. DuckDB raises InterruptException in the query that runs then, and in later
    ones that take long.
    """
    ended, passed = threading.Event(), threading.Event()

    def watch() -> None:
        left = seconds
        while not ended.wait(left):
            passed.set()
            con.interrupt()
            left = INTERRUPTED_EVERY_SECONDS

    watcher = threading.Thread(target=watch, name="deadline", daemon=True)
    watcher.start()
    try:
        yield passed
    finally:
        ended.set()
        watcher.join()


AT_ONCE = 2


def side_by_side(
    con: duckdb.DuckDBPyConnection, items: Iterable[T], work: Callable[[duckdb.DuckDBPyConnection, T], R]
) -> list[R]:
    """Work on many small files two at a time, each with a cursor of its own, and return results in the order of items.

    DuckDB reads or writes a small file with one core; meanwhile it has no more threads than the two need.
    """

    def worked(item: T) -> R:
        with con.cursor() as cursor:
            return work(cursor, item)

    threads = threads_of(con)
    con.execute(f"SET threads = {max(1, threads // AT_ONCE)}")
    try:
        with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="files") as workers:
            return list(workers.map(worked, items))
    finally:
        con.execute(f"SET threads = {threads}")


def write_parquet(con: duckdb.DuckDBPyConnection, query: str, order: str, target: Path) -> int:
    """Write the rows of a query, ordered, into ``target`` whole, and return their number."""
    with written_aside(target) as aside:
        written = con.execute(
            f"COPY (SELECT * FROM ({query}) ORDER BY {order}) TO {text(aside)} (FORMAT parquet, COMPRESSION zstd)"
        )
        return int(written.fetchall()[0][0])


warnings.filterwarnings("ignore", message="Arrow output on a DB-API result makes an extra copy")


def arrow(con: duckdb.DuckDBPyConnection, query: str) -> pyarrow.Table:
    """The rows of a query, of which there are few: to copy them takes less than ``con.sql``, which plans it twice."""
    return con.execute(query).to_arrow_table()


def streamed(result: duckdb.DuckDBPyConnection, at_once: int) -> Iterator[tuple[Any, ...]]:
    """The rows of a result, of which Python takes so many at once."""
    while rows := result.fetchmany(at_once):
        yield from rows


def name(identifier: str) -> str:
    """A quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: object) -> str:
    """A quoted text literal."""
    return "'" + str(value).replace("'", "''") + "'"
