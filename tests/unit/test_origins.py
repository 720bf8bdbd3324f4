"""A row cites a source file and a definition that its release holds, or nothing is sealed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import release_fixture as fixture

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.release.build import build
from sdg_pipeline.release.manifest import verify
from sdg_pipeline.release.origins import faults


def cited(layout: Layout, **first: Any) -> Contents:
    """Contents whose rows cite what is sealed with them; ``first`` changes the first row."""
    catalog = fixture.catalog(layout.home / "specs")
    hashes = {i.id: catalog.spec_hash(i) for i in catalog.indicators.values()}
    rows = {
        name: [row | {"spec_hash": hashes[name]} for row in values] for name, values in fixture.values_of_all().items()
    }
    rows["water"][0] |= first
    return fixture.contents(layout, "r1", rows)


def test_rows_that_cite_what_is_sealed_pass(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    folder = build(cited(layout), layout, fixture.settings(layout))
    assert verify(folder) == []
    assert faults(folder, [], {"water": "0" * 12}) != []


@pytest.mark.parametrize(
    ("change", "cites"),
    [
        ({"source_sha256": "cd" * 32}, f"source file census/2020 sha256 {'cd' * 32}"),
        ({"source_edition": "2010"}, f"source file census/2010 sha256 {fixture.SHA256}"),
        ({"spec_hash": "ffffffffffff"}, "definition ffffffffffff"),
    ],
)
def test_a_row_of_another_run_is_refused_and_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], cites: str
) -> None:
    layout = Layout(tmp_path / "home")
    fault = f"observations.parquet: 1 rows of water cite {cites}, which the release does not hold"
    with pytest.raises(UsageError, match="nothing was published; remedy: `sdg run` computes them again") as refused:
        build(cited(layout, **change), layout, fixture.settings(layout))
    assert str(refused.value).splitlines()[0] == fault
    assert not layout.release("r1").exists()
    with monkeypatch.context() as patch:  # a release that an older version sealed
        patch.setattr("sdg_pipeline.release.origins.faults", lambda *_: [])
        folder = build(cited(layout, **change), layout, fixture.settings(layout))
    assert verify(folder) == [fault]


def test_specs_are_sealed_as_they_were_read(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    content = cited(layout)
    read = replace(content.catalog, files={"goal_06/water.yaml": b"as it was read"})
    path = read.root / "goal_06" / "water.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("as somebody wrote it meanwhile", encoding="utf-8")
    folder = build(replace(content, catalog=read), layout, fixture.settings(layout))
    assert (folder / "specs" / "goal_06" / "water.yaml").read_bytes() == b"as it was read"
