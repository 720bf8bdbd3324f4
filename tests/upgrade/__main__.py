"""``make upgrade``: what the minor version of Dagster before ours wrote is migrated on a copy, and read by ours.

The older version comes from the package index into ``build/upgrade``, over the other packages of this environment. It
runs the project on starter data, in SQLite and, where this machine has it, in PostgreSQL. What belongs here: the
drill. What does not: a test of the suite, since it needs the network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Any

from support import database as databases
from support.chosen_specs import chosen_specs

from sdg_pipeline.settings import PROJECT

OLD = PROJECT / "build" / "upgrade"
INSTANCES = {"sqlite": PROJECT / "dagster_home" / "dagster.yaml", "postgresql": PROJECT / "deploy" / "dagster.yaml"}
SHOWN = """
import json, dagster
with dagster.DagsterInstance.get() as instance:
    runs = {run.run_id: [run.status.value, len(instance.all_logs(run.run_id))] for run in instance.get_runs()}
    keys = sorted(key.to_user_string() for key in instance.all_asset_keys())
    latest = instance.get_latest_materialization_events(list(instance.all_asset_keys()))
    print(json.dumps({"runs": runs, "assets": keys, "materialised": sum(map(bool, latest.values()))}))
print(dagster.__version__)
"""
JOB = ("-m", "dagster", "job", "execute", "-m", "assets.definitions", "-j", "6_recheck")


def before(package: str) -> str:
    """What pip calls the minor version before the one that is installed."""
    major, minor, *_ = metadata.version(package).split(".")
    return f"{package}=={major}.{int(minor) - 1}.*"


def older() -> Path:
    """The interpreter of an environment with the older Dagster, and for the rest the packages of this one."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", OLD], check=True)
    python = OLD / "bin" / "python"
    wanted = [before(package) for package in ("dagster", "dagster-pipes", "dagster-shared", "dagster-postgres")]
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", *wanted], check=True)
    [packages] = (OLD / "lib").glob("python*/site-packages")
    ours = dict.fromkeys([sysconfig.get_path("purelib"), *(path for path in sys.path if "site-packages" in path)])
    (packages / "zz_ours.pth").write_text("\n".join(ours) + "\n", encoding="utf-8")
    return python


def asked(python: Path | str, environment: dict[str, str], *arguments: str) -> str:
    """What a program says, which must end well."""
    command = [str(python), *arguments]
    done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=1800)
    if done.returncode:
        sys.exit(f"{' '.join(command)[:200]}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def shown(python: Path | str, environment: dict[str, str]) -> tuple[dict[str, Any], str]:
    """What an instance says of its record, and the version that reads it."""
    *_, record, version = asked(python, environment, "-c", SHOWN).splitlines()
    return json.loads(record), version


def storages(folder: Path, stack: ExitStack) -> Iterator[tuple[str, dict[str, str], Any]]:
    """Each storage: its name, the environment of an instance in it, and a function that gives that of a copy."""
    for name, file in INSTANCES.items():
        place, copy = folder / name, folder / f"{name}_copy"
        place.mkdir()
        shutil.copy(file, place / "dagster.yaml")
        own = {"DAGSTER_HOME": str(place)}
        if name == "sqlite":
            yield name, own, lambda place=place, copy=copy: {"DAGSTER_HOME": str(shutil.copytree(place, copy))}
        elif databases.PROGRAMS:
            server = stack.enter_context(databases.database())
            own["DAGSTER_POSTGRES_URL"] = server.url()
            yield name, own, lambda own=own, server=server: {**own, "DAGSTER_POSTGRES_URL": server.copy("copy")}
        else:
            print("postgresql: not on this machine, not tried")


def main() -> None:
    """Write with the older version, migrate a copy with ours, and compare what each reads."""
    old = older()
    with tempfile.TemporaryDirectory(prefix="sdg-upgrade-") as name, ExitStack() as stack:
        folder = Path(name)
        clean = {key: text for key, text in os.environ.items() if not key.startswith(("SDG_", "DAGSTER_"))}
        clean |= {"SDG_HOME": str(folder / "home"), "SDG_MIRROR": "starter", "PYTHONPATH": str(PROJECT)}
        clean["SDG_SPECS"] = str(chosen_specs(folder / "specs"))
        for storage, own, copy in storages(folder, stack):
            asked(old, clean | own, "-m", "assets.run")
            asked(old, clean | own, *JOB)
            written, version = shown(old, clean | own)
            ours = clean | copy()
            asked(sys.executable, ours, "-m", "dagster", "instance", "migrate")
            read, newer = shown(sys.executable, ours)
            asked(sys.executable, ours, *JOB)
            after, _ = shown(sys.executable, ours)
            more = {run: how for run, how in after["runs"].items() if run not in read["runs"]}
            same = read == written and after["runs"] == {**read["runs"], **more}
            same = same and [status for status, _ in more.values()] == ["SUCCESS"]
            counts = f"{len(read['runs'])} runs, {sum(n for _, n in read['runs'].values())} events"
            print(f"{storage}: {version} to {newer}: {counts}, {len(read['assets'])} assets, ", end="")
            print("read the same, and a new run succeeds" if same else "NOT THE SAME", flush=True)
            if not same:
                sys.exit(f"written: {written}\nread:    {read}\nafter:   {after}")


if __name__ == "__main__":
    main()
