"""From a value back to its source bytes.

A value is explained from what its release remembers: its rows, specs, locks, checks. What the home still has of its
inputs only shows more. What belongs here: gathering what stands behind one value. What does not: recomputing, showing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import SdgError
from sdg_pipeline.explain import defined, history, last_run, published
from sdg_pipeline.explain.at_hand import Home, NotAtHand, staged_rows, stored
from sdg_pipeline.explain.choice import choose
from sdg_pipeline.explain.explanation import Explanation, Request, Row, SourceFile, StagedRows
from sdg_pipeline.explain.memory import Memory
from sdg_pipeline.publish.headline import rows_of
from sdg_pipeline.publish.locks import Lock
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.release.manifest import announced_last, in_force
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs.fields import DIMENSIONS, KEY
from sdg_pipeline.specs.methods import Comparison

if TYPE_CHECKING:
    import duckdb

DIFFERENCE = "comparison, dimension, reference, reference_value, difference, std_error, p_value"
DEVIATION = "rule, quantity, observed, expected, difference, severity, status, explanation, cite"


def explain(settings: Settings, request: Request, release: Path | None = None) -> Explanation:
    """Explain a value of the release in force, or of the ``release`` in a folder.

    Where nothing is published, or the release in force lacks the indicator, it is the value of the last run. UsageError
    where there is no such value, naming those that there are; InputError where the file that has it is damaged.
    """
    home = Home(settings)
    folder = release.resolve() if release else _in_force(home)
    memory = published.remember(folder, home.layout) if folder else None
    lacks_it = memory is None or memory.current_id(request.indicator) not in memory.indicators
    if memory is None or (release is None and lacks_it and last_run.has(home.layout, request.indicator)):
        return explain_last_run(settings, request)
    return _explained(home, memory, folder, request)


def explain_last_run(settings: Settings, request: Request) -> Explanation:
    """Explain the value that the last run left, published or not; errors as those of ``explain``."""
    return _explained(Home(settings), last_run.remember(settings, request.indicator), None, request)


def _in_force(home: Home) -> Path | None:
    """The folder that ``latest`` points at; where the link is gone, that of the release published last."""
    name = in_force(home.layout) or announced_last(home.layout)
    return home.layout.release(name) if name else None


def _explained(home: Home, memory: Memory, folder: Path | None, request: Request) -> Explanation:
    import duckdb

    with duckdb.connect(config={"autoinstall_known_extensions": False}) as con:
        return Gathering(con, home, memory, folder).explain(request)


@dataclass(frozen=True)
class Gathering:
    """Where the parts of an explanation come from; ``folder`` is that of the release, None for a last run."""

    con: duckdb.DuckDBPyConnection
    home: Home
    memory: Memory
    folder: Path | None

    def explain(self, request: Request) -> Explanation:
        """All that stands behind the value of a request."""
        memory = self.memory
        chosen = choose(self.con, memory, replace(request, indicator=memory.current_id(request.indicator)))
        value, lacking = chosen.value, [*self.memory.lacking]
        lacking += filter(None, [defined.other_definition(memory, value)])
        files = self._files(value, lacking)
        return Explanation(
            origin=memory.origin,
            value=value,
            periods=chosen.periods,
            meaning=defined.meaning(memory, value),
            checks=tuple(self._checks(value, files)),
            change=self._change(value),
            files=files,
            cited=defined.cited(memory, value),
            staged=self._staged(value, lacking),
            differences=self._about(memory.differences(value["indicator"]), DIFFERENCE, value, lacking),
            deviations=self._about(memory.deviations, DEVIATION, value, lacking),
            corrections=defined.known_errors(memory, files),
            sides=tuple(self._sides(value, lacking)),
            sql=self._sql(value, lacking),
            lacking=tuple(dict.fromkeys(lacking)),
        )

    def _files(self, value: Row, lacking: list[str]) -> tuple[SourceFile, ...]:
        """The file of these bytes, which the row itself names, and the others behind the indicator."""
        key, sha256 = (value["source"], value["source_edition"]), value["source_sha256"]
        own = self.memory.lock(*key)
        if own is None or own.sha256 != sha256:
            lacking.append(f"{self.memory.origin.words} has no lock of the bytes of {'/'.join(key)} (sha256 {sha256})")
        is_own = own is not None and own.sha256 == sha256
        first = _sealed(own) if own and is_own else SourceFile(*key, url="", sha256=sha256, bytes=None)
        others = (lock for lock in self.memory.files(value["indicator"]) if (lock.source, lock.edition) != key)
        files = []
        for sealed in (first, *map(_sealed, others)):
            file, fault = stored(self.home, sealed)
            files.append(file)
            lacking += filter(None, [fault])
        return tuple(files)

    def _checks(self, value: Row, files: tuple[SourceFile, ...]) -> Iterator[CheckResult]:
        """Verdicts on the values, their tables and their files; those that failed come first."""
        definitions, indicator = self.memory.definitions, value["indicator"]
        subjects = {"indicator": {indicator}, "source": {f"{file.source}/{file.edition}" for file in files}}
        subjects["table"] = {table.id for table in definitions.tables(indicator)} if definitions else set()
        about = [check for check in self.memory.checks if check.subject in subjects.get(check.border, ())]
        yield from sorted(about, key=lambda check: (check.passed, not check.blocks, check.border != "indicator"))

    def _change(self, value: Row) -> str:
        if self.folder is None:
            return "not published yet"
        if self.folder.parent != self.home.layout.published.resolve():
            return f"not known here: {self.folder} is not among the releases of this home"
        return history.life(self.con, self.home.layout, self.folder, value)

    def _staged(self, value: Row, lacking: list[str]) -> StagedRows | None:
        if self.memory.definitions is None or value["indicator"] not in self.memory.definitions.catalog.indicators:
            return None
        try:
            return staged_rows(self.con, self.home, self.memory, value)
        except (NotAtHand, SdgError) as error:
            lacking.append(str(error).splitlines()[0])
            return None

    def _sql(self, value: Row, lacking: list[str]) -> str:
        try:
            return defined.sql(self.memory, value)
        except SdgError as error:
            lacking.append(f"the SQL: {str(error).splitlines()[0]}")
            return ""

    def _about(self, file: Path | None, shown: str, value: Row, lacking: list[str]) -> tuple[Row, ...]:
        """The rows of another table of the release that are about the value."""
        from duckdb import Error

        if file is None:
            return ()
        same = " AND ".join(f"{name} = {literal(value[name])}" for name in KEY)
        try:
            query = f"SELECT {shown} FROM read_parquet({literal(file)}) WHERE {same} ORDER BY ALL"
            return tuple(rows_of(self.con.execute(query)))
        except Error as error:
            lacking.append(f"{file}: cannot be read ({str(error).splitlines()[0]})")
            return ()

    def _sides(self, value: Row, lacking: list[str]) -> Iterator[Explanation]:
        """The two sides of a comparison, explained in the same way."""
        definitions = self.memory.definitions
        spec = definitions.catalog.indicators.get(value["indicator"]) if definitions else None
        if spec is None or spec.base is None or not isinstance(spec.method, Comparison):
            return
        codes = {d: value[d] for d in DIMENSIONS}
        for code in (spec.method.compare, spec.method.reference):
            side = {**codes, spec.method.dimension: code}
            try:
                yield self.explain(Request(spec.base, value["ref_area"], value["time_period"], side))
            except SdgError as error:
                lacking.append(str(error))


def _sealed(lock: Lock) -> SourceFile:
    return SourceFile(lock.source, lock.edition, lock.url, lock.sha256, lock.bytes)
