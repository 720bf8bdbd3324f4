"""The workbook of an indicator: values, states as a table, definition, sources and notes, in both languages.

What belongs here: what stands on its sheets. What does not: cells (``sheet``), the definition in words
(``publish.describe``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.estimate.universe import is_total
from sdg_pipeline.packages.distinct import Cell, Table, table
from sdg_pipeline.packages.format import Tables
from sdg_pipeline.packages.spreadsheet import sheet, workbook
from sdg_pipeline.publish import describe, parquet
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

FOLDER = parquet.FOLDER
LARGE = 20_000
"""Rows of a sheet; an indicator with more has a workbook of the municipalities of each state besides its own."""
INSIDE = "geo_level IN ('municipality', 'harmonised')"
VALUES, STATES = "valores · values", "estados · states"
DEFINITION, SOURCES, NOTES = "definición · definition", "fuentes · sources", "notas · notes"
WIDTHS = (34, 70, 70)
COVERAGE = {"en": "partial: see README.md of the release", "es": "parcial: véase README.md de la entrega"}


def write(tables: Tables, indicator: Indicator, con: duckdb.DuckDBPyConnection) -> None:
    """Write the workbook of an indicator, and those of its states where it is large."""
    path = tables.folder / parquet.FOLDER / f"{indicator.id}.parquet"
    read = table(path)
    states = _states_of(con, read) if read.records > LARGE else []
    rows, shown = f"read_parquet({duck.text(path)})", sheet.varying(read)
    values = sheet.of_table(con, VALUES, read, f"{rows} WHERE NOT ({INSIDE})" if states else rows, shown)
    described = [
        sheet.of_rows(DEFINITION, _definition(indicator, tables.contents), WIDTHS, sheet.WRAPPED),
        sheet.of_rows(SOURCES, _sources(indicator, tables.contents), (44, 16, 60, 50, 68), sheet.WRAPPED),
        sheet.of_rows(NOTES, _notes(indicator, read, states), WIDTHS, sheet.WRAPPED),
    ]
    by_state = sheet.of_rows(STATES, _by_state(con, indicator, read), (10, 34))
    workbook.write(tables.folder / FOLDER / f"{indicator.id}.xlsx", [values, by_state, *described])
    for state in states:
        inside = f"{rows} WHERE {INSIDE} AND ref_area[1:4] = {duck.text(state)}"
        workbook.write(
            tables.folder / FOLDER / f"{indicator.id}.{state}.xlsx",
            [sheet.of_table(con, VALUES, read, inside, shown), *described],
        )


def _states_of(con: duckdb.DuckDBPyConnection, read: Table) -> list[str]:
    rows = f"FROM read_parquet({duck.text(read.path)}) WHERE {INSIDE}"
    return [str(state) for (state,) in con.execute(f"SELECT DISTINCT ref_area[1:4] {rows} ORDER BY ALL").fetchall()]


def _by_state(con: duckdb.DuckDBPyConnection, indicator: Indicator, read: Table) -> Iterator[Sequence[Cell]]:
    """Totals of nation and states, a column for each year, rounded to the decimals of the indicator."""
    rows = (
        f"FROM read_parquet({duck.text(read.path)}) "
        f"WHERE geo_level IN ('national', 'state') AND {is_total(indicator)} AND obs_value IS NOT NULL"
    )
    years = [str(year) for (year,) in con.execute(f"SELECT DISTINCT time_period {rows} ORDER BY ALL").fetchall()]
    yield ("ref_area", "area_name", *years)
    if not years:
        return
    columns = ", ".join(
        f"max(round(obs_value, {indicator.decimals})) FILTER (time_period = {duck.text(year)})" for year in years
    )
    yield from con.execute(
        f"SELECT ref_area, max_by(area_name, time_period), {columns} {rows} GROUP BY ref_area ORDER BY ref_area"
    ).fetchall()


def _definition(indicator: Indicator, contents: Contents) -> Iterator[Sequence[Cell]]:
    catalog, code = contents.catalog, indicator.sdg_indicator
    both = describe.formula(indicator, catalog)
    yield ("clave · key", "español", "English")
    yield ("id", indicator.id, indicator.id)
    yield ("título · title", indicator.title.es, indicator.title.en)
    yield ("descripción · description", indicator.description.es, indicator.description.en)
    yield ("objetivo · goal", *(f"{indicator.goal}. {describe.GOALS[indicator.goal][n]}" for n in _LANGUAGES))
    yield ("indicador o meta · indicator or target", code, code)
    yield ("relación · relation", indicator.sdg.relation, indicator.sdg.relation)
    yield ("serie · series", indicator.series, indicator.series)
    yield ("fórmula · formula", both, both)
    yield ("unidad · unit", *(describe.unit(indicator, catalog, n) for n in _LANGUAGES))
    yield ("dirección · direction", *(describe.DIRECTIONS[indicator.direction][n] for n in _LANGUAGES))
    if indicator.universe:
        yield ("universo · universe", describe.universe(indicator), describe.universe(indicator))
    if indicator.target:
        cited = f"{describe.target(indicator)} ({indicator.target.cite})"
        yield ("meta numérica · numeric target", cited, cited)
    if contents.partial:
        yield ("cobertura · coverage", COVERAGE["es"], COVERAGE["en"])


_LANGUAGES: tuple[describe.Language, ...] = ("es", "en")


def _sources(indicator: Indicator, contents: Contents) -> Iterator[Sequence[Cell]]:
    yield ("fuente · source", "edición · edition", "cita · citation", "dirección · address", "sha256")
    wanted = describe.sources_of(indicator, contents.catalog)
    for raw in contents.sources:
        if raw.source in wanted:
            source = contents.catalog.sources[raw.source]
            cited = f"{source.citation.es} · {source.citation.en}"
            yield (f"{source.title.es} · {source.title.en}", raw.edition, cited, raw.url, raw.sha256)


def _notes(indicator: Indicator, read: Table, states: Sequence[str]) -> Iterator[Sequence[Cell]]:
    """What to know before the values are used; columns with one value, so that nothing is lost; the columns."""
    yield ("nota · note", "español", "English")
    for assumption in indicator.assumptions:
        yield (f"supuesto · assumption ({assumption.impact})", assumption.text.es, assumption.text.en)
    if states:
        yield (
            "libro dividido · split workbook",
            f"Tiene más de {LARGE:,} valores: éste tiene la nación y los estados; los municipios de cada estado están "
            f"en {indicator.id}.MX01.xlsx a {indicator.id}.MX32.xlsx.",
            f"It has more than {LARGE:,} values: this one has nation and states; the municipalities of each state are "
            f"in {indicator.id}.MX01.xlsx to {indicator.id}.MX32.xlsx.",
        )
    for name, value in read.same.items():
        if name not in sheet.ALWAYS:
            yield (f"{SAME}{name}", *(_EMPTY if value is None else (value, value)))
    for field in fields.OBSERVATION:
        yield (f"columna · column {field.name}", field.es, field.en)


SAME = "en todos los renglones · in every row: "
"""Before the name of a column that the sheet of values leaves out."""
_EMPTY = ("", "")
