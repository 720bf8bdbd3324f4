"""Two releases compared: every kind of change is seen once, float noise is not one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from release_fixture import REGISTER, catalog, contents, observation, settings

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.build import build
from sdg_pipeline.release.diff import Difference, IndicatorChange, changed_files, diff
from sdg_pipeline.release.warehouse import build_warehouse
from sdg_pipeline.settings import PROJECT

OLD = [
    observation("water", "MX", 90.0),
    observation("water", "MX01", 99.0),
    observation("water", "MX20", 80.0),
    observation("water", "MX01001", 10.0),
    observation("water", "MX20067", None),
    observation("water", "MX", 91.0, sex="F"),
    observation("water", "MX", 0.0, sex="M"),
]
NEW = [
    observation("water", "MX", 90.0 * (1 + 4e-16)),  # float noise is no change
    observation("water", "MX01", 99.0, obs_status="E", source_sha256="cd" * 32),
    observation("water", "MX20", 88.0, spec_hash="ffffffffffff", area_name="OAXACA"),
    observation("water", "MX20067", 5.0),  # a missing value was found: revised, and another status
    observation("water", "MX", 91.0000000001, sex="F"),
    observation("water", "MX", 0.0, sex="M"),
    observation("water", "MX", 50.0, urbanisation="U"),
]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    layout = Layout(tmp_path_factory.mktemp("diff"))
    one = {"without": [observation("without", "MX", 1.0)]}

    def publish(name: str, water: list[dict[str, Any]]) -> Path:
        return build(contents(layout, name, rows={"water": water, **one}), layout, settings(layout))

    return publish("r1", OLD), publish("r2", NEW)


def test_every_change_is_counted_by_indicator(two: tuple[Path, Path]) -> None:
    changes = diff(*two)
    assert (changes.old, changes.new) == ("r1", "r2")
    assert changes.indicators == (IndicatorChange("water", 1, 1, revised=3, reclassified=1, beyond_error=0),)
    assert (changes.added, changes.removed, changes.revised, changes.reclassified) == (1, 1, 3, 1)


def test_the_largest_revisions_come_first_and_found_values_before_all(two: tuple[Path, Path]) -> None:
    largest = diff(*two).largest
    assert [(r.key["ref_area"], r.key["sex"], r.old, r.new) for r in largest] == [
        ("MX20067", "_T", None, 5.0),
        ("MX20", "_T", 80.0, 88.0),
        ("MX", "F", 91.0, 91.0000000001),
    ]


def test_causes_are_counted(two: tuple[Path, Path]) -> None:
    causes = {c.cause: (c.added, c.removed, c.revised, c.reclassified) for c in diff(*two).causes}
    assert causes == {"code": (1, 1, 2, 0), "bytes": (0, 0, 0, 1), "definition": (0, 0, 1, 0)}


MEASURED = [
    observation("water", "MX", 100.0, std_error=10.0),
    observation("water", "MX01", 100.0, std_error=1.0),
    observation("water", "MX20", 100.0),
    observation("water", "MX01001", 100.0, std_error=1.0),
    observation("water", "MX20067", 100.0),
]
MOVED = {
    "MX": {"obs_value": 105.0, "source_edition": "2021", "source_sha256": "cd" * 32},
    "MX01": {"obs_value": 103.0, "source_edition": "2021", "source_sha256": "cd" * 32, "geo_vintage": "2025"},
    "MX20": {"obs_value": 101.0, "spec_hash": "ffffffffffff"},
    "MX01001": {"precision": "low"},
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    layout = Layout(tmp_path_factory.mktemp("measured"))
    moved = [row | MOVED[row["ref_area"]] for row in MEASURED if row["ref_area"] in MOVED]
    moved.append(observation("water", "MX", 1.0, sex="F", coverage="partial"))
    for name, rows in (("r1", MEASURED), ("r2", moved)):
        build(contents(layout, name, rows={"water": rows}), layout, settings(layout))
    return layout


def test_revisions_beyond_their_sampling_error_come_first(measured: Layout) -> None:
    changes = diff(measured.release("r1"), measured.release("r2"))
    assert [(r.key["ref_area"], r.errors, r.cause) for r in changes.largest] == [
        ("MX01", 3.0, "edition, geography"),
        ("MX20", None, "definition"),
        ("MX", 0.5, "edition"),
    ]
    assert changes.indicators == (IndicatorChange("water", 1, 1, revised=3, reclassified=1, beyond_error=1),)


def test_the_warehouse_says_the_same(measured: Layout) -> None:
    database = build_warehouse(measured, catalog(measured.home / "specs"), REGISTER, PROJECT / "warehouse")
    with duckdb.connect(str(database), read_only=True) as con:
        query = "SELECT cause, kind, count(*) FROM sdg.release_changes('r1', 'r2') WHERE kind <> 'detail' GROUP BY ALL"
        counted = {(cause, kind): count for cause, kind, count in con.execute(query).fetchall()}
    changes = diff(measured.release("r1"), measured.release("r2"))
    counts = ("added", "removed", "revised", "reclassified")
    assert counted == {(c.cause, kind): n for c in changes.causes for kind in counts if (n := getattr(c, kind))}


def test_the_report_is_in_the_release_and_in_words(measured: Layout) -> None:
    assert (
        (measured.release("r1") / "changes.md").read_text(encoding="utf-8").startswith("# Changes\n\nThis is the first")
    )
    text = (measured.release("r2") / "changes.md").read_text(encoding="utf-8")
    assert "1 values added, 1 removed, 3 revised (1 of them by more than one standard error), 1 reclassified." in text
    assert "| `water` | MX01 | 2020 | total | 100 | 103 | 3.00 | edition, geography |" in text
    assert "| definition | another spec: of the indicator, its table or its sources | 0 | 0 | 1 | 0 |" in text
    assert "| `water`: Piped water | 1 | 1 | 3 | 1 | 1 |" in text
    facts = json.loads((measured.release("r2") / "release.json").read_text(encoding="utf-8"))
    assert facts["causes"][1] == {"cause": "coverage", "added": 1, "removed": 0, "revised": 0, "reclassified": 0}


def test_a_release_does_not_differ_from_itself(two: tuple[Path, Path]) -> None:
    assert diff(two[0], two[0]).none
    assert not diff(*two).none


def test_what_does_not_exist_is_said(two: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a release"):
        diff(tmp_path, two[1])


def test_the_same_values_of_other_files_say_which() -> None:
    """A new cut between two others changes no value that is in use, and is not nothing."""
    old = {("crimes", "oct2020", "a" * 64), ("crimes", "dec2024", "b" * 64)}
    new = {*old, ("crimes", "mar22", "c" * 64)} - {("crimes", "oct2020", "a" * 64)}
    files = changed_files(old, new)
    assert files == ("crimes/mar22 cccccccccccc came", "crimes/oct2020 aaaaaaaaaaaa went")
    same = Difference("r1", "r2", (), (), ())
    assert same.in_words == "hold the same values"
    other = replace(same, files=files)
    assert other.in_words == f"hold the same values, computed from other files: {'; '.join(files)}"
