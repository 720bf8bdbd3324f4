"""Mirror manifests: what a sound one gives, and that each mistake of one is told with its place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sdg_pipeline.errors import SpecErrors
from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest.mirror import STATE_KEYS, load_mirror

SHARED_MIRROR = Path(__file__).parent.parent / "shared_mirror.yaml"
SHA = "ab" * 32
SOUND = f"""\
name: copies
root: files
entries:
  - {{source: iter, edition: 2020, path: a/iter.csv, sha256: {SHA}}}
  - {{source: loc, edition: 2020-01, path: loc.zip, sha256: {SHA.upper()}, container: zip, columns: used,
      states: [01, 03]}}
absent:
  - {{source: deaths, edition: 2022, reason: not copied yet.}}
"""


def write(folder: Path, text: str) -> str:
    (folder / "files").mkdir(exist_ok=True)
    (folder / "mirror.yaml").write_text(text, encoding="utf-8")
    return str(folder / "mirror.yaml")


def messages(folder: Path, text: str) -> str:
    with pytest.raises(SpecErrors) as caught:
        load_mirror(write(folder, text), {})
    return str(caught.value)


def test_sound_manifest(tmp_path: Path) -> None:
    mirror = load_mirror(write(tmp_path, SOUND), {})
    assert (mirror.name, mirror.origin, mirror.remote) == ("copies", "mirror copies", False)
    entry = mirror.entries["iter", "2020"]
    assert (entry.container, entry.columns, entry.states) == (None, "all", ())
    assert mirror.location(entry) == str(tmp_path / "files" / "a" / "iter.csv")
    limited = mirror.entries["loc", "2020-01"]
    assert (limited.container, limited.columns, limited.states) == ("zip", "used", ("01", "03"))
    assert limited.sha256 == SHA, "sha256 is compared in lower case"
    assert mirror.nearest("itre", "2020") == "iter/2020"


def test_notes_tell_what_is_missing(tmp_path: Path) -> None:
    mirror = load_mirror(write(tmp_path, SOUND), {})
    assert mirror.partial
    assert mirror.notes == (
        "The mirror 'copies' holds loc 2020-01 for 2 of 32 states only: 01, 03.",
        "The mirror 'copies' does not hold deaths 2022: not copied yet.",
    )


def test_all_states_are_the_nation(tmp_path: Path) -> None:
    text = SOUND.partition("absent:")[0].replace("[01, 03]", f"[{', '.join(STATE_KEYS)}]")
    mirror = load_mirror(write(tmp_path, text), {})
    assert mirror.entries["loc", "2020-01"].states == ()
    assert not mirror.partial
    assert mirror.notes == ()


def test_root_from_the_environment_and_over_http(tmp_path: Path) -> None:
    manifest = write(tmp_path, SOUND.replace("root: files", "root: ${COPIES}/sub"))
    (tmp_path / "elsewhere" / "sub").mkdir(parents=True)
    assert load_mirror(manifest, {"COPIES": str(tmp_path / "elsewhere")}).root == str(tmp_path / "elsewhere" / "sub")
    remote = load_mirror(manifest, {"COPIES": "https://copies.example/a b"})
    assert remote.remote
    entry = remote.entries["iter", "2020"].model_copy(update={"path": "a/ñ %2e.csv"})
    assert remote.location(entry) == "https://copies.example/a b/sub/a/%C3%B1%20%252e.csv"


def test_unset_variable(tmp_path: Path) -> None:
    text = messages(tmp_path, SOUND.replace("root: files", "root: ${COPIES}"))
    assert "mirror.yaml:2: root: uses COPIES, which is not set" in text
    assert "remedy: export COPIES=" in text


@pytest.mark.parametrize("path", ["../iter.csv", "a/../../iter.csv", "/etc/passwd", r"..\iter.csv"])
def test_path_out_of_root(tmp_path: Path, path: str) -> None:
    text = messages(tmp_path, SOUND.replace("a/iter.csv", path))
    assert "mirror.yaml:4: entries[0].path: leads out of root" in text
    assert "iter.csv" in text or "/etc/passwd" in text


def test_link_out_of_root(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    (tmp_path / "secret").mkdir()
    (tmp_path / "files" / "a").symlink_to(tmp_path / "secret")
    assert "entries[0].path: leads out of root" in messages(tmp_path, SOUND)


def test_every_problem_at_once(tmp_path: Path) -> None:
    twice = f"  - {{source: iter, edition: 2020, path: b.csv, sha256: {SHA}}}\nabsent:\n"
    text = SOUND.replace("absent:\n", twice).replace("root: files", "root: nowhere").replace("03]", "33, 01]")
    text += "  - {source: iter, edition: 2020, reason: none}\n"
    lines = messages(tmp_path, text).splitlines()
    assert len(lines) == 5
    assert any("root: is no folder" in line for line in lines)
    assert any("entries[1].states[1]: is no state; found '33'" in line for line in lines)
    assert any("entries[1].states[2]: is listed twice" in line for line in lines)
    assert any("entries[2]: names an edition that entries[0] names too; found 'iter/2020'" in line for line in lines)
    assert any("absent[1]: names an edition that entries[0] names too" in line for line in lines)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("path: a/iter.csv", "pth: a/iter.csv", "did you mean 'path'?"),
        (SHA, "abc", "entries[0].sha256: does not have the form"),
        ("container: zip", "container: tar", "valid: plain, zip"),
        ("name: copies", "name: two words", "name: does not have the form"),
        ("root: files", "root: files\nroot: files", "duplicate key, first used on line 2"),
        (SOUND, "<html><title>Login</title></html>", "mirror.yaml:1"),
        (SOUND, "name: [", "is not YAML"),
    ],
)
def test_malformed_manifest(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in messages(tmp_path, SOUND.replace(old, new))


def test_missing_manifest(tmp_path: Path) -> None:
    with pytest.raises(SpecErrors, match="no such mirror manifest; remedy: set SDG_MIRROR"):
        load_mirror(str(tmp_path / "none.yaml"))


def test_import_is_light() -> None:
    code = (
        "import sys, sdg_pipeline.ingest.mirror, sdg_pipeline.ingest.fetch, sdg_pipeline.ingest.unpack\n"
        "print([m for m in ('requests', 'duckdb', 'pandas', 'pyarrow', 'sqlglot') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_shared_mirror_names_the_real_files() -> None:
    shared = os.environ.get("SDG_SHARED_DATA")
    if not shared or not Path(shared).is_dir():
        pytest.skip("SDG_SHARED_DATA does not name the folder of shared data")
    mirror = load_mirror(str(SHARED_MIRROR))
    assert mirror.name == "shared"
    hashes = {key: sha256_of(Path(mirror.location(entry))) for key, entry in mirror.entries.items()}
    assert hashes == {key: entry.sha256 for key, entry in mirror.entries.items()}
    assert {
        ("inegi_iter", "2020"),
        ("inegi_iter_state", "2020"),
        ("inegi_iter_localities", "2020-01"),
    } <= set(hashes)
