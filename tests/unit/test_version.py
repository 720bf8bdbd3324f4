"""Semantic versions, the list of changes, and what makes a release self-contained."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from release_fixture import SHA256, catalog, contents, observation, settings, values_of_all

from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import locks
from sdg_pipeline.release.build import build
from sdg_pipeline.release.manifest import read_manifest
from sdg_pipeline.specs.codelist import Codelist


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def publish(layout: Layout, name: str, **other: Any) -> dict[str, Any]:
    """``release.json`` of a release made of the fixture's contents and these changes."""
    folder = build(contents(layout, name, **other), layout, settings(layout))
    return dict(read_manifest(folder).facts)


def rows_with(*more: dict[str, Any], without: str = "") -> dict[str, list[dict[str, Any]]]:
    water = [row for row in values_of_all()["water"] if row["ref_area"] != without]
    return {"water": [*water, *more]}


def other_titles(layout: Layout, **changes: Any) -> Any:
    """The catalogue with another definition of one indicator."""
    catalogue = catalog(layout.home / "specs")
    water = catalogue.indicators["water"].model_copy(update=changes)
    return replace(catalogue, indicators={**catalogue.indicators, "water": water})


def test_the_first_release_is_1_0_0(layout: Layout) -> None:
    facts = publish(layout, "r1")
    assert (facts["version"], facts["compared_with"], facts["changes"]) == ("1.0.0", None, [])
    assert "Version 1.0.0\n" in (layout.release("r1") / "README.md").read_text(encoding="utf-8")


def test_revised_values_make_a_patch(layout: Layout) -> None:
    publish(layout, "r1")
    revised = [row | ({"obs_value": 91.5} if row["ref_area"] == "MX" and row["sex"] == "_T" else {})
               for row in values_of_all()["water"]]  # fmt: skip
    facts = publish(layout, "r2", rows={"water": revised})
    assert (facts["version"], facts["version_reasons"]) == ("1.0.1", {"major": [], "minor": []})
    [change] = facts["changes"]
    assert change == {
        "indicator": "water",
        "added": 0,
        "removed": 0,
        "revised": 1,
        "reclassified": 0,
        "beyond_error": 0,
    }
    with (layout.release("r2") / "changes.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["change"], row["ref_area"], row["old_value"], row["new_value"]) == ("revised", "MX", "90.125", "91.5")
    text = (layout.release("r2") / "README.md").read_text(encoding="utf-8")
    assert "Version 1.0.1 (changes since `r1`: `changes.md`)" in text


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"area": "MX20999", "value": 1.0}, "areas added: water (1)"),
        ({"area": "MX", "value": 1.0, "time_period": "2025"}, "years added: water (1)"),
    ],
)
def test_areas_and_years_that_are_added_make_a_minor_version(layout: Layout, row: dict[str, Any], reason: str) -> None:
    publish(layout, "r1")
    facts = publish(layout, "r2", rows=rows_with(observation("water", row.pop("area"), row.pop("value"), **row)))
    assert (facts["version"], facts["version_reasons"]) == ("1.1.0", {"major": [], "minor": [reason]})
    assert publish(layout, "r3", rows=rows_with(without="MX20067"))["version"] == "2.0.0"


def test_indicators_that_are_added_make_a_minor_version_and_those_removed_a_major_one(layout: Layout) -> None:
    whole = contents(layout)
    fewer = {i: path for i, path in whole.indicator_files.items() if i != "without"}
    publish(layout, "r1", indicator_files=fewer)
    facts = publish(layout, "r2")
    assert (facts["version"], facts["version_reasons"]["minor"]) == ("1.1.0", ["indicators added: without"])
    facts = publish(layout, "r3", indicator_files=fewer)
    assert (facts["version"], facts["version_reasons"]["major"]) == ("2.0.0", ["indicators removed: without"])
    assert facts["changes"] == [
        {"indicator": "without", "added": 0, "removed": 3, "revised": 0, "reclassified": 0, "beyond_error": 0}
    ]


def test_another_definition_makes_a_major_version(layout: Layout) -> None:
    publish(layout, "r1")
    facts = publish(layout, "r2", catalog=other_titles(layout, decimals=2))
    assert (facts["version"], facts["version_reasons"]["major"]) == ("2.0.0", ["definitions changed: water"])


def test_codes_that_are_removed_or_mean_something_else_make_a_major_version(layout: Layout) -> None:
    catalogue = catalog(layout.home / "specs")
    sexes = catalogue.codelists["sex"].model_dump(mode="json")

    def with_codes(**codes: Any) -> Any:
        lists = {**catalogue.codelists, "sex": Codelist.model_validate({**sexes, "codes": codes})}
        return replace(catalogue, codelists=lists)

    publish(layout, "r1")
    facts = publish(layout, "r2", catalog=with_codes(**sexes["codes"], _U={"en": "Unknown", "es": "Desconocido"}))
    assert (facts["version"], facts["version_reasons"]["minor"]) == ("1.1.0", ["codes added: sex _U"])
    facts = publish(layout, "r3")
    reason = "codes removed or with another meaning: sex _U"
    assert (facts["version"], facts["version_reasons"]["major"]) == ("2.0.0", [reason])


def test_the_version_follows_the_newest_published_release_and_not_a_draft(layout: Layout) -> None:
    publish(layout, "r1")
    required = replace(settings(layout), review_required=True)
    build(contents(layout, "r2", rows=rows_with(observation("water", "MX20999", 1.0))), layout, required)
    assert publish(layout, "r3")["compared_with"] == "r1"


def test_locks_name_the_exact_bytes(layout: Layout) -> None:
    publish(layout, "r1")
    [lock] = locks.read(layout.release("r1"))
    assert (lock.source, lock.edition, lock.sha256, lock.bytes) == ("census", "2020", SHA256, 1234)


def test_the_citation_names_the_release_and_its_sources(layout: Layout) -> None:
    publish(layout, "r1")
    cited = yaml.safe_load((layout.release("r1") / "CITATION.cff").read_text(encoding="utf-8"))
    assert (cited["cff-version"], cited["type"], cited["version"]) == ("1.2.0", "dataset", "1.0.0")
    assert "r1" in cited["title"]
    assert [r["authors"] for r in cited["references"]] == [[{"name": "INEGI"}]]


def test_the_lineage_leads_from_the_release_to_the_raw_files(layout: Layout) -> None:
    publish(layout, "r1")
    publish(layout, "r2", code="ef" * 32)
    document = json.loads((layout.release("r2") / "prov.json").read_text(encoding="utf-8"))
    derived: dict[str, set[str]] = {}
    for relation in document["wasDerivedFrom"].values():
        derived.setdefault(relation["prov:generatedEntity"], set()).add(relation["prov:usedEntity"])
    assert derived["sdg:release/r2"] == {f"sdg:indicator/{i}" for i in ("water", "water_gap", "without")} | {
        "sdg:release/r1"
    }
    assert document["agent"]["sdg:software/sdg-pipeline"]["sdg:code_sha256"] == "ef" * 32
    assert derived["sdg:indicator/water_gap"] == {"sdg:indicator/water"}
    assert derived["sdg:indicator/water"] == {"sdg:table/dwellings"}
    assert derived["sdg:table/dwellings"] == {f"sdg:raw/census/2020/{SHA256}"}
    named = {end for kind in document.values() for node in kind.values() if isinstance(node, dict)
             for key, end in node.items() if key in ("prov:entity", "prov:usedEntity", "prov:plan")}  # fmt: skip
    assert named <= document["entity"].keys()
