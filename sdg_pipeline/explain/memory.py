"""What is remembered of computed values: by a sealed release, or by the home after its last run.

What belongs here: that value, and plain questions to it. What does not: reading it (``published``, ``last_run``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sdg_pipeline.errors import SdgError
from sdg_pipeline.explain.explanation import Origin
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.publish.locks import Lock
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Part, Table


@dataclass(frozen=True)
class Definitions:
    """The specs that the values were computed by, with the register of areas."""

    folder: Path
    catalog: Catalog
    register: Register

    def tables(self, indicator: str) -> tuple[Table, ...]:
        """The tables that an indicator, or the one it compares, is computed from."""
        root = self.root(indicator)
        return tuple(self.catalog.tables[table] for table in self.catalog.tables_of(root)) if root else ()

    def root(self, indicator: str) -> Indicator | None:
        """The indicator itself, or the one that it compares."""
        spec = self.catalog.indicators.get(indicator)
        return self.catalog.indicators.get(spec.base) if spec and spec.base else spec


@dataclass(frozen=True)
class Memory:
    """Everything that a release, or a home, remembers of its values.

    ``values`` gives the file of an indicator: InputError where it is damaged, UsageError where there is none.
    ``differences`` and ``deviations`` give theirs, or None where there is none. ``locks`` are the bytes that were used.
    ``lacking`` says what of all this cannot be read, and why.
    """

    origin: Origin
    indicators: tuple[str, ...]
    values: Callable[[str], Path]
    differences: Callable[[str], Path | None]
    deviations: Path | None
    definitions: Definitions | None
    locks: tuple[Lock, ...]
    checks: tuple[CheckResult, ...]
    lacking: tuple[str, ...] = ()

    def lock(self, source: str, edition: str) -> Lock | None:
        """The bytes of an edition that were used."""
        return next((lock for lock in self.locks if (lock.source, lock.edition) == (source, edition)), None)

    def current_id(self, indicator: str) -> str:
        """The id of the indicator that had this one before, by these definitions; the same where none had."""
        return self.definitions.catalog.current_id(indicator) if self.definitions else indicator

    def parts(self, table: Table) -> list[Part]:
        """The parts of a table whose files were all used, in the order of the spec."""
        return table.chosen(part for part in table.parts if all(self.lock(*file) for file in table.files_of(part)))

    def files(self, indicator: str) -> list[Lock]:
        """The bytes behind an indicator, each once."""
        tables = self.definitions.tables(indicator) if self.definitions else ()
        keys = dict.fromkeys(file for table in tables for part in self.parts(table) for file in table.files_of(part))
        return [lock for lock in (self.lock(*key) for key in keys) if lock]


def read_definitions(folder: Path) -> Definitions:
    """The specs below a folder; SdgError where they are gone, unsound, or of another grammar."""
    from sdg_pipeline.ingest.geography import register

    catalog = catalogs.load(folder).sound()
    try:
        return Definitions(folder, catalog, register(folder))
    except (OSError, KeyError, ValueError) as error:
        raise SdgError(f"{folder}/geography cannot be read ({error})") from error
