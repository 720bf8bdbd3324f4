"""Writes ``datapackage.json``: the release as a Data Package, version 2 (https://datapackage.org).

Every long CSV is a tabular resource with schema, bytes and hash. Its Parquet file hangs on it as the property
``parquet``, its wide CSV as ``wide``. Tables without a CSV are listed with their schema under ``tables``. They are no
resources of their own. frictionless 5.21 turns their empty integers into NaN, which fits no schema, and version 2 of
the standard defines no resource type but ``table``. The schema, which all indicators share, is a file of its own.
Repeated in every resource it was nine tenths of a descriptor that is new with each release. Files in other standards
stand under ``packages``: a family of files by number and bytes, since SHA256SUMS has the hash of each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sdg_pipeline.files import sha256_of
from sdg_pipeline.publish import corrections, csv, dictionary, parquet, wide
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.publish.listing import Listed
from sdg_pipeline.specs import fields

NAME = "datapackage.json"
SCHEMA = "schema.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
PACKAGE_NAME = "sdg-indicators-mexico"
EMAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[a-zA-Z]{2,}")
LICENCE_NAME = re.compile(r"[-a-zA-Z0-9._]+")
DICTIONARY_KEY = ("kind", "part_of", "id")


def write(contents: Contents, folder: Path, packages: Sequence[Listed] = ()) -> None:
    """Write ``datapackage.json`` over the files that lie in ``folder``, and the schema of the CSV."""
    (folder / SCHEMA).write_text(json.dumps(schema(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    text = json.dumps(descriptor(contents, folder, packages), ensure_ascii=False, indent=1)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def descriptor(contents: Contents, folder: Path, packages: Sequence[Listed] = ()) -> dict[str, Any]:
    """The package as plain data."""
    return {
        "$schema": PROFILE,
        "name": PACKAGE_NAME,
        "title": "SDG indicators for Mexico by nation, state and municipality",
        "description": _description(contents),
        "version": contents.version,
        "release": contents.release,
        "coverage": {"partial": contents.partial, "notes": list(contents.coverage_notes)},
        "keywords": ["SDG", "ODS", "Mexico", "México", "municipalities", "official statistics"],
        "licenses": _licences(contents),
        "sources": _sources(contents),
        "contributors": _contributors(contents),
        "parquet": _file(parquet.OBSERVATIONS, folder),
        "tables": [_table(companion, folder) for companion in parquet.companions(folder)],
        "packages": [_package(listed, folder) for listed in packages],
        "resources": list(_resources(contents, folder)),
    }


def schema() -> dict[str, Any]:
    """Table Schema of the indicator table, from ``specs.fields``."""
    return _schema(fields.OBSERVATION, fields.KEY)


def _schema(columns: Iterable[fields.Field], key: Iterable[str]) -> dict[str, Any]:
    described = [
        {
            "name": field.name,
            "type": field.table_schema_type,
            "title": field.name.replace("_", " "),
            "description": f"{field.en} · {field.es}",
            "constraints": {"required": field.required},
        }
        for field in columns
    ]
    return {"fields": described, **({"primaryKey": list(key)} if key else {}), "missingValues": [""]}


def _table(companion: parquet.Companion, folder: Path) -> dict[str, Any]:
    """A table besides the values; those with the columns of the indicator table share its schema."""
    shared = companion.columns is fields.OBSERVATION
    return {
        "title": f"{companion.en} · {companion.es}",
        **_file(companion.file, folder),
        "schema": SCHEMA if shared else _schema(companion.columns, companion.key),
    }


def _package(listed: Listed, folder: Path) -> dict[str, Any]:
    """A file in another standard, or a family of such files."""
    described = {"title": f"{listed.en} · {listed.es}", "mediatype": listed.media}
    if not listed.family:
        return {**described, **_file(listed.path, folder)}
    files = list(listed.files(folder))
    return {**described, "path": listed.path, "files": len(files), "bytes": sum(f.stat().st_size for f in files)}


def _description(contents: Contents) -> str:
    text = "Indicators of the UN Sustainable Development Goals computed from Mexico's open government data."
    return f"PARTIAL RUN: {' '.join(contents.coverage_notes)} {text}" if contents.partial else text


def _resources(contents: Contents, folder: Path) -> Iterable[dict[str, Any]]:
    for indicator in contents.indicators:
        title = f"{indicator.title.en} · {indicator.title.es}"
        path = f"{csv.FOLDER}/{indicator.id}.csv"
        yield {
            "name": indicator.id,
            "title": title,
            "description": f"{indicator.description.en} · {indicator.description.es}",
            **_csv(path, contents, folder),
            "schema": SCHEMA,
            "parquet": _file(f"{parquet.FOLDER}/{indicator.id}.parquet", folder),
            **(
                {"wide": _file(f"{wide.FOLDER}/{indicator.id}.csv", folder)}
                if (folder / wide.FOLDER / f"{indicator.id}.csv").exists()
                else {}
            ),
        }
    yield {
        "name": "dictionary",
        "title": "Data dictionary · Diccionario de datos",
        **_csv(dictionary.CSV_NAME, contents, folder),
        "schema": {**_texts(dictionary.COLUMNS), "primaryKey": list(DICTIONARY_KEY)},
    }
    yield {
        "name": "index-of-wide-tables",
        "title": "Titles, units and sources of the wide tables · Títulos, unidades y fuentes de las tablas anchas",
        **_csv(wide.INDEX, contents, folder),
        "schema": {**_texts(wide.COLUMNS), "primaryKey": ["id"]},
    }
    yield {
        "name": "corrections",
        "title": "Corrections of known errors · Correcciones de errores conocidos",
        **_csv(corrections.NAME, contents, folder),
        "schema": _texts(corrections.COLUMNS),
    }


def _texts(columns: Mapping[str, str]) -> dict[str, Any]:
    """Table Schema of a file of texts."""
    described = [{"name": name, "type": "string", "description": text} for name, text in columns.items()]
    return {"fields": described, "missingValues": [""]}


def _csv(path: str, contents: Contents, folder: Path) -> dict[str, Any]:
    return {
        "type": "table",
        **_file(path, folder),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": csv.encoding(contents),
        "dialect": {
            "delimiter": ",",
            "quoteChar": '"',
            "doubleQuote": True,
            "lineTerminator": "\n",
            "header": True,
        },
    }


def _file(path: str, folder: Path) -> dict[str, Any]:
    target = folder / path
    return {"path": path, "bytes": target.stat().st_size, "hash": f"sha256:{sha256_of(target)}"}


def _licences(contents: Contents) -> list[dict[str, str]]:
    licences = {contents.catalog.sources[raw.source].licence for raw in contents.sources}
    return [
        {**({"name": li.id} if LICENCE_NAME.fullmatch(li.id) else {}), "path": li.url, "title": li.id}
        for li in sorted(licences, key=lambda li: (li.id, li.url))
    ]


def _sources(contents: Contents) -> list[dict[str, str]]:
    items: list[dict[str, str]] = []
    for raw in contents.sources:
        source = contents.catalog.sources[raw.source].in_edition(raw.edition)
        item = {"title": f"{source.title.en}, {raw.edition}. {source.publisher}", "path": raw.url}
        email = EMAIL.search(source.contact)
        if email:
            item["email"] = email.group()
        if item not in items:
            items.append(item)
    return items


def _contributors(contents: Contents) -> list[dict[str, Any]]:
    publishers = sorted({contents.catalog.sources[raw.source].publisher for raw in contents.sources})
    named: list[dict[str, Any]] = [{"title": p, "roles": ["dataCollector"]} for p in publishers]
    return [*named, {"title": "SDG pipeline for Mexico", "roles": ["wrangler"]}]
