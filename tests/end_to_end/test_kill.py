"""``kill -9`` at any moment leaves the last release and the warehouse whole, and the next run completes.

The runs are processes forked from one that has imported everything, which takes seconds; what they do is ``sdg run``.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import duckdb
import pytest
import yaml
from end_to_end.product import Product
from support import forked
from support.chosen_specs import FEW_INDICATORS, chosen_specs

from sdg_pipeline.files import sha256_of
from sdg_pipeline.layout import Layout
from sdg_pipeline.release import events

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]  # a net: fifty runs on a machine with other work

SEED = 20201
ROUNDS = int(os.environ.get("SDG_KILL_ROUNDS", "8"))
"""Kills at random moments; docs/contributor.md has the command for 50."""
NET_SECONDS = 540
"""A run that has not ended by then never will."""
LATEST_WAIT_SECONDS = 0.03
"""A kill comes up to so much after the moment that it waited for."""
TRIES = 3
"""Runs for a moment: one that is over before it was seen is another try."""
CHAINS = 4
"""Moments are hit in so many chains, in which each run goes on where the one before it was killed.

Neighbouring moments are in different chains, since a kill may come after the next moment too.
"""


@pytest.fixture(scope="module")
def forks() -> ForkServerContext:
    return forked.forks()


@dataclass(frozen=True)
class Killed:
    """A product whose runs are started here and killed."""

    product: Product
    forks: ForkServerContext

    @property
    def said(self) -> Path:
        return self.product.home.parent / "said.txt"

    def start(self, *arguments: str, ends_after: float | None = None) -> ForkServerProcess:
        return forked.start(self.forks, self.product.environment(), arguments, self.said, ends_after)

    def complete(self, *arguments: str) -> None:
        """Run to the end, successfully."""
        process = self.start(*arguments)
        process.join(NET_SECONDS)
        assert process.exitcode == 0, self.said.read_text(encoding="utf-8")

    def releases(self) -> list[str]:
        """Names of all releases, drafts among them."""
        lines = self.product.call("release", "list").out.splitlines()
        return [line.split()[0] for line in lines if not line.startswith(" ")]

    def events(self, release: str) -> list[str]:
        return [event.event for event in events.read(self.product.layout, release)]

    def require_whole(self) -> None:
        """What users read is whole: ``latest`` as sealed, and a warehouse that opens and holds its values."""
        assert self.events(self.product.layout.latest.resolve().name)[-1] == "published"
        verified = self.product.call("release", "verify")
        assert verified.code == 0, verified
        assert "is whole" in verified.out
        with duckdb.connect(str(self.product.layout.warehouse), read_only=True) as con:
            values, indicators = con.execute("SELECT count(*), count(DISTINCT indicator) FROM sdg.latest").fetchall()[0]
        assert values > 0
        assert indicators == len(FEW_INDICATORS)

    def require_tidy(self) -> None:
        """After a run that ended nothing half-made lies anywhere."""
        half_made = [
            p for p in self.product.home.rglob("*") if p.name.endswith((".aside", ".wal")) or "release-" in p.name
        ]
        assert half_made == []


Seen = Callable[[], object]


def changed(path: Path) -> Seen:
    """True once the file is another one than now."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    return lambda: path.exists() and path.stat().st_mtime_ns != before


def appeared(folder: Path, pattern: str) -> Seen:
    """True once the folder has an entry of this name that it has not now."""
    before = set(folder.glob(pattern))
    return lambda: set(folder.glob(pattern)) - before


def changed_link(link: Path) -> Seen:
    """True once the link leads elsewhere."""
    before = link.resolve()
    return lambda: link.resolve() != before


def published(product: Product) -> Seen:
    """True once there is an event of publication more than now."""

    def lines() -> int:
        return sum(path.read_bytes().count(b'"published"') for path in product.layout.published.glob("*.events.jsonl"))

    before = lines()
    return lambda: lines() > before


def state(*key: str) -> Callable[[Product], Seen]:
    """The end of a step."""
    return lambda product: changed(product.layout.state(key))


