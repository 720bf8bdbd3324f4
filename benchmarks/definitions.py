"""Loading the definitions, beside ``import dagster`` alone; what a step costs is in dagster_step.

    python benchmarks/definitions.py

On the starter data. Seconds are processor time, the least of three processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

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


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {"SDG_HOME": folder, "SDG_MIRROR": "starter", "PYTHONPATH": str(ROOT)}
        imports, definitions = map(min, zip(*(loading(environment) for _ in range(TIMES)), strict=True))
        print(f"import dagster {imports:.2f} s, definitions {definitions:.2f} s: {definitions / imports:.2f} times")


if __name__ == "__main__":
    main()
