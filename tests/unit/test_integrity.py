"""Raw files whose bytes changed under the same name, size and time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sdg_pipeline.errors import FetchError
from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest.integrity import damaged, require_fetched_bytes
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A store with two editions."""
    layout = Layout(tmp_path)
    for edition, content in (("2020", b"a,b\n1,2\n"), ("2021", b"a,b\n3,4\n")):
        folder = layout.raw_folder("people", edition)
        folder.mkdir(parents=True)
        path = folder / "file.csv"
        path.write_bytes(content)
        raw = RawFile("people", edition, str(path), sha256_of(path), len(content), "u", "official", "t")
        layout.raw_current("people", edition).write_text(raw.to_json(), encoding="utf-8")
    return layout


def raw_file(layout: Layout, edition: str) -> RawFile:
    return RawFile.read(layout.raw_current("people", edition))


def change(layout: Layout, edition: str) -> Path:
    """Another digit, with size and time as they were."""
    path = Path(raw_file(layout, edition).path)
    times = path.stat()
    path.write_bytes(path.read_bytes()[:-2] + b"9\n")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return path


def test_bytes_as_fetched(layout: Layout) -> None:
    require_fetched_bytes(raw_file(layout, "2020"))
    assert damaged(layout) == []
    assert damaged(Layout(layout.home / "empty")) == []


def test_a_changed_file_is_refused_and_named_with_its_remedy(layout: Layout) -> None:
    raw, path = raw_file(layout, "2020"), change(layout, "2020")
    expected = (
        f"{path}: people/2020: does not have the bytes that were fetched: expected sha256 {raw.sha256}; "
        f"found '{sha256_of(path)}'; remedy: `sdg fetch people 2020` brings them again"
    )
    with pytest.raises(FetchError) as caught:
        require_fetched_bytes(raw)
    assert str(caught.value) == expected
    assert damaged(layout) == [expected]


def test_every_damaged_file_has_its_line(layout: Layout) -> None:
    change(layout, "2020")
    Path(raw_file(layout, "2021").path).unlink()
    assert [line.split(": ")[1] for line in damaged(layout)] == ["people/2020", "people/2021"]


def test_a_release_is_proved_by_the_files_that_it_cites(layout: Layout) -> None:
    cited = {("people", e): raw_file(layout, e).sha256 for e in ("2020", "2021")}
    change(layout, "2020")
    assert len(damaged(layout, cited)) == 1
    assert damaged(layout, {("people", "2020"): "another", ("people", "2021"): cited["people", "2021"]}) == []


def test_a_home_that_moved_is_read_where_it_is(layout: Layout, tmp_path: Path) -> None:
    layout.data.rename(tmp_path / "moved-data")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "moved-data").rename(tmp_path / "elsewhere" / "data")
    assert damaged(Layout(tmp_path / "elsewhere")) == []
