"""The files of a release, in the order of their writers, and the fingerprint of its contents.

The fingerprint is computed from the very bytes that are sealed. It leaves out what depends on the position of the
release among the others: its name, number, version and changes. So what is sealed and what decides cannot differ. What
belongs here: that order. What does not: formats (``publish``, ``packages``), moving a folder into place
(``release.build``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.packages import registry
from sdg_pipeline.packages.format import Tables
from sdg_pipeline.publish import (
    checks_page,
    checksums,
    citation,
    corrections,
    csv,
    datapackage,
    definitions,
    dictionary,
    lineage,
    locks,
    parquet,
    readme,
    wide,
)
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.quality import results
from sdg_pipeline.release import comparison
from sdg_pipeline.release.comparison import Comparison, Position
from sdg_pipeline.release.facts import facts_of
from sdg_pipeline.release.manifest import CHECKS, MANIFEST, read_manifest
from sdg_pipeline.release.version import Judgement

if TYPE_CHECKING:
    import duckdb


def write_contents(contents: Contents, folder: Path, con: duckdb.DuckDBPyConnection) -> str:
    """Write the files that do not depend on the position of the release; returns the fingerprint of all contents.

    The others are written as those of a release without name and position; ``write_position`` writes them again. The
    code that computed the contents is no part of them: other code that gives the same files gives the same release.
    """
    folder.mkdir(parents=True)
    parquet.write(contents, folder, con)
    csv.write(contents, folder, con)
    wide.write(contents, folder, con)
    registry.write(Tables(contents, folder, con), names_release=False)
    dictionary.write(contents, folder, registry.listed(folder))
    for writer in (corrections, checks_page, locks, definitions):
        writer.write(contents, folder)
    checks = sorted(contents.checks, key=lambda c: (c.border, c.subject, c.check))
    (folder / CHECKS).write_text(results.dump(checks), encoding="utf-8")
    nameless = replace(contents, release="", version="", compared_with=None, code="")
    nowhere = facts_of(nameless, "", Position(0, None), Comparison(None, None, Judgement("")))
    _write_dependent(nameless, nowhere, folder, con)
    checksums.write(folder)
    return hashlib.sha256((folder / checksums.NAME).read_bytes()).hexdigest()


def write_position(
    contents: Contents, fingerprint: str, position: Position, folder: Path, con: duckdb.DuckDBPyConnection
) -> None:
    """Write what depends on the position of the release, and the seal, into the folder of ``write_contents``."""
    before = read_manifest(position.again) if position.again else None
    if before:
        # the code that sealed it at first stays named: whether this one gives the same bytes is what is compared
        contents = replace(contents, code=before.facts.get("code", ""))
    hashes = {i.id: contents.catalog.spec_hash(i) for i in contents.indicators}
    compared = comparison.write(position, contents, hashes, folder, con)
    contents = replace(contents, version=compared.judged.version, compared_with=compared.compared_with)
    facts = facts_of(contents, fingerprint, position, compared)
    if before and not before.fingerprint:
        del facts["fingerprint"]  # a release from before there were any stays as it was sealed
    _write_dependent(contents, facts, folder, con)
    checksums.write(folder)


def _write_dependent(
    contents: Contents, facts: Mapping[str, Any], folder: Path, con: duckdb.DuckDBPyConnection
) -> None:
    """The files that name the release."""
    listed = registry.listed(folder)
    readme.write(contents, folder, con, listed)
    (folder / MANIFEST).write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for writer in (citation, lineage):
        writer.write(contents, folder)
    registry.write(Tables(contents, folder, con), names_release=True)
    datapackage.write(contents, folder, listed)
