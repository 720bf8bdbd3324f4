"""The pipeline's own engine on staged records: ``python ours.py RECORDS ANSWERS REPEATS INDICATOR``.

What is timed, and printed in this order: the estimation, from the staged Parquet file to a table of values with errors,
limits and classes of precision; and the whole step of a run, which also makes the register of areas and the SQL ready
and writes the indicator table.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import numpy  # noqa: F401  libraries that the engine imports when it first needs them are not timed
import pyarrow.compute  # noqa: F401
import scipy.stats  # noqa: F401

from sdg_pipeline.duck import connect
from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import check, engine
from sdg_pipeline.estimate.survey import finish
from sdg_pipeline.ingest.geography import register
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.settings import PROJECT, Settings
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.base import Level

SPECS = Path(__file__).with_name("specs")
KEPT = ("codelists", "geography", "policies")
"""Folders of the project's specs that are used as they are."""
FILE = RawFile(
    "questionnaire", "2020", "questionnaire.csv", "0" * 64, 1, "https://example.org/questionnaire.csv", "official",
    "2026-01-01T00:00:00+00:00",
)  # fmt: skip


def estimate(records: Path, indicator: str, target: Path, repeats: int) -> tuple[float, float]:
    """The shortest of ``repeats`` times of the estimation, and of the whole step, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        specs, scratch = Path(folder, "specs"), Path(folder, "scratch")
        shutil.copytree(SPECS, specs)
        for name in KEPT:
            shutil.copytree(PROJECT / "indicator_specs" / name, specs / name, dirs_exist_ok=True)
        catalog, areas = catalogs.load(specs), register(specs)
        catalog.problems.extend(check.check(catalog))
        catalog.sound()
        table = engine.StagedTable(catalog.tables["persons"], records, ((Level.STATE, FILE),))
        alone, whole = _timed(finish, "estimates"), _timed(engine, "estimate")
        for _ in range(repeats):
            with connect(Settings.from_environment(), scratch) as con:
                engine.estimate(con, catalog.indicators[indicator], catalog, engine.Inputs(areas, (table,)), target)
        return min(alone), min(whole)


def _timed(module: ModuleType, function: str) -> list[float]:
    """Times of a function of a module, a number longer after each call."""
    seconds: list[float] = []
    called = getattr(module, function)

    def timed(*arguments: Any) -> Any:
        started = time.perf_counter()
        result = called(*arguments)
        seconds.append(time.perf_counter() - started)
        return result

    setattr(module, function, timed)
    return seconds


def main(records: Path, answers: Path, repeats: int, indicator: str) -> None:
    target = answers.with_suffix(".parquet")
    alone, whole = estimate(records, indicator, target, repeats)
    duckdb.sql(
        "COPY (SELECT substr(ref_area, 3) AS state, sex, age, obs_value AS value, std_error AS error "
        f"FROM read_parquet({literal(target)})) TO {literal(answers)} (FORMAT csv, HEADER)"
    )
    print(alone, whole)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
