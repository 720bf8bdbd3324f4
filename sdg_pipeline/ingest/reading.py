"""A file that is being read, and what all readers do with it: tell of its damage, make its table, write its numbers.

What belongs here: what CSV, workbooks, dBase and Parquet share. What does not: any one of these formats.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import StagingError
from sdg_pipeline.ingest.text import DOUBLE_ENCODED, LOST, SOUND, Encoding, damage

if TYPE_CHECKING:
    import duckdb

ROW = "__row"
REST = "__rest"
"""Of a record, the hash of the cells that are not read: two records with the same rest are the same there."""
EXACT_WHOLE = 2**53
"""From here on a float no longer holds every whole number."""
DEFAULT_BYTES = 4_000_000_000
SHEET_DIGITS = 15
"""Significant digits that spreadsheets keep; what lies beyond them is the noise of binary fractions."""


@dataclass(frozen=True)
class Reading:
    """Files to be read as one table: ``name`` is what errors call them, ``scratch`` where a mended copy may lie."""

    con: duckdb.DuckDBPyConnection
    paths: tuple[Path, ...]
    name: str
    scratch: Path
    max_bytes: int = DEFAULT_BYTES
    """What the file may take unpacked (``max_unpacked_megabytes`` of its edition)."""
    unread: frozenset[str] = frozenset()
    """Columns of a CSV that nobody uses: the header has them, the table has not."""
    rest: bool = False
    """Whether the table has the hash ``REST`` of these columns."""

    @property
    def path(self) -> Path:
        """The file, where it is one."""
        (path,) = self.paths
        return path

    def each(self) -> list[Reading]:
        """The files one by one; those of an edition with several are told apart by their names."""
        if len(self.paths) == 1:
            return [self]
        return [replace(self, paths=(path,), name=f"{self.name} > {path.name}") for path in self.paths]

    def fail(self, message: str, *, place: str = "", value: object = None, remedy: str = SOUND) -> StagingError:
        return StagingError(self.name, message, place=place, value=value, remedy=remedy)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.con.execute(query).fetchall()

    def refuse_twice(self, header: Sequence[str], place: str = "header", remedy: str = SOUND) -> None:
        """StagingError where two columns have the same name."""
        twice = [column for column, n in Counter(header).items() if n > 1]
        if twice:
            raise self.fail("has a column twice", place=place, value=twice[0], remedy=remedy)

    def refuse_lost_characters(
        self, view: str, header: Sequence[str], encoding: Encoding = "utf-8", known_damage: Sequence[str] = ()
    ) -> None:
        """StagingError where a cell holds what is left of a letter after the wrong encoding, and is not known."""
        if not header:
            return
        row = f"concat_ws(chr(10), {', '.join(quoted(column) for column in header)})"
        for damaged in known_damage:
            row = f"replace({row}, {literal(damaged)}, '')"
        signs = "|".join((LOST, *DOUBLE_ENCODED))
        cell = rf"[^\n]*({signs})[^\n]*"
        seen = self.rows(
            f"SELECT {ROW}, regexp_extract({row}, {literal(cell)}) FROM {view} "
            f"WHERE regexp_matches({row}, {literal(signs)}) ORDER BY {ROW} LIMIT 1"
        )
        if seen:
            number, cell = seen[0]
            what, remedy = damage(cell, encoding)
            raise self.fail(what, place=f"row {number}", value=cell[:80], remedy=remedy)

    def make(self, view: str, header: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """A temporary table of texts from rows of Python, each with its number first.

        Only for files that a person could open in a spreadsheet: all of them is in memory.
        """
        import pyarrow

        nul = next((column for column in header if "\0" in column), None)
        if nul is not None:
            raise self.fail("has a NUL in the name of a column", place="header", value=nul)
        columns = list(zip(*rows, strict=True)) or [()] * (len(header) + 1)
        arrays = [pyarrow.array(columns[0], pyarrow.int64())]
        arrays += [pyarrow.array([cell or None for cell in column], pyarrow.string()) for column in columns[1:]]
        self.con.register("unpacked_rows", pyarrow.table(arrays, names=[ROW, *header]))
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE {view} AS SELECT * FROM unpacked_rows")
        self.con.unregister("unpacked_rows")


def cell_text(value: object) -> str:
    """A cell as text: numbers without an exponent, whole ones without a point, none with the noise of binary fractions.

    Keys and counts are stored as floats, and ``43.2314482601`` comes as ``43.23144826009999``.
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isfinite(value):
        if value.is_integer() and abs(value) < EXACT_WHOLE:
            return str(int(value))
        return format(Decimal(f"{value:.{SHEET_DIGITS}g}"), "f")
    return "" if value is None else str(value).strip()
