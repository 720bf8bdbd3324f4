"""What earlier steps have left on disk for a step: bytes, tables, areas, and what of the country they cover.

What belongs here: finding inputs. What does not: working on them (steps).
"""

from __future__ import annotations

import hashlib
import json
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sdg_pipeline.errors import UsageError
from sdg_pipeline.ingest.geography import Register, register_of
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.run.model import Run
from sdg_pipeline.specs.area_names import AREAS
from sdg_pipeline.specs.methods import Rate

if TYPE_CHECKING:
    import duckdb

    from sdg_pipeline.estimate.engine import Inputs, StagedTable
    from sdg_pipeline.specs.indicator import Indicator
    from sdg_pipeline.specs.table import Table


def connection(run: Run) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A scratch catalogue in the database of this process, cleared when it is left."""
    from sdg_pipeline.duck import scratch_catalogue

    run.layout.scratch.mkdir(parents=True, exist_ok=True)
    return scratch_catalogue(run.settings, run.layout.scratch)


def areas(run: Run) -> Register:
    """The register of areas, as the run read it."""
    return register_of(run.catalog.files)


def register_hash(run: Run) -> str:
    """The hash of the register of areas; other names of an area change no figure."""
    return " ".join(hashlib.sha256(run.catalog.files[file]).hexdigest() for file in AREAS)


def specs_hash(run: Run) -> str:
    """The hash of all specs that a release describes."""
    catalog = run.catalog
    hashes = [spec.spec_hash for spec in catalog.specs()]
    hashes += [catalog.spec_hash(indicator) for indicator in catalog.indicators.values()]
    return hashlib.sha256(" ".join(sorted(hashes)).encode()).hexdigest()


def raw_file(run: Run, source: str, edition: str) -> RawFile:
    """What is recorded of the bytes of an edition; UsageError where its raw step has not run."""
    path = run.layout.raw_current(source, edition)
    if not path.exists():
        raise UsageError(f"{source}/{edition} has not been fetched; remedy: `sdg run` or `sdg fetch`")
    raw = RawFile.read(path)
    return replace(raw, path=str(path.parent / Path(raw.path).name))  # the home folder may have been moved


def root_table(run: Run, indicator: Indicator) -> Table:
    """The table that an indicator, or the one it compares, takes the figures of areas from."""
    return run.catalog.tables[run.catalog.root_of(indicator).table or ""]


def staged_table(run: Run, table: str) -> StagedTable:
    """A staged table with what is recorded of its files."""
    from sdg_pipeline.estimate.engine import StagedTable

    spec = run.catalog.tables[table]
    parts = tuple((part.level, raw_file(run, part.source, part.edition)) for part in run.reach.parts(spec))
    return StagedTable(spec, run.layout.staged(table), parts)


def indicator_inputs(run: Run, indicator: Indicator) -> Inputs:
    """What an indicator is computed from, on disk."""
    from sdg_pipeline.estimate.engine import Inputs

    if indicator.base and not indicator.auxiliary:
        return Inputs(areas(run), base=run.layout.indicator(indicator.base))
    tables = tuple(staged_table(run, table) for table in run.catalog.tables_of(run.catalog.root_of(indicator)))
    auxiliary = {other: run.layout.indicator(other) for other in indicator.auxiliary}
    linked = tuple(staged_table(run, table) for table in run.reach.of_same_records(indicator))
    return Inputs(areas(run), tables, linked, auxiliary=auxiliary, sql_seconds=run.settings.sql_seconds)


def raw_files(run: Run, indicator: Indicator) -> list[RawFile]:
    """What is recorded of all files behind an indicator."""
    tables = [run.catalog.tables[table] for table in run.catalog.tables_of(run.catalog.root_of(indicator))]
    files = dict.fromkeys(file for table in tables for file in run.reach.files(table))
    return [raw_file(run, *file) for file in files]


def definition_hash(run: Run, indicator: Indicator) -> str:
    """Hash of what the specs behind an indicator say of its values, where staged rows do not show it.

    Rules of tables (known shares, readings), designs, marks of editions, weights of a standard population.
    """
    catalog, compared = run.catalog, run.catalog.root_of(indicator)
    tables = [catalog.tables[table] for table in catalog.tables_of(compared)]
    defined: list[object] = [table.spec_hash for table in tables]
    for source, name in dict.fromkeys((part.source, part.edition) for table in tables for part in table.parts):
        edition = catalog.sources[source].editions[name]
        defined.append([source, name, edition.states, edition.forecast_from, edition.not_comparable])
    standard = compared.method.standard if isinstance(compared.method, Rate) else None
    defined.append(catalog.codelists[standard.codelist].spec_hash if standard else None)
    return hashlib.sha256(json.dumps(defined).encode()).hexdigest()


def extent(run: Run, indicator: Indicator) -> Literal["full", "partial"]:
    """Whether the run has all files of an indicator, and these are whole."""
    tables = [run.catalog.tables[table] for table in run.catalog.tables_of(run.catalog.root_of(indicator))]
    absent = [part for table in tables for part in run.reach.absent(table)]
    return "partial" if absent or any(raw.partial for raw in raw_files(run, indicator)) else "full"


def has_vintages(run: Run, indicator: Indicator) -> bool:
    """Whether the indicator is also kept as of each cut of its series."""
    return indicator.table is not None and run.catalog.tables[indicator.table].vintages
