"""The workbook of the nation or of a state: newest totals to read, all values, and what the indicators are.

What belongs here: what stands on its sheets. What does not: cells (``sheet``), the CSV of an area (``slices``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.estimate import universe
from sdg_pipeline.packages.distinct import Cell, table
from sdg_pipeline.packages.format import Tables
from sdg_pipeline.packages.spreadsheet import sheet, workbook
from sdg_pipeline.packages.spreadsheet.indicator import COVERAGE, SOURCES, VALUES
from sdg_pipeline.publish import describe, parquet
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.fields import FORECAST

if TYPE_CHECKING:
    import duckdb

FOLDER = "areas"
NEWEST, INDICATORS, NOTES = "recientes · newest", "indicadores · indicators", "notas · notes"
LEFT_OUT = ("series", "source_sha256", "spec_hash", "sdg_indicator", "geo_vintage", "nature", "coverage")
SHOWN = tuple(name for name in fields.names() if name not in LEFT_OUT)


def write(tables: Tables) -> None:
    """Write the workbooks of the areas with values above municipalities."""
    con, contents = tables.con, tables.contents
    path = tables.folder / parquet.OBSERVATIONS
    read = table(path)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE of_areas AS SELECT {', '.join(SHOWN)} FROM read_parquet({duck.text(path)}) "
        f"WHERE geo_level IN ('national', 'state') ORDER BY ref_area, {', '.join(fields.KEY)}"
    )
    described = [
        sheet.of_rows(INDICATORS, _indicators(contents), (34, 60, 60, 12, 12, 30, 60, 60), sheet.WRAPPED),
        sheet.of_rows(SOURCES, _sources(contents), (50, 60, 60, 40), sheet.WRAPPED),
        sheet.of_rows(NOTES, _notes(contents), (34, 70, 70), sheet.WRAPPED),
    ]
    newest = _newest(con, contents)
    (tables.folder / FOLDER).mkdir(exist_ok=True)
    areas = [str(a) for (a,) in con.execute("SELECT DISTINCT ref_area FROM of_areas ORDER BY ALL").fetchall()]
    for area in areas:
        values = sheet.of_table(con, VALUES, read, f"of_areas WHERE ref_area = {duck.text(area)}", SHOWN)
        shown = sheet.of_rows(NEWEST, [HEADER, *newest.get(area, ())], (34, 50, 50, 12, 8, 14, 30, 10))
        workbook.write(tables.folder / FOLDER / f"{area}.xlsx", [shown, values, *described])


HEADER = ("indicator", "título", "title", "sdg", "time_period", "obs_value", "unidad · unit", "obs_status")


def _newest(con: duckdb.DuckDBPyConnection, contents: Contents) -> dict[str, list[Sequence[Cell]]]:
    """By area the newest total of each indicator that is no forecast, rounded to its decimals."""
    rows = con.execute(
        "SELECT ref_area, indicator, max(time_period), max_by(obs_value, time_period), max_by(obs_status, time_period) "
        f"FROM of_areas SEMI JOIN {universe.totals(contents.indicators)} USING ({', '.join(universe.TOTAL_KEY)}) "
        f"WHERE obs_value IS NOT NULL AND obs_status <> {duck.text(FORECAST)} GROUP BY ref_area, indicator"
    ).fetchall()
    by_key = {(str(area), str(name)): (period, value, status) for area, name, period, value, status in rows}
    by_area: dict[str, list[Sequence[Cell]]] = {area: [] for area in sorted({area for area, _ in by_key})}
    for area, shown in by_area.items():
        for i in contents.indicators:
            if (area, i.id) in by_key:
                period, value, status = by_key[area, i.id]
                unit = " · ".join(describe.unit(i, contents.catalog, language) for language in ("es", "en"))
                rounded = round(value, i.decimals)
                shown.append((i.id, i.title.es, i.title.en, i.sdg_indicator, period, rounded, unit, status))
    return by_area


def _indicators(contents: Contents) -> Iterator[Sequence[Cell]]:
    yield ("id", "título", "title", "sdg", "relation", "fórmula · formula", "supuestos", "assumptions")
    for i in contents.indicators:
        formula = describe.formula(i, contents.catalog)
        notes = (describe.assumptions(i, "es"), describe.assumptions(i, "en"))
        yield (i.id, i.title.es, i.title.en, i.sdg_indicator, i.sdg.relation, formula, *notes)


def _sources(contents: Contents) -> Iterator[Sequence[Cell]]:
    yield ("fuente · source", "cita", "citation", "términos · terms")
    for source in contents.used_sources:
        title = f"{source.title.es} · {source.title.en}"
        yield (title, source.citation.es, source.citation.en, f"{source.licence.id} <{source.licence.url}>")


def _notes(contents: Contents) -> Iterator[Sequence[Cell]]:
    yield ("nota · note", "español", "English")
    yield (
        "municipios · municipalities",
        "Los valores de los municipios de un estado están en el archivo ZIP del mismo nombre.",
        "The values of the municipalities of a state are in the ZIP archive of the same name.",
    )
    if contents.partial:
        yield ("cobertura · coverage", COVERAGE["es"], COVERAGE["en"])
    for field in fields.OBSERVATION:
        if field.name in SHOWN:
            yield (f"columna · column {field.name}", field.es, field.en)
