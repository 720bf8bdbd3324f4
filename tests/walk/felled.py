"""Commands over the tiny country that are killed on the spot: before a chosen call that changes a file, or at random.

What belongs here: the commands, the homes in which they begin, and what must hold after a kill and after the next try.
What does not: which calls are chosen (test_felled), the process (support.forked).
"""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from pathlib import Path

import duckdb
from end_to_end.product import Product, Said, contents_of
from support import forked
from walk import judged
from walk.world import World

from sdg_pipeline.duck import text
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government import quarantine
from sdg_pipeline.publish import parquet
from sdg_pipeline.release import chain, events
from sdg_pipeline.release.manifest import in_force, manifests, proof

NET_SECONDS = 540
"""A command that has not ended by then never will."""
AREAS = {
    "fetch": ("data/raw", "data/locks", "data/state/raw"),
    "staging": ("data/staged", "data/contracts", "data/profiles", "data/revisions", "data/state/staged"),
    "publication": ("data/published", "data/history", "data/scratch/release-", "data/state/publication"),
    "warehouse": ("warehouse", "data/state/warehouse"),
    "site": ("data/site", "data/scratch/site-", "data/state/site"),
    "contributions": ("data/contributions",),
    "restore": (".sdg-restore-",),
}
"""Which files a call of an area changes, by how their paths in the home begin."""
GIVEN_FIGURES = """\
indicator,area,period,value,unit,source,note
reads,01001,2020,55,PT,a register of 2020,
"""
OF_THEIR_TIME = ("current.json", "feed.xml")
"""Files that say when something happened."""
ENDED_BEFORE = ("is not empty", "was accepted by")
"""What a second try says where the first came to its end before it was killed."""


@dataclass(frozen=True)
class Scene:
    """A command, the mirror that it reads, and the home in which it begins (None: none)."""

    name: str
    arguments: tuple[str, ...]
    begin: Path | None
    mirror: str = "a"
    dated: bool = False
    """Whether the day on which it was played would be sealed by the next run, so that none is made."""


@dataclass
class Stage:
    """The world with its homes, and what each command does where nobody kills it."""

    world: World
    forks: ForkServerContext
    scenes: dict[str, Scene] = field(default_factory=dict)
    calls: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    whole: dict[str, dict[str, object]] = field(default_factory=dict)
    tries: int = 0

    @classmethod
    def begun(cls, folder: Path, forks: ForkServerContext) -> Stage:
        """Homes with a release, with a reviewed draft and with a contribution, and a back-up."""
        stage = cls(World.begun(folder), forks)
        (folder / "figures.csv").write_text(GIVEN_FIGURES, encoding="utf-8")
        homes = {name: folder / name for name in ("base", "drafted", "offered")}
        offer = ("contribute", "submit", str(folder / "figures.csv"), "--contributor", "Town")
        stage.require("a", homes["base"], "run")
        stage.require("a", homes["base"], "backup", str(folder / "base.tar"))
        for name in ("drafted", "offered"):
            shutil.copytree(homes["base"], homes[name], symlinks=True)
        stage.require("b", homes["drafted"], "run", "--draft", "--release", "spring")
        stage.require("b", homes["drafted"], "release", "review", "spring", "--by", "Luis", "--note", "seen")
        stage.require("a", homes["offered"], *offer)
        [receipt], by = [receipt for receipt, _ in quarantine.waiting(Layout(homes["offered"]))], ("--by", "Ana")
        accept = ("contribute", "review", receipt.id, "--accept", *by, "--reason", "sound")
        for scene in (
            Scene("run", ("run",), homes["base"], "b"),
            Scene("first run", ("run",), None, "b"),
            Scene("publish", ("release", "publish", "spring", *by), homes["drafted"], "b"),
            Scene("submit", offer, homes["base"]),
            Scene("accept", accept, homes["offered"], dated=True),
            Scene("restore", ("restore", str(folder / "base.tar")), None),
        ):
            stage.rehearse(scene)
        return stage

    def require(self, mirror: str, home: Path, *arguments: str) -> None:
        said = self.call(mirror, home, *arguments)
        assert said.code == 0, said

    def call(self, mirror: str, home: Path, *arguments: str) -> Said:
        """A command in this process."""
        return self.product(mirror, home).call(*arguments)

    def product(self, mirror: str, home: Path) -> Product:
        return self.world.product(mirror, home).with_(SDG_STEPS=1)

    def rehearse(self, scene: Scene) -> None:
        """Play a scene to its end: its calls, its seconds, and what it leaves."""
        home = self.set_up(scene)
        end = forked.End(home=home, calls=home.with_suffix(".calls"))
        assert self.play(scene, home, end) == 0, home.with_suffix(".said").read_text(encoding="utf-8")
        self.scenes[scene.name] = scene
        self.calls[scene.name] = home.with_suffix(".calls").read_text(encoding="utf-8").splitlines()
        self.seconds[scene.name] = forked.seconds(home.with_suffix(".said")) or 0.0
        self.go_on(scene, home)
        self.whole[scene.name] = left(Layout(home))

    def go_on(self, scene: Scene, home: Path) -> None:
        """The run after a scene."""
        if not scene.dated:
            self.require(scene.mirror, home, "run")

    def set_up(self, scene: Scene) -> Path:
        """A home of its own for a try."""
        self.tries += 1
        home = self.world.folder / f"try{self.tries}"
        if scene.begin is not None:
            shutil.copytree(scene.begin, home, symlinks=True)
        return home

    def play(self, scene: Scene, home: Path, end: forked.End) -> int | None:
        environment = self.product(scene.mirror, home).environment()
        process = forked.start(self.forks, environment, scene.arguments, home.with_suffix(".said"), end)
        process.join(NET_SECONDS)
        return process.exitcode

    def fell(self, name: str, at: int | None = None, after: float | None = None) -> str | None:
        """Kill a command, judge the home, try again, and judge what it left; the call before which it died.

        None where it had ended before.
        """
        scene = self.scenes[name]
        home = self.set_up(scene)
        calls = home.with_suffix(".calls")
        code = self.play(scene, home, forked.End(after, at, home, calls))
        assert code in (0, -signal.SIGKILL, -signal.SIGPROF), home.with_suffix(".said").read_text(encoding="utf-8")
        layout, noted = Layout(home), calls.read_text(encoding="utf-8").splitlines()
        where = f"{name} was killed at {noted[-1] if noted else 'its beginning'} ({len(noted)})"
        kept_whole(layout, where, began=scene.begin is not None)
        again = self.call(scene.mirror, home, *scene.arguments)
        assert again.code == 0 or any(words in again.err for words in ENDED_BEFORE), f"{where}: {again}"
        self.go_on(scene, home)
        assert left(layout) == self.whole[name], where
        judged.whole(layout)
        judged.warehouse(layout)
        half_made = [p for p in home.rglob("*") if p.name.endswith((".aside", ".wal")) or "release-" in p.name]
        assert [*half_made, *home.glob(".sdg-restore-*")] == [], where
        shutil.rmtree(home)
        return None if code == 0 else noted[-1] if noted else ""

    def numbers(self, area: str) -> list[tuple[str, int]]:
        """Scene and number of each call that changes a file of an area."""
        return [(name, number) for name, calls in self.calls.items() for number, call in enumerate(calls, start=1)
                if call.partition(" ")[2].startswith(AREAS[area])]  # fmt: skip


