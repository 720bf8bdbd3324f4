"""SDMX-JSON 2.0 of the values that a question asks for.

Dimensions and coded attributes have indexes into their lists; other attributes stand in the observations themselves.
What belongs here: that form. What does not: which rows there are (``serve.sdmx_data``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sdg_pipeline.packages.sdmx.components import AGENCY, AGENCY_NAME, KEY, MEASURE, TIME, VERSION, Component
from sdg_pipeline.serve.sdmx_data import shown, table
from sdg_pipeline.serve.sdmx_query import Query
from sdg_pipeline.serve.sdmx_text import body, joined, numeric, series_of, written
from sdg_pipeline.serve.warehouse import Contents

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

SCHEMA = "https://json.sdmx.org/2.0.0/sdmx-json-data-schema.json"
NO_TIME = "1970-01-01T00:00:00Z"
"""A message says the same on any day; see ``packages.sdmx.structure``."""
Names = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Names of codes: by component and code, in each language."""


def message(con: duckdb.DuckDBPyConnection, query: Query, contents: Contents, names: Names) -> bytes:
    """The message of a question."""
    import pyarrow.compute as pc

    rows, parts = table(con, query, contents), shown(query)
    keys = [c for c in parts if c.id in KEY]
    of_series = [c for c in parts if c.part == "attribute" and c.of_series]
    measures = [c for c in parts if c.id == MEASURE]
    of_values = [c for c in parts if c.part == "attribute" and not c.of_series]
    times = [c for c in parts if c.id == TIME]
    lists = {c.id: _distinct(rows.column(c.id)) for c in parts if c.part != "measure" and (c.codes or c.id == TIME)}
    indexed = {name: {code: str(n) for n, code in enumerate(codes)} for name, codes in lists.items()}
    series = series_of(rows, [c.id for c in (*keys, *of_series)])
    key_texts = _between([written(series.first.column(c.id), indexed[c.id].__getitem__) for c in keys], ":")
    attributes = _between([_value(series.first, c, indexed) for c in of_series], ",")
    opened = [",", '"', *key_texts, '":{"attributes":[', *attributes, '],"observations":{']
    values: list[str | pa.Array] = []
    if times:
        inner = _between([_value(rows, c, indexed) for c in (*measures, *of_values)], ",")
        place = written(rows.column(TIME), indexed[TIME].__getitem__)
        values = [pc.if_else(series.begins, '"', ',"'), place, '":[', *inner, "]"]
    heads, end = series.before(joined(opened, len(series.first))), pc.if_else(series.ends, "}}", "")
    written_series = body(joined([heads, *values, end], len(rows)))[1:]  # less the first comma
    described = _structure(query.flow, (keys, times, measures, of_series, of_values), lists, names)
    head = {"schema": SCHEMA, "id": query.flow, "test": False, "prepared": NO_TIME, "contentLanguages": ["en", "es"],
            "sender": {"id": AGENCY, "name": AGENCY_NAME, "names": {"en": AGENCY_NAME}}}  # fmt: skip
    before = f'{{"meta":{_dump(head)},"data":{{"structures":[{_dump(described)}],"dataSets":[{{"structure":0,'
    before += '"action":"Information","series":{'
    return b"".join([before.encode(), written_series, b"}}]}}"])


_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _distinct(column: pa.ChunkedArray) -> list[str]:
    return sorted(value for value in column.unique().to_pylist() if value is not None)


def _between(parts: Sequence[str | pa.Array], separator: str) -> list[str | pa.Array]:
    return [piece for n, part in enumerate(parts) for piece in ((separator, part) if n else (part,))]


def _value(rows: pa.Table, component: Component, indexed: Mapping[str, Mapping[str, str]]) -> str | pa.Array:
    """The index of a coded value, else the value itself; null where it is missing."""
    index, column = indexed.get(component.id), rows.column(component.id)
    if index is not None:
        return written(column, index.__getitem__, "null")
    return written(column, repr if numeric(column.type) else _dump, "null")


def _structure(
    flow: str, groups: tuple[list[Component], ...], lists: Mapping[str, list[str]], names: Names
) -> dict[str, Any]:
    keys, times, measures, of_series, of_values = groups

    def described(component: Component, position: int | None = None) -> dict[str, Any]:
        details: dict[str, Any] = {
            "id": component.id, "name": component.en, "names": {"en": component.en, "es": component.es}}  # fmt: skip
        if position is not None:
            details["keyPosition"] = position
        if component.role:
            details["roles"] = [component.role]
        if component.part == "attribute":
            dimensions = {"dimensions": list(KEY)}
            details["relationship"] = dimensions if component.of_series else {"observation": {}}
        if component.id in lists:
            details["values"] = [_code(code, names.get(component.id, {}).get(code)) for code in lists[component.id]]
        return details

    urn = "urn:sdmx:org.sdmx.infomodel.datastructure."
    return {
        "links": [
            {"rel": "dataflow", "urn": f"{urn}Dataflow={AGENCY}:{flow}({VERSION})"},
            {"rel": "datastructure", "urn": f"{urn}DataStructure={AGENCY}:SDG_MX({VERSION})"},
        ],
        "name": flow,
        "dataSets": [0],
        "dimensions": {
            "dataSet": [],
            "series": [described(c, n) for n, c in enumerate(keys)],
            "observation": [{**described(c, len(keys)), "roles": ["TIME_PERIOD"]} for c in times],
        },
        "measures": {"observation": [described(c) for c in measures]},
        "attributes": {
            "dataSet": [],
            "dimensionGroup": [],
            "series": [described(c) for c in of_series],
            "observation": [described(c) for c in of_values],
        },
    }


def _code(code: str, texts: Mapping[str, str] | None) -> dict[str, Any]:
    if not texts:
        return {"id": code, "name": code}
    return {"id": code, "name": texts.get("en", code), "names": dict(texts)}
