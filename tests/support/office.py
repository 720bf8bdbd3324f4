"""An office as ``deploy/`` has it: the services of its units over PostgreSQL, behind nginx, on free ports.

What belongs here: their life, and how a person asks. What does not: what the answers must be.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from sdg_pipeline.settings import PROJECT
from support import database as databases
from support import proxy as proxies
from support.database import Database, free_port
from support.proxy import DESK, VIEWER, Proxy

DEPLOY = PROJECT / "deploy"
SERVICES = ("code", "webserver", "viewer", "daemon")
PORTS = (443, 3000, 3001, 4266)
NET_SECONDS = 300
"""An office that has not answered by then never will; no test depends on how long it takes."""
PEOPLE = ("ana@example.org", "luis", "eva")
LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } ... on UnauthorizedError { message } } }"""
RUN = """query ($id: ID!) { runOrError(runId: $id) { ... on Run { status tags { key value }
  eventConnection { events { ... on EngineEvent { message }
    ... on ExecutionStepFailureEvent { error { message } } } } } } }"""
ENDED = ("SUCCESS", "FAILURE", "CANCELED")


def missing() -> str:
    """What this machine lacks for an office, and how to install it; empty where it lacks nothing."""
    programs = {"nginx": proxies.NGINX.exists(), "postgresql": databases.PROGRAMS, "openssl": shutil.which("openssl")}
    lacking = [f"apt-get install {name}" for name, there in programs.items() if not there]
    if not all(importlib.util.find_spec(name) for name in ("dagster_postgres", "psycopg2")):
        lacking.append("pip install --require-hashes --no-deps -r deploy/requirements-postgres.txt")
    return f"no office on this machine: {'; '.join(lacking)}" if lacking else ""


@dataclass
class Office:
    """The services by name, and the proxy through which people ask."""

    folder: Path
    environment: dict[str, str]
    ports: Mapping[int, int]
    database: Database
    proxy: Proxy
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """A service by the command of its unit."""
        unit = (DEPLOY / "systemd" / f"sdg-{name}.service").read_text(encoding="utf-8")
        [line] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
        command = line.removeprefix("ExecStart=").replace("/srv/sdg/code/.venv/bin", str(Path(sys.executable).parent))
        words = shlex.split(command.replace("deploy/workspace.yaml", str(self.folder / "workspace.yaml")))
        words = [str(self.ports.get(int(word), word)) if word.isdigit() else word for word in words]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                words, cwd=PROJECT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def end(self, name: str, by: signal.Signals = signal.SIGTERM) -> None:
        """A signal to the service itself, as systemd sends it, and the wait for its end."""
        self.processes[name].send_signal(by)
        self.processes[name].wait(NET_SECONDS)

    def whole(self) -> None:
        """Start what does not run, and wait until all of them answer."""
        for name in SERVICES:
            if name not in self.processes or self.processes[name].poll() is not None:
                self.start(name)
        for host in (DESK, VIEWER):
            self.until(lambda host=host: self._loaded(host))

    def _loaded(self, host: str) -> bool:
        entries = self.asked("eva", "{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError {"
                             " __typename } } } } }", {}, host).get("workspaceOrError", {})  # fmt: skip
        return [entry["locationOrLoadError"] for entry in entries.get("locationEntries", ())] == [
            {"__typename": "RepositoryLocation"}
        ]

    def asked(self, account: str, query: str, variables: Mapping[str, Any], host: str = DESK) -> Any:
        """What GraphQL answers somebody who is logged in; empty where it cannot.

        Each request says besides that it comes from another account, and that it has the key of the proxy.
        """
        forged = {"X_Remote_User": "mallory", "X_SDG_Proxy_Key": "another secret"}
        with suppress(urllib3.exceptions.HTTPError):
            response = self.proxy.ask("/graphql", account, host, {"query": query, "variables": variables}, **forged)
            assert response.status in (200, 500, 502, 504), f"{response.data!r}\n{self.tail()}"
            return (response.json().get("data") or {}) if response.status == 200 else {}
        return {}

    def launched(self, account: str, job: str, config: Mapping[str, str], host: str = DESK, **tags: str) -> Any:
        """The answer to a job that somebody starts."""
        selector = {"repositoryLocationName": "sdg", "repositoryName": "__repository__", "jobName": job}
        sent = [{"key": key, "value": text} for key, text in tags.items()]
        params = {"selector": selector, "runConfigData": json.dumps(config), "executionMetadata": {"tags": sent}}
        return self.asked(account, LAUNCH, {"params": params}, host).get("launchRun", {})

    def started(self, account: str, job: str, config: Mapping[str, str], **tags: str) -> str:
        """The id of a run that somebody starts, who asks again where the office does not answer."""
        answer = self.until(lambda: self.launched(account, job, config, **tags))
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def run(self, run: str) -> Any:
        return self.asked("eva", RUN, {"id": run}).get("runOrError", {})

    def began(self, run: str) -> bool:
        return bool(self.until(lambda: self.run(run).get("status") in ("STARTED", *ENDED)))

    def ended(self, run: str) -> str:
        """How a run ended."""
        return str(self.until(lambda: status if (status := self.run(run).get("status")) in ENDED else ""))

    def until(self, answered: Callable[[], Any]) -> Any:
        last = time.monotonic() + NET_SECONDS
        while not (answer := answered()):
            assert time.monotonic() < last, self.tail()
            time.sleep(0.2)
        return answer

    def tail(self) -> str:
        logs = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in self.folder.glob("*.log")}
        return "\n".join(f"== {name}\n" + "\n".join(text.splitlines()[-20:]) for name, text in sorted(logs.items()))


def settings(folder: Path, home: Path, specs: Path) -> dict[str, str]:
    """The environment of the units, with the folders of a test."""
    lines = (DEPLOY / "systemd" / "sdg.env.example").read_text(encoding="utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    clean = {name: text for name, text in os.environ.items() if not name.startswith(("SDG_", "DAGSTER_"))}
    paths = os.pathsep.join([str(PROJECT), *filter(None, [clean.get("PYTHONPATH")])])
    own = {"SDG_HOME": str(home), "SDG_SPECS": str(specs), "SDG_MIRROR": "starter", "PYTHONPATH": paths}
    return clean | example | own | {"DAGSTER_HOME": str(folder / "dagster")}


@contextmanager
def opened(folder: Path, home: Path, specs: Path) -> Iterator[Office]:
    """An office on a home, which ends with all its processes."""
    ports = {port: free_port() for port in PORTS}
    environment = settings(folder, home, specs)
    (folder / "dagster").mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", folder / "dagster")
    workspace = (DEPLOY / "workspace.yaml").read_text(encoding="utf-8")
    (folder / "workspace.yaml").write_text(workspace.replace("4266", str(ports[4266])))
    users = {"desk": PEOPLE, "viewer": PEOPLE}
    with (
        databases.database() as database,
        proxies.proxy(folder, ports, environment["SDG_UI_PROXY_KEY"], users) as proxy,
    ):
        environment |= {"DAGSTER_POSTGRES_URL": database.url(), "SDG_UI_HOSTS": proxy.hosts()}
        office = Office(folder, environment, ports, database, proxy)
        try:
            office.whole()
            yield office
        finally:
            for process in office.processes.values():
                with suppress(ProcessLookupError):  # it has ended, and its runs too
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(NET_SECONDS)
