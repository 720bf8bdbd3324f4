"""``python -m assets.webserver``: Dagster's webserver and the pictures of the desk, behind its door.

What belongs here: putting the two together. What does not: who may pass (door), code server and daemon (desk).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

import uvicorn
from dagster import DagsterInstance

# Dagster has no public name for these two; the release is pinned, and tests/browser starts this module.
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.app import create_app_from_workspace_process_context

from assets import pictures
from assets.door import HOSTS, Door, own_hosts
from assets.login import Login
from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import Settings

DATABASE = {"statement_timeout": 15_000, "pool_recycle": 3600, "max_overflow": 20}
"""Milliseconds, seconds and connections; as ``dagster-webserver`` has them."""
POLL_MILLISECONDS = 2000


def serve(host: str, port: int, workspace: str, read_only: bool = False) -> None:
    """Serve the UI until the process is interrupted or terminated."""
    login = Login.from_environment()
    with DagsterInstance.get() as instance:
        instance.optimize_for_webserver(**DATABASE)
        target = WorkspaceFileTarget([workspace])
        with WorkspaceProcessContext(instance, target, read_only=read_only, code_server_log_level="warning") as context:
            app = create_app_from_workspace_process_context(context, live_data_poll_rate=POLL_MILLISECONDS)
            folder = Layout(Settings.from_environment().home).desks
            hosts = own_hosts(port, os.environ.get(HOSTS, ""))
            door = Door(pictures.with_cards(app, folder), hosts, login)
            print(f"The desk is at http://{host}:{port}; Ctrl-C ends it", flush=True)
            uvicorn.run(door, host=host, port=port, log_level="warning", lifespan="off")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m assets.webserver", description=serve.__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("-w", "--workspace", required=True, help="workspace.yaml that names the code server")
    parser.add_argument("--read-only", action="store_true", help="refuse all mutations, of our own pages too")
    asked = parser.parse_args(arguments)
    serve(asked.host, asked.port, asked.workspace, asked.read_only)


if __name__ == "__main__":
    main()
