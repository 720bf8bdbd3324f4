"""What is sealed and what decides are one list: contents that differ get the next number, the same ones none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields as fields_of
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from release_fixture import check, contents, observation, raw_file, settings, write_observations

from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government.tables import COMMITMENT
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.release.build import build
from sdg_pipeline.release.contents import NOT_DECIDING, identity
from sdg_pipeline.release.manifest import in_force, read_manifest, releases

OTHER = {"water": [observation("water", "MX", 91.5)]}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "home")
    layout.home.mkdir()
    return layout


def nameless(layout: Layout, **other: Any) -> Contents:
    return contents(layout, "", **other)


def name_of(layout: Layout, content: Contents, **other: Any) -> str:
    return build(content, layout, replace(settings(layout), **other)).name


# ---- one list ------------------------------------------------------------------------------------------------------


def spare(layout: Layout) -> Path:
    return write_observations(layout.home / "spare.parquet", [observation("water", "MX20", 3.0)])


def commitments(layout: Layout) -> Path:
    path = layout.home / COMMITMENT.file
    columns = ", ".join(f"'x' AS {f.name}" for f in COMMITMENT.columns)
    duckdb.sql(f"COPY (SELECT {columns}) TO '{path}' (FORMAT parquet)")
    return path


CHANGES: dict[str, Callable[[Layout], Any]] = {
    "indicator_files": lambda layout: {"water": spare(layout)},
    "checks": lambda layout: (check(observed="80.5 to 99.6"),),
    "raw_files": lambda layout: (replace(raw_file(), partial=True),),
    "coverage_notes": lambda layout: ("one state",),
    "csv_bom": lambda layout: False,
    "vintage_files": lambda layout: (spare(layout),),
    "difference_files": lambda layout: (spare(layout),),
    "model_files": lambda layout: (spare(layout),),
    "revision_files": lambda layout: (spare(layout),),
    "deviation_file": lambda layout: spare(layout),
    "open_government_files": lambda layout: (commitments(layout),),
    "profile_files": lambda layout: (spare(layout),),
    "catalog": lambda layout: replace(contents(layout).catalog, files={"water.yaml": b"# a comment\nid: water\n"}),
    "release": lambda layout: "another",
    "version": lambda layout: "7.0.0",
    "compared_with": lambda layout: "r0",
    "code": lambda layout: "ab" * 32,
}
"""By field of Contents, another value of it."""


def test_every_field_of_the_contents_is_tried() -> None:
    assert set(CHANGES) == {field.name for field in fields_of(Contents)}
    assert NOT_DECIDING.keys() < CHANGES.keys()


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_what_changes_the_sealed_bytes_decides_and_nothing_else(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    """Both by what a run asks before it writes and by the bytes that it wrote."""
    # Their order is by columns that only real files have.
    monkeypatch.setattr("sdg_pipeline.specs.fields.DIFFERENCE_KEY", ("indicator",))
    monkeypatch.setattr("sdg_pipeline.specs.fields.MODEL_KEY", ("indicator",))
    monkeypatch.setattr("sdg_pipeline.specs.fields.DEVIATION_KEY", ("indicator",))
    one = nameless(layout)
    other = replace(one, **{field: CHANGES[field](layout)})
    decides = field not in NOT_DECIDING
    assert (identity(one) != identity(other)) is decides
    draft = replace(settings(layout), draft=True)
    marks = [
        read_manifest(build(replace(content, release=name), layout, draft)).fingerprint
        for name, content in (("one", one), ("two", other))
    ]
    assert (marks[0] != marks[1]) is decides


def test_where_and_when_bytes_were_fetched_decides_nothing(layout: Layout) -> None:
    one = nameless(layout)
    fetched = replace(raw_file(), path="elsewhere", origin="mirror other", retrieved_at="2031-01-01T00:00:00Z")
    other = replace(one, raw_files=(fetched,))
    assert identity(one) == identity(other)
    assert name_of(layout, one) == name_of(layout, other)


# ---- names ---------------------------------------------------------------------------------------------------------


def test_a_comment_in_a_spec_gives_the_next_number_and_leaves_no_home_stuck(layout: Layout) -> None:
    first = name_of(layout, nameless(layout))
    commented = replace(contents(layout).catalog, files={"water.yaml": b"# a comment\nid: water\n"})
    second = name_of(layout, nameless(layout, catalog=commented))
    assert (first[:3], second[:3], in_force(layout)) == ("r1.", "r2.", second)
    assert name_of(layout, nameless(layout, catalog=commented)) == second
    assert releases(layout) == [first, second]


def test_other_code_that_gives_the_same_files_gives_the_same_release(layout: Layout) -> None:
    first = name_of(layout, nameless(layout, code="one"))
    assert name_of(layout, nameless(layout, code="two")) == first
    assert read_manifest(layout.release(first)).facts["code"] == "one"


def test_contents_that_a_person_named_keep_that_name(layout: Layout) -> None:
    one = nameless(layout)
    assert name_of(layout, replace(one, release="spring")) == "spring"
    assert name_of(layout, one) == "spring"
    assert releases(layout) == ["spring"]


def test_the_same_contents_under_another_name_are_the_same_release(layout: Layout) -> None:
    one = nameless(layout)
    assert {name_of(layout, replace(one, release=name)) for name in ("a", "b", "")} == {"a"}
    assert (in_force(layout), releases(layout)) == ("a", ["a"])


def test_an_outdated_draft_leaves_its_contents_to_the_next_number(layout: Layout) -> None:
    draft = name_of(layout, nameless(layout), draft=True)
    name_of(layout, nameless(layout, rows=OTHER))
    again = name_of(layout, nameless(layout))
    assert (draft[:3], again[:3], draft[3:], in_force(layout)) == ("r1.", "r3.", again[3:], again)
