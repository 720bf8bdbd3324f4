"""``python -m tools.sbom``: the bill of materials of the software as CycloneDX 1.6 (JSON), from its lock.

Names, versions and hashes come from ``requirements.lock``, licences from the metadata of the installed packages. What
belongs here: that file. What does not: the data of a release, whose licences are in ``release.json``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from sdg_pipeline import __version__
from sdg_pipeline.settings import PROJECT

LOCK = PROJECT / "requirements.lock"
TARGET = PROJECT / "build" / "sbom.cdx.json"
UNKEPT = {"dbfread": "no release since 2017 at the latest; wrapped by sdg_pipeline/ingest/readers.py"}
"""Packages that nobody keeps any more, and what we do about it (docs/deployment.md)."""
OTHER_PLATFORM = "of another platform than that on which this bill was written; see its page"
CLASSIFIER = "License :: "
PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def bill(lock: str) -> dict[str, Any]:
    """The bill of materials of the packages in the text of a lock."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "sdg-pipeline", "version": __version__}},
        "components": sorted(_locked(lock), key=lambda component: str(component["name"])),
    }


def _locked(lock: str) -> Iterator[dict[str, Any]]:
    """A component for each pinned package."""
    for line in lock.replace("\\\n", " ").splitlines():
        pin = PIN.match(line)
        if pin is None:
            continue
        name, version = pin[1], pin[2]
        package = f"pkg:pypi/{name.lower()}@{version}"
        hashes = [{"alg": "SHA-256", "content": sha256} for sha256 in HASH.findall(line)]
        licences = _licences(name)
        notes = {"sdg:unkept": UNKEPT.get(name), "sdg:licence": None if licences else OTHER_PLATFORM}
        yield {
            "type": "library",
            "bom-ref": package,
            "name": name,
            "version": version,
            "purl": package,
            "licenses": licences,
            "externalReferences": [{"type": "distribution", "url": package, "hashes": hashes}],
            "properties": [{"name": key, "value": text} for key, text in notes.items() if text],
        }


def _licences(name: str) -> list[dict[str, Any]]:
    """By the metadata of the package: its expression, else its classifiers, else the first line of its text.

    A package of the lock that another platform needs is not installed here, and has none.
    """
    try:
        facts = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return []
    if expressions := facts.get_all("License-Expression"):
        return [{"expression": expressions[0]}]
    named = [c.rpartition(" :: ")[2] for c in facts.get_all("Classifier") or () if c.startswith(CLASSIFIER)]
    text = "\n".join(facts.get_all("License") or ()).splitlines()
    named = [licence for licence in named if licence != "OSI Approved"] or text[:1]
    return [{"license": {"name": licence}} for licence in named if licence.strip()]


def main() -> None:
    """Write the bill where the first argument says, or below ``build``."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.parent.mkdir(parents=True, exist_ok=True)
    components = bill(LOCK.read_text(encoding="utf-8"))
    target.write_text(json.dumps(components, indent=1) + "\n", encoding="utf-8")
    print(f"{target}: {len(components['components'])} packages")


if __name__ == "__main__":
    main()
