"""``python -m assets.desk``: the desk of one person: code server, daemon, and the webserver behind its door.

``dagster dev`` starts the same three, with a webserver that any page in the person's browser can use. What belongs
here: starting and ending them together. What does not: the webserver itself.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sdg_pipeline.settings import PROJECT

MODULE = "assets.definitions"
LOOK_SECONDS = 0.5
HEARTBEAT_SECONDS = 10
"""How long the process with the definitions outlives the code server that started it, which waits for it."""
END_SECONDS = 20.0
Processes = Mapping[str, "subprocess.Popen[bytes]"]


def commands(host: str, port: int, folder: Path) -> dict[str, list[str]]:
    """The commands of the three by name; ``folder`` holds the socket of the code server and what names it."""
    python, socket, workspace = [sys.executable, "-m"], folder / "code.sock", folder / "workspace.yaml"
    server = ["dagster", "code-server", "start", "-m", MODULE, "-s", str(socket), "--location-name", MODULE]
    server += ["--heartbeat-ttl", str(HEARTBEAT_SECONDS), "--use-python-environment-entry-point"]
    return {
        "code server": [*python, *server, "--log-level", "warning"],
        "daemon": [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", str(workspace)],
        "webserver": [*python, "assets.webserver", "--host", host, "--port", str(port), "-w", str(workspace)],
    }


def open_desk(host: str, port: int) -> str:
    """Start the three and wait; returns the name of the one that ended, or nothing when a person has ended all."""
    os.environ.setdefault("DAGSTER_HOME", str(PROJECT / "dagster_home"))
    with tempfile.TemporaryDirectory(prefix="sdg-desk-") as folder:
        socket, workspace = Path(folder) / "code.sock", Path(folder) / "workspace.yaml"
        workspace.write_text(
            f"load_from: [{{grpc_server: {{socket: {socket}, location_name: {MODULE}}}}}]\n", encoding="utf-8"
        )
        processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for name, command in commands(host, port, Path(folder)).items():
                processes[name] = subprocess.Popen(command)
                _wait_for(socket, processes)
            return _first_to_end(processes)
        except KeyboardInterrupt:
            return ""
        finally:
            _end(processes)


def _wait_for(socket: Path, processes: Processes) -> None:
    while not socket.exists() and all(process.poll() is None for process in processes.values()):
        time.sleep(LOOK_SECONDS / 10)


def _first_to_end(processes: Processes) -> str:
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                return name
        time.sleep(LOOK_SECONDS)


def _end(processes: Processes) -> None:
    """Ask all to end, who have heard a Ctrl-C already, and kill what is left after ``END_SECONDS``."""
    for process in processes.values():
        process.terminate()
    deadline = time.monotonic() + END_SECONDS
    for process in processes.values():
        with suppress(subprocess.TimeoutExpired):  # killed below
            process.wait(max(0.0, deadline - time.monotonic()))
        if process.poll() is None:
            process.kill()
            process.wait()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments and open the desk; 1 where one of the three ended by itself."""
    parser = argparse.ArgumentParser(prog="python -m assets.desk", description="Open the Dagster UI.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=3000)
    asked = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    ended = open_desk(asked.host, asked.port)
    if ended:
        print(f"The desk has closed: its {ended} ended; its messages are above", file=sys.stderr)
    return 1 if ended else 0


if __name__ == "__main__":
    sys.exit(main())
