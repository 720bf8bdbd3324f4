"""A day of an office: people and a robot over one home, whose clock the test sets.

What belongs here: the plan of a day, its acts, and the ledger of events that they must have left. What does not: what
must hold of a home after any command (judged), the world (world).
"""

from __future__ import annotations

import itertools
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from end_to_end.product import Said
from walk import judged
from walk.world import World

from sdg_pipeline.layout import Layout
from sdg_pipeline.release import chain, events
from sdg_pipeline.release.manifest import in_force, outdated, sealed, state, verify

BEGIN = datetime(2026, 11, 30, tzinfo=UTC)
DAY = timedelta(hours=24)
VERSIONS = 15
"""More would place more people than there are."""


@dataclass(frozen=True)
class Plan:
    """How many acts of each kind a day has. ``runs`` are those that find nothing new; each draft is one more."""

    runs: int = 160
    drafts: int = 40
    reviews: int = 30
    publications: int = 20
    withdrawals: int = 10
    restores: int = 5

    def part(self, share: int) -> Plan:
        """A ``share``-th of a day, with at least one act of each kind."""
        return Plan(*(-(-number // share) for number in vars(self).values()))

    def acts(self, chance: random.Random) -> list[tuple[str, int]]:
        """Acts in their order, each with the number of its draft.

        A draft is published before another base is in force: withdrawals come between two stories of publication.
        """
        acts: list[tuple[str, int]] = []
        for number in range(self.publications):
            acts += [("draft", number), ("review", number), ("publish", number)]
        for number in range(self.publications, self.drafts):
            at = chance.randrange(len(acts) + 1)
            acts.insert(at, ("draft", number))
            if number < self.reviews:
                acts.insert(chance.randrange(at + 1, len(acts) + 1), ("review", number))
        begins = chance.sample(range(self.publications), self.withdrawals)
        for number in begins:
            acts.insert(acts.index(("publish", number)) + 1, ("withdraw", number))
        for kind, count in (("run", self.runs), ("restore", self.restores)):
            for number in range(count):
                acts.insert(chance.randrange(len(acts) + 1), (kind, number))
        return acts


@dataclass
class Office:
    """The world of an office, its time, and every event that was recorded so far, by release."""

    world: World
    chance: random.Random
    now: datetime = BEGIN
    ledger: dict[str, tuple[events.Event, ...]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        looks = list(itertools.product(("a", "b"), range(1, VERSIONS), (False, True)))
        self.chance.shuffle(looks)
        self.looks, self.mirror = iter(looks), "a"

    @property
    def layout(self) -> Layout:
        return self.world.layout

    def spend(self, plan: Plan) -> None:
        """A whole day, with its judgements after every act and at its end."""
        assert self.call("run").code == 0
        self.ledger = self.recorded()
        assert self.call("run", SDG_REVIEW="required").code == 0
        acts = plan.acts(self.chance)
        times = sorted(self.chance.random() for _ in acts)
        for (kind, number), share in zip(acts, times, strict=True):
            self.now = BEGIN + share * DAY
            act: Callable[[int], list[tuple[str, str]] | None] = getattr(self, kind)
            self.settle(kind, act(number))
            self.done[kind] += 1
        self.now = BEGIN + DAY
        self.refuse_outdated()
        self.close(plan)

    def call(self, *arguments: str, **variables: object) -> Said:
        return self.world.call(self.mirror, *arguments, **variables)

    # ---- acts: each returns the events that it must have left, or None where only drafts may have come -----------------

    def run(self, _: int) -> None:
        assert self.call("run").code == 0

    def draft(self, number: int) -> list[tuple[str, str]]:
        self.mirror, version, retitled = next(self.looks)
        self.world.versions[self.mirror] = version
        self.world.write_mirror(self.mirror)
        self.world.changes = {"title"} if retitled else set()
        self.world.write_specs()
        said = self.call("run", "--draft", "--release", f"d{number}")
        assert said.code == 0, said
        return [(f"d{number}", "drafted")]

    def review(self, number: int) -> list[tuple[str, str]]:
        said = self.call("release", "review", f"d{number}", "--by", "Luis", "--note", "compared")
        assert said.code == 0, said
        return [(f"d{number}", "reviewed")]

    def publish(self, number: int) -> list[tuple[str, str]]:
        assert self.call("release", "publish", f"d{number}", "--by", "Luis").code == 1, "who reviewed it published it"
        said = self.call("release", "publish", f"d{number}", "--by", "Ana")
        assert said.code == 0, said
        return [(f"d{number}", "published")]

    def withdraw(self, _: int) -> list[tuple[str, str]]:
        """An older release takes the place of the one in force."""
        standing = in_force(self.layout)
        older = [m.release for m in sealed(self.layout) if state(self.layout, m) == "published"]
        name = self.chance.choice([release for release in older if release != standing])
        by = ("--by", "Ana", "--note", f"{standing} is withdrawn")
        if not events.last(self.ledger[name], "reviewed"):
            assert self.call("release", "review", name, "--by", "Luis", "--note", "of before").code == 0
            assert self.call("release", "publish", name, *by).code == 0
            return [(name, "reviewed"), (name, "published")]
        assert self.call("release", "publish", name, *by).code == 0
        return [(name, "published")]

    def restore(self, number: int) -> list[tuple[str, str]]:
        """The machine is lost; the home goes on elsewhere from its back-up."""
        tar = self.world.folder / f"backup{number}.tar"
        assert self.call("backup", str(tar)).code == 0
        shutil.rmtree(self.world.home)
        self.world.home = self.world.folder / f"home{number}"
        said = self.call("restore", str(tar))
        assert said.code == 0, said
        tar.unlink()
        return []

    # ---- judgements ------------------------------------------------------------------------------------------------

    def settle(self, kind: str, expected: list[tuple[str, str]] | None) -> None:
        """What was recorded stays, and what came is what the act must have left."""
        recorded, came = self.recorded(), []
        assert set(self.ledger) <= set(recorded), "a record is gone"
        for release, record in recorded.items():
            before = self.ledger.get(release, ())
            assert record[: len(before)] == before, f"{kind}: an event of {release} is lost"
            came += [(release, event) for event in record[len(before) :]]
        facts = [(release, event.event) for release, event in sorted(came, key=lambda one: one[1].number)]
        if expected is None:
            expected = [(release, "drafted") for release, _ in facts if release not in self.ledger]
        assert facts == expected, f"{kind} left {facts}"
        assert all(
            event.when == self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z") for _, event in came
        )
        self.ledger = recorded
        judged.whole(self.layout)
        if kind != "run":
            judged.warehouse(self.layout)

    def recorded(self) -> dict[str, tuple[events.Event, ...]]:
        """The records of all releases, each with its chain whole."""
        names = [path.name.removesuffix(".events.jsonl") for path in self.layout.published.glob("*.events.jsonl")]
        assert [name for name in names if chain.fault(self.layout.events(name))] == []
        return {name: events.read(self.layout, name) for name in names}

    def refuse_outdated(self) -> None:
        """Nobody publishes what was drafted before another release came into force."""
        for manifest in sealed(self.layout):
            if state(self.layout, manifest) == "reviewed" and outdated(self.layout, manifest.release):
                said = self.call("release", "publish", manifest.release, "--by", "Ana")
                assert (said.code, "another release was published since" in said.err) == (1, True), said
                self.done["refused publication"] += 1
        self.settle("refused publications", [])

    def close(self, plan: Plan) -> None:
        """The books of a day: nothing is lost or doubled, and all that is sealed verifies."""
        every = sorted((e for record in self.ledger.values() for e in record), key=lambda event: event.number)
        assert [event.number for event in every] == list(range(1, len(every) + 1)), "an event is lost or doubled"
        kinds = Counter(event.event for event in every)
        assert kinds["published"] == 1 + plan.publications + plan.withdrawals
        assert kinds["drafted"] == len(self.ledger) == len(sealed(self.layout)) > plan.drafts
        seals = [events.seal_of(self.layout.release(m.release)) for m in sealed(self.layout)]
        assert len(set(seals)) == len(seals), "a release is doubled"
        assert {
            m.release: wrong for m in sealed(self.layout) if (wrong := verify(self.layout.release(m.release)))
        } == {}
        newest = [(e.number, name) for name, record in self.ledger.items() for e in record if e.event == "published"]
        assert max(newest)[1] == in_force(self.layout)
        judged.warehouse(self.layout)
        self.done |= Counter({f"events: {kind}": number for kind, number in kinds.items()})


def begun(folder: Path, seed: int) -> Office:
    """An office on its first morning, without a release."""
    return Office(World.begun(folder), random.Random(seed))
