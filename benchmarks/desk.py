"""What Dagster adds: loading the definitions, and a run of all steps that has nothing to compute.

    python benchmarks/desk.py

On the starter data. Seconds are processor time, the least of three processes or runs. Loading is printed beside
``import dagster`` alone; a run that computes nothing beside the first run, which computes everything.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dagster import DagsterInstance

from assets.definitions import build
from assets.run import QUIET
from sdg_pipeline.run.pipeline import Pipeline
from sdg_pipeline.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TIMES = 3
LOADING = (
    "import time; a = time.process_time(); import dagster; b = time.process_time(); import assets.definitions; "
    "print(b - a, time.process_time() - b)"
)


def loading(environment: dict[str, str]) -> tuple[float, float]:
    """Seconds of ``import dagster`` and of the definitions after it, in a process of their own."""
    command = [sys.executable, "-c", LOADING]
    run = subprocess.run(command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    dagster, ours = map(float, run.stdout.split())
    return dagster, ours


def running(environment: dict[str, str], instance: DagsterInstance) -> tuple[float, int]:
    """Seconds of a run of all steps, and how many steps there are."""
    pipeline = Pipeline.load(Settings.from_environment(environment))
    job = build(pipeline).resolve_job_def("publish_all")
    begin = time.process_time()
    if not job.execute_in_process(instance=instance, run_config=QUIET).success:
        sys.exit("the run failed")
    return time.process_time() - begin, len(pipeline.steps)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "dagster_home" / "dagster.yaml", folder)
        os.environ["DAGSTER_HOME"] = folder
        environment = {"SDG_HOME": folder, "SDG_MIRROR": "starter", "PYTHONPATH": str(ROOT)}
        imports, definitions = map(min, zip(*(loading(environment) for _ in range(TIMES)), strict=True))
        print(f"import dagster {imports:.2f} s, definitions {definitions:.2f} s: {definitions / imports:.2f} times")
        with DagsterInstance.get() as instance:
            first, steps = running(environment, instance)
            again = min(running(environment, instance)[0] for _ in range(TIMES))
        print(f"first run {first:.1f} s, again {again:.1f} s: {again / first:.2f} times")
        print(f"a step that has nothing to compute: {1e3 * again / steps:.0f} ms")


if __name__ == "__main__":
    main()
