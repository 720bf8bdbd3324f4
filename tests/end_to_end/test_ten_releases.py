"""Ten releases over the four cuts of the crime series: what they cost on the disk, and what they say of each other."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest
from support.chosen_specs import chosen_specs

from sdg_pipeline.layout import Layout
from sdg_pipeline.release.manifest import verify
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import yaml

pytestmark = pytest.mark.national

MIRROR = Path(__file__).resolve().parents[1] / "shared_mirror.yaml"
INDICATORS = ("intentional_homicide_files", "intentional_homicide_files_rate", "vehicle_theft_files_rate")
CUTS = ("oct2020", "mar22", "ago23", "dec2024")
CUTS_AT_HAND = (1, 1, 1, 2, 2, 2, 3, 3, 4, 4)
"""How many of the cuts each of the ten releases has."""
RELEASES = [f"2026-{n:02d}" for n in range(1, 11)]
MAX_COST = 2.5
OWN_FILES_BYTES = 400_000
"""What names its release or lists its files: README, prov.json, datapackage.json, catalogues, release.json, SHA256SUMS."""


def crime_specs(root: Path) -> Path:
    """The specs of some indicators of table crimes alone, without the figure that only the newest cut agrees with."""
    specs = chosen_specs(root, INDICATORS)
    homicides = specs / "goal_16" / "intentional_homicide_files.yaml"
    head, _, _ = homicides.read_text(encoding="utf-8").partition("  agrees_with:")
    homicides.write_text(head, encoding="utf-8")
    return specs


def mirror(folder: Path, n_cuts: int, release: str) -> Path:
    """The shared mirror with so many of the cuts; its note differs, since the same contents would be one release."""
    kept = []
    for entry in yaml.read(MIRROR, str(MIRROR)).data["entries"]:
        if entry["source"].startswith("conapo") or (entry["source"], entry["edition"]) in later(0, n_cuts):
            kept.append(f"  - {json.dumps(dict(entry))}\n")
    path = folder / f"mirror_{release}.yaml"
    head = f"name: shared\nroot: ${{SDG_SHARED_DATA}}\nothers: not out yet for {release}\nentries:\n"
    path.write_text(head + "".join(kept), encoding="utf-8")
    return path


def later(begin: int, end: int) -> set[tuple[str, str]]:
    return {("sesnsp_crimes", cut) for cut in CUTS[begin:end]}


def publish(home: Path, specs: Path, manifest: Path, release: str) -> Layout:
    """A run without its last step, the site, which is that of the newest release alone."""
    names = {"SDG_HOME": str(home), "SDG_SPECS": str(specs), "SDG_MIRROR": str(manifest)}
    runner = Runner.load(Settings.from_environment(names), release)
    for _ in runner.walk([step for step in runner.run.steps if step.kind not in ("geometry", "site")]):
        pass
    return runner.run.layout


def cost(paths: Iterable[Path]) -> int:
    """Bytes on the disk; a file under several names counts once."""
    files = (p for path in paths for p in (path.rglob("*") if path.is_dir() else [path]))
    return sum({s.st_ino: s.st_blocks * 512 for s in (p.lstat() for p in files)}.values())


def parts(layout: Layout) -> dict[str, int]:
    places = {"releases": layout.published, "history": layout.history, "warehouse": layout.warehouse}
    return {name: cost([place]) for name, place in places.items()}


Ten = tuple[Layout, dict[str, int], list[dict[str, int]]]
"""The ten releases; the cost of one that is alone, by part; that of the ten after each."""


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Ten:
    folder = tmp_path_factory.mktemp("ten")
    specs = crime_specs(folder / "specs")
    alone = parts(publish(folder / "one", specs, mirror(folder, len(CUTS), RELEASES[-1]), RELEASES[-1]))
    grown = []
    for release, n_cuts in zip(RELEASES, CUTS_AT_HAND, strict=True):
        layout = publish(folder / "ten", specs, mirror(folder, n_cuts, release), release)
        grown.append(parts(layout))
    return layout, alone, grown


def test_ten_releases_cost_less_than_two_and_a_half(ten: Ten) -> None:
    layout, alone, grown = ten
    together = parts(layout)
    for name in together:
        print(f"{name}: one {alone[name] / 1e6:.2f} MB, ten {together[name] / 1e6:.2f} MB")
    ratio = sum(together.values()) / sum(alone.values())
    print(f"ten cost {ratio:.2f} times one, without the warehouse {kept(together) / kept(alone):.2f} times")
    assert ratio < MAX_COST
    new = [kept(grown[n]) - kept(grown[n - 1]) for n in range(1, 10)]
    print(f"each after the first adds, without the warehouse: {', '.join(f'{b / 1e6:.2f}' for b in new)} MB")
    unchanged = [new[n - 1] for n in range(1, 10) if CUTS_AT_HAND[n] == CUTS_AT_HAND[n - 1]]
    assert max(unchanged) < OWN_FILES_BYTES, "a release without changes costs its own README, lineage and seal"


def kept(by_part: dict[str, int]) -> int:
    """Without the warehouse, which is one file whatever the number of releases, in blocks of 256 KB."""
    return by_part["releases"] + by_part["history"]


def test_the_releases_are_whole_and_given_back(ten: Ten) -> None:
    layout, _, _ = ten
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        for release in RELEASES:
            folder = layout.release(release)
            assert verify(folder) == []
            sealed = f"(SELECT *, '{release}' AS release FROM '{folder}/observations.parquet')"
            as_of = f"(SELECT * EXCLUDE (year) FROM sdg.as_of('{release}'))"
            for one, other in ((sealed, as_of), (as_of, sealed)):
                assert con.execute(f"FROM {one} EXCEPT ALL FROM {other}").fetchall() == []


def test_an_earlier_release_is_read_in_as_many_scans_as_the_last(ten: Ten) -> None:
    """What a release costs to read does not grow with those after it."""
    layout, _, _ = ten
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        for query in ("SELECT count(*), sum(obs_value) FROM {}", "FROM {} WHERE ref_area = 'MX'", "FROM {}"):
            scans = {release: _scans(con, query.format(f"sdg.as_of('{release}')")) for release in RELEASES}
            assert set(scans.values()) == {scans[RELEASES[-1]]} and scans[RELEASES[-1]] > 0, scans


def _scans(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """How many tables the plan of a query reads."""
    [(_, plan)] = con.execute(f"EXPLAIN (FORMAT json) {query}").fetchall()
    return str(plan).count("SCAN")


def test_the_cuts_are_reported_as_the_cause(ten: Ten) -> None:
    layout, _, _ = ten
    changes = (
        "SELECT DISTINCT cause, old_edition, new_edition FROM sdg.release_changes('{}', '{}') WHERE kind = 'revised'"
    )
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        homicides = con.execute(
            "SELECT first_release, last_release, obs_value FROM sdg.value_history('intentional_homicide_files', 'MX') "
            "WHERE time_period = '2019'"
        ).fetchall()
        assert homicides == [
            ("2026-01", "2026-03", 29458.0),
            ("2026-04", "2026-06", 29480.0),
            ("2026-07", None, 29500.0),
        ]
        for n in range(1, 10):
            old, new = CUTS_AT_HAND[n - 1], CUTS_AT_HAND[n]
            edition = ("edition", f"sesnsp_crimes/{CUTS[old - 1]}", f"sesnsp_crimes/{CUTS[new - 1]}")
            wanted = [edition] if new > old else []
            assert con.execute(changes.format(RELEASES[n - 1], RELEASES[n])).fetchall() == wanted
