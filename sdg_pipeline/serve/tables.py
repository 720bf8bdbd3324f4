"""One area or one indicator of the release in force as CSV or JSON, where the release has no such file itself.

What belongs here: these rows out of the warehouse. What does not: files of a release (``serve.app``).
"""

from __future__ import annotations

import codecs
import io
import json
from typing import TYPE_CHECKING, Any, Literal

from sdg_pipeline import duck
from sdg_pipeline.publish import csv, parquet
from sdg_pipeline.serve.answers import NO_CACHE, Answer, page, tag
from sdg_pipeline.serve.sdmx_text import joined, written
from sdg_pipeline.serve.warehouse import NoWarehouse, Warehouse
from sdg_pipeline.specs import fields

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["areas", "indicators"]
COLUMNS = {"areas": "ref_area", "indicators": "indicator"}
MOST_CHARACTERS = 120


def answer(warehouse: Warehouse, release: str, kind: Kind, name: str) -> Answer:
    """All values of ``MX20067.csv`` or ``population.json``; a page that says so where there are none."""
    key, _, ending = name.rpartition(".")
    if ending not in ("csv", "json") or not key or len(key) > MOST_CHARACTERS:
        return page(
            404, "No such file", f"The release has no {kind}/{name[:MOST_CHARACTERS]}. SHA256SUMS lists its files."
        )
    columns = ", ".join(csv.cell(f.name, ending == "csv" and f.kind == "text") for f in fields.OBSERVATION)
    sql = f"SELECT {columns} FROM observation WHERE {duck.name(COLUMNS[kind])} = ? ORDER BY {parquet.ORDER}"
    try:
        with warehouse.cursor() as (con, contents):
            if contents.release != release:
                raise NoWarehouse("the warehouse is being built; remedy: ask again in a minute")
            rows = con.sql(sql, params=[key]).to_arrow_table()
    except NoWarehouse as error:
        return page(404, "No such file now", str(error))
    if not rows.num_rows:
        return page(404, "No values", f"The release {release} has no values of {key!r}.")
    body = _csv(rows) if ending == "csv" else _json(rows, release, key)
    media_type = "text/csv; charset=utf-8" if ending == "csv" else "application/json"
    return Answer(body, media_type, headers={"cache-control": NO_CACHE}, etag=tag(body))


def _csv(rows: pa.Table) -> bytes:
    import pyarrow.csv

    target = io.BytesIO()
    target.write(codecs.BOM_UTF8 + (",".join(rows.column_names) + "\n").encode())
    pyarrow.csv.write_csv(rows, target, pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed"))
    return target.getvalue()


def _json(rows: pa.Table, release: str, key: str) -> bytes:
    """``{"release": …, "id": …, "values": [{column: value, …}, …]}``; what is missing is null."""
    parts: list[str | Any] = []
    for number, name in enumerate(rows.column_names):
        parts += [f"{',' if number else '{'}{_dump(name)}:", written(rows.column(name), _dump, "null")]
    values = ",\n".join(joined([*parts, "}"], rows.num_rows).to_pylist())
    return f'{{"release":{_dump(release)},"id":{_dump(key)},"values":[\n{values}\n]}}\n'.encode()


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
