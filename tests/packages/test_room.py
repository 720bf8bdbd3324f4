"""The room in which the formats of a release live: what one writes is sealed, listed, shared and written again alike."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from unit.release_fixture import contents, observation, settings

from sdg_pipeline import duck
from sdg_pipeline.layout import Layout
from sdg_pipeline.packages import registry
from sdg_pipeline.packages.format import Format, Tables
from sdg_pipeline.publish import checksums
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.publish.listing import Listed
from sdg_pipeline.release.build import build

VALUES = Listed("plain/<id>.txt", "text/plain", "values as text", "valores como texto")
CARD = Listed("card/release.txt", "text/plain", "the name of the release", "el nombre de la entrega")


def write_values(tables: Tables) -> None:
    (tables.folder / "plain").mkdir(exist_ok=True)
    for indicator in tables.contents.indicator_files:
        file = tables.folder / "indicators" / f"{indicator}.parquet"
        rows = tables.con.execute(f"SELECT ref_area, obs_value FROM read_parquet({duck.text(file)}) ORDER BY ALL")
        (tables.folder / "plain" / f"{indicator}.txt").write_text(f"{rows.fetchall()}\n", encoding="utf-8")


def write_card(tables: Tables) -> None:
    (tables.folder / "card").mkdir(exist_ok=True)
    (tables.folder / "card" / "release.txt").write_text(f"{tables.contents.release}\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def _two_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    formats = (Format("plain", (VALUES,), write_values), Format("card", (CARD,), write_card, names_release=True))
    monkeypatch.setattr(registry, "FORMATS", formats)


def published(layout: Layout, release_contents: Contents) -> Path:
    return build(release_contents, layout, settings(layout))


def test_what_a_format_writes_is_sealed(layout: Layout) -> None:
    folder = published(layout, contents(layout))
    seal = checksums.read(folder)
    assert sorted(name for name in seal if name.startswith(("card/", "plain/"))) == [
        "card/release.txt", "plain/water.txt", "plain/water_gap.txt", "plain/without.txt"]  # fmt: skip
    assert "('MX20', 80.5)" in (folder / "plain/water.txt").read_text(encoding="utf-8")
    assert (folder / "card/release.txt").read_text(encoding="utf-8") == "r1\n"


def test_the_readme_the_dictionary_and_the_package_list_it(layout: Layout) -> None:
    folder = published(layout, contents(layout))
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "- `plain/<id>.txt`: values as text\n- `card/release.txt`: the name of the release\n" in readme
    assert "- `plain/<id>.txt`: valores como texto\n" in readme
    with (folder / "dictionary.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "file"]
    assert [(r["id"], r["part_of"], r["type"]) for r in rows] == [
        ("plain/<id>.txt", "plain", "text/plain"), ("card/release.txt", "card", "text/plain")]  # fmt: skip
    assert "| `card/release.txt` | text/plain |" in (folder / "dictionary.md").read_text(encoding="utf-8")
    values, card = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["packages"]
    sizes = [path.stat().st_size for path in folder.glob("plain/w*.txt")]
    assert (values["path"], values["files"], values["bytes"]) == ("plain/<id>.txt", 3, sum(sizes))
    assert (card["path"], card["hash"]) == ("card/release.txt", f"sha256:{checksums.read(folder)['card/release.txt']}")


def test_the_same_contents_are_the_same_release(layout: Layout) -> None:
    first = published(layout, contents(layout, ""))
    assert published(layout, contents(layout, "")) == first


def test_files_that_are_equal_are_one_file_on_disk(layout: Layout) -> None:
    first = published(layout, contents(layout, "r1"))
    second = published(layout, contents(layout, "r2", {"water": [observation("water", "MX", 91.5)]}))
    same = {n: (first / n).samefile(second / n) for n in checksums.read(first) if n.startswith(("card/", "plain/"))}
    assert same == {
        "card/release.txt": False, "plain/water.txt": False, "plain/water_gap.txt": True, "plain/without.txt": True
    }  # fmt: skip


def test_a_format_without_files_is_not_listed(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FORMATS", (Format("plain", (VALUES,), lambda tables: None),))
    folder = published(layout, contents(layout))
    assert "plain/" not in (folder / "README.md").read_text(encoding="utf-8")
    assert json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["packages"] == []
