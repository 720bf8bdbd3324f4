"""An office on one machine: PostgreSQL as in ``deploy/``, code server, daemon and webserver, and people who log in.

Skipped, saying so, where Debian's ``postgresql`` or the packages of ``deploy/requirements-postgres.txt`` are missing.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from place import Place

from sdg_pipeline.release import chain, events
from sdg_pipeline.settings import PROJECT

PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
NEEDED = ("dagster_postgres", "psycopg2")
KEY = "the secret of the proxy"
PATIENCE_SECONDS = 180.0
LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAMS is None, reason="no PostgreSQL on this machine: apt-get install postgresql"),
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in NEEDED),
        reason="not installed: pip install -r deploy/requirements-postgres.txt",
    ),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Database:
    """A PostgreSQL of its own, which no other account can reach but by 127.0.0.1."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql+psycopg2://dagster@127.0.0.1:{self.port}/dagster"

    def ask(self, program: str, *arguments: str) -> None:
        """One of PostgreSQL's programs, which refuse to be run by root."""
        assert PROGRAMS is not None
        user = "postgres" if os.geteuid() == 0 else None
        command = [str(PROGRAMS / program), *arguments]
        log = self.folder.parent / "programs.log"
        with log.open("ab") as output:
            done = subprocess.run(command, user=user, stdout=output, stderr=output, cwd="/", check=False, timeout=120)
        assert done.returncode == 0, log.read_text(errors="replace")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder.parent}"
        log = str(self.folder.parent / "postgres.log")
        self.ask("pg_ctl", "-D", str(self.folder), "-o", options, "-l", log, "-w", "start")

    def stop(self) -> None:
        self.ask("pg_ctl", "-D", str(self.folder), "-m", "immediate", "-w", "stop")


@pytest.fixture
def database() -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="sdg-postgres-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        database = Database(Path(folder, "data"), free_port())
        database.ask("initdb", "-D", str(database.folder), "-U", "dagster", "-A", "trust", "-E", "UTF8", "--no-sync")
        database.start()
        try:
            database.ask("createdb", "-h", "127.0.0.1", "-p", str(database.port), "-U", "dagster", "dagster")
            yield database
        finally:
            database.stop()


@dataclass(frozen=True)
class Office:
    """The desk of an office, as its proxy sees it."""

    port: int
    log: Path

    def post(self, query: str, variables: dict[str, Any], headers: dict[str, str]) -> requests.Response:
        body = {"query": query, "variables": variables}
        return requests.post(f"http://127.0.0.1:{self.port}/graphql", json=body, headers=headers, timeout=60)

    def asked(self, account: str, query: str, variables: dict[str, Any]) -> Any:
        """What GraphQL answers somebody who is logged in; empty where the database does not answer."""
        response = self.post(query, variables, {"X-Remote-User": account, "X-SDG-Proxy-Key": KEY})
        assert response.status_code in (200, 500), f"{response.text}\n{self.tail()}"
        return (response.json().get("data") or {}) if response.status_code == 200 else {}

    def run(self, account: str, job: str, config: dict[str, str], **tags: str) -> str:
        """The status of a run that somebody started, once it has ended.

        After the database was lost, the first requests find dead connections and fail; people ask again.
        """
        selector = {"repositoryLocationName": "assets.definitions", "repositoryName": "__repository__", "jobName": job}
        sent = [{"key": key, "value": text} for key, text in tags.items()]
        params = {"selector": selector, "runConfigData": json.dumps(config), "executionMetadata": {"tags": sent}}

        def launched() -> str:
            answer = self.asked(account, LAUNCH, {"params": params}).get("launchRun", {})
            assert "errors" not in answer, answer
            return str(answer.get("run", {}).get("runId", ""))

        asked = {"id": self.until(launched)}

        def ended() -> str:
            status = str(self.asked(account, STATUS, asked).get("runOrError", {}).get("status", ""))
            return status if status in ("SUCCESS", "FAILURE", "CANCELED") else ""

        return self.until(ended)

    def until(self, answered: Callable[[], str]) -> str:
        last = time.monotonic() + PATIENCE_SECONDS
        while not (answer := answered()):
            assert time.monotonic() < last, self.tail()
            time.sleep(0.3)
        return answer

    def tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])

    def answers(self) -> str:
        with suppress(requests.ConnectionError):
            data = self.post("{ version }", {}, {"X-Remote-User": "ana", "X-SDG-Proxy-Key": KEY})
            return "yes" if data.status_code == 200 else ""
        return ""


@contextmanager
def office_of(place: Place, database: Database, log: Path) -> Iterator[Office]:
    """Code server, daemon and webserver over the instance of ``deploy/``."""
    shutil.rmtree(place.instance)
    place.instance.mkdir()
    shutil.copy(PROJECT / "deploy" / "dagster.yaml", place.instance)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SDG_", "DAGSTER_"))}
    paths = os.pathsep.join([str(PROJECT), *filter(None, [clean.get("PYTHONPATH")])])
    login = {"SDG_UI_LOGIN_HEADER": "X-Remote-User", "SDG_UI_PROXY_KEY": KEY}
    environment = clean | place.environment | login | {"PYTHONPATH": paths, "DAGSTER_POSTGRES_URL": database.url}
    port = free_port()
    command = [sys.executable, "-m", "assets.desk", "--port", str(port)]
    with log.open("wb") as output:
        desk = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    office = Office(port, log)
    try:
        office.until(office.answers)
        yield office
    finally:
        with suppress(ProcessLookupError):
            os.killpg(desk.pid, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                desk.wait(30)
            os.killpg(desk.pid, signal.SIGKILL)
        desk.wait(30)


def test_people_review_under_their_accounts_and_a_lost_database_loses_nothing(
    again: Place, database: Database, tmp_path: Path
) -> None:
    layout, release = again.runner().run.layout, again.latest()
    before = len(events.read(layout, release))
    with office_of(again, database, tmp_path / "desk.log") as office:
        for headers in ({}, {"X-Remote-User": "ana"}, {"X-Remote-User": "ana", "X-SDG-Proxy-Key": "another secret"}):
            assert office.post("{ version }", {}, headers).status_code == 401
        people = ("ana@example.org", "luis")
        with ThreadPoolExecutor() as pool:  # two people at once; a tag that a client writes counts for nothing
            asked = [
                pool.submit(office.run, who, "3_release_review", {"note": who}, **{"sdg/account": "eva"})
                for who in people
            ]
        assert [one.result() for one in asked] == ["SUCCESS", "SUCCESS"], office.tail()
        assert office.run("luis", "3_release_review", {"by": "Ana", "note": "in her name"}) == "FAILURE"
        database.stop()
        database.start()
        office.until(office.answers)
        assert office.run("eva", "3_release_review", {"by": "eva", "note": "after the database was lost"}) == "SUCCESS"
    record = events.read(layout, release)[before:]
    assert sorted((e.event, e.who, e.login, e.note) for e in record) == [
        ("reviewed", "ana@example.org", True, "ana@example.org"),
        ("reviewed", "eva", True, "after the database was lost"),
        ("reviewed", "luis", True, "luis"),
    ]
    assert chain.fault(layout.events(release)) is None
