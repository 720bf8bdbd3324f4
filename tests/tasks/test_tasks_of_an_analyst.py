"""What an analyst sets out to do with the warehouse and plain DuckDB; each sentence is a task, each test does it.

Each is done with the oldest and the newest DuckDB that the file is for, from PyPI, and with that of the lock file. Where
they cannot be fetched the first two are skipped; ``SDG_DUCKDB`` names a folder that holds them already.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from end_to_end.product import Product, locked, shared_folder

ASK = """
import json, sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as con:
    try:
        answer = con.execute(sys.argv[2]).fetchall()
    except duckdb.Error as error:
        answer = str(error)
print(json.dumps([duckdb.__version__, answer]))
"""
OLDEST, NEWEST = "1.2.2", "2.0.1"
TASKS = {
    "choose an official indicator of goal 4 that has municipalities": (
        "SELECT count(*) > 3, bool_and(verified) FROM sdg.indicator "
        "WHERE goal = 4 AND verified AND list_contains(levels, 'municipality')",
        [[True, True]],
    ),
    "rank the states by illiteracy, with the nation beside": (
        "SELECT rank, area_name, year, round(obs_value, 1), round(national_value, 1) "
        "FROM sdg.by_state('illiteracy_15_plus') LIMIT 1",
        [[1, "Ciudad de México", 2020, 1.4, 4.7]],
    ),
    "compare two states by the names that people call them": (
        "SELECT area_1, area_2, round(difference, 1) FROM sdg.compare('literacy_15_plus', 'nuevo leon', 'OAXACA') "
        "WHERE sex = '_T' AND urbanisation = '_T'",
        [["Nuevo León", "Oaxaca", 10.4]],
    ),
    "see why a municipality has no value": (
        "SELECT DISTINCT obs_reason FROM sdg.by_municipality('attendance_15_17') WHERE obs_value IS NULL",
        [["incomplete_enumeration"]],
    ),
    "put two indicators side by side by state": (
        "PIVOT (SELECT area_name, indicator, round(obs_value, 1) AS value FROM sdg.newest WHERE geo_level = 'state') "
        "ON indicator IN ('dwellings_with_electricity', 'dwellings_with_internet') USING first(value) "
        "ORDER BY area_name LIMIT 1",
        [["Aguascalientes", 99.6, 61.1]],
    ),
    "learn why an indicator has no value of the nation": (
        "SELECT no_nation_en LIKE '%mean%' FROM sdg.indicator WHERE id = 'years_of_schooling'",
        [[True]],
    ),
    "learn that a name means several areas": (
        "FROM sdg.compare('literacy_15_plus', 'mexico', 'Oaxaca')",
        "several areas are called 'mexico': MX (national), MX15 (state)",
    ),
}


@pytest.fixture(scope="session", params=[None, OLDEST, NEWEST], ids=lambda version: version or "locked")
def packages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str | None:
    """A folder with a version of DuckDB; None for the one of the lock file."""
    if request.param is None:
        return None
    shared = shared_folder(tmp_path_factory)
    folder = Path(os.environ.get("SDG_DUCKDB", shared)) / f"duckdb-{request.param}"
    with locked(shared / f"{folder.name}.lock"):
        if not (folder / "duckdb").is_dir():
            install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            wanted = ["--only-binary=:all:", "--target", str(folder), f"duckdb=={request.param}"]
            said = subprocess.run([*install, *wanted], capture_output=True, text=True, check=False)
            if said.returncode:
                pytest.skip(f"DuckDB {request.param} cannot be fetched: {said.stderr.strip().splitlines()[-1]}")
    return str(folder)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_in_sql(published: Product, task: str, packages: str | None) -> None:
    query, expected = TASKS[task]
    environment = {**os.environ, **({"PYTHONPATH": packages} if packages else {})}
    asked = [sys.executable, "-c", ASK, str(published.layout.warehouse), query]
    said = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout
    version, answer = json.loads(said)
    assert packages is None or packages.endswith(version)
    assert answer == expected if isinstance(expected, list) else expected in answer
