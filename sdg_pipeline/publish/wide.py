"""Writes one small table per indicator for a person: areas down, years across, totals only.

``wide/<id>.csv`` has rounded values and the areas by their name and that of their state. ``wide/index.csv`` has what a
title page would say: title, unit and source. Groups, intervals, statuses and reasons are in the long files alone. What
belongs here: that form. What does not: which rows are totals (``Indicator.totals``).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.estimate.universe import is_total
from sdg_pipeline.ingest.geography import register_of
from sdg_pipeline.publish import describe, parquet
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.specs.area_names import AREAS
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

FOLDER = "wide"
INDEX = f"{FOLDER}/index.csv"
WHOLE = "DECIMAL(38, 0)"
"""Without decimals, so that a count is written 12 and not 12.0."""
LEVELS = {"national": "país", "state": "estado", "harmonised": "unidad armonizada", "municipality": "municipio"}
COLUMNS: dict[str, str] = {
    "id": "Indicator id, and name of its file · Clave del indicador y nombre de su archivo",
    "title_es": "Title in Spanish · Título en español",
    "title_en": "Title in English · Título en inglés",
    "sdg": "UN code, or the target · Código de la ONU, o la meta",
    "unit_es": "Unit in Spanish · Unidad en español",
    "unit_en": "Unit in English · Unidad en inglés",
    "decimals": "Decimals to which the values are rounded · Decimales a que se redondean los valores",
    "source_es": "How to cite the sources, in Spanish · Cómo citar las fuentes, en español",
    "source_en": "How to cite the sources, in English · Cómo citar las fuentes, en inglés",
}
"""Columns of the index and what they hold."""


def write(contents: Contents, folder: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Write ``wide/index.csv``, and ``wide/<id>.csv`` of the indicators that have a total with a value."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    mark = codecs.BOM_UTF8 if contents.csv_bom else b""

    states = _states(contents.catalog)

    def one(cursor: duckdb.DuckDBPyConnection, indicator: Indicator) -> None:
        if written := _table(cursor, indicator, folder, states):
            target = folder / FOLDER / f"{indicator.id}.csv"
            cursor.execute(f"COPY ({written}) TO {duck.text(target)} (FORMAT csv, HEADER, COMPRESSION none)")
            target.write_bytes(mark + target.read_bytes())

    duck.side_by_side(con, contents.indicators, one)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for indicator in contents.indicators:
        if (folder / FOLDER / f"{indicator.id}.csv").exists():
            writer.writerow({key: describe.safe_cell(cell) for key, cell in _described(indicator, contents).items()})
    (folder / INDEX).write_bytes(mark + text.getvalue().encode())


def _states(catalog: Catalog) -> dict[str, str]:
    """Names of the states by key; many municipalities have the same name."""
    if not set(AREAS) <= set(catalog.files):
        return {}
    areas = register_of(catalog.files).areas.values()
    return {area.key: area.name for area in areas if area.level is Level.STATE}


def _table(con: duckdb.DuckDBPyConnection, indicator: Indicator, folder: Path, states: Mapping[str, str]) -> str | None:
    """The query of the table; None where no total has a value."""
    rows = f"read_parquet({duck.text(folder / parquet.FOLDER / f'{indicator.id}.parquet')})"
    valued = f"FROM {rows} WHERE {is_total(indicator)} AND obs_value IS NOT NULL"
    years = [str(year) for (year,) in con.execute(f"SELECT DISTINCT time_period {valued} ORDER BY ALL").fetchall()]
    inside = con.execute(f"SELECT 1 {valued} AND geo_level IN ('harmonised', 'municipality') LIMIT 1").fetchone()
    if not years:
        return None
    whole = f"CAST(round(obs_value) AS {WHOLE})"
    rounded = f"round(obs_value, {indicator.decimals})" if indicator.decimals else whole
    columns = ", ".join(
        f"max({rounded}) FILTER (time_period = {duck.text(year)}) AS {duck.name(year)}" for year in years
    )
    names = " ".join(f"WHEN {duck.text(key)} THEN {duck.text(name)}" for key, name in states.items())
    state = f"CASE ref_area[3:4] {names} END AS entidad, " if inside and states else ""
    level = " ".join(f"WHEN {duck.text(name)} THEN {duck.text(text)}" for name, text in LEVELS.items())
    return (
        "SELECT coalesce(nullif(ref_area[3:], ''), '00') AS clave, first(area_name ORDER BY time_period DESC) AS area, "
        f"{state}CASE geo_level {level} END AS nivel, {columns} {valued} "
        f"GROUP BY ref_area, geo_level ORDER BY list_position({list(LEVELS)}, geo_level), ref_area"
    )


def _described(indicator: Indicator, contents: Contents) -> dict[str, str]:
    sources = [contents.catalog.sources[s].citation for s in describe.sources_of(indicator, contents.catalog)]
    return {
        "id": indicator.id,
        "title_es": indicator.title.es,
        "title_en": indicator.title.en,
        "sdg": indicator.sdg_indicator,
        "unit_es": describe.unit(indicator, contents.catalog, "es"),
        "unit_en": describe.unit(indicator, contents.catalog, "en"),
        "decimals": str(indicator.decimals),
        "source_es": " ".join(dict.fromkeys(source.es for source in sources)),
        "source_en": " ".join(dict.fromkeys(source.en for source in sources)),
    }
