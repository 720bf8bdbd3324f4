"""Verdicts on staged tables and their files, beside the tables.

What belongs here: what a step knows of a table's files, handed to the rules, and where their verdicts lie. What does
not: the rules (quality), and those of indicators (steps).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.files import write_text
from sdg_pipeline.quality import results
from sdg_pipeline.run import inputs
from sdg_pipeline.run.pipeline import Log, Pipeline

if TYPE_CHECKING:
    import duckdb

    from sdg_pipeline.ingest.parts import PartFile
    from sdg_pipeline.quality.profile import Filed
    from sdg_pipeline.specs.table import Table


def judge_table(
    pipeline: Pipeline,
    con: duckdb.DuckDBPyConnection,
    table: Table,
    parts: list[dict[str, Any]],
    files: list[PartFile],
    log: Log,
) -> dict[str, Any]:
    """Judge the table that was just staged; what becomes of it is decided when it is published."""
    from sdg_pipeline.quality import tables
    from sdg_pipeline.quality.profile import Profiled

    profiled = Profiled(table, parts, [_filed(f) for f in files], inputs.areas(pipeline))
    contract = pipeline.catalog.contracts.get(table.id)
    checks = tables.judge(con, profiled, contract, pipeline.layout.profile(table.id))
    write_text(pipeline.layout.contract(table.id), results.dump(checks))
    passed = sum(c.passed for c in checks)
    log(f"{table.id}: {passed} of {len(checks)} checks of the table and its files passed")
    failed = [f"{table.id}: {c.check}" for c in checks if not c.passed and not c.blocks]
    return {"checks_passed": passed, "checks_failed": [c.check for c in checks if c.blocks], "warnings": failed}


def _filed(file: PartFile) -> Filed:
    from sdg_pipeline.quality.profile import Filed

    raw, edition = file.raw, file.edition
    return Filed(raw.bytes, raw.sha256, raw.container, edition.member or "", raw.states or edition.states, raw.partial)


def beside(pipeline: Pipeline, table: str) -> tuple[Path, ...]:
    """The files that tell of a staged table: verdicts and profile."""
    return pipeline.layout.contract(table), pipeline.layout.profile(table)


def tables_of(pipeline: Pipeline) -> list[str]:
    """The staged tables of the run, in the order of its steps."""
    return [step.name for step in pipeline.steps if step.kind == "staged"]
