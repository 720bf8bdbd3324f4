"""Rows of the indicator table as sdmx1 reads them out of a message, to be compared with those of a Parquet file."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import duckdb
import sdmx

from sdg_pipeline.packages.sdmx.components import COMPONENTS

Row = dict[str, Any]
Key = tuple[str, ...]
KEY = [c.column for c in COMPONENTS if c.part == "dimension" and c.column]
NUMBERS = {c.column for c in COMPONENTS if c.kind != "text"}


def structure_of(release: Path) -> Any:
    """The structure message of a release."""
    return sdmx.read_sdmx(release / "sdmx" / "structure-2.1.xml")


def read_rows(file: Path, structure: Any) -> dict[Key, Row]:
    """The rows of a compressed message by their key, with the columns of the indicator table."""
    is_csv = file.name.endswith(".csv.gz")
    described = structure.dataflow["DF_SDG_MX"] if is_csv else structure.structure["SDG_MX"]
    with gzip.open(file) as opened:
        message = sdmx.read_sdmx(opened, format="csv" if is_csv else "xml", structure=described)
    rows = {}
    for dataset in message.data:
        for observation in dataset.obs:
            codes = {name: value.value for name, value in observation.key.values.items()}
            texts = {name: value.value for name, value in observation.attrib.items()}
            row = {c.column: _value(c.column, (codes | texts | {"OBS_VALUE": observation.value}).get(c.id))
                   for c in COMPONENTS if c.column}  # fmt: skip
            rows[tuple(str(row[name]) for name in KEY)] = row
    return rows


def stored_rows(file: Path, con: duckdb.DuckDBPyConnection, where: str = "true") -> dict[Key, Row]:
    """The rows of a Parquet file by their key."""
    table = con.sql(f"SELECT * FROM read_parquet('{file}') WHERE {where}").to_arrow_table().to_pylist()
    return {tuple(str(row[name]) for name in KEY): row for row in table}


def _value(column: str, value: Any) -> Any:
    if value in (None, ""):
        return None
    return float(value) if column in NUMBERS else str(value)
