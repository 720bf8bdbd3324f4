"""Two releases compared: every kind of change is seen once, float noise is not one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from release_fixture import contents, observation, settings

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.build import build
from sdg_pipeline.release.diff import IndicatorChange, diff
from sdg_pipeline.release.value_change import ValueChange, changes_of

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
    found = diff(*two)
    assert (found.old, found.new) == ("r1", "r2")
    assert found.indicators == (IndicatorChange("water", 1, 1, revised=3, reclassified=1, beyond_error=0),)
    assert (found.added, found.removed, found.revised, found.reclassified) == (1, 1, 3, 1)


def test_the_largest_revisions_come_first_and_found_values_before_all(two: tuple[Path, Path]) -> None:
    largest = diff(*two).largest
    assert [(r.key["ref_area"], r.key["sex"], r.old, r.new) for r in largest] == [
        ("MX20067", "_T", None, 5.0),
        ("MX20", "_T", 80.0, 88.0),
        ("MX", "F", 91.0, 91.0000000001),
    ]


def test_a_release_does_not_differ_from_itself(two: tuple[Path, Path]) -> None:
    assert diff(two[0], two[0]).none
    assert not diff(*two).none


def test_one_value_is_followed_with_the_columns_that_changed(two: tuple[Path, Path]) -> None:
    revised = changes_of(*two, "water", "MX20", "2020")
    assert revised == ValueChange(
        "revised", 80.0, 88.0, (("area_name", "Oaxaca", "OAXACA"), ("spec_hash", "0123456789ab", "ffffffffffff"))
    )
    status = changes_of(*two, "water", "MX01", "2020")
    assert status is not None
    assert (status.kind, status.columns[0]) == ("reclassified", ("obs_status", "A", "E"))
    assert changes_of(*two, "water", "MX", "2020") == ValueChange("unchanged", 90.0, NEW[0]["obs_value"], ())
    assert changes_of(*two, "water", "MX01001", "2020") == ValueChange("removed", 10.0, None, ())
    urban = changes_of(*two, "water", "MX", "2020", {"urbanisation": "U"})
    assert urban == ValueChange("added", None, 50.0, ())
    assert changes_of(*two, "water", "MX", "1990") is None


def test_what_does_not_exist_is_said(two: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no dimension 'gender'; valid: sex"):
        changes_of(*two, "water", "MX", "2020", {"gender": "F"})
    with pytest.raises(UsageError, match="is not a release"):
        diff(tmp_path, two[1])
