"""The starter data with one figure of one municipality times ten, as an institution might publish it by mistake."""

from __future__ import annotations

import shutil
from pathlib import Path

from sdg_pipeline.files import sha256_of
from sdg_pipeline.settings import STARTER_MIRROR

FILE, COLUMN, AREA = "census_2020_municipalities.csv", "P15YM_AN", "MX01001"
INDICATOR = "illiteracy_15_plus"
"""What is computed from the column."""


def tenfold(folder: Path) -> Path:
    """Copy the mirror into ``folder`` and spoil the first municipality; returns the manifest, which knows the bytes."""
    shutil.copytree(STARTER_MIRROR.parent, folder)
    source, manifest = folder / FILE, folder / "mirror.yaml"
    before, size = sha256_of(source), source.stat().st_size
    header, first, *rest = source.read_text(encoding="utf-8").splitlines()
    column, cells = header.split(",").index(COLUMN), first.split(",")
    cells[column] += "0"
    source.write_text("\n".join([header, ",".join(cells), *rest]) + "\n", encoding="utf-8")
    text = manifest.read_text(encoding="utf-8").replace(f"bytes: {size}", f"bytes: {source.stat().st_size}")
    manifest.write_text(text.replace(before, sha256_of(source)), encoding="utf-8")
    return manifest
