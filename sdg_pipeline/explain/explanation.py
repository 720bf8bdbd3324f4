"""What an explanation says of one value, as plain data.

What belongs here: its form. What does not: gathering it (``explain.value``), showing it (cli).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.release.events import State
from sdg_pipeline.specs.indicator import Indicator

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """The value that a person asks for.

    ``area`` is a key, a REF_AREA or a name. Without ``period`` it is the newest one with a value, and dimensions that
    ``codes`` lacks are totals.
    """

    indicator: str
    area: str
    period: str | None = None
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Origin:
    """Whose value it is: that of a release, or of the last run of a home (no ``release``)."""

    release: str | None
    state: State | Literal["not published"]
    in_force: bool = False
    version: str | None = None
    coverage_notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Whose value it is, in a few words."""
        if self.release is None:
            return "the last run (not published)"
        return f"release {self.release}"


@dataclass(frozen=True)
class SourceFile:
    """A file behind a value, as it was sealed: address, bytes, sha256.

    ``path`` is where the raw store has exactly these bytes, None where it does not; ``fetched`` says from where and
    when they came.
    """

    source: str
    edition: str
    url: str
    sha256: str
    bytes: int | None
    path: Path | None = None
    fetched: str = ""


@dataclass(frozen=True)
class Cited:
    """The source of a value in words; texts are empty where the definitions cannot be read."""

    title: str = ""
    publisher: str = ""
    licence: str = ""
    citation: str = ""


@dataclass(frozen=True)
class Meaning:
    """The definition behind a value: the spec that computed it, its formula, unit and status in words."""

    indicator: Indicator
    formula: str
    unit: str
    status: str


@dataclass(frozen=True)
class StagedRows:
    """The first ``rows`` of the ``count`` rows of a staged table that were added up, with the measures used."""

    path: Path
    rows: tuple[Row, ...]
    count: int


@dataclass(frozen=True)
class Explanation:
    """Everything that stands behind one value.

    ``value`` is its row of the indicator table; ``periods`` are those that have one. ``checks`` begin with those that
    failed. ``change`` says since when the value is published. ``files`` are all files behind it, its own first.
    ``differences`` compare it with other groups, the nation and other years, with the design of the survey.
    ``deviations`` are its entries among the rules of coherence, ``corrections`` known errors of the files. ``sides``
    explain the two sides of a comparison. ``lacking`` says what is not at hand any more, and the remedy.
    """

    origin: Origin
    value: Row
    periods: tuple[str, ...]
    meaning: Meaning | None
    checks: tuple[CheckResult, ...]
    change: str
    files: tuple[SourceFile, ...]
    cited: Cited
    staged: StagedRows | None = None
    differences: tuple[Row, ...] = ()
    deviations: tuple[Row, ...] = ()
    corrections: tuple[Mapping[str, str], ...] = ()
    sides: tuple[Explanation, ...] = ()
    sql: str = ""
    lacking: tuple[str, ...] = ()
