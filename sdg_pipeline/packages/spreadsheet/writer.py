"""Workbooks as formats of the release: one an indicator, and one for the nation and each state.

What belongs here: which files there are. What does not: what stands in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.packages.format import Format, Tables
from sdg_pipeline.packages.spreadsheet import area, indicator
from sdg_pipeline.publish.listing import Listed
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
INDICATORS = Listed(
    f"{indicator.FOLDER}/<id>.xlsx",
    MEDIA,
    "workbook of an indicator: values, states as a table, definition, sources, notes; with more than "
    f"{indicator.LARGE:,} values the municipalities of each state have one of their own, `<id>.MX01.xlsx` …",
    "libro de un indicador: valores, tabla de estados, definición, fuentes y notas; con más de "
    f"{indicator.LARGE:,} valores los municipios de cada estado tienen el suyo, `<id>.MX01.xlsx` …",
)

AREAS = Listed(
    f"{area.FOLDER}/<code>.xlsx",
    MEDIA,
    "workbook of the nation or of a state: newest totals, all values, indicators, sources",
    "libro de la nación o de un estado: totales más recientes, todos los valores, indicadores y fuentes",
)


def write(tables: Tables) -> None:
    """Write the workbooks of all indicators, and of nation and states."""

    def one(con: duckdb.DuckDBPyConnection, spec: Indicator) -> None:
        indicator.write(tables, spec, con)

    duck.side_by_side(tables.con, tables.contents.indicators, one)
    area.write(tables)


FORMAT = Format("spreadsheets", (INDICATORS, AREAS), write)
