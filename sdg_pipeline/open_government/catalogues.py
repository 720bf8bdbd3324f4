"""Facts of a dataset by its own metadata: a ``data.json`` of the federal tool (ADELA), or ``package_show`` of CKAN.

What is said of distributions counts by the share of those that say it. What belongs here: what metadata state. What
does not: whether an address answers, or whether a graph conforms to DCAT-AP, which stay unknown here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sdg_pipeline.errors import InputError
from sdg_pipeline.files import read_json
from sdg_pipeline.open_government.facts import Fact
from sdg_pipeline.specs.frameworks import FactName, Vocabulary

Metadata = Mapping[str, Any]
ADELA: dict[FactName, str] = {
    "keywords": "keyword", "categories": "theme", "spatial": "spatial", "temporal": "temporal",
    "access_rights": "accessLevel", "contact": "contactPoint", "publisher": "publisher",
    "issued": "issued", "modified": "modified",
}  # fmt: skip
CKAN: dict[FactName, str] = {
    "keywords": "tags", "categories": "theme", "spatial": "spatial_coverage", "temporal": "temporal_coverage",
    "access_rights": "access_rights", "contact": "contact", "publisher": "publisher",
    "issued": "issued", "modified": "modified",
}  # fmt: skip
ADELA_FILE = {"url": "downloadURL", "format": "format", "media": "mediaType", "licence": "license", "bytes": "byteSize"}
CKAN_FILE = {"url": "download_url", "format": "format", "media": "mimetype", "licence": "license", "bytes": "size"}
RIGHTS_VOCABULARY = "http://publications.europa.eu/resource/authority/access-right/"
LICENCE_VOCABULARY = "http://creativecommons.org/licenses/by/4.0/"


def read_metadata(path: Path) -> Metadata:
    """The metadata of a dataset in a file; an answer of CKAN is unwrapped. InputError where it is no such thing."""
    remedy = "name a data.json of one dataset, or the answer of package_show"
    try:
        data = read_json(path)
    except (OSError, ValueError) as error:
        raise InputError(path, f"cannot be read as JSON: {error}", remedy=remedy) from error
    data = data.get("result", data) if isinstance(data, dict) else data
    if not isinstance(data, dict) or not {"distribution", "resources"} & data.keys():
        raise InputError(path, "describes no dataset", value=type(data).__name__, remedy=remedy)
    return data


def of_metadata(data: Metadata, vocabulary: Vocabulary) -> dict[FactName, Fact]:
    """Facts of a dataset by its metadata, of either form."""
    resources = data.get("resources")
    fields, of_files = (ADELA, ADELA_FILE) if resources is None else (CKAN, CKAN_FILE)
    files: Sequence[Metadata] = resources if resources is not None else data.get("distribution") or []
    facts: dict[FactName, Fact] = {
        name: Fact(float(bool(data.get(key))), f"{key} of the dataset", "portal") for name, key in fields.items()
    }
    rights = str(data.get(fields["access_rights"]) or "")
    stated = f"{fields['access_rights']}: {rights or 'nothing'}"
    facts["access_rights_vocabulary"] = Fact(float(rights.startswith(RIGHTS_VOCABULARY)), stated, "portal")
    return (
        facts
        | _of_files(
            [
                {key: file.get(name) for key, name in of_files.items()} | {"rights": file.get("rights")}
                for file in files
            ],
            vocabulary,
        )
        if files
        else facts
    )


def _of_files(files: Sequence[Metadata], vocabulary: Vocabulary) -> dict[FactName, Fact]:
    """What the distributions say, each as its share of them."""
    by_media = {f.media_type: name for name, f in vocabulary.formats.items() if f.media_type}

    def kind(file: Metadata) -> str:
        return str(file["format"] or by_media.get(file["media"] or "", "")).upper()

    formats = vocabulary.formats
    stated: dict[FactName, list[bool]] = {
        "download_url": [bool(file["url"]) for file in files],
        "format": [bool(file["format"]) for file in files],
        "media_type": [bool(file["media"]) for file in files],
        "vocabulary": [
            file["media"] in by_media and (name := str(file["format"]).upper()) in formats and formats[name].vocabulary
            for file in files
        ],
        "non_proprietary": [kind(file) in formats and not formats[kind(file)].proprietary for file in files],
        "machine_readable": [kind(file) in formats and formats[kind(file)].machine_readable for file in files],
        "licence": [bool(file["licence"]) for file in files],
        "licence_vocabulary": [file["licence"] == LICENCE_VOCABULARY for file in files],
        "byte_size": [str(file["bytes"] or "").isdecimal() for file in files],
        "rights": [bool(file["rights"]) for file in files],
    }
    return {
        name: Fact(sum(values) / len(values), f"{sum(values)} of {len(values)} distributions", "portal")
        for name, values in stated.items()
    }
