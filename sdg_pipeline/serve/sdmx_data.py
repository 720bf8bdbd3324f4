"""The values that a question to SDMX REST asks for: SDMX-CSV 2.0 and SDMX-ML 2.1, out of the warehouse.

Every text of a question is a parameter of the query. What belongs here: rows and their text. What does not: SDMX-JSON
(``serve.sdmx_json``), reading the question (``serve.sdmx_query``).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from sdg_pipeline import duck
from sdg_pipeline.packages.sdmx.components import (
    AGENCY,
    COMPONENTS,
    ENUMERATED,
    FLOW,
    KEY,
    MEASURE,
    TIME,
    VERSION,
    Component,
    flow_of,
)
from sdg_pipeline.serve.sdmx_query import NO_RESULTS, TOO_LARGE, Query, Refused
from sdg_pipeline.serve.sdmx_text import body, joined, numeric, series_of, written
from sdg_pipeline.serve.warehouse import Contents, Counted

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MOST_ROWS = 100_000
"""Values in one answer: more than any indicator has. All values are in ``observations.parquet``."""
QUOTED = {'"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
FIXED = [c for c in COMPONENTS if c.column is None]
BY_ID = {c.id: c for c in COMPONENTS}


@dataclass(frozen=True)
class Relation:
    """The rows of a question as SQL with its parameters; its columns are those of components (``name_of``)."""

    sql: str
    parameters: list[Any]


def name_of(component: Component) -> str:
    """The column of a component in a relation."""
    return duck.name(component.column or component.id)


def flows(contents: Contents) -> Mapping[str, list[Counted]]:
    """The indicators of each dataflow."""
    every = list(contents.indicators.values())
    of_goals = {flow_of(g): [i for i in every if i.goal == g] for g in sorted({i.goal for i in every})}
    return {FLOW: every, **of_goals}


def relation(query: Query, contents: Contents, bounded: bool = True) -> Relation:
    """The rows that a question asks for, at most one more than may be sent where they are ``bounded``."""
    indicators = flows(contents)[query.flow]
    alternatives = [_alternative(key, indicators) for key in query.keys or ({},)]
    ids = list(dict.fromkeys(i.id for matching, _, _ in alternatives for i in matching))
    if not ids:
        raise no_results()
    parameters: list[Any] = [ids, *([c.code_of(contents.indicators[i].universe) for i in ids] for c in FIXED)]
    unnested = ", ".join(f"unnest(?) AS {duck.name(name)}" for name in ("indicator", *(c.id for c in FIXED)))
    tests = []
    for matching, narrowed, values in alternatives:
        wanted = [i.id for i in matching]
        of_indicator = f"o.indicator IN ({', '.join('?' * len(wanted))})" if wanted else "false"
        tests.append(f"({' AND '.join([of_indicator, *narrowed])})")
        parameters += [*wanted, *values]
    where = f"({' OR '.join(tests)})"
    for operator, year in ((">=", query.start), ("<=", query.end)):
        if year is not None:
            where += f" AND o.time_period {operator} ?"
            parameters.append(year)
    qualify = ""
    for number, order in ((query.first, "ASC"), (query.last, "DESC")):
        if number is not None:
            series = ", ".join(["o.indicator", *(f"o.{name_of(c)}" for c in ENUMERATED)])
            test = f"row_number() OVER (PARTITION BY {series} ORDER BY o.time_period {order}) <= ?"
            qualify += f"{' AND' if qualify else ' QUALIFY'} {test}"
            parameters.append(number)
    sql = (
        f"(WITH fixed AS (SELECT {unnested}) SELECT o.*, {', '.join('fixed.' + duck.name(c.id) for c in FIXED)} "
        f"FROM observation AS o JOIN fixed ON fixed.indicator = o.indicator WHERE {where}{qualify}"
        f"{f' LIMIT {MOST_ROWS + 1}' if bounded else ''})"
    )
    return Relation(sql, parameters)


def _alternative(
    key: Mapping[str, tuple[str, ...]], indicators: Iterable[Counted]
) -> tuple[list[Counted], list[str], list[str]]:
    """The indicators that a key admits, and its tests of columns with their parameters."""
    fixed = [c for c in FIXED if c.id in key]
    matching = [
        i
        for i in indicators
        if i.series in key.get("SERIES", (i.series,)) and all(c.code_of(i.universe) in key[c.id] for c in fixed)
    ]
    tests: list[str] = []
    parameters: list[str] = []
    for dimension, codes in key.items():
        column = BY_ID[dimension].column
        if column is not None and dimension != "SERIES":
            tests.append(f"o.{duck.name(column)} IN ({', '.join('?' * len(codes))})" if codes else "false")
            parameters += codes
    return matching, tests, parameters


def no_results() -> Refused:
    """What a question without any value is answered with."""
    return Refused(
        404, NO_RESULTS, "no value has this key in these periods; remedy: availableconstraint lists the keys"
    )


def shown(query: Query) -> list[Component]:
    """The components that the ``detail`` of a question leaves."""
    of_values = query.detail in ("full", "dataonly")
    return [
        c
        for c in COMPONENTS
        if (c.part == "dimension" and (of_values or c.id != TIME))
        or (c.part == "measure" and of_values)
        or (c.part == "attribute" and (query.detail == "full" or (query.detail == "nodata" and c.of_series)))
    ]


def table(con: duckdb.DuckDBPyConnection, query: Query, contents: Contents) -> pa.Table:
    """The rows as a table with a column a component, named after it; the values of a series follow each other in time.

    Without an order two answers to one question would have other bytes, and another ETag.
    """
    rows = relation(query, contents)
    columns = ", ".join(f"{name_of(c)} AS {duck.name(c.id)}" for c in shown(query))
    of_series = query.detail in ("serieskeysonly", "nodata")
    order = "ALL" if of_series else ", ".join(duck.name(name) for name in (*KEY, TIME))
    sql = f"SELECT {'DISTINCT ' if of_series else ''}{columns} FROM {rows.sql} ORDER BY {order}"
    return checked(con.sql(sql, params=rows.parameters).to_arrow_table())


def checked(rows: pa.Table) -> pa.Table:
    """The rows, unless there are none or too many."""
    if rows.num_rows > MOST_ROWS:
        text = f"more than {MOST_ROWS:,} values; remedy: ask for less, or take /latest/observations.parquet"
        raise Refused(413, TOO_LARGE, text)
    if not rows.num_rows:
        raise no_results()
    return rows


def csv(con: duckdb.DuckDBPyConnection, query: Query, contents: Contents) -> bytes:
    """SDMX-CSV 2.0, in the columns of ``sdmx/<id>.csv.gz``."""
    import pyarrow as pa
    import pyarrow.csv

    rows = table(con, query, contents)
    leading = {"STRUCTURE": "dataflow", "STRUCTURE_ID": f"{AGENCY}:{query.flow}({VERSION})", "ACTION": "I"}
    repeated = [pa.repeat(text, rows.num_rows) for text in leading.values()]
    whole = pa.table([*repeated, *rows.columns], names=[*leading, *rows.column_names])
    target = io.BytesIO()
    target.write((",".join(whole.column_names) + "\n").encode())
    pa.csv.write_csv(whole, target, pa.csv.WriteOptions(include_header=False, quoting_style="needed"))
    return target.getvalue()


def ml(con: duckdb.DuckDBPyConnection, query: Query, contents: Contents) -> bytes:
    """SDMX-ML 2.1, structure-specific, a time series an element."""
    import pyarrow.compute as pc

    rows, parts = table(con, query, contents), shown(query)
    of_series = [c for c in parts if c.id in KEY or c.of_series]
    of_values = sorted((c for c in parts if c not in of_series), key=lambda c: (c.id != TIME, c.id != MEASURE))

    series = series_of(rows, [c.id for c in of_series])
    heads = series.before(joined(_element("Series", of_series, series.first, ">"), len(series.first)))
    values = _element("Obs", of_values, rows, "/>") if of_values else []
    end = pc.if_else(series.ends, "</Series>", "")
    before, after = envelope(query.flow)
    return b"".join([before, body(joined([heads, *values, end], len(rows))), after])


def _element(name: str, components: list[Component], rows: pa.Table, end: str) -> list[str | pa.Array]:
    attributes = (written(rows.column(c.id), _attribute(c.id, rows.schema.field(c.id).type)) for c in components)
    return [f"<{name}", *attributes, end]


def _attribute(name: str, kind: pa.DataType) -> Callable[[Any], str]:
    """Writes a value as an attribute of XML; a number has nothing to escape."""
    if numeric(kind):
        return lambda value: f' {name}="{value}"'
    return lambda value: f' {name}="{escape(value, QUOTED)}"'


@cache
def envelope(flow: str) -> tuple[bytes, bytes]:
    """What stands before and after the series of a message of a flow."""
    from sdg_pipeline.packages.sdmx import structure, values

    return values.envelope(structure.data_structure({}).components, flow)
