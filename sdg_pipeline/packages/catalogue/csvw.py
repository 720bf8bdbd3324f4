"""CSV on the Web (W3C): what the columns of every CSV of values are, in a file where its readers look for it.

What belongs here: that file, derived from ``specs.fields``. What does not: the CSV.
"""

from __future__ import annotations

from typing import Any

from sdg_pipeline.packages.format import Tables
from sdg_pipeline.publish import csv
from sdg_pipeline.specs import fields

NAME = f"{csv.FOLDER}/csv-metadata.json"
DATATYPES = {"text": "string", "number": "double", "integer": "integer"}


def metadata(tables: Tables) -> dict[str, Any]:
    """A group of tables that share their schema; addresses are relative to the folder of the CSV."""
    contents = tables.contents
    columns = [
        {
            "name": field.name,
            "titles": field.name,
            "dc:description": [{"@value": field.en, "@language": "en"}, {"@value": field.es, "@language": "es"}],
            "datatype": DATATYPES[field.kind],
            "required": field.required,
        }
        for field in fields.OBSERVATION
    ]
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dialect": {"encoding": "utf-8", "delimiter": ",", "doubleQuote": True, "header": True},
        "tableSchema": {"columns": columns, "primaryKey": list(fields.KEY)},
        "tables": [
            {
                "url": f"{indicator.id}.csv",
                "dc:title": [
                    {"@value": indicator.title.en, "@language": "en"},
                    {"@value": indicator.title.es, "@language": "es"},
                ],
            }
            for indicator in contents.indicators
        ],
    }
