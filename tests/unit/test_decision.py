"""A run goes forward only: what people decided, and what a release in force covers, is taken back by people alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from release_fixture import WATER, contents, observation, raw_file, settings

from sdg_pipeline.layout import Layout
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.release import events, policy, review
from sdg_pipeline.release.build import build
from sdg_pipeline.release.decision import kept_back, lacks
from sdg_pipeline.release.manifest import in_force, read_manifest, releases, state
from sdg_pipeline.settings import Settings

OTHER = {"water": [observation("water", area, value + 0.25) for area, value in WATER.items()]}
THIRD = {"water": [observation("water", area, value + 0.75) for area, value in WATER.items()]}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "home")


def automatic(layout: Layout, **other: Any) -> Settings:
    return replace(settings(layout), partial=False, actor="robot", **other)


def ran(layout: Layout, rows: Any = None, **other: Any) -> tuple[str, tuple[str, ...]]:
    """The release that an automatic run ends with, and why it did not publish it."""
    content = replace(contents(layout, "", rows), **other)
    folder = build(content, layout, automatic(layout))
    return folder.name, kept_back(layout, automatic(layout), content.catalog, folder)


def test_an_older_release_that_a_person_put_in_force_stands_until_the_next_person(layout: Layout) -> None:
    first, second = ran(layout)[0], ran(layout, OTHER)[0]
    assert in_force(layout) == second
    review.publish(layout, first, "Ana", settings(layout))
    same, why = ran(layout, OTHER)
    assert (same, in_force(layout)) == (second, first)
    assert [reason.partition(",")[0] for reason in why] == [
        f"Ana put the older release {first} in force",
        f"it was in force before {first}",
    ]
    changed, why = ran(layout, THIRD)
    assert (in_force(layout), why[0].partition(",")[0]) == (first, f"Ana put the older release {first} in force")
    assert state(layout, read_manifest(layout.release(changed))) == "draft"
    review.publish(layout, changed, "Luis", settings(layout))
    assert ran(layout)[0] == first
    assert in_force(layout) == changed, "a run goes back to no release"


def test_a_draft_that_a_person_published_lets_the_next_run_go_on(layout: Layout) -> None:
    ran(layout)
    draft = build(contents(layout, "", OTHER), layout, automatic(layout, draft=True)).name
    review.publish(layout, draft, "Ana", settings(layout))
    newest, why = ran(layout, THIRD)
    assert (in_force(layout), why) == (newest, ())


def test_a_change_that_is_taken_back_makes_no_release_and_steps_no_version_back(layout: Layout) -> None:
    first, second = ran(layout)[0], ran(layout, OTHER)[0]
    again, why = ran(layout)
    assert (again, in_force(layout), releases(layout)) == (first, second, [first, second])
    assert why == (f"it was in force before {second}, and a run never goes back",)
    review.publish(layout, first, "Ana", settings(layout))
    assert in_force(layout) == first


def fewer(layout: Layout) -> Contents:
    whole = contents(layout, "")
    return replace(whole, indicator_files={i: p for i, p in whole.indicator_files.items() if i != "without"})


LESS: dict[str, dict[str, Any]] = {
    "indicators without": {},
    "areas MX01001, MX20067": {"rows": {"water": [observation("water", a, v) for a, v in WATER.items() if len(a) < 5]}},
    "states of census/2020": {"raw_files": (replace(raw_file(), partial=True, states=("20",)),)},
    "editions census/2020": {"raw_files": ()},
}


@pytest.mark.parametrize("lack", LESS)
def test_a_run_that_covers_less_ends_as_a_draft_unless_somebody_chooses_so(layout: Layout, lack: str) -> None:
    whole, _ = ran(layout)
    content = contents(layout, "", **LESS[lack]) if LESS[lack] else fewer(layout)
    folder = build(content, layout, automatic(layout))
    [why] = kept_back(layout, automatic(layout), content.catalog, folder)
    assert why == f"it covers less than {whole}: {lack}; `sdg run --partial`"
    assert in_force(layout) == whole
    assert build(content, layout, replace(automatic(layout), partial=True, actor="Ana")) == folder
    published = events.last(events.read(layout, folder.name), "published")
    assert (in_force(layout), published and published.note) == (
        folder.name,
        f"--partial, chosen by Ana: without {lack}",
    )


def test_an_indicator_with_another_id_is_not_lacking(layout: Layout) -> None:
    ran(layout)
    content = fewer(layout)
    renamed = content.catalog.indicators["water"].model_copy(update={"former": ("without",)})
    catalog = replace(content.catalog, indicators=content.catalog.indicators | {"water": renamed})
    folder = build(content, layout, automatic(layout, draft=True))
    assert lacks(layout, content.catalog, folder) == ("indicators without",)
    assert lacks(layout, catalog, folder) == ()


def test_an_edition_that_the_specs_name_no_more_is_replaced_and_not_lacking(layout: Layout) -> None:
    ran(layout)
    content = contents(layout, "", raw_files=())
    folder = build(content, layout, automatic(layout, draft=True))
    assert lacks(layout, content.catalog, folder) == ("editions census/2020",)
    assert lacks(layout, replace(content.catalog, tables={}), folder) == ()


@pytest.mark.parametrize("reviews", [False, True])
def test_a_link_that_was_deleted_is_mended_by_the_next_run(layout: Layout, reviews: bool) -> None:
    first = ran(layout)[0]
    layout.latest.unlink()
    build(contents(layout, "", OTHER), layout, automatic(layout, review_required=reviews, draft=not reviews))
    assert in_force(layout) == first


def test_reviews_and_approvals_of_other_bytes_of_that_name_count_for_nothing(layout: Layout) -> None:
    folder = build(contents(layout, "spring"), layout, automatic(layout, draft=True))
    review.review(layout, "spring", "Luis", "seen")
    other = build(contents(layout, "summer", OTHER), layout, automatic(layout, draft=True))
    shutil.rmtree(folder)
    shutil.copytree(other, folder)
    assert [e.event for e in events.read(layout, "spring")] == ["drafted", "reviewed"]
    assert events.counted(layout, "spring") == ()


def test_a_rule_that_is_remembered_holds_for_the_next_run(layout: Layout) -> None:
    first = ran(layout)[0]
    policy.remember(layout, replace(automatic(layout), review_required=True))
    _, why = ran(layout, OTHER)
    assert (in_force(layout), why) == (first, ("releases of this home need a review",))
