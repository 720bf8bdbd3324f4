"""What decides a release, as far as its contents do: one list, by which a run sees that it must seal anew.

``release.writing`` computes a fingerprint from the bytes that are sealed. To see whether there is anything to seal, a
run asks here, before a file is written. ``Contents`` is defined in ``publish``, since the writers take it and may not
import ``release``. What belongs here: that list. What does not: the code that writes, whose change makes a step stale.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sdg_pipeline.files import sha256_of
from sdg_pipeline.publish import locks
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.quality import results

__all__ = ["Contents", "identity"]

Digest = Callable[[Path], str]
NOT_DECIDING = {
    "release": "the same contents are the same release under any name",
    "version": "follows from the comparison with the release before",
    "compared_with": "the release before, which is no part of these contents",
    "code": "says which code computed the contents at first; other code may give the same ones",
}
"""Fields of ``Contents`` that do not decide it, though they are sealed or lead to what is sealed; with the reason."""


def identity(contents: Contents, digest: Digest = sha256_of) -> str:
    """Hash of everything that the writers read of ``contents``; ``digest`` gives the sha256 of a file.

    Where a run remembers the sha256 of its files, it gives that as ``digest``, and no file is read twice.
    """
    deciding = json.dumps(_deciding(contents, digest), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(deciding.encode()).hexdigest()


def _deciding(contents: Contents, digest: Digest) -> dict[str, Any]:
    """The fields of ``Contents`` that decide, each as plain data."""
    read = sorted(contents.catalog.files.items())
    return {
        "catalog": [[name, hashlib.sha256(content).hexdigest()] for name, content in read],
        "indicator_files": {i: digest(path) for i, path in contents.indicator_files.items()},
        "checks": results.dump(sorted(contents.checks, key=lambda c: (c.border, c.subject, c.check))),
        "raw_files": [locks.facts(raw) for raw in contents.sources],
        "coverage_notes": contents.coverage_notes,
        "csv_bom": contents.csv_bom,
        "vintage_files": _digests(contents.vintage_files, digest),
        "difference_files": _digests(contents.difference_files, digest),
        "model_files": _digests(contents.model_files, digest),
        "revision_files": _digests(contents.revision_files, digest),
        "deviation_file": digest(contents.deviation_file) if contents.deviation_file else None,
        "profile_files": _digests(contents.profile_files, digest),
        "open_government_files": _digests(contents.open_government_files, digest),
    }


def _digests(paths: Iterable[Path], digest: Digest) -> list[list[str]]:
    return [[path.name, digest(path)] for path in sorted(paths)]
