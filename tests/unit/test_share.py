"""Equal files of two releases are one file on the disk, and nothing else about a release changes by it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from release_fixture import alter, contents, observation, settings

from sdg_pipeline.layout import Layout
from sdg_pipeline.release.build import build
from sdg_pipeline.release.manifest import verify

ALWAYS_NEW = {
    "README.md", "changes.md", "CITATION.cff", "datapackage.json", "prov.json", "release.json",
    "SHA256SUMS", "checks.html", "checks.json", "catalog.ttl", "catalog.jsonld", "croissant.json",
}  # fmt: skip
"""These name their release; of checks, a reason does in the fixture, so that no two of its releases are the same."""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def publish(layout: Layout, name: str, **other: Any) -> Path:
    return build(contents(layout, name, **other), layout, settings(layout))


def own(folder: Path, other: Path) -> set[str]:
    """Files of a release that do not share their storage with those of the same name in another."""
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    return {n for n in names if not (other / n).exists() or not (folder / n).samefile(other / n)}


def test_a_release_costs_what_changed(layout: Layout) -> None:
    one = publish(layout, "r1")
    assert own(publish(layout, "r2"), one) == ALWAYS_NEW
    rows = {"water": [observation("water", "MX", 1.0), observation("water", "MX20067", 85.25)]}
    changed = {
        "observations.parquet", "indicators/water.parquet", "indicators/water.csv", "wide/water.csv", "changes.csv",
        "sdmx/water.csv.gz", "sdmx/water.xml.gz", "sdmx/structure-2.1.xml", "sdmx/structure-3.0.xml",
        "indicators/water.xlsx", "goals/goal_06.zip", "areas/MX20.zip",
        *(f"areas/{area}.{end}" for area in ("MX", "MX01", "MX20") for end in ("csv", "xlsx")),
    }  # fmt: skip
    assert own(publish(layout, "r3", rows=rows), one) == ALWAYS_NEW | changed
    assert [verify(layout.release(name)) for name in ("r1", "r2", "r3")] == [[], [], []]


def test_notes_about_other_files_do_not_change_an_indicator(layout: Layout) -> None:
    one = publish(layout, "r1", coverage_notes=("3 of 161 indicators are left out.",))
    two = publish(layout, "r2", coverage_notes=("2 of 161 indicators are left out.",))
    assert own(two, one) == ALWAYS_NEW


def test_any_earlier_release_is_as_good_as_the_last(layout: Layout) -> None:
    one = publish(layout, "r1")
    publish(layout, "r2", rows={"water": [observation("water", "MX", 1.0)]})
    assert own(publish(layout, "r3"), one) == ALWAYS_NEW | {"changes.csv"}


def test_nobody_writes_into_a_sealed_file_by_mistake(layout: Layout) -> None:
    folder = publish(layout, "r1")
    assert {p.stat().st_mode & 0o777 for p in folder.rglob("*") if p.is_file()} == {0o444}


def test_a_file_that_was_altered_is_not_taken_over(layout: Layout) -> None:
    one = publish(layout, "r1")
    path = one / "indicators" / "water.csv"
    alter(path, path.read_bytes().replace(b"90.125", b"90.126"))
    two = publish(layout, "r2")
    assert "indicators/water.csv" in own(two, one)
    assert verify(two) == []


def test_a_release_without_its_seal_shares_nothing_and_hinders_nothing(layout: Layout) -> None:
    (publish(layout, "r1") / "SHA256SUMS").unlink()
    assert verify(publish(layout, "r2")) == []


def test_a_release_outlives_the_one_that_it_shares_with(layout: Layout) -> None:
    publish(layout, "r1")
    two = publish(layout, "r2")
    shutil.rmtree(layout.release("r1"))
    assert verify(two) == []


def test_a_file_system_without_links_gets_copies(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(95, "Operation not supported")

    one = publish(layout, "r1")
    monkeypatch.setattr(os, "link", refuse)
    two = publish(layout, "r2")
    assert "indicators/water.csv" in own(two, one)
    assert verify(two) == []
