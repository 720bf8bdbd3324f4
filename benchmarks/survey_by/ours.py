"""The pipeline's own engine on staged records: ``python ours.py RECORDS ANSWERS REPEATS INDICATOR``.

What is timed: from the staged Parquet file to the written indicator table, with its limits and classes of precision.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy  # noqa: F401  libraries that the engine imports when it first needs them are not timed
import pyarrow.compute  # noqa: F401
import scipy.stats  # noqa: F401

from sdg_pipeline.duck import connect
from sdg_pipeline.estimate import check, engine
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


def estimate(records: Path, indicator: str, target: Path, repeats: int) -> float:
    """The shortest of ``repeats`` times, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        specs, scratch = Path(folder, "specs"), Path(folder, "scratch")
        shutil.copytree(SPECS, specs)
        for name in KEPT:
            shutil.copytree(PROJECT / "indicator_specs" / name, specs / name)
        catalog, areas = catalogs.load(specs), register(specs)
        catalog.problems.extend(check.check(catalog))
        catalog.sound()
        given = engine.StagedTable(catalog.tables["persons"], records, ((Level.STATE, FILE),))
        seconds = []
        for _ in range(repeats):
            with connect(Settings.from_environment(), scratch) as con:
                started = time.perf_counter()
                engine.estimate(con, catalog.indicators[indicator], catalog, engine.Inputs((given,)), areas, target)
                seconds.append(time.perf_counter() - started)
        return min(seconds)


if __name__ == "__main__":
    print(estimate(Path(sys.argv[1]), sys.argv[4], Path(sys.argv[2]), int(sys.argv[3])))
