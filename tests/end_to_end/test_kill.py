"""Two runs of one home take turns, and a download that is killed goes on where it stopped.

Kills of all other kinds are in tests/walk/test_felled.py.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
import yaml
from support import forked
from walk import judged
from walk.world import World

from sdg_pipeline.files import sha256_of
from sdg_pipeline.release.manifest import in_force, sealed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]  # a net: a machine with other work

NET_SECONDS = 540
"""A run that has not ended by then never will."""


@pytest.fixture(scope="module")
def forks() -> ForkServerContext:
    return forked.forks()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.begun(tmp_path)


def test_two_runs_at_once(world: World, forks: ForkServerContext, tmp_path: Path) -> None:
    environment = world.product("a").environment()
    runs = [forked.start(forks, environment, ("run",), tmp_path / f"said{number}.txt") for number in range(2)]
    for process in runs:
        process.join(NET_SECONDS)
    said = [(tmp_path / f"said{number}.txt").read_text(encoding="utf-8") for number in range(2)]
    assert [process.exitcode for process in runs] == [0, 0], said
    judged.whole(world.layout)
    judged.warehouse(world.layout)
    assert [manifest.release for manifest in sealed(world.layout)] == [in_force(world.layout)]
    assert not [path for path in world.home.rglob("*") if path.name.endswith((".aside", ".wal"))]


class HalfServer(ThreadingHTTPServer):
    """Gives half of a file and then nothing more; the rest to who asks for it by its range."""

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), HalfHandler)
        self.content = content
        self.ranges: list[str | None] = []
        self.ended = threading.Event()


class HalfHandler(BaseHTTPRequestHandler):
    server: HalfServer

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        self.server.ranges.append(asked)
        whole = self.server.content
        first = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(whole) - first))
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{len(whole) - 1}/{len(whole)}")
        self.end_headers()
        self.wfile.write(whole[first:] if asked else whole[: len(whole) // 2])
        if not asked:
            self.server.ended.wait(NET_SECONDS)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def half_server() -> Iterator[HalfServer]:
    with HalfServer(b"ENTIDAD,MUN,LOC\n" + b"01,001,0000\n" * 200_000) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.ended.set()
        server.shutdown()


def test_killed_download_goes_on_where_it_stopped(
    world: World, forks: ForkServerContext, half_server: HalfServer, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes(half_server.content)
    entry = {"source": "people_states", "edition": "2020", "path": "x.csv", "sha256": sha256_of(copy)}
    root = f"http://127.0.0.1:{half_server.server_port}"
    manifest = {"name": "half", "root": root, "entries": [entry], "others": "one is enough"}
    (tmp_path / "half.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    fetching, fetch = world.product("half"), ("fetch", "people_states", "2020")

    def half_came() -> bool:
        return any(part.stat().st_size > 500_000 for part in fetching.layout.scratch.glob("*.part"))

    process = forked.start(forks, fetching.environment(), fetch, tmp_path / "said.txt")
    while process.is_alive() and not half_came():
        time.sleep(0.0005)
    process.kill()
    process.join(NET_SECONDS)
    assert process.exitcode == -signal.SIGKILL, (tmp_path / "said.txt").read_text(encoding="utf-8")
    assert fetching.call(*fetch).code == 0
    first, second = half_server.ranges
    assert first is None
    assert second is not None and int(second.removeprefix("bytes=").removesuffix("-")) > 500_000
    [raw] = fetching.layout.raw_folder("people_states", "2020").glob("*.csv")
    assert raw.read_bytes() == half_server.content
