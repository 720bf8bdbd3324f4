"""Runs SQL that a person wrote, in a database that reaches no file but its tables and ends at a deadline.

What belongs here: the walls around such a query. What does not: what it may say (admitted), and its text (compile).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.duck import shut, stopped_after
from sdg_pipeline.errors import InputError

if TYPE_CHECKING:
    import duckdb
    import pyarrow

MEMORY = "500MB"
"""What a written query may use besides the memory of the run; it never spills to disk."""
SECONDS = 60.0
"""How long a written query may take by default; those of the project take less than a second."""


class WrittenSqlFailed(InputError):
    """A written query was stopped, or DuckDB could not answer it."""


@dataclass(frozen=True)
class WrittenQuery:
    """A query to be run: its text, the file that errors name, the files that it may read, and its deadline."""

    sql: str
    name: str
    reads: tuple[Path, ...]
    seconds: float = SECONDS


def result(query: WrittenQuery, offer: Callable[[duckdb.DuckDBPyConnection], None]) -> pyarrow.Table:
    """The rows of a written query over the tables that ``offer`` puts before it; raises WrittenSqlFailed.

    The database is its own: it has no catalogue of another step, no extension, and no way to a file or the network.
    Nothing in it can change that.
    """
    import duckdb

    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": "", "threads": 1}) as con:
        con.execute("SET enable_progress_bar = false")
        shut(con, folders=(), files=query.reads)
        con.execute("SET lock_configuration = true")
        offer(con)
        try:
            with stopped_after(con, query.seconds):
                con.execute(f"CREATE TABLE written_result AS {query.sql}")
        except duckdb.InterruptException as error:
            raise WrittenSqlFailed(
                query.name,
                f"was stopped: it takes more than {query.seconds:g} seconds",
                remedy="make the SELECT do less, or set SDG_SQL_SECONDS to more",
            ) from error
        except duckdb.Error as error:
            raise WrittenSqlFailed(
                query.name, "cannot be run", value=str(error).splitlines()[0], remedy="mend the SELECT"
            ) from error
        return con.sql("FROM written_result").to_arrow_table()
