"""What a home still has of the inputs of a value: the raw files, and the rows of the staged table.

Both are shown only where they are exactly what the value was computed from. The sha256 is the same, and the fingerprint
of the staged table is that of the bytes and definitions of the value. What belongs here: that proof. What does not:
what the release itself remembers (``explain.published``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import SdgError
from sdg_pipeline.explain.explanation import Row, SourceFile, StagedRows
from sdg_pipeline.explain.memory import Definitions, Memory
from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest.mirror import Entry, Mirror
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish.headline import rows_of
from sdg_pipeline.publish.locks import Lock
from sdg_pipeline.run.graph import Reach
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.runner import Runner, laid_out
from sdg_pipeline.run.state import StateStore
from sdg_pipeline.run.steps import KINDS
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

    from sdg_pipeline.estimate.nodes import Extent

MAX_ROWS_SHOWN = 20
ONLY_LOCKED = "only what the value was computed from"


class NotAtHand(Exception):
    """Something that would show more of a value is gone or is another one; the text says what, and the remedy."""


@dataclass(frozen=True)
class Home:
    """A home as it is now."""

    settings: Settings

    @property
    def layout(self) -> Layout:
        return Layout(self.settings.home)

    @property
    def store(self) -> StateStore:
        return StateStore(self.layout)


def stored(home: Home, file: SourceFile) -> tuple[SourceFile, str]:
    """A file with its place in the raw store; the text says what is wrong where exactly these bytes are not there."""
    folder = home.layout.raw_folder(file.source, file.edition)
    name = f"the raw file of {file.source}/{file.edition}"
    candidates = sorted(folder.glob(f"{file.sha256[:12]}.*"))
    if not candidates:
        remedy = f"remedy: restore {folder} from a copy, or fetch these bytes again"
        return file, f"{name} (sha256 {file.sha256}) is not in the raw store any more; {remedy}"
    path = next((p for p in candidates if sha256_of(p) == file.sha256), None)
    if path is None:
        remedy = "remedy: delete it and run again"
        return file, f"{name}, {candidates[0]}, was altered: its sha256 is not {file.sha256} any more; {remedy}"
    return replace(file, path=path, fetched=_fetched(home, file)), ""


def _fetched(home: Home, file: SourceFile) -> str:
    """From where and when the bytes came, where the record in use is of these bytes; empty where it is of others."""
    try:
        raw = RawFile.read(home.layout.raw_current(file.source, file.edition))
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return f"{raw.origin}, {raw.retrieved_at}" if raw.sha256 == file.sha256 else ""


def extent(memory: Memory, definitions: Definitions, indicator: Indicator) -> Extent | None:
    """The rows that the run of a value had: by level the states that its files cover."""
    from sdg_pipeline.estimate.engine import StagedTable

    tables = definitions.tables(indicator.id)
    if not tables or (indicator.base and not indicator.auxiliary):
        return None
    parts = ((part.level, memory.lock(part.source, part.edition)) for part in memory.parts(tables[0]))
    return StagedTable(tables[0], Path(), tuple((level, _raw(lock)) for level, lock in parts if lock)).at_hand


def _raw(lock: Lock) -> RawFile:
    return RawFile(
        source=lock.source,
        edition=lock.edition,
        path="",
        sha256=lock.sha256,
        bytes=lock.bytes,
        url=lock.url,
        origin="",
        retrieved_at="",
        states=lock.states,
        partial=lock.partial,
    )


def staged_rows(con: duckdb.DuckDBPyConnection, home: Home, memory: Memory, value: Row) -> StagedRows | None:
    """The rows of the staged table that were added up; None where a value is made of none. NotAtHand where gone."""
    from duckdb import Error

    from sdg_pipeline.estimate.plan import make_plan
    from sdg_pipeline.estimate.provenance import rows_of_value

    definitions = memory.definitions
    if definitions is None:
        return None
    indicator = definitions.catalog.indicators[value["indicator"]]
    plan = make_plan(indicator, definitions.catalog, extent(memory, definitions, indicator))
    rows = rows_of_value(plan, value, definitions.register)
    if rows is None:
        return None
    _require_same(home, memory, definitions, rows.table)
    path = home.layout.staged(rows.table)
    source = f"FROM read_parquet({literal(path)})"
    try:
        columns = {str(row[0]) for row in con.execute(f"DESCRIBE {source}").fetchall()}
        shown = ", ".join(column for column in rows.columns if column in columns)
        count = int(con.execute(f"SELECT count(*) {source} WHERE {rows.where}").fetchall()[0][0])
        first = con.execute(f"SELECT {shown} {source} WHERE {rows.where} ORDER BY ALL LIMIT {MAX_ROWS_SHOWN}")
        return StagedRows(path, tuple(rows_of(first)), count)
    except Error as error:
        reason = str(error).splitlines()[0]
        raise NotAtHand(f"the staged table {rows.table} cannot be read ({reason}); remedy: `sdg run`") from error


def _require_same(home: Home, memory: Memory, definitions: Definitions, table: str) -> None:
    """NotAtHand unless the staged table at hand is that of the locks and the definitions of the value."""
    name = f"the staged table {table}"
    store, path = home.store, home.layout.staged(table)
    state = store.load(("staged", table))
    if not path.is_file() or state is None:
        raise NotAtHand(f"{name} is not at hand any more ({path}); remedy: `sdg run` with the same mirror and specs")
    runner = _runner(home, memory, definitions)
    step = next((step for step in runner.run.steps if step.key == ("staged", table)), None)
    if step is None:
        raise NotAtHand(f"{name} at hand cannot be judged: the locks of its files are not there")
    for _, source, edition in step.inputs:
        lock, raw = memory.lock(source, edition), store.load(("raw", source, edition))
        now = str(raw.report.get("sha256", "")) if raw else ""
        if lock and now != lock.sha256:
            raise NotAtHand(
                f"{name} at hand was computed from other bytes of {source}/{edition}: sha256 {now or 'unknown'}, "
                f"this value from {lock.sha256}; remedy: `sdg run` with the mirror that has these"
            )
    try:
        same = runner.fingerprint(step) == state.fingerprint
    except SdgError as error:
        raise NotAtHand(f"{name} at hand cannot be judged ({str(error).splitlines()[0]})") from error
    if not same:
        remedy = f"remedy: `sdg run` with SDG_SPECS={definitions.folder}"
        raise NotAtHand(f"{name} at hand was computed by other definitions or by other code; {remedy}")
    if not store.untouched(state):
        raise NotAtHand(f"{name} at hand was altered after it was staged; remedy: `sdg run`")


def _runner(home: Home, memory: Memory, definitions: Definitions) -> Runner:
    """A run over exactly the files and definitions of a value, to ask what a step would have been; it performs none."""
    entries = {
        (lock.source, lock.edition): Entry(source=lock.source, edition=lock.edition, path=".", sha256=lock.sha256)
        for lock in memory.locks
    }
    mirror = Mirror("the locks of a value", "locks", "", entries, {}, ONLY_LOCKED)
    settings = replace(home.settings, specs=definitions.folder, mirror=None)
    steps = laid_out(Reach(definitions.catalog, mirror), KINDS)
    return Runner(Run(settings, home.layout, definitions.catalog, mirror, steps), home.store, KINDS)
