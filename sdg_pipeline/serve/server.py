"""Serves the site and the published releases over HTTP: listens, bounds connections, and ends.

What belongs here: the process. What does not: addresses (``serve.app``), a connection (``serve.protocol``).
"""

from __future__ import annotations

import asyncio
import resource
import socket
import threading

import uvicorn

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.serve.app import App
from sdg_pipeline.serve.protocol import Guarded, Limits

BACKLOG = 2048


class Server:
    """A server that listens; UsageError where nothing is published or it cannot listen."""

    def __init__(self, layout: Layout, host: str, port: int, limits: Limits | None = None) -> None:
        if not layout.published.is_dir():
            raise UsageError("nothing has been published; remedy: `sdg run`")
        limits = limits or Limits()
        self._socket = _listening(host, port)
        self._app = App(layout)
        _admit(limits.connections)
        config = uvicorn.Config(
            self._app,
            http=type("Limited", (Guarded,), {"limits": limits}),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=limits.connections,
            timeout_keep_alive=limits.idle_seconds,
            timeout_graceful_shutdown=2,
            backlog=BACKLOG,
        )
        self._server = uvicorn.Server(config)
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self._socket.getsockname()[1]}"

    def run(self) -> None:
        """Serve until ``stop``, SIGTERM or Ctrl-C."""
        try:
            threading.Thread(target=self._app.warm, daemon=True, name="warm").start()
            self._server.config.load()
            with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
                runner.run(self._server.serve(sockets=[self._socket]))
        finally:
            self._socket.close()
            self._app.close()

    def stop(self) -> None:
        """End ``run``, from another thread."""
        self._server.should_exit = True


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error}; remedy: another --port or --host") from error


def _admit(connections: int) -> None:
    """Let the process open as many files as it has connections, each with a file, as far as the system admits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * connections + 256
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
