"""Connections: a client that is slow in asking or in reading ends, and nobody waits for it; their number is bounded."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from serve.conftest import country, publish
from support.served import ask, listening, opened

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.serve.protocol import Limits
from sdg_pipeline.serve.server import Server
from sdg_pipeline.specs.catalog import Catalog

QUICK = Limits(connections=40, head_seconds=0.5, stall_seconds=0.5, idle_seconds=1)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Layout:
    """A home whose site has a file of 64 MB, which no socket buffers."""
    layout = Layout(tmp_path_factory.mktemp("large"))
    publish(layout, country(layout, catalog))
    layout.site.mkdir(parents=True)
    with (layout.site / "large.bin").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    return layout


def ended(connection: socket.socket) -> bool:
    """Whether the server ends a connection, read to its end."""
    try:
        while connection.recv(65536):
            continue
    except ConnectionResetError:
        return True
    return True


def test_a_head_that_never_ends_is_cut_off(large: Layout) -> None:
    with listening(large, QUICK) as address, opened(address) as silent, opened(address) as halting:
        halting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ")
        assert ended(silent) and ended(halting)


def test_a_second_request_has_its_time_too(large: Layout) -> None:
    with listening(large, QUICK) as address, opened(address) as halting:
        halting.sendall(b"GET /latest/SHA256SUMS HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX-A: ")
        assert halting.recv(12) == b"HTTP/1.1 200"
        assert ended(halting)


def test_a_head_of_any_size_is_not_kept(large: Layout) -> None:
    with listening(large) as address, opened(address) as endless:
        with pytest.raises(OSError):
            while True:
                endless.sendall(b"X" * 65536)
        assert ask(address, "/latest/SHA256SUMS").status == 200


def test_a_client_that_reads_nothing_is_cut_off(large: Layout) -> None:
    with listening(large, QUICK) as address, opened(address) as stalled:
        stalled.sendall(b"GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        threading.Event().wait(3)
        size = 0
        try:
            while chunk := stalled.recv(1 << 20):
                size += len(chunk)
        except ConnectionResetError:
            size += 0
        assert 0 < size < 64 * 1024 * 1024


def test_nobody_waits_for_those_that_read_nothing(large: Layout) -> None:
    with listening(large) as address, ExitStack() as stack:
        for _ in range(200):
            stalled = stack.enter_context(opened(address))
            stalled.sendall(b"GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        replies = [ask(address, "/latest/README.md") for _ in range(20)]
        assert {reply.status for reply in replies} == {200}


def test_more_connections_than_are_admitted_are_told_so(large: Layout) -> None:
    limits = Limits(connections=10)
    with listening(large, limits) as address, ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(opened(address))
        assert ask(address, "/latest/README.md").status == 503


def test_a_server_says_why_it_cannot_listen(tmp_path: Path, large: Layout) -> None:
    with pytest.raises(UsageError, match="nothing has been published"):
        Server(Layout(tmp_path), "127.0.0.1", 0)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="another --port"):
        Server(large, "127.0.0.1", taken.getsockname()[1])
    with pytest.raises(UsageError, match="another --port"):
        Server(large, "127.0.0.1", 70000)