def left(layout: Layout) -> dict[str, object]:
    """What a home has that does not hang on the time of day: sealed files, record, staged tables, site, contributions."""
    root = str(layout.data)
    folders = [layout.staged("any").parent, layout.site, layout.data / "raw"]
    contents = {path.removeprefix(root): digest for folder in folders for path, digest in contents_of(folder).items()}
    contents = {path: digest for path, digest in contents.items() if not path.endswith(OF_THEIR_TIME)}
    offered = sorted(path.relative_to(layout.data).as_posix() for path in (layout.data / "contributions").rglob("*"))
    return {
        "releases": judged.seals(layout),
        "events": {m.release: [e.event for e in events.counted(layout, m.release)] for m in manifests(layout)},
        "in force": in_force(layout),
        "contents": contents,
        "contributions": offered,
    }


def kept_whole(layout: Layout, where: str, began: bool) -> None:
    """What people read is whole right after a kill, before anybody mends it."""
    standing = in_force(layout)
    assert standing is not None or not began, f"{where}: nothing is in force"
    if standing is not None:
        assert proof(layout, layout.latest) == [], where
    for record in layout.published.glob("*.events.jsonl"):
        assert chain.fault(record) is None, where
    if layout.warehouse.exists():
        _one_release(layout, where)
    assert layout.warehouse.exists() or not began, f"{where}: no warehouse"
    pages = list(layout.site.rglob("*.html"))
    assert pages or not began, f"{where}: no site"
    for page in pages:
        assert page.read_text(encoding="utf-8").rstrip().endswith("</html>"), f"{where}: {page}"
    for verdict in _faults_of_records(layout):
        raise AssertionError(f"{where}: {verdict}")


def _one_release(layout: Layout, where: str) -> None:
    """The warehouse has the rows of one release that was published."""
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        [(name,)] = con.execute("SELECT DISTINCT release FROM observation").fetchall()
        sealed = f"read_parquet({text(layout.release(name) / parquet.OBSERVATIONS)})"
        [(ours, theirs)] = con.execute(
            f"SELECT (SELECT count(*) FROM observation), (SELECT count(*) FROM {sealed})"
        ).fetchall()
    assert ours == theirs > 0, where
    assert events.state_of(events.read(layout, name)) == "published", where


def _faults_of_records(layout: Layout) -> Iterator[str]:
    """Memories, provenance and receipts that are no JSON, or name a file that is not there."""
    read: Callable[[Path], object] = lambda path: json.loads(path.read_text(encoding="utf-8"))  # noqa: E731
    for path in (layout.data / "state").rglob("*.json"):
        read(path)
    for path in (layout.data / "raw").rglob("current.json"):
        facts = read(path)
        if not isinstance(facts, dict) or not list(path.parent.glob(f"{facts['sha256'][:12]}*")):
            yield f"{path} names no file"
    for receipt, _ in quarantine.waiting(layout):
        if receipt.sha256 not in contents_of(layout.quarantine(receipt.id)).values():
            yield f"{receipt.id} has lost its file"
    for path in quarantine.manifests(layout):
        if quarantine.manifest_in(path).sha256 not in contents_of(path.parent).values():
            yield f"{path} has lost its file"
