"""A real desk as ``make ui`` starts it, webserver and daemon, in folders of its own, asked over GraphQL.

What belongs here: its life and how to ask it. What does not: what the answers must be.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.chosen_specs import DESK_INDICATORS, chosen_specs

from sdg_pipeline.settings import PROJECT

NET_SECONDS = 540
"""A server that has not answered by then never will; no test depends on how long it takes."""
END_SECONDS = 60
EAGER_DAEMON = Path(__file__).parent / "eager_daemon"
ENDED = ("SUCCESS", "FAILURE", "CANCELED")
LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries { loadStatus locationOrLoadError {
    __typename ... on PythonError { message } } } } } }
"""
LAUNCH = """
mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message causes { message } }
    ... on RunConfigValidationInvalid { errors { message } } } }
"""
AGAIN = """
mutation ($params: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""
BACKFILL = """
mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }
"""
BACKFILL_STATUS = """
query ($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }
"""
RUN = """
query ($id: ID!) { runOrError(runId: $id) { ... on Run { runId jobName status startTime endTime
    assetMaterializations { assetKey { path } partition }
    eventConnection { events { __typename ... on MessageEvent { message stepKey }
        ... on ExecutionStepFailureEvent { error { message } } } } } } }
"""


@dataclass(frozen=True)
class Server:
    """A running server: its address, its data folder, its specs and the file of its output."""

    url: str
    home: Path
    specs: Path
    log: Path
    process: subprocess.Popen[bytes]

    def ask(self, query: str, **variables: Any) -> Any:
        """The ``data`` of a GraphQL answer; an error in it fails the test."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=NET_SECONDS) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:  # what Dagster sends with a PythonError in its answer
            answer = json.load(error)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def launch(
        self, job: str, assets: Sequence[Sequence[str]] | None = None, config: Mapping[str, Any] | None = None
    ) -> str:
        """Put a job, or some assets of it, into the queue; returns the id of the run."""
        answer = self.try_to_launch(job, assets, config)
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def try_to_launch(
        self, job: str, assets: Sequence[Sequence[str]] | None = None, config: Mapping[str, Any] | None = None
    ) -> Any:
        """What the server says to a job, or to some assets of it, with this in the launchpad."""
        selector: dict[str, Any] = {
            "repositoryLocationName": "assets.definitions",
            "repositoryName": "__repository__",
            "jobName": job,
        }
        if assets is not None:
            selector["assetSelection"] = [{"path": list(path)} for path in assets]
            selector["assetCheckSelection"] = []
        return self.ask(LAUNCH, params={"selector": selector, "runConfigData": dict(config or {})})["launchRun"]

    def again(self, run: str) -> str:
        """Run what a run that failed did not do; returns the id of the new run."""
        answer = self.ask(AGAIN, params={"parentRunId": run, "strategy": "FROM_FAILURE"})["launchRunReexecution"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def backfill(self, asset: Sequence[str], partitions: Sequence[str]) -> str:
        """Run partitions of an asset and wait; returns how it ended."""
        params = {"assetSelection": [{"path": list(asset)}], "partitionNames": list(partitions)}
        answer = self.ask(BACKFILL, params=params)["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        return str(self.until(lambda: self._backfilled(answer["backfillId"]), "the backfill has not ended"))

    def _backfilled(self, backfill: str) -> str | None:
        """How a backfill ended, where it has."""
        state = str(self.ask(BACKFILL_STATUS, id=backfill)["partitionBackfillOrError"]["status"])
        return state if state.startswith("COMPLETED") or state in ("FAILED", "CANCELED") else None

    def run(self, run: str) -> Any:
        """What is known of a run."""
        return self.ask(RUN, id=run)["runOrError"]

    def ended(self, run: str) -> Any:
        """The run when it has ended."""
        return self.until(lambda: self._where(run, ENDED), f"run {run} has not ended")

    def began(self, run: str) -> Any:
        """The run when it has begun."""
        return self.until(lambda: self._where(run, ("STARTED", *ENDED)), f"run {run} has not begun")

    def _where(self, run: str, statuses: Sequence[str]) -> Any:
        answer = self.run(run)
        return answer if answer["status"] in statuses else None

    def wait(self) -> None:
        """Until the code location is loaded; fails when the server ends."""
        self.until(self._loaded, "the desk is not ready")

    def _loaded(self) -> bool:
        assert self.process.poll() is None, f"the desk ended\n{self.tail()}"
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):  # not listening yet
            (entry,) = self.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
            if entry["loadStatus"] == "LOADED":
                assert entry["locationOrLoadError"]["__typename"] == "RepositoryLocation", entry
                return True
        return False

    def until(self, answered: Callable[[], Any], otherwise: str) -> Any:
        """The first answer that is not empty; asked again and again, since the server calls nobody."""
        last = time.monotonic() + NET_SECONDS
        while not (answer := answered()):
            assert time.monotonic() < last, f"{otherwise}\n{self.tail()}"
            time.sleep(0.1)
        return answer

    def tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])


@contextmanager
def started(folder: Path, **more: str) -> Iterator[Server]:
    """A server on starter data of some indicators; its whole process group is ended on leaving.

    All it writes lies below ``folder`` (``home`` there may exist). ``more`` are variables of its environment.
    """
    home, instance, log = folder / "home", folder / "instance", folder / "desk.log"
    home.mkdir(exist_ok=True)
    instance.mkdir()
    shutil.copy(PROJECT / "dagster_home" / "dagster.yaml", instance)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SDG_", "DAGSTER_"))}
    specs = more.get("SDG_SPECS") or str(chosen_specs(folder / "specs", DESK_INDICATORS))
    own = {"SDG_HOME": str(home), "SDG_SPECS": specs, "SDG_MIRROR": "starter", "DAGSTER_HOME": str(instance)}
    environment |= own | more
    environment["PYTHONPATH"] = os.pathsep.join([str(EAGER_DAEMON), *filter(None, [os.environ.get("PYTHONPATH")])])
    port = _free_port()
    command = [sys.executable, "-m", "assets.desk", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        server = Server(f"http://127.0.0.1:{port}", home, Path(specs), log, process)
        server.wait()
        yield server
    finally:
        _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does; whatever is left of the group after END_SECONDS is killed."""
    with suppress(ProcessLookupError):  # all of them have ended
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(END_SECONDS)
