"""Lists the formats, and writes them side by side.

A new format is a module here and a line in ``FORMATS``. What belongs here: that list. What does not: any format.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.packages.catalogue import writer as catalogue
from sdg_pipeline.packages.format import Format, Tables
from sdg_pipeline.packages.sdmx import writer as sdmx
from sdg_pipeline.packages.slices import writer as slices
from sdg_pipeline.packages.spreadsheet import writer as spreadsheet
from sdg_pipeline.publish.listing import Listed

if TYPE_CHECKING:
    import duckdb

FORMATS: tuple[Format, ...] = (sdmx.FORMAT, spreadsheet.FORMAT, slices.FORMAT, catalogue.COLUMNS, catalogue.CATALOGUE)
"""Every format in which a release is also written."""


def write(tables: Tables, names_release: bool) -> None:
    """Write the formats that name the release, or those that do not."""

    def one(cursor: duckdb.DuckDBPyConnection, written: Format) -> None:
        written.write(replace(tables, con=cursor))

    duck.side_by_side(tables.con, [f for f in FORMATS if f.names_release == names_release], one)


def listed(folder: Path) -> tuple[Listed, ...]:
    """What the formats have in a folder. Those that name the release are written last, and always."""
    return tuple(
        item
        for written in FORMATS
        for item in written.listed
        if written.names_release or next(item.files(folder), None) is not None
    )
