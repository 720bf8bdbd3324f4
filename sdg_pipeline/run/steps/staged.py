"""The step of a table: official files to one typed table, judged with its files.

What belongs here: handing over files, and where verdicts lie. What does not: reading (ingest), the rules (quality).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict

from sdg_pipeline.files import write_text
from sdg_pipeline.quality import results
from sdg_pipeline.run import inputs
from sdg_pipeline.run.graph import Reach, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Report, Result, StateStore
from sdg_pipeline.run.steps.kind import StepContext, StepKind

if TYPE_CHECKING:
    import duckdb

    from sdg_pipeline.ingest.parts import PartFile
    from sdg_pipeline.ingest.raw import RawFile
    from sdg_pipeline.quality.profile import Filed
    from sdg_pipeline.quality.results import CheckResult
    from sdg_pipeline.specs.source import Edition
    from sdg_pipeline.specs.table import Part, Table


class LeftOut(BaseModel):
    """Rows of a file that a rule of the table leaves out, and why."""

    model_config = ConfigDict(frozen=True)

    rows: int
    reason: str


class Unplaced(BaseModel):
    """Rows of a file that name a municipality of a state which the register does not have."""

    model_config = ConfigDict(frozen=True)

    state: str
    name: str
    rows: int


class PartReport(BaseModel):
    """One file of a table: rows read, kept and left out, cells without a value by measure, and names without a place.

    ``named`` are the rows that name a municipality and have no key of it.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    edition: str
    level: str
    rows_read: int
    rows_kept: int
    left_out: tuple[LeftOut, ...]
    missing_cells: dict[str, int]
    named: int = 0
    unplaced: tuple[Unplaced, ...] = ()


class StagedReport(Report):
    """The rows of a table, file by file; ``revisions`` counts figures that later cuts of a series changed."""

    rows: int
    parts: tuple[PartReport, ...]
    revisions: int | None = None


class StagedKind(StepKind):
    """Stages one table."""

    name: ClassVar[str] = "staged"
    report: ClassVar[type[Report]] = StagedReport

    def nodes(self, reach: Reach, before: Sequence[Step]) -> Iterator[Step]:
        """A table of the run, after the editions that it is read from."""
        for table in reach.tables():
            yield Step((self.name, table.id), tuple(("raw", *file) for file in reach.files(table)))

    def identity(self, run: Run, state: StateStore, step: Step) -> str:
        catalog, table = run.catalog, run.catalog.tables[step.name]
        sources = [catalog.sources[source].spec_hash for part in table.parts for source, _ in table.files_of(part)]
        specs = (catalog.contracts.get(table.id), *(catalog.corrections.get(part.source) for part in table.parts))
        return " ".join([table.spec_hash, *sources, inputs.register_hash(run), *(s.spec_hash for s in specs if s)])

    def perform(self, context: StepContext) -> Result:
        from sdg_pipeline.estimate.vintages import write_revisions
        from sdg_pipeline.ingest.staging import Bench, stage
        from sdg_pipeline.quality import tables
        from sdg_pipeline.quality.profile import Profiled

        run, log = context.run, context.log
        table, contract = run.catalog.tables[context.step.name], run.catalog.contracts.get(context.step.name)
        target, revisions = run.layout.staged(table.id), None
        with ExitStack() as stack, inputs.connection(run) as con, _in_time(con, run, table):
            files = [_unpacked(run, table, part, stack) for part in run.reach.parts(table)]
            year_column = contract.period.column if contract and contract.period else None
            bench = Bench(con, inputs.areas(run), target, run.layout.unpacked)
            staged = stage(table, files, bench, year_column)
            for part in staged.parts:
                log(f"{part['source']}/{part['edition']}: {part['rows_kept']:,} rows kept")
            if table.vintages:
                revisions = write_revisions(con, inputs.staged_table(run, table.id), run.layout.revisions(table.id))
                log(f"{table.id}: {revisions:,} figures revised between cuts")
            profiled = Profiled(table, staged.parts, [_filed(file) for file in files], inputs.areas(run))
            profile = run.layout.profile(table.id)
            checks = tables.judge(con, profiled, contract, profile)
        write_text(run.layout.contract(table.id), results.dump(checks))
        parts = tuple(map(PartReport.model_validate, staged.parts))
        report = _judged(table.id, checks, StagedReport(rows=staged.rows, parts=parts, revisions=revisions))
        log(f"{table.id}: {report.checks_passed} of {len(checks)} checks of the table and its files passed")
        outputs = (target, *([run.layout.revisions(table.id)] if table.vintages else []))
        return Result(outputs, report, (run.layout.contract(table.id), profile))

    def begin_early(self) -> None:
        from sdg_pipeline.quality import gx

        gx.warm_up()


@contextmanager
def _in_time(con: duckdb.DuckDBPyConnection, run: Run, table: Table) -> Iterator[None]:
    """StagingError where the table takes longer than the settings allow."""
    from sdg_pipeline.duck import stopped_after
    from sdg_pipeline.errors import StagingError

    seconds = run.settings.staging_seconds
    with stopped_after(con, seconds) as passed:
        try:
            yield
        except Exception as error:  # a reader says in its own words that its query was interrupted
            if not passed.is_set():
                raise
            raise StagingError(
                f"tables/{table.id}.yaml",
                f"was stopped: its files take more than {seconds:g} seconds to stage",
                value=str(error).splitlines()[0],
                remedy="see that the files are what the specs describe, or set SDG_STAGING_SECONDS to more",
            ) from error


def _unpacked(run: Run, table: Table, part: Part, stack: ExitStack) -> PartFile:
    """A part of a table with its files and those joined to it, unpacked until the stack is closed."""
    from sdg_pipeline.ingest.integrity import require_fetched_bytes
    from sdg_pipeline.ingest.staging import JoinedFile, PartFile
    from sdg_pipeline.ingest.unpack import unpacked

    def opened(source: str, edition: str) -> tuple[Edition, RawFile, tuple[Path, ...]]:
        raw, declared = inputs.raw_file(run, source, edition), run.catalog.sources[source].editions[edition]
        require_fetched_bytes(raw)
        return declared, raw, stack.enter_context(unpacked(raw, declared, run.layout.unpacked))

    joins = tuple(JoinedFile(join, *opened(join.source, join.edition)) for join in table.joins_of(part))
    register = run.catalog.corrections.get(part.source)
    corrections = register.in_edition(part.edition) if register else ()
    return PartFile(part, *opened(part.source, part.edition), joins, corrections)


def _judged(table: str, checks: Sequence[CheckResult], report: StagedReport) -> StagedReport:
    """The report with what was judged; whether a table that fails is published is decided with the release."""
    verdicts = {
        "checks_passed": sum(check.passed for check in checks),
        "checks_failed": tuple(check.check for check in checks if check.blocks),
        "warnings": tuple(f"{table}: {check.check}" for check in checks if not check.passed and not check.blocks),
    }
    return report.model_copy(update=verdicts)


def _filed(file: PartFile) -> Filed:
    from sdg_pipeline.quality.profile import Filed

    raw, edition = file.raw, file.edition
    return Filed(raw.bytes, raw.sha256, raw.container, edition.member or "", raw.states or edition.states, raw.partial)
