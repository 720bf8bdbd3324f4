"""A PostgreSQL of a test's own: its life, and what its programs do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Database:
    """A PostgreSQL that listens on 127.0.0.1 alone, and writes below its folder."""

    folder: Path
    port: int

    def url(self, name: str = "dagster") -> str:
        return f"postgresql+psycopg2://dagster@127.0.0.1:{self.port}/{name}"

    def ask(self, program: str, *arguments: str) -> None:
        """One of PostgreSQL's programs, which refuse to be run by root."""
        assert PROGRAMS is not None
        user = "postgres" if os.geteuid() == 0 else None
        command = [str(PROGRAMS / program), *arguments]
        log = self.folder.parent / "programs.log"
        with log.open("ab") as output:
            done = subprocess.run(command, user=user, stdout=output, stderr=output, cwd="/", check=False, timeout=120)
        assert done.returncode == 0, log.read_text(errors="replace")

    def tell(self, program: str, *arguments: str) -> None:
        """A program that connects to the server."""
        self.ask(program, "-h", "127.0.0.1", "-p", str(self.port), "-U", "dagster", *arguments)

    def copy(self, name: str) -> str:
        """Another database from a back-up of the first, as the documents say; returns its address."""
        dump = str(self.folder.parent / "dagster.sql")
        self.tell("pg_dump", "-f", dump, "dagster")
        self.tell("createdb", name)
        self.tell("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, name)
        return self.url(name)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder.parent}"
        log = str(self.folder.parent / "postgres.log")
        self.ask("pg_ctl", "-D", str(self.folder), "-o", options, "-l", log, "-w", "start")

    def stop(self) -> None:
        """As a machine that dies does: nobody is asked to finish."""
        self.ask("pg_ctl", "-D", str(self.folder), "-m", "immediate", "-w", "stop")


@contextmanager
def database() -> Iterator[Database]:
    """A server with an empty database ``dagster``."""
    with tempfile.TemporaryDirectory(prefix="sdg-postgres-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server = Database(Path(folder, "data"), free_port())
        server.ask("initdb", "-D", str(server.folder), "-U", "dagster", "-A", "trust", "-E", "UTF8", "--no-sync")
        server.start()
        try:
            server.tell("createdb", "dagster")
            yield server
        finally:
            server.stop()
