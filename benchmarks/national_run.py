"""The main job on the national data: this tree, and another commit beside it where one is named.

    SDG_SHARED_DATA=../shared/data python benchmarks/national_run.py [COMMIT]

Processor seconds are those of steps one after another, so that each kind has its own; the clock is that of steps side
by side, as a run has them. Each walk has a process of its own. Reads tests/shared_mirror.yaml; says so and ends where
the shared data are not there.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WALK = "--walk"


def run(home: str, at_once: str) -> tuple[dict[str, float], float]:
    """Processor seconds by kind of step, which are apart only where steps go one by one, and seconds by the clock."""
    from sdg_pipeline.run.runner import Runner
    from sdg_pipeline.settings import PROJECT, Settings

    mirror = PROJECT / "tests" / "shared_mirror.yaml"
    spent: dict[str, float] = defaultdict(float)
    started, before = time.perf_counter(), time.process_time()
    settings = Settings.from_environment({"SDG_HOME": home, "SDG_MIRROR": str(mirror), "SDG_STEPS": at_once})
    for outcome in Runner.load(settings).walk():
        now = time.process_time()
        spent[outcome.step.kind] += now - before
        before = now
    return spent, time.perf_counter() - started


def one_walk(at_once: str) -> dict[str, float]:
    """What the tree on the path takes: steps one by one by kind, side by side by the clock and with nothing changed."""
    with tempfile.TemporaryDirectory() as home:
        kinds, clock = run(home, at_once)
        if at_once == "1":
            return {**kinds, "whole": sum(kinds.values())}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        _, again = run(home, at_once)
    return {"side by side": sum(kinds.values()), "by the clock": clock, "nothing changed": again, "peak, GB": peak}


def of_tree(tree: Path) -> dict[str, float]:
    """Both walks of a tree, each by a process that imports the package from it."""
    measured: dict[str, float] = {}
    for at_once in ("1", "2"):
        command = [sys.executable, str(Path(__file__).resolve()), WALK, at_once]
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        ended = subprocess.run(command, env=environment, cwd=tree, check=True, stdout=subprocess.PIPE)
        measured |= json.loads(ended.stdout.splitlines()[-1])
    return measured


def main(commits: list[str]) -> None:
    shared = ROOT.parent / "shared" / "data"
    if not os.environ.setdefault("SDG_SHARED_DATA", str(shared)) or not Path(os.environ["SDG_SHARED_DATA"]).is_dir():
        print("no shared data: set SDG_SHARED_DATA")
        return
    sides = {"this tree": of_tree(ROOT)}
    for commit in commits[:1]:
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "tree"
            subprocess.run(["git", "-C", str(ROOT), "worktree", "add", "-q", "--detach", str(tree), commit], check=True)
            try:
                sides[commit] = of_tree(tree)
            finally:
                subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree)], check=True)
    print(f"{'s':<16}" + "".join(f" {side:>12}" for side in sides))
    for name in sides["this tree"]:
        print(f"{name:<16}" + "".join(f" {side.get(name, 0):>12.2f}" for side in sides.values()))
    print(f"{os.cpu_count()} cores")


if __name__ == "__main__":
    if sys.argv[1:2] == [WALK]:
        print(json.dumps(one_walk(sys.argv[2])))
    else:
        main(sys.argv[1:])
