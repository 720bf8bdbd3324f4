"""SDMX as a format of the release: the files below ``sdmx/``.

What belongs here: which files there are. What does not: structure and values themselves.
"""

from __future__ import annotations

from sdg_pipeline.packages.format import Format, Tables
from sdg_pipeline.publish.listing import Listed

FOLDER = "sdmx"
LISTED = (
    Listed(
        f"{FOLDER}/structure-2.1.xml",
        "application/vnd.sdmx.structure+xml;version=2.1",
        "SDMX: data structure, code lists, dataflows and content constraints, SDMX-ML 2.1",
        "SDMX: estructura de datos, listas de códigos, flujos y restricciones de contenido, SDMX-ML 2.1",
    ),
    Listed(
        f"{FOLDER}/structure-3.0.xml",
        "application/vnd.sdmx.structure+xml;version=3.0.0",
        "the same in SDMX-ML 3.0",
        "lo mismo en SDMX-ML 3.0",
    ),
    Listed(
        f"{FOLDER}/<id>.csv.gz",
        "application/vnd.sdmx.data+csv;version=2.0.0",
        "SDMX: all values of an indicator, SDMX-CSV 2.0, compressed",
        "SDMX: todos los valores de un indicador, SDMX-CSV 2.0, comprimido",
    ),
    Listed(
        f"{FOLDER}/<id>.xml.gz",
        "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
        "SDMX: its values of nation and states, SDMX-ML 2.1, compressed",
        "SDMX: sus valores de la nación y los estados, SDMX-ML 2.1, comprimido",
    ),
)


def write(tables: Tables) -> None:
    """Write structure and values."""
    from sdg_pipeline.packages.sdmx import structure, values
    from sdg_pipeline.packages.sdmx.codelists import codelists

    folder = tables.folder / FOLDER
    folder.mkdir(exist_ok=True)
    lists = codelists(tables)
    definition = structure.data_structure(lists)
    for version, message in structure.messages(tables, lists, definition).items():
        (folder / f"structure-{version}.xml").write_bytes(message)
    values.write_csv(tables)
    values.write_ml(tables, definition.components)


FORMAT = Format("sdmx", LISTED, write)
