"""The warehouse, opened read-only: opened again when another is swapped in, shared by all questions.

What belongs here: the connection, and what must be known of indicators before a question. What does not: questions.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.errors import InputError
from sdg_pipeline.layout import Layout
from sdg_pipeline.serve.offers import Stamp, stamp

if TYPE_CHECKING:
    import duckdb

MEMORY = "1GB"


class NoWarehouse(Exception):
    """There is no warehouse that can be read at this moment; the text says why."""


@dataclass(frozen=True)
class Counted:
    """An indicator of the warehouse: its goal, its series, and whom its totals are of, by dimension."""

    id: str
    goal: int
    series: str
    universe: Mapping[str, str]


@dataclass(frozen=True)
class Contents:
    """What a warehouse holds: the release that it was built of, and its indicators by id."""

    release: str
    indicators: Mapping[str, Counted]


@dataclass
class _Opened:
    con: duckdb.DuckDBPyConnection
    contents: Contents
    stamp: Stamp


class Warehouse:
    """Gives cursors on the warehouse of a home, one a question."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._turn = threading.Condition()
        self._opened: _Opened | None = None
        self._in_use = 0

    @contextmanager
    def cursor(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Contents]]:
        """A cursor and what the warehouse holds; NoWarehouse where it cannot be read.

        DuckDB has a file open once in a process, so the one before is closed first, when nobody uses it any more.
        """
        with self._turn:
            now = stamp(self.layout.warehouse)
            self._turn.wait_for(lambda: self._is_open(now) or self._in_use == 0)
            if not self._is_open(now):
                self._close()
                self._opened = self._open(now)
            assert self._opened is not None, "it was opened above"
            opened = self._opened
            cursor = opened.con.cursor()
            self._in_use += 1
        try:
            yield cursor, opened.contents
        finally:
            cursor.close()
            with self._turn:
                self._in_use -= 1
                self._turn.notify_all()

    def _is_open(self, now: Stamp) -> bool:
        return self._opened is not None and self._opened.stamp == now

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.con.close()
            self._opened = None

    def close(self) -> None:
        """Close the file, once nobody uses it."""
        with self._turn:
            self._turn.wait_for(lambda: self._in_use == 0)
            self._close()

    def _open(self, now: Stamp) -> _Opened:
        import duckdb

        if now[0] is None:
            raise NoWarehouse("there is no warehouse yet; remedy: `sdg run`")
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "autoinstall_known_extensions": False,
        }
        try:
            con = duckdb.connect(str(self.layout.warehouse), read_only=True, config=config)
        except duckdb.Error as error:
            raise NoWarehouse("the warehouse cannot be read; remedy: `sdg run` builds it again") from error
        try:
            duck.require_format(con, self.layout.warehouse)
            duck.shut(con, ())
            con.execute("SET enable_progress_bar = false")
            contents = _contents(con)
        except duckdb.Error as error:
            con.close()
            raise NoWarehouse("the warehouse is of another version; remedy: `sdg run` builds it again") from error
        except InputError as error:
            con.close()
            raise NoWarehouse(str(error)) from error
        return _Opened(con, contents, now)


def _contents(con: duckdb.DuckDBPyConnection) -> Contents:
    release = con.execute("SELECT id FROM release WHERE latest").fetchall()[0][0]
    rows = con.execute("SELECT id, goal, series, coalesce(universe, '') FROM indicator ORDER BY goal, id").fetchall()
    return Contents(release, {row[0]: Counted(row[0], row[1], row[2], _universe(row[3])) for row in rows})


def _universe(text: str) -> dict[str, str]:
    """``sex F, age Y15T19`` as codes by dimension (``publish.describe.universe``)."""
    return {dimension: code for dimension, _, code in (part.partition(" ") for part in text.split(", ") if part)}
