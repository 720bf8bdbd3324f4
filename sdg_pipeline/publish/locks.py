"""Writes and reads ``sources.lock.json``: the exact source bytes of a release, enough to compute it again.

What belongs here: writing and reading that file. What does not: where the bytes were fetched. That is no part of a
release, since the same bytes from a mirror give the same figures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sdg_pipeline.errors import InputError
from sdg_pipeline.files import read_json
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.specs.source import Container

NAME = "sources.lock.json"


@dataclass(frozen=True)
class Lock:
    """One edition: its official address, its bytes, how these are packed, and the part of the country in them."""

    source: str
    edition: str
    url: str
    sha256: str
    bytes: int
    container: Container
    columns: Literal["all", "used"]
    states: tuple[str, ...]
    partial: bool


def write(contents: Contents, folder: Path) -> None:
    """Write ``sources.lock.json``, by source and edition."""
    locked = [facts(raw) for raw in contents.sources]
    (folder / NAME).write_text(json.dumps(locked, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def facts(raw: RawFile) -> dict[str, Any]:
    """What is sealed of a raw file: its bytes, not where and when they were fetched."""
    return {name: getattr(raw, name) for name in Lock.__dataclass_fields__}


def read(folder: Path) -> list[Lock]:
    """The locks of a release; InputError where the file is missing or damaged."""
    path = folder / NAME
    try:
        items = read_json(path)
        return [Lock(**{**item, "states": tuple(item["states"])}) for item in items]
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "restore the release from a copy; releases made before it had locks cannot be rebuilt"
        raise InputError(path, f"cannot be read as the locks of a release ({error})", remedy=remedy) from error
