"""A server of releases that listens while a test asks it, and raw connections to it."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from sdg_pipeline.layout import Layout
from sdg_pipeline.serve.protocol import Limits
from sdg_pipeline.serve.server import Server

SECONDS = 120


@contextmanager
def listening(layout: Layout, limits: Limits | None = None) -> Iterator[str]:
    """The address of a server of a home, without a closing slash."""
    server = Server(layout, "127.0.0.1", 0, limits)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.address
    finally:
        server.stop()
        thread.join(SECONDS)
        assert not thread.is_alive(), "the server has ended"


@dataclass(frozen=True)
class Reply:
    """What the server sent: status, headers by lower-case name, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(address: str, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Reply:
    """Ask for a path as it is written, without what clients mend in it, and without following."""
    connection = connected(address)
    try:
        connection.putrequest(method, path, skip_host="Host" in (headers or {}), skip_accept_encoding=True)
        for name, text in (headers or {}).items():
            connection.putheader(name, text)
        connection.endheaders()
        reply = connection.getresponse()
        return Reply(reply.status, {name.lower(): text for name, text in reply.getheaders()}, reply.read())
    finally:
        connection.close()


def connected(address: str) -> http.client.HTTPConnection:
    parts = urlsplit(address)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)


def opened(address: str) -> socket.socket:
    """A bare connection."""
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname, parts.port), timeout=SECONDS)
