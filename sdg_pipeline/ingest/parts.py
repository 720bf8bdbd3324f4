"""The open work on one part of a table: its spec, its file, and the temporary table that its rows are in.

What belongs here: what all stages of staging share. What does not: any of the stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.errors import StagingError, nearest
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.correction import Correction
from sdg_pipeline.specs.design import Join
from sdg_pipeline.specs.formats import CsvFormat, Format
from sdg_pipeline.specs.source import Edition
from sdg_pipeline.specs.table import Part, Table

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class JoinedFile:
    """A file that is joined to the records of a part."""

    join: Join
    edition: Edition
    raw: RawFile
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class PartFile:
    """One part of a table with its file: ``paths`` are the unpacked files, ``raw`` what is known of the bytes."""

    part: Part
    edition: Edition
    raw: RawFile
    paths: tuple[Path, ...]
    joins: tuple[JoinedFile, ...] = ()
    """The files joined to its records, in the order of the spec."""
    corrections: tuple[Correction, ...] = ()
    """Known errors of the file."""


@dataclass(frozen=True)
class OpenPart:
    """A part being staged; ``view`` is the temporary table with its rows, all cells text."""

    con: duckdb.DuckDBPyConnection
    table: Table
    file: PartFile
    view: str

    @property
    def part(self) -> Part:
        return self.file.part

    @property
    def edition(self) -> Edition:
        return self.file.edition

    @property
    def raw(self) -> RawFile:
        return self.file.raw

    @property
    def form(self) -> Format:
        return self.file.part.format or self.table.format

    @property
    def name(self) -> str:
        """What errors call the file."""
        return called(self.raw)

    @property
    def tells_municipality(self) -> bool:
        """Whether staged rows say their municipality: those of its level, and records of a survey where they can."""
        geography, level = self.table.geography, self.part.level
        surveyed = self.table.design is not None and level == Level.STATE and geography.has_municipalities
        return surveyed or level.depth >= Level.MUNICIPALITY.depth

    def fail(
        self, message: str, *, place: str = "", value: object = None, remedy: str = "get a sound copy of the file"
    ) -> StagingError:
        return StagingError(self.name, message, place=place, value=value, remedy=remedy)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.con.execute(query).fetchall()


def called(raw: RawFile) -> str:
    """What errors call a file."""
    return f"{Path(raw.path).name} ({raw.source}/{raw.edition})"


def columns_read(own: Table, part: Part) -> set[str]:
    """Columns of a part's own file that the table reads: ``own`` is the table as the part sees it."""
    ruled = [c for text in part.expressions.values() for c in expressions.columns(expressions.read(text))]
    ruled += part.once.by if part.once else ()
    added = {column for join in own.joins for column in join.added}
    keyed = {column for join in own.joins for column in join.by}
    summed = {*part.add_up.by, *part.add_up.sum} if part.add_up else set()
    read = {*own.used_columns, *ruled, *keyed, *summed} - added - set(part.derive)
    derived = {own.reshape.into, own.reshape.value} if own.reshape else set()
    if part.spread is not None:
        read = (read - part.spread.columns) | ({part.spread.names, part.spread.value} - derived)
    if part.runs is not None:
        read = (read - {part.runs.days}) | ({*part.runs.by, part.runs.content, part.runs.date} - derived)
    return (read - {*part.compose}) | {column for columns in part.compose.values() for column in columns}


def columns_of(part: OpenPart, header: Sequence[str]) -> tuple[set[str], set[str]]:
    """Columns that a part reads, and those that it leaves out: by name, dates out of its span, and all that it may."""
    reshape = part.table.reshape
    used = columns_read(part.table, part.part) | {*(reshape.taken(header) if reshape else ())}
    others = {*header} - used if part.form.others_left_out else {*(reshape.passed(header) if reshape else ())}
    return used, {*part.table.ignored_columns, *others}


def unread(part: OpenPart, year_column: str | None) -> frozenset[str]:
    """Columns that the table ignores and nothing else needs; a correction may name any."""
    needed = {*part.part.rename, *part.part.rename.values(), year_column or "", *columns_read(part.table, part.part)}
    return frozenset() if part.file.corrections else frozenset(part.table.ignored_columns) - needed


def spelled(header: Iterable[str], form: Format, named: Iterable[str]) -> list[str]:
    """The header as the spec writes its names, where the format takes them in any letter case."""
    if not (isinstance(form, CsvFormat) and form.any_case):
        return list(header)
    written = {name.lower(): name for name in named}
    return [written.get(column.lower(), column) for column in header]


def drift(header: Iterable[str], form: Format, used: set[str], ignored: set[str], raw: RawFile) -> str:
    """Columns that came and went since the spec was written; nothing where all are used or ignored by name.

    Each is followed by the name that it most likely has on the other side, where one is near.
    """
    if form.others_left_out:
        return changes(set(header) & used, used, used)
    expected = used | ignored if raw.columns == "all" else used
    return changes(set(header), used | ignored, expected)


def changes(header: set[str], named: set[str], expected: set[str]) -> str:
    """Columns of a header that nobody names, and expected ones that it lacks, in one line; empty where none are."""
    appeared, went = header - named, expected - header
    lines = []
    for what, columns, others in (("appeared", appeared, went), ("went", went, appeared)):
        if columns:
            lines.append(f"{what}: {', '.join(_like(column, others) for column in sorted(columns))}")
    return "; ".join(lines)


def _like(column: str, others: set[str]) -> str:
    near = nearest(column, sorted(others))
    return f"{column} (like {near})" if near else column


def drift_remedy(table: Table, place: str = "") -> str:
    """What to do about columns that came or went; ``place`` is that of the spec which names them."""
    return (
        f"use or ignore each column{place} in tables/{table.id}.yaml (`sdg new ignored {table.id}` writes the lists "
        "that it names under rest, and prints what changed), or get the right file"
    )
