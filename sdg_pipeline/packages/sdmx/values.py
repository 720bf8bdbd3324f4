"""The values: SDMX-CSV 2.0 of every indicator, and SDMX-ML 2.1 (structure-specific) of its nation and states.

DuckDB writes both. pysdmx takes 0.1 to 0.4 ms per value in SDMX-ML, which is half a minute for nation and states. For
the CSV it takes 1.5 GB. So it writes the envelope of a message, into which DuckDB's series go. Files are compressed,
since one of six bytes is enough. There is one per indicator, so that releases share those that did not change.
What belongs here: the rows. What does not: the structure that they refer to (``structure``).
"""

from __future__ import annotations

import gzip
from itertools import groupby
from typing import TYPE_CHECKING

import pandas
from pysdmx.io.format import Format as SdmxFormat
from pysdmx.io.pd import PandasDataset
from pysdmx.io.writer import write_sdmx
from pysdmx.model import Components, Schema

from sdg_pipeline import duck
from sdg_pipeline.packages.format import Tables
from sdg_pipeline.packages.sdmx.components import AGENCY, COMPONENTS, FLOW, KEY, MEASURE, TIME, VERSION, Component
from sdg_pipeline.packages.sdmx.structure import header
from sdg_pipeline.publish import parquet
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

LEVELS = ("national", "state")
"""Levels of which there is SDMX-ML: of all values it would be 289 MB."""
SERIES_AT_ONCE = 1000
"""Series that are kept in memory while they are written."""


def write_csv(tables: Tables) -> None:
    """Write ``sdmx/<id>.csv.gz``: a row a value, with every component of the structure."""

    def one(cursor: duckdb.DuckDBPyConnection, indicator: Indicator) -> None:
        columns = ", ".join(f"{c.expression(indicator)} AS {duck.name(c.id)}" for c in COMPONENTS)
        source = duck.text(tables.folder / parquet.FOLDER / f"{indicator.id}.parquet")
        target = duck.text(tables.folder / "sdmx" / f"{indicator.id}.csv.gz")
        cursor.execute(
            f"COPY (SELECT 'dataflow' AS STRUCTURE, '{AGENCY}:{FLOW}({VERSION})' AS STRUCTURE_ID, 'I' AS ACTION, "
            f"{columns} FROM read_parquet({source})) TO {target} (FORMAT csv, HEADER, COMPRESSION gzip)"
        )

    duck.side_by_side(tables.con, tables.contents.indicators, one)


def write_ml(tables: Tables, components: Components) -> None:
    """Write ``sdmx/<id>.xml.gz`` of the indicators that have rows of the nation or of states."""
    before, after = envelope(components)
    rows = duck.streamed(tables.con.execute(_series_of_all(tables)), SERIES_AT_ONCE)
    for indicator, series in groupby(rows, key=lambda row: row[0]):
        with gzip.GzipFile(tables.folder / "sdmx" / f"{indicator}.xml.gz", "wb", compresslevel=6, mtime=0) as file:
            file.write(before)
            file.writelines(text.encode() for _, text in series)
            file.write(after)


def envelope(components: Components, flow: str = FLOW) -> tuple[bytes, bytes]:
    """What stands before and after the series of a message, as pysdmx writes it around no rows.

    pysdmx 1.21 gives ``dataScope`` the id of the structure, which no schema admits.
    """
    schema = Schema("dataflow", AGENCY, flow, components, VERSION)
    empty = PandasDataset(structure=schema, data=pandas.DataFrame({c.id: [] for c in components}, dtype=str))
    message = write_sdmx(
        empty,
        SdmxFormat.DATA_SDMX_ML_2_1_STR,
        header=header(flow),
        dimension_at_observation=TIME,
        prettyprint=False,
    )
    assert message is not None, "without a path the writer returns the text"
    before, end, after = message.replace(f'dataScope="{flow}"', 'dataScope="DataStructure"').partition("</mes:DataSet>")
    return before.encode(), (end + after + "\n").encode()


def _series_of_all(tables: Tables) -> str:
    """The query of all series as XML, each with its indicator, in the order of the indicators and of their keys."""
    fixed = [c for c in COMPONENTS if c.column is None]
    codes = ", ".join(
        f"({', '.join(duck.text(code) for code in (i.id, *(c.code_of(i.universe) for c in fixed)))})"
        for i in tables.contents.indicators
    )
    of_series = [c for c in COMPONENTS if c.id in KEY or c.of_series]
    of_values = sorted((c for c in COMPONENTS if c not in of_series), key=lambda c: (c.id != TIME, c.id != MEASURE))
    key = ", ".join(c.column or c.id for c in of_series)
    return f"""
    WITH fixed(indicator, {", ".join(c.id for c in fixed)}) AS (VALUES {codes}),
    obs AS (
        SELECT *, '<Obs' || {" || ".join(map(_attribute, of_values))} || '/>' AS obs
        FROM read_parquet({duck.text(tables.folder / parquet.OBSERVATIONS)}) JOIN fixed USING (indicator)
        WHERE geo_level IN ({", ".join(map(duck.text, LEVELS))})
    )
    SELECT indicator,
        '<Series' || {" || ".join(map(_attribute, of_series))} || '>' || string_agg(obs, '' ORDER BY time_period)
            || '</Series>'
    FROM obs GROUP BY indicator, {key} ORDER BY indicator, {key}
    """


def _attribute(component: Component) -> str:
    """The SQL of an XML attribute; nothing where the value is missing."""
    text = f"CAST({component.column or component.id} AS VARCHAR)"
    if component.kind == "text" and component.codes is None:
        for character, entity in (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;"), ("\n", "&#10;")):
            text = f"replace({text}, {duck.text(character)}, {duck.text(entity)})"
    return f"coalesce(' {component.id}=\"' || {text} || '\"', '')"
