"""A list of records in JSON into a table of texts; numbers stay as they are written.

What belongs here: bounds, the list within the file, one value as text. What does not: other formats (readers). The
whole file is in memory: its bytes, its depth, its columns and its cells are bounded before or while it is read.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from sdg_pipeline.ingest.reading import ROW, Reading
from sdg_pipeline.specs.formats import JsonFormat

MOST_BYTES = 50_000_000
MOST_DEPTH = 32
MOST_COLUMNS, MOST_CELLS = 16_384, 20_000_000
"""As many as a worksheet can have, and as many as are read of one."""
LONGEST_NAME = 200
"""As long as a spec can name."""
_SIGN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
"""A text, which may hold brackets, or a bracket."""
_HALF = re.compile("[\ud800-\udfff\0]")
"""Halves of signs, which JSON can write one by one and UTF-8 cannot, and the sign that ends texts in C."""


def read_json(reading: Reading, form: JsonFormat, view: str) -> list[str]:
    """Make the temporary table ``view`` and return the names of its columns: those of all records."""
    size = reading.path.stat().st_size
    if size > MOST_BYTES:
        raise reading.fail(f"is JSON of more than {MOST_BYTES:,} bytes", value=f"{size:,} bytes")
    records = _list(reading, form, _parsed(reading, _text(reading)))
    columns = list(dict.fromkeys(name for record in records for name in record))
    if len(columns) > MOST_COLUMNS or len(columns) * len(records) > MOST_CELLS:
        seen = f"{len(records):,} records of {len(columns):,} names"
        raise reading.fail(f"has more than {MOST_COLUMNS:,} columns or {MOST_CELLS:,} cells", value=seen)
    for column in columns:
        if not 0 < len(column.strip()) <= LONGEST_NAME or not column.isprintable():
            message = f"has a name that is no text of 1 to {LONGEST_NAME} signs"
            raise reading.fail(message, place="a record", value=repr(column[:40]))
    reading.refuse_twice([ROW, *(column.lower() for column in columns)])
    rows = [
        (number, *(_cell(reading, number, column, record.get(column)) for column in columns))
        for number, record in enumerate(records, start=1)
    ]
    reading.make(view, columns, rows)
    return columns


def names_of_first(text: str) -> list[str]:
    """The names of the first whole record of a file that may be cut; none where there is no whole one."""
    for match in re.finditer(r"\[\s*(?=\{)", text):
        try:
            record, _ = json.JSONDecoder().raw_decode(text, match.end())
        except (ValueError, RecursionError):
            continue
        return list(record)
    return []


def _text(reading: Reading) -> str:
    try:
        text = reading.path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise reading.fail("is not utf-8, in which JSON is written", place=f"byte {error.start + 1}") from error
    depth = 0
    for sign in _SIGN.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(sign[0], 0)
        if depth > MOST_DEPTH:
            raise reading.fail(
                f"has lists and objects of more than {MOST_DEPTH} levels", place=_place(text, sign.start())
            )
    return text


def _place(text: str, position: int) -> str:
    return f"line {text.count(chr(10), 0, position) + 1}"


def _parsed(reading: Reading, text: str) -> Any:
    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        reading.refuse_twice([name for name, _ in members], place="a record")
        return dict(members)

    def no_number(constant: str) -> NoReturn:
        raise reading.fail("has a number that is none", value=constant)

    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=no_number, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise reading.fail(f"cannot be read as JSON: {error.msg}", place=f"line {error.lineno}") from error


def _list(reading: Reading, form: JsonFormat, value: Any) -> list[dict[str, Any]]:
    """The records; StagingError where the file has no such list."""
    remedy = "mend format.records in the table spec, or get the right file"
    for name in form.records:
        if not isinstance(value, dict) or name not in value:
            raise reading.fail("has no such name on the way to its records", value=name, remedy=remedy)
        value = value[name]
    if not isinstance(value, list):
        raise reading.fail("is no list of records", value=type(value).__name__, remedy=remedy)
    if not value:
        raise reading.fail("is an empty list of records", remedy=remedy)
    strangers = [number for number, record in enumerate(value, start=1) if not isinstance(record, dict)]
    if strangers:
        raise reading.fail("is a list of other things than records", place=f"record {strangers[0]}", remedy=remedy)
    return value


def _cell(reading: Reading, number: int, column: str, value: Any) -> str:
    if isinstance(value, (list, dict)):
        remedy = "serve a flat copy of the file from a mirror (SDG_MIRROR)"
        place = f"record {number}, {column}"
        raise reading.fail("has a list or an object in place of a value", place=place, remedy=remedy)
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value).strip()
    if _HALF.search(text):
        place = f"record {number}, {column}"
        raise reading.fail("holds half of a sign or a zero, which is no text", place=place, value=repr(text[:40]))
    return text
