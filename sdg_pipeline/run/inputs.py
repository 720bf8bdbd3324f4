"""What the steps before have left on disk for a step: bytes, tables, areas, and what of the country they cover.

What belongs here: finding inputs. What does not: working on them (steps).
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sdg_pipeline.errors import UsageError
from sdg_pipeline.ingest.geography import Register, register
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.run.pipeline import Pipeline
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Part, Table

if TYPE_CHECKING:
    from sdg_pipeline.estimate.engine import Inputs, StagedTable
    from sdg_pipeline.ingest.parts import PartFile


def areas(pipeline: Pipeline) -> Register:
    return register(pipeline.settings.specs)


def parts_at_hand(pipeline: Pipeline, table: Table) -> list[Part]:
    """The parts of a table that this run can read (a mirror may declare some absent)."""
    return pipeline.reach.parts(table)


def raw_file(pipeline: Pipeline, source: str, edition: str) -> RawFile:
    """What is known of the bytes of an edition; its raw step must have run."""
    path = pipeline.layout.raw_current(source, edition)
    if not path.exists():
        raise UsageError(f"{source}/{edition} has not been fetched; remedy: `sdg run` or `sdg fetch`")
    raw = RawFile.read(path)
    return replace(raw, path=str(path.parent / Path(raw.path).name))  # the home folder may have been moved


def raw_of(pipeline: Pipeline, part: Part) -> RawFile:
    """What is known of the bytes of a part of a table."""
    return raw_file(pipeline, part.source, part.edition)


def unpacked_part(pipeline: Pipeline, table: Table, part: Part, stack: ExitStack) -> PartFile:
    """A part of a table with its files and those joined to it, unpacked until the stack is closed."""
    from sdg_pipeline.ingest.staging import JoinedFile, PartFile
    from sdg_pipeline.ingest.unpack import unpacked

    def opened(source: str, edition: str) -> tuple[RawFile, tuple[Path, ...]]:
        raw, known = raw_file(pipeline, source, edition), pipeline.catalog.sources[source].editions[edition]
        return raw, stack.enter_context(unpacked(raw, known, pipeline.layout.scratch / "unpacked"))

    joins = tuple(JoinedFile(join, *opened(join.source, join.edition)) for join in table.joins_of(part))
    edition = pipeline.catalog.sources[part.source].editions[part.edition]
    known = pipeline.catalog.corrections.get(part.source)
    wrong = known.in_edition(part.edition) if known else ()
    return PartFile(part, edition, *opened(part.source, part.edition), joins, wrong)


def root(pipeline: Pipeline, indicator: Indicator) -> Indicator:
    """The indicator itself, or the one that it compares."""
    return pipeline.catalog.indicators[indicator.base] if indicator.base else indicator


def root_table(pipeline: Pipeline, indicator: Indicator) -> Table:
    """The table that an indicator, or the one it compares, takes its areas' figures from."""
    return pipeline.catalog.tables[root(pipeline, indicator).table or ""]


def staged(pipeline: Pipeline, table: str) -> StagedTable:
    """A staged table with what is known of its files."""
    from sdg_pipeline.estimate.engine import StagedTable

    spec = pipeline.catalog.tables[table]
    parts = tuple((p.level, raw_of(pipeline, p)) for p in parts_at_hand(pipeline, spec))
    return StagedTable(spec, pipeline.layout.staged(table), parts)


def of(pipeline: Pipeline, indicator: Indicator) -> Inputs:
    """What an indicator is computed from, on disk."""
    from sdg_pipeline.estimate.engine import Inputs

    if indicator.base and not indicator.auxiliary:
        return Inputs(base=pipeline.layout.indicator(indicator.base))
    tables = tuple(staged(pipeline, table) for table in root(pipeline, indicator).tables)
    return Inputs(tables=tables, auxiliary={other: pipeline.layout.indicator(other) for other in indicator.auxiliary})


def raw_files(pipeline: Pipeline, indicator: Indicator) -> list[RawFile]:
    """What is known of all files behind an indicator."""
    tables = [pipeline.catalog.tables[t] for t in root(pipeline, indicator).tables]
    files = dict.fromkeys(f for table in tables for p in parts_at_hand(pipeline, table) for f in table.files_of(p))
    return [raw_file(pipeline, *file) for file in files]


def coverage(pipeline: Pipeline, indicator: Indicator) -> dict[Level, tuple[str, ...]]:
    """By published level that the run can give, the states whose areas it can give (empty: all of them)."""
    from sdg_pipeline.estimate.plan import rows_behind

    at_hand = staged(pipeline, root_table(pipeline, indicator).id).at_hand
    return {level: at_hand[rows] for level, rows in rows_behind(indicator, pipeline.catalog, at_hand).items()}


def extent(pipeline: Pipeline, indicator: Indicator) -> Literal["full", "partial"]:
    tables = [pipeline.catalog.tables[t] for t in root(pipeline, indicator).tables]
    absent = any(len(parts_at_hand(pipeline, table)) < len(table.parts) for table in tables)
    return "partial" if absent or any(raw.partial for raw in raw_files(pipeline, indicator)) else "full"


def has_vintages(pipeline: Pipeline, indicator: Indicator) -> bool:
    """Whether the indicator is also kept as of each cut of its series."""
    return indicator.table is not None and pipeline.catalog.tables[indicator.table].vintages
