"""Folders that change places in one move, and the site that does so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sdg_pipeline.files import exchanged
from sdg_pipeline.site import writer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems move in two steps")


def test_two_folders_change_places(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert exchanged(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "one" / "other").exists() and (tmp_path / "other" / "one").exists()
    assert not exchanged(tmp_path / "one", tmp_path / "nowhere")
    assert (tmp_path / "one" / "other").exists()


def test_there_is_a_site_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, scratch = tmp_path / "site", tmp_path / "scratch"
    writer.write(site, scratch, [("index.html", b"old")])
    monkeypatch.setattr(Path, "rename", lambda *_: pytest.fail("two renames leave a moment without a site"))
    written = writer.write(site, scratch, [("index.html", b"new"), ("other.html", b"x")])
    assert (written.changed, (site / "index.html").read_bytes(), list(scratch.iterdir())) == (2, b"new", [])
