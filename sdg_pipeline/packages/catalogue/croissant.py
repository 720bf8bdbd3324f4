"""Croissant 1.0 (MLCommons): the table of all values, as tools of machine learning load it.

What belongs here: that file, derived from ``specs.fields``. What does not: the table.
"""

from __future__ import annotations

from typing import Any

from sdg_pipeline.files import sha256_of
from sdg_pipeline.packages.catalogue.dcat import TITLE, WHAT, partial
from sdg_pipeline.packages.format import Tables
from sdg_pipeline.publish import parquet
from sdg_pipeline.publish.citation import AUTHOR
from sdg_pipeline.publish.datapackage import PACKAGE_NAME
from sdg_pipeline.specs import fields

NAME = "croissant.json"
DATATYPES = {"text": "sc:Text", "number": "sc:Float", "integer": "sc:Integer"}
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the specification prescribes."""


def description(tables: Tables) -> dict[str, Any]:
    """The release as a Croissant dataset with one file and one set of records."""
    contents = tables.contents
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": PACKAGE_NAME,
        "alternateName": [TITLE.en, TITLE.es],
        "description": (partial(contents) if contents.partial else WHAT).en,
        "version": contents.version,
        "url": "./",
        "creator": {"@type": "Organization", "name": AUTHOR},
        "license": sorted({s.licence.url for s in contents.used_sources}),
        "citeAs": f"{TITLE.en}, release {contents.release}",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": parquet.OBSERVATIONS,
                "name": parquet.OBSERVATIONS,
                "contentUrl": parquet.OBSERVATIONS,
                "encodingFormat": "application/x-parquet",
                "sha256": sha256_of(tables.folder / parquet.OBSERVATIONS),
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "observation",
                "name": "observation",
                "key": [{"@id": f"observation/{name}"} for name in fields.KEY],
                "field": [
                    {
                        "@type": "cr:Field",
                        "@id": f"observation/{field.name}",
                        "name": field.name,
                        "description": field.en,
                        "dataType": DATATYPES[field.kind],
                        "source": {
                            "fileObject": {"@id": parquet.OBSERVATIONS},
                            "extract": {"column": field.name},
                        },
                    }
                    for field in fields.OBSERVATION
                ],
            }
        ],
    }
