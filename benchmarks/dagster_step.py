"""What Dagster's record costs per step: a job whose steps are all fresh, three times, on a new instance.

``make run`` first, or name another home (SDG_HOME, SDG_MIRROR); arguments: job (publish_all), dagster.yaml.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from dagster import DagsterInstance

from assets.definitions import build
from assets.jobs import PUBLISH_ALL
from assets.run import QUIET
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import PROJECT, Settings

BOUND_MS = 120


def main(job_name: str = PUBLISH_ALL, config: str = str(PROJECT / "dagster_home" / "dagster.yaml")) -> None:
    job = build(Runner.load(Settings.from_environment())).resolve_job_def(job_name)
    steps = len(job.nodes)
    with TemporaryDirectory() as folder:
        os.environ["DAGSTER_HOME"] = folder
        shutil.copy(config, Path(folder) / "dagster.yaml")
        with DagsterInstance.get() as instance:
            for _ in range(3):
                wall, processor = time.perf_counter(), time.process_time()
                result = job.execute_in_process(instance=instance, run_config=QUIET)
                wall, processor = time.perf_counter() - wall, time.process_time() - processor
                print(
                    f"{job_name}: {steps} steps, {len(result.all_events)} events; per step "
                    f"{1000 * wall / steps:.0f} ms, of them {1000 * processor / steps:.0f} processor (bound {BOUND_MS})"
                )


if __name__ == "__main__":
    main(*sys.argv[1:])
