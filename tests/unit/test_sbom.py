"""The bill of materials names every package of the lock, with version, hashes and licence."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

import pytest

from sdg_pipeline.settings import PROJECT
from tools import sbom

LOCK = sbom.LOCK.read_text(encoding="utf-8")


def test_every_locked_package_is_a_component_with_its_hashes() -> None:
    components = sbom.bill(LOCK)["components"]
    pins = re.findall(r"^([a-zA-Z0-9._-]+)(?:\[.*\])?==(\S+)", LOCK, re.MULTILINE)
    assert [(c["name"], c["version"]) for c in components] == sorted(pins) and len(pins) > 100
    hashes = [one["content"] for c in components for one in c["externalReferences"][0]["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", LOCK))
    assert all(c["purl"] == c["bom-ref"] and c["externalReferences"][0]["hashes"] for c in components)


def test_every_installed_package_has_a_licence() -> None:
    installed = {d.name.lower().replace("_", "-") for d in metadata.distributions()}
    for component in sbom.bill(LOCK)["components"]:
        if component["licenses"]:
            assert not [p for p in component["properties"] if p["name"] == "sdg:licence"]
        else:
            assert component["name"] not in installed, f"{component['name']}: its metadata name no licence"
            assert {"name": "sdg:licence", "value": sbom.OTHER_PLATFORM} in component["properties"]


def test_what_nobody_keeps_is_said_here_and_in_the_docs() -> None:
    named = {c["name"]: c["properties"] for c in sbom.bill(LOCK)["components"]}
    docs = (PROJECT / "docs" / "deployment.md").read_text(encoding="utf-8")
    for name, remark in sbom.UNKEPT.items():
        assert {"name": "sdg:unkept", "value": remark} in named[name]
        assert f"`{name}`" in docs


def test_the_bill_is_a_file_of_cyclonedx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "build" / "sbom.cdx.json"
    monkeypatch.setattr("sys.argv", ["sbom", str(target)])
    sbom.main()
    written = json.loads(target.read_text(encoding="utf-8"))
    assert (written["bomFormat"], written["specVersion"]) == ("CycloneDX", "1.6")
    assert written["metadata"]["component"]["name"] == "sdg-pipeline"
    assert sbom.bill("nothing\n# pinned==1\n")["components"] == []
