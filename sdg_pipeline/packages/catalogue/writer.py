"""Catalogues as formats of the release: DCAT-AP and Croissant, which name it, and CSVW, which does not.

What belongs here: which files there are. What does not: what stands in them.
"""

from __future__ import annotations

import json

from sdg_pipeline.packages.catalogue import croissant, csvw, dcat, linked
from sdg_pipeline.packages.format import Format, Tables
from sdg_pipeline.publish.listing import Listed

LISTED = (
    Listed(
        "catalog.ttl",
        "text/turtle",
        "catalogue for open data portals, DCAT-AP 3",
        "catálogo para portales de datos abiertos, DCAT-AP 3",
    ),
    Listed("catalog.jsonld", "application/ld+json", "the same as JSON-LD", "lo mismo en JSON-LD"),
    Listed(
        croissant.NAME,
        "application/ld+json",
        "`observations.parquet` for tools of machine learning, Croissant 1.0",
        "`observations.parquet` para herramientas de aprendizaje automático, Croissant 1.0",
    ),
)
CSVW = Listed(
    csvw.NAME,
    "application/csvm+json",
    "columns of the CSV files, CSV on the Web (W3C)",
    "columnas de los archivos CSV, CSV on the Web (W3C)",
)


def write_catalogue(tables: Tables) -> None:
    """Write the catalogue in both forms, and Croissant."""
    graph = dcat.graph(tables)
    turtle, json_ld = dcat.names(tables.folder)
    turtle.write_text(linked.turtle(graph), encoding="utf-8")
    json_ld.write_text(linked.json_ld(graph), encoding="utf-8")
    (tables.folder / croissant.NAME).write_text(_dumped(croissant.description(tables)), encoding="utf-8")


def write_csvw(tables: Tables) -> None:
    """Write the metadata of the CSV files."""
    (tables.folder / csvw.NAME).write_text(_dumped(csvw.metadata(tables)), encoding="utf-8")


def _dumped(description: dict[str, object]) -> str:
    return json.dumps(description, ensure_ascii=False, indent=1) + "\n"


CATALOGUE = Format("catalogue", LISTED, write_catalogue, names_release=True)
COLUMNS = Format("csvw", (CSVW,), write_csvw)