MOMENTS: tuple[tuple[str, Callable[[Product], Seen]], ...] = (
    ("start", lambda product: lambda: True),
    ("first raw file", state("raw", "inegi_iter_state", "2020")),
    ("last raw file", state("raw", "inegi_iter", "2020")),
    ("staged table", state("staged", "census")),
    ("indicator file", lambda product: changed(product.layout.indicator("illiteracy_15_plus"))),
    ("first indicator", state("indicator", "illiteracy_15_plus")),
    ("last indicator", state("indicator", "literacy_parity")),
    ("release being written", lambda product: appeared(product.layout.scratch, "release-*")),
    ("release drafted", lambda product: appeared(product.layout.published, "*.events.jsonl")),
    ("release in its place", lambda product: appeared(product.layout.published, "*/release.json")),
    ("release published", published),
    ("latest moved", lambda product: changed_link(product.layout.latest)),
    ("publication", state("publication", "release")),
    ("warehouse being built", lambda product: appeared(product.layout.warehouse.parent, ".sdg.duckdb.*")),
    ("warehouse swapped in", lambda product: changed(product.layout.warehouse)),
)


PUBLISHING: tuple[Callable[[Layout, str], Seen], ...] = (
    lambda layout, name: lambda: True,
    lambda layout, name: changed(layout.events(name)),
    lambda layout, name: changed_link(layout.latest),
    lambda layout, name: appeared(layout.warehouse.parent, ".sdg.duckdb.*"),
    lambda layout, name: changed(layout.warehouse),
)


def make_all_stale(specs: Path, round_: int) -> None:
    """Other definitions of sources and indicators, so that a run has everything to do and a release to make."""
    make_indicators_stale(specs, round_)
    for path in (specs / "sources").glob("inegi_iter*.yaml"):
        text = path.read_text(encoding="utf-8")
        text = text.split("    max_megabytes:")[0].rstrip("\n")
        path.write_text(f"{text}\n    max_megabytes: {400 + round_}\n", encoding="utf-8")


def make_indicators_stale(specs: Path, round_: int) -> None:
    for name in FEW_INDICATORS:
        path = specs / "goal_04" / f"{name}.yaml"
        lines = path.read_text(encoding="utf-8").splitlines()
        text = "\n".join(f"  range: [0, {100 + round_}]" if "range: [" in line else line for line in lines)
        path.write_text(text + "\n", encoding="utf-8")


def kill_at(process: ForkServerProcess, seen: Seen, chance: random.Random) -> bool:
    """Kill once the moment is seen, or a little later; False where the run was over before, with success."""
    while process.is_alive() and not seen():
        time.sleep(0.0005)
    time.sleep(chance.uniform(0, LATEST_WAIT_SECONDS))
    process.kill()
    process.join(NET_SECONDS)
    assert process.exitcode in (0, -signal.SIGKILL), "it went on after the last kill"
    return process.exitcode == -signal.SIGKILL


@pytest.fixture
def killed(forks: ForkServerContext, tmp_path: Path) -> Killed:
    """A fresh home, and specs of few indicators."""
    specs = chosen_specs(tmp_path / "specs")
    return Killed(Product(tmp_path / "home").with_(SDG_SPECS=specs), forks)


