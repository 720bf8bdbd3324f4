"""Writes ``CITATION.cff``, the citation for machines (https://citation-file-format.github.io, version 1.2.0).

It has no date: the record next to the release has it. The README has the citation for people.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sdg_pipeline.publish.contents import Contents

NAME = "CITATION.cff"
AUTHOR = "SDG pipeline for Mexico"


def write(contents: Contents, folder: Path) -> None:
    """Write ``CITATION.cff``: the release as a dataset, and every source edition as a reference."""
    text = yaml.safe_dump(citation(contents), sort_keys=False, allow_unicode=True, width=1000)
    (folder / NAME).write_text(text, encoding="utf-8")


def citation(contents: Contents) -> dict[str, Any]:
    """The file as plain data."""
    return {
        "cff-version": "1.2.0",
        "type": "dataset",
        "message": "If you use these data, please cite them and the institutions that they are computed from.",
        "title": f"SDG indicators for Mexico, release {contents.release}",
        "version": contents.version,
        "authors": [{"name": AUTHOR}],
        "keywords": ["SDG", "Mexico", "official statistics"],
        "references": [
            _reference(contents, *key) for key in dict.fromkeys((r.source, r.edition) for r in contents.sources)
        ],
    }


def _reference(contents: Contents, source: str, edition: str) -> dict[str, Any]:
    spec = contents.catalog.sources[source].in_edition(edition)
    return {
        "type": "data",
        "title": spec.title.es,
        "authors": [{"name": spec.publisher}],
        "version": edition,
        "url": spec.landing_page.url,
        "notes": spec.citation.es,
    }
