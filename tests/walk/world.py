"""A tiny country with a home, mirrors and specs that a walk changes, and the command line over them in this process.

What belongs here: the world and its changes. What does not: what must hold of it (judged).
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from end_to_end.product import Product, Said
from support.country import COLUMNS, FILLED, HERE, MEASURE_COLUMNS

from sdg_pipeline.files import sha256_of
from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import PROJECT

MIRRORS = ("a", "b", "states")
"""Two mirrors with other values of municipalities, and one that holds files of states alone."""
AREAS = {"state": ("01", "02"), "municipality": ("01001", "01002", "02001", "02002")}
FILES = {"people_states": "state", "people_municipalities": "municipality"}
INDICATOR = """\
id: {id}
title: {{en: "{title}", es: "{title}"}}
description: {{en: "{id}", es: "{id}"}}
sdg: {{target: "{goal}.1", relation: national}}
unit: PT
decimals: {decimals}
direction: up
owner: team:tests
method: {{kind: ratio, table: people, numerator: {numerator}, denominator: population}}
breakdowns: [[national], [state], [municipality]]
checks: {{range: [0, {highest}]}}
"""
SPECS = {"reads": (1, "literate"), "watered": (4, "piped_water")}
"""By indicator, its goal and what it counts."""
CHANGES = ("comment", "title", "meaning", "range")
"""What a walk does to the spec of ``reads`` and takes back; ``range`` lets a blocking check fail."""


@dataclass
class World:
    """All that a walk can change; ``changes`` are those of the specs that stand now."""

    folder: Path
    home: Path
    changes: set[str] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MIRRORS, 0))
    keys: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(MIRRORS, False))
    without: set[str] = field(default_factory=set)

    @classmethod
    def begun(cls, folder: Path) -> World:
        """A world without a release."""
        world = cls(folder, folder / "home")
        shutil.copytree(HERE, world.specs)
        for file in ("codelists/sex.yaml", "codelists/units.yaml", "codelists/urbanisation.yaml"):
            target = world.specs / file
            target.parent.mkdir(exist_ok=True)
            shutil.copy(PROJECT / "indicator_specs" / file, target)
        for mirror in MIRRORS:
            world.write_mirror(mirror)
        world.write_specs()
        return world

    @property
    def specs(self) -> Path:
        return self.folder / "specs"

    @property
    def layout(self) -> Layout:
        return Layout(self.home)

    def call(self, mirror: str, *arguments: str, **variables: object) -> Said:
        """``sdg …`` over a mirror; an exception that is not a user's error goes through."""
        return self.product(mirror).with_(**variables).call(*arguments)

    def product(self, mirror: str, home: Path | None = None) -> Product:
        """The product over a mirror, with the home of the world or another."""
        standing = {"SDG_SPECS": self.specs, "SDG_MIRROR": self.manifest(mirror)}
        return Product(home or self.home).with_(**standing, SDG_ACTOR="robot", SDG_THREADS=1)

    def manifest(self, mirror: str) -> Path:
        return self.folder / f"{mirror}.yaml"

    def write_mirror(self, mirror: str) -> None:
        """The files and the manifest of a mirror, as its version says."""
        root = self.folder / mirror
        root.mkdir(exist_ok=True)
        entries, absent = [], [{"source": "people_localities", "edition": "2020-01", "reason": "too many"}]
        for source, level in FILES.items():
            if mirror == "states" and level == "municipality":
                absent.append({"source": source, "edition": "2020", "reason": "too many"})
                continue
            path = root / f"{level}.csv"
            path.write_text(_table(level, MIRRORS.index(mirror) + 3 * self.versions[mirror]), encoding="utf-8")
            entry = {"source": source, "edition": "2020", "path": path.name, "sha256": sha256_of(path)}
            entries.append(entry | ({"container": "plain"} if self.keys[mirror] else {}))
        manifest = {"name": mirror, "root": mirror, "entries": entries, "absent": absent}
        self.manifest(mirror).write_text(json.dumps(manifest), encoding="utf-8")  # JSON is YAML

    def write_specs(self) -> None:
        """The indicators, as the changes say."""
        for name, (goal, numerator) in SPECS.items():
            folder = self.specs / f"goal_{goal:02d}"
            folder.mkdir(exist_ok=True)
            path, changes = folder / f"{name}.yaml", self.changes if name == "reads" else set()
            if name in self.without:
                path.unlink(missing_ok=True)
                continue
            text = INDICATOR.format(
                id=name,
                goal=goal,
                numerator=numerator,
                title="Others" if "title" in changes else name,
                decimals=2 if "meaning" in changes else 1,
                highest=5 if "range" in changes else 100,
            )
            path.write_text(("# a comment\n" if "comment" in changes else "") + text, encoding="utf-8")


def _table(level: str, version: int) -> str:
    """A file of a level; another version places other people in the municipalities of the same states."""
    lines = [",".join(COLUMNS)]
    for key in AREAS[level]:
        whole = level == "state"
        cells = dict.fromkeys(MEASURE_COLUMNS, "40" if whole else "20")
        moved = 0 if whole else version if key.endswith("1") else -version
        people = {"POP": "200" if whole else "100", "LIT": str(100 if whole else 50 + moved)}
        cells |= people | {"ENT": key[:2], "MUN": key[2:] or "000", "NAME": key}
        lines.append(",".join(cells.get(column, FILLED.get(column, "")) for column in COLUMNS))
    return "\n".join(lines) + "\n"