def test_killed_at_any_moment(killed: Killed, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    killed.complete("run")
    killed.require_whole()
    hit, number = [], 0
    for chain in range(CHAINS):
        number += 1
        make_all_stale(tmp_path / "specs", number)
        for name, moment in MOMENTS[chain::CHAINS]:
            for _ in range(TRIES):
                killed_there = kill_at(killed.start("run"), moment(killed.product), chance)
                killed.require_whole()
                if killed_there:
                    hit.append(name)
                    break
                number += 1
                make_all_stale(tmp_path / "specs", number)
        killed.complete("run")
        killed.require_whole()
        killed.require_tidy()
        assert len(killed.releases()) == number + 1
    assert len(hit) >= len(MOMENTS) - 2, f"only these runs were killed under way: {hit}"


def test_killed_at_random_moments(killed: Killed, tmp_path: Path) -> None:
    """Any moment of a run, as far as it takes; what was begun is ended by the next run."""
    chance = random.Random(SEED)
    killed.complete("run")
    make_all_stale(tmp_path / "specs", 0)
    killed.complete("run")
    whole, hit, number = forked.seconds(killed.said), 0, 0
    assert whole is not None
    while hit < ROUNDS:  # a run that was over before its moment does not count
        number += 1
        assert number <= 3 * ROUNDS
        make_all_stale(tmp_path / "specs", number)
        process = killed.start("run", ends_after=chance.uniform(0.001, whole))
        process.join(NET_SECONDS)
        hit += process.exitcode == -signal.SIGPROF
        killed.require_whole()
    print(f"{hit} of {number} runs were killed under way, of {whole:.2f} s of processor time each")
    killed.complete("run")
    killed.require_whole()
    killed.require_tidy()


def test_killed_while_a_draft_is_published(killed: Killed, tmp_path: Path) -> None:
    killed.complete("run")
    reviewing = Killed(killed.product.with_(SDG_REVIEW="required"), killed.forks)
    layout = reviewing.product.layout
    hit = 0
    for number in range(len(PUBLISHING)):
        name, before = f"draft{number}", layout.latest.resolve()
        make_indicators_stale(tmp_path / "specs", number)
        reviewing.complete("run", "--release", name)
        reviewing.complete("release", "review", name, "--by", "Luis", "--note", "compared")
        assert layout.latest.resolve() == before
        seen = PUBLISHING[number](layout, name)
        hit += kill_at(reviewing.start("release", "publish", name, "--by", "Ana"), seen, random.Random(SEED + number))
        verified = reviewing.product.call("release", "verify")
        assert "is whole" in verified.out
        reviewing.complete("release", "publish", name, "--by", "Ana")
        assert layout.latest.resolve() == layout.release(name)
        assert reviewing.events(name) == ["drafted", "reviewed", "published"]
        reviewing.require_whole()
        reviewing.require_tidy()
    assert hit >= len(PUBLISHING) - 2


def test_killed_before_the_first_release(killed: Killed) -> None:
    assert kill_at(killed.start("run"), state("staged", "census")(killed.product), random.Random(SEED))
    assert not killed.product.layout.latest.exists()
    assert not killed.product.layout.warehouse.exists()
    killed.complete("run")
    killed.require_whole()
    killed.require_tidy()


def test_two_runs_at_once(killed: Killed) -> None:
    runs = [killed.start("run") for _ in range(2)]
    for process in runs:
        process.join(NET_SECONDS)
    assert [process.exitcode for process in runs] == [0, 0], killed.said.read_text(encoding="utf-8")
    killed.require_whole()
    killed.require_tidy()
    assert killed.releases() == [killed.product.layout.latest.resolve().name]


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


def test_killed_download_goes_on_where_it_stopped(killed: Killed, half_server: HalfServer, tmp_path: Path) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes(half_server.content)
    entry = {
        "source": "inegi_iter",
        "edition": "2020",
        "path": "x.csv",
        "sha256": sha256_of(copy),
        "container": "plain",
    }
    manifest = {"name": "half", "root": f"http://127.0.0.1:{half_server.server_port}", "entries": [entry]}
    (tmp_path / "mirror.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    fetching = Killed(killed.product.with_(SDG_MIRROR=tmp_path / "mirror.yaml"), killed.forks)
    scratch = fetching.product.layout.scratch

    def half_came() -> bool:
        return any(part.stat().st_size > 500_000 for part in scratch.glob("*.part"))

    assert kill_at(fetching.start("fetch", "inegi_iter", "2020"), half_came, random.Random(SEED))
    fetching.complete("fetch", "inegi_iter", "2020")
    first, second = half_server.ranges
    assert first is None
    assert second is not None and int(second.removeprefix("bytes=").removesuffix("-")) > 500_000
    [raw] = fetching.product.layout.raw_folder("inegi_iter", "2020").glob("*.csv")
    assert raw.read_bytes() == half_server.content
