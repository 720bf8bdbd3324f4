"""Where a hostile input is tried: a small country with its files, and ``sdg`` in a process that is watched.

What belongs here: the place, the process and its bounds. What does not: the inputs (``cases``).
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import yaml
from end_to_end.product import Product, edit
from support import forked

from sdg_pipeline.files import sha256_of
from sdg_pipeline.settings import PROJECT

COUNTRY = PROJECT / "tests" / "support" / "country"
SECONDS, BYTES = 10.0, 2_000_000_000
"""What a refusal may take."""
NET_SECONDS = 60.0
"""A process that has not ended by then is killed; on a busy machine ten seconds of its own take longer."""
HEADER = "ENT,MUN,LOC,SIZE,NAME,POP,POP_F,POP_M,LIT,LIT_F,LIT_M,DWE,WAT,SCH,SCH_F,SCH_M"
STATES = f"{HEADER}\n01,000,0000,*,Uno,1000,500,500,900,450,450,300,200,8,8,8\n02,000,0000,*,Dos,1000,500,500,900,450,450,300,200,8,8,8\n"
MUNICIPALITIES = f"{HEADER}\n" + "".join(
    f"{state},{town},0000,*,T,500,250,250,450,225,225,150,100,8,8,8\n"
    for state in ("01", "02")
    for town in ("001", "002")
)
INDICATOR = """\
id: literacy
title: {en: "Literacy", es: "Alfabetismo"}
description: {en: "Who reads.", es: "Que leen."}
sdg: {target: "4.6", relation: national}
unit: PT
decimals: 1
direction: up
owner: team:tests
method: {kind: ratio, table: people, numerator: literate, denominator: population}
breakdowns: [[national], [state], [municipality]]
checks: {range: [0, 100]}
"""


@dataclass
class Stage:
    """The specs, the mirror and the variables of one try; an input changes them before ``sdg`` starts."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ("run",)

    @property
    def specs(self) -> Path:
        return self.folder / "specs"

    @property
    def mirror(self) -> Path:
        return self.folder / "mirror"

    @property
    def manifest(self) -> Path:
        return self.mirror / "mirror.yaml"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def set_up(self) -> None:
        """The small country as it should be."""
        shutil.copytree(COUNTRY, self.specs)
        for kind in ("codelists", "policies", "goals"):
            if (PROJECT / "indicator_specs" / kind).is_dir():
                shutil.copytree(PROJECT / "indicator_specs" / kind, self.specs / kind)
        (self.specs / "goal_04").mkdir()
        (self.specs / "goal_04" / "literacy.yaml").write_text(INDICATOR, encoding="utf-8")
        self.mirror.mkdir()
        self.home.mkdir()
        self.give("people_states", STATES.encode())
        self.give("people_municipalities", MUNICIPALITIES.encode())
        self.seal()

    def give(self, source: str, content: bytes, name: str | None = None) -> Path:
        """A file of the mirror in place of the source's own."""
        path = self.mirror / (name or f"{source}.csv")
        path.write_bytes(content)
        return path

    def entries(self) -> list[dict[str, str]]:
        return [
            {"source": source, "edition": "2020", "path": f"{source}.csv", "container": "plain",
             "sha256": sha256_of(self.mirror / f"{source}.csv")}
            for source in ("people_states", "people_municipalities")
        ]  # fmt: skip

    def seal(self, **of_municipalities: str) -> None:
        """The manifest of what lies in the mirror."""
        entries = self.entries()
        entries[1].update(of_municipalities)
        if "path" in of_municipalities:
            entries[1]["sha256"] = sha256_of(self.mirror / of_municipalities["path"])
        document = {"name": "small", "root": str(self.mirror), "others": "there are no others", "entries": entries}
        self.manifest.write_text(yaml.safe_dump(document), encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        edit(self.specs / path, old, new)

    def environment(self) -> dict[str, str]:
        own = {"SDG_SPECS": str(self.specs), "SDG_MIRROR": str(self.manifest)}
        return Product(self.home, own | self.variables).environment()


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (negative: a signal), what it wrote, its own seconds and most bytes."""

    code: int | None
    out: str
    seconds: float
    bytes: int

    def faults(self, heals: bool = False) -> list[str]:
        """What is wrong with this end as a refusal or a repair, however long it took."""
        code = 0 if heals else 2
        lines = [line for line in self.out.splitlines() if "remedy: " in line]
        return [
            text
            for wrong, text in (
                (self.code is None, "it hung"),
                (self.code is not None and self.code < 0, f"a signal ended it: {self.code}"),
                (self.code not in (code, None), f"it ended with {self.code} and not with {code}"),
                ("Traceback" in self.out, "a traceback"),
                (not lines and not heals, "no line has a remedy"),
                (
                    any((ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in self.out),
                    "control characters",
                ),
                (any(len(line) > 2000 for line in self.out.splitlines()), "a line of over 2,000 characters"),
                (len(self.out.splitlines()) > 200, "over 200 lines"),
                (self.bytes > BYTES, f"it took {self.bytes / 1e9:.1f} GB"),
            )
            if wrong
        ]


def perform(context: ForkServerContext, stage: Stage, *arguments: str) -> Ended:
    """``sdg …`` to its end, or until it takes too much."""
    said = stage.folder / "said.txt"
    process = forked.start(context, stage.environment(), arguments, said)
    most, killed = _watch(process)
    out = said.read_text(encoding="utf-8", errors="replace") if said.exists() else ""
    took = forked.seconds(said)
    return Ended(None if killed else process.exitcode, out, NET_SECONDS if took is None else took, most)


def _watch(process: ForkServerProcess) -> tuple[int, bool]:
    """The most bytes in memory, and whether the process had to be killed."""
    most, end, page = 0, time.monotonic() + NET_SECONDS, os.sysconf("SC_PAGE_SIZE")
    while process.is_alive():
        try:
            most = max(most, int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1]) * page)
        except (OSError, IndexError):
            break
        if most > 2 * BYTES or time.monotonic() > end:
            process.kill()
            process.join()
            return most, True
        time.sleep(0.02)
    process.join()
    return most, False
