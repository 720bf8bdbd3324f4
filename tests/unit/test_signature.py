"""Signatures of releases by SSH keys: who signed which bytes, checked by ssh-keygen alone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import typer
from release_fixture import alter, contents, settings

from sdg_pipeline.cli.release import release_sign, release_verify
from sdg_pipeline.errors import InputError, UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums
from sdg_pipeline.release import signature
from sdg_pipeline.release.build import build

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen on this machine")


def keys(folder: Path, name: str) -> Path:
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return path


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    layout = Layout(tmp_path / "home")
    build(contents(layout), layout, settings(layout))
    monkeypatch.setenv("SDG_HOME", str(layout.home))
    return layout


def test_a_signature_is_of_one_key_and_of_these_bytes(
    layout: Layout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office, other = keys(tmp_path, "office"), keys(tmp_path, "other")
    public, folder = office.with_suffix(".pub"), layout.release("r1")
    with pytest.raises(typer.Exit):
        release_verify("r1", public)
    assert "r1.sig: missing; the release is not signed" in capsys.readouterr().out
    release_sign("r1", office)
    release_verify("latest", public)
    assert "r1 is whole" in capsys.readouterr().out
    assert "not by a key of other.pub" in str(signature.fault(folder, other.with_suffix(".pub")))
    both = tmp_path / "both.pub"
    both.write_text("# the office\n" + other.with_suffix(".pub").read_text() + public.read_text(), encoding="utf-8")
    assert signature.fault(folder, both) is None
    alter(folder / checksums.NAME, (folder / checksums.NAME).read_bytes() + b"\n")
    assert "not by a key of office.pub over SHA256SUMS" in str(signature.fault(folder, public))
    alter(folder / checksums.NAME, (folder / checksums.NAME).read_bytes().rstrip(b"\n") + b"\n")
    alter(folder / "README.md", b"other words")
    with pytest.raises(UsageError, match=r"r1 is not whole \(README.md: differs\); remedy"):
        release_sign("r1", office)


def test_a_signature_for_another_purpose_does_not_count(layout: Layout, tmp_path: Path) -> None:
    office, folder = keys(tmp_path, "office"), layout.release("r1")
    seal = (folder / checksums.NAME).read_bytes()
    asked = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(office), "-n", "git"]
    done = subprocess.run(asked, input=seal, capture_output=True, check=True)
    signature.place(folder).write_bytes(done.stdout)
    assert "not by a key of office.pub" in str(signature.fault(folder, office.with_suffix(".pub")))
    signature.place(folder).write_text("-----BEGIN SSH SIGNATURE-----\nAAAA\n", encoding="utf-8")
    assert "not by a key" in str(signature.fault(folder, office.with_suffix(".pub")))


def test_what_is_no_key_is_refused_with_a_remedy(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, folder = keys(tmp_path, "office"), layout.release("r1")
    with pytest.raises(UsageError, match=r"there is no key .*remedy: `ssh-keygen -t ed25519"):
        signature.sign(folder, tmp_path / "none")
    broken = tmp_path / "broken"
    broken.write_text("no key", encoding="utf-8")
    with pytest.raises(UsageError, match=r"broken signs nothing: .*remedy"):
        signature.sign(folder, broken)
    assert not signature.place(folder).exists()
    signature.sign(folder, office)
    for wrong in (office, broken, tmp_path):
        with pytest.raises(InputError, match=r"remedy: name the file that ends in .pub"):
            signature.fault(folder, wrong)
    monkeypatch.setattr(signature, "PROGRAM", "ssh-keygen-of-nobody")
    with pytest.raises(UsageError, match=r"not on this machine; remedy: install OpenSSH"):
        signature.sign(folder, office)
