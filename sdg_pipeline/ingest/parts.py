"""The open work on one part of a table: its spec, its file, and the temporary table that its rows are in.

What belongs here: what all stages of staging share. What does not: any of the stages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.errors import StagingError
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.correction import Correction
from sdg_pipeline.specs.design import Join
from sdg_pipeline.specs.formats import Format
from sdg_pipeline.specs.source import Edition
from sdg_pipeline.specs.table import Part, Table

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class JoinedFile:
    """A file that is joined to the records of a part."""

    join: Join
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


def drift(header: Iterable[str], used: set[str], ignored: set[str], raw: RawFile) -> str:
    """Columns that came and went since the spec was written; nothing where all are used or ignored by name."""
    expected = used | ignored if raw.columns == "all" else used
    went = sorted(expected - set(header))
    appeared = sorted(set(header) - used - ignored)
    told = [f"appeared: {', '.join(appeared)}"] if appeared else []
    told += [f"went: {', '.join(went)}"] if went else []
    return "; ".join(told)
