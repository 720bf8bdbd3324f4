"""The drill: back-up, an empty machine, restore; what a back-up refuses; and what pruning leaves."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from end_to_end.product import Product, contents_of, copy_chosen, edit

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.manifest import sealed
from sdg_pipeline.run import landing, prune
from sdg_pipeline.run.backup import MANIFEST, restore

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(few: Product, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("backup") / "home.tar"
    said = few.call("backup", str(target))
    assert said.code == 0, said
    return target


def test_a_restored_home_computes_nothing_verifies_and_rebuilds(few: Product, written: Path, tmp_path: Path) -> None:
    other = few.moved(tmp_path / "machine" / "home")
    other.home.mkdir(parents=True)
    said = other.call("restore", str(written))
    assert said.code == 0, said
    assert other.layout.latest.resolve().name == few.layout.latest.resolve().name
    kept = {path.removeprefix(str(other.home)): content for path, content in other.published().items()}
    assert kept == {path.removeprefix(str(few.home)): content for path, content in few.published().items()}
    states = contents_of(other.layout.data / "state")
    run = other.call("run")
    assert run.code == 0, run
    assert contents_of(other.layout.data / "state") == states, "no step was done again"
    assert other.call("release", "verify").code == 0
    assert "is rebuilt byte by byte" in other.call("release", "rebuild").out
    deep = other.call("doctor", "--deep")
    assert deep.code == 0 and deep.out.count("as they were left") == 4, deep
    assert "not empty" in other.call("restore", str(written)).err


def test_a_lean_back_up_has_what_a_rebuild_needs(few: Product, tmp_path: Path) -> None:
    other = few.moved(tmp_path / "home")
    assert few.call("backup", "--lean", str(tmp_path / "lean.tar")).code == 0
    assert other.call("restore", str(tmp_path / "lean.tar")).code == 0
    assert not (other.layout.data / "staged").exists()
    assert "is rebuilt byte by byte" in other.call("release", "rebuild").out
    assert other.call("run").code == 0
    assert [m.release for m in sealed(other.layout)] == [m.release for m in sealed(few.layout)], "no new release"


@pytest.mark.parametrize("swaps", [True, False])
def test_a_restore_that_was_decided_is_ended_by_the_next_command(
    few: Product, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swaps: bool
) -> None:
    """Killed between its last moves: no release is in force until all is in its place."""
    other = few.moved(tmp_path / "home")
    if not swaps:
        monkeypatch.setattr(landing, "exchanged", lambda *_: False)
    with monkeypatch.context() as patch:
        patch.setattr(landing, "_land", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(other.layout, written)
    assert other.layout.warehouse.exists() and not other.layout.latest.exists()
    said = other.call("restore", str(written))
    assert (said.code, "the restore that was cut short is ended" in said.out) == (0, True), said
    kept = {path.removeprefix(str(other.home)): content for path, content in other.published().items()}
    assert kept == {path.removeprefix(str(few.home)): content for path, content in few.published().items()}
    assert list(other.home.glob(".sdg-restore-*")) == [] and not (other.layout.data / landing.READY).exists()


def test_what_lies_aside_of_a_restore_that_was_not_decided_is_removed(few: Product, tmp_path: Path) -> None:
    other = few.moved(tmp_path / "home")
    (other.home / ".sdg-restore-x" / "data" / "published").mkdir(parents=True)
    said = other.call("prune")
    assert said.code == 0 and [path.name for path in other.home.iterdir()] == ["data"], said


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_home_in_a_checkout_keeps_its_sql(few: Product, tmp_path: Path) -> None:
    own = copy_chosen(few, tmp_path)
    for home in (own.home, tmp_path / "checkout"):
        (home / "warehouse" / "views").mkdir(parents=True)
        (home / "warehouse" / "views" / "area.sql").write_text("SELECT 1", encoding="utf-8")
    assert own.call("backup", str(tmp_path / "x.tar")).code == 0
    with tarfile.open(tmp_path / "x.tar") as tar:
        assert [name for name in tar.getnames() if name.startswith("warehouse")] == ["warehouse/sdg.duckdb"]
    said = own.moved(tmp_path / "checkout").call("restore", str(tmp_path / "x.tar"))
    assert said.code == 0, said
    assert (tmp_path / "checkout" / "warehouse" / "views" / "area.sql").exists()


def test_a_back_up_replaces_nothing(few: Product, written: Path) -> None:
    assert "exists already" in few.call("backup", str(written)).err
    assert "lies in the home" in few.call("backup", str(few.layout.data / "x.tar")).err


Change = Callable[[dict[str, Any], list[tuple[tarfile.TarInfo, bytes]]], None]


def tar_of(path: Path, change: Change) -> Path:
    """A small back-up with one change."""
    content, member = b"who\n", tarfile.TarInfo("data/published/a.events.jsonl")
    digest = hashlib.sha256(content).hexdigest()
    facts: dict[str, Any] = {"format": 1, "program": "1", "latest": None,
                             "files": [{"path": member.name, "bytes": 4, "sha256": digest}]}  # fmt: skip
    members = [(member, content)]
    change(facts, members)
    text = json.dumps(facts).encode()
    with tarfile.open(path, "w") as tar:
        for one, data in [(tarfile.TarInfo(MANIFEST), text), *members]:
            one.size = len(data)
            tar.addfile(one, io.BytesIO(data))
    return path


def renamed(name: str) -> Change:
    def change(facts: dict[str, Any], members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        facts["files"][0]["path"] = members[0][0].name = name

    return change


def linked(kind: bytes) -> Change:
    def change(facts: dict[str, Any], members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[0][0].type, members[0][0].linkname = kind, "/etc/passwd"

    return change


def facts_with(**changes: Any) -> Change:
    return lambda facts, _members: facts.update(changes)


def huge(facts: dict[str, Any], _members: object) -> None:
    facts["files"][0]["bytes"] = 1 << 60


REFUSED: dict[str, tuple[Change, str]] = {
    "up": (renamed("data/../../evil"), "leads out of the home"),
    "absolute": (renamed("/etc/evil"), "leads out of the home"),
    "another folder": (renamed(".ssh/authorized_keys"), "leads out of the home"),
    "SQL of the checkout": (renamed("warehouse/views/area.sql"), "leads out of the home"),
    "a line end": (renamed("data/a\nb"), "leads out of the home"),
    "latest": (facts_with(latest="../../x"), "leads out of the home"),
    "symbolic link": (linked(tarfile.SYMTYPE), "a member that its manifest does not"),
    "hard link": (linked(tarfile.LNKTYPE), "a member that its manifest does not"),
    "pipe": (linked(tarfile.FIFOTYPE), "a member that its manifest does not"),
    "too large": (huge, "bytes of files, and the disk"),
    "newer": (facts_with(format=2, other="x"), "written by a newer sdg-pipeline: this one reads formats up to 1"),
    "no manifest of ours": (facts_with(files=7), "has a damaged manifest"),
    "other bytes": (lambda _f, m: m.__setitem__(0, (m[0][0], b"why\n")), "with other bytes than were backed up"),
    "one more": (lambda _f, m: m.append((tarfile.TarInfo("data/b"), b"")), "a member that its manifest does not"),
    "one twice": (lambda _f, m: m.append(m[0]), "a member that its manifest does not"),
    "one less": (lambda _f, m: m.clear(), "lacks 1 files"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_restore_refuses_leaves_an_empty_home(case: str, tmp_path: Path) -> None:
    change, wanted = REFUSED[case]
    source = tar_of(tmp_path / "x.tar", change)
    said = Product(tmp_path / "home").call("restore", str(source))
    assert said.code == 2 and wanted in said.err and "remedy: " in said.err, said
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name not in ("x.tar", ".lock")]
    assert left == []


@pytest.mark.parametrize("damage", ["cut", "no tar"])
def test_a_damaged_back_up_is_refused(damage: str, written: Path, tmp_path: Path) -> None:
    content = written.read_bytes()
    source = tmp_path / "x.tar"
    source.write_bytes(content[: len(content) // 2] if damage == "cut" else b"PK\x03\x04" * 999)
    said = Product(tmp_path / "home").call("restore", str(source))
    assert said.code == 2 and "Traceback" not in said.err, said
    assert contents_of(tmp_path / "home").keys() <= {str(tmp_path / "home" / "data" / ".lock")}


def test_pruning_keeps_what_a_rebuild_needs(few: Product, tmp_path: Path) -> None:
    own = copy_chosen(few, tmp_path).with_(SDG_ACTOR="robot")
    file = tmp_path / "specs" / "goal_04" / "illiteracy_15_plus.yaml"
    for before, after in ((1, 2), (2, 3)):
        edit(file, f"decimals: {before}", f"decimals: {after}")
        assert own.call("run", "--draft").code == 0
    published, old, newest = (m.release for m in sealed(own.layout))
    used = next(path for path in (own.layout.data / "raw").glob("*/*/*") if path.name != "current.json")
    stray, orphan = used.with_name("0123456789ab.zip"), own.layout.staged("of_yesterday")
    stray.write_bytes(b"bytes of before")
    orphan.write_bytes(b"")
    shown = own.call("prune")
    assert "data/published" in shown.out and "free on the disk" in shown.out and "prune --yes" in shown.out
    assert stray.exists() and own.layout.release(old).exists(), "it only shows"
    with pytest.raises(UsageError, match="is needed for a rebuild or the next run; remedy"):
        prune.prune(own.layout, [], [prune.Spare(stray, ""), prune.Spare(used, "")])
    assert stray.exists()
    said = own.call("prune", "--yes")
    assert said.code == 0 and "3 files and drafts" in said.out, said
    assert not stray.exists() and not orphan.exists() and not own.layout.release(old).exists()
    assert [m.release for m in sealed(own.layout)] == [published, newest] and used.exists()
    assert own.layout.events(old).exists(), "the record stays"
    for release in (published, newest):
        assert own.call("release", "verify", release).code == 0
        assert "is rebuilt byte by byte" in own.call("release", "rebuild", release).out
    states = contents_of(own.layout.data / "state")
    assert own.call("run", "--draft").code == 0
    assert contents_of(own.layout.data / "state") == states, "no step was done again"
    assert "0 files and drafts" in own.call("prune", "--yes").out


def test_a_deep_look_names_what_has_changed(few: Product, tmp_path: Path) -> None:
    own = copy_chosen(few, tmp_path)
    raw = next(path for path in (own.layout.data / "raw").glob("*/*/*") if path.name != "current.json")
    raw.write_bytes(raw.read_bytes() + b"\0")
    record = own.layout.events(own.layout.latest.resolve().name)
    record.write_bytes(record.read_bytes().replace(b'"number": 1', b'"number": 9'))
    indicator = next((own.layout.data / "indicators").glob("*.parquet"))
    indicator.write_bytes(b"")
    said = own.call("doctor", "--deep")
    assert said.code == 2
    for text in (f"{raw}: not the bytes of its name", "line 2 does not follow", f"{indicator}: not as the step left"):
        assert text in said.out


def test_a_home_that_is_none_has_nothing_to_back_up(tmp_path: Path) -> None:
    assert "nothing to back up" in Product(tmp_path / "home").call("backup", str(tmp_path / "x.tar")).err
    with pytest.raises(UsageError, match="there is no back-up"):
        restore(Layout(tmp_path / "home"), tmp_path / "none.tar")
