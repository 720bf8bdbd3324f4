"""The main job on the national census: seconds and memory of each kind of step, first run beside second.

    SDG_SHARED_DATA=../shared/data python benchmarks/national_run.py

Reads tests/shared_mirror.yaml; says so and ends where the shared data are not there.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
MIRROR = ROOT / "tests" / "shared_mirror.yaml"


def run(home: str) -> tuple[dict[str, float], float]:
    """Seconds by kind of step, and of the whole walk with reading the specs."""
    seconds: dict[str, float] = defaultdict(float)
    started = time.perf_counter()
    runner = Runner.load(Settings.from_environment({"SDG_HOME": home, "SDG_MIRROR": str(MIRROR)}))
    for outcome in runner.walk():
        seconds[outcome.step.kind] += outcome.seconds
    return seconds, time.perf_counter() - started


def main() -> None:
    shared = ROOT.parent / "shared" / "data"
    if not os.environ.setdefault("SDG_SHARED_DATA", str(shared)) or not Path(os.environ["SDG_SHARED_DATA"]).is_dir():
        print("no shared data: set SDG_SHARED_DATA")
        return
    with tempfile.TemporaryDirectory() as home:
        first, first_whole = run(home)
        second, second_whole = run(home)
    print(f"{'step':<12} {'first run, s':>13} {'second run, s':>14}")
    for kind, spent in first.items():
        print(f"{kind:<12} {spent:>13.2f} {second[kind]:>14.2f}")
    print(f"{'whole':<12} {first_whole:>13.2f} {second_whole:>14.2f}   ratio {first_whole / second_whole:,.0f} : 1")
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {peak_gb:.2f} GB, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
