"""Rows as text, column by column: what SDMX-ML and SDMX-JSON have in common.

A column has few different values, so each is written once and taken as often as it stands there. A message of 83,000
values is written in a fifth of a second; with DuckDB's functions of text it takes a second.
What belongs here: columns to text, rows to series. What does not: either form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Render = Callable[[Any], str]
Part = "str | pa.Array"


def written(column: pa.ChunkedArray, render: Render, empty: str = "") -> str | pa.Array:
    """The text of each value of a column, ``empty`` where it is missing; one text where all are alike."""
    import pyarrow as pa

    encoded = column.combine_chunks().dictionary_encode()
    texts = [render(value) for value in encoded.dictionary.to_pylist()]
    if not texts:
        return empty
    if len(texts) == 1 and not encoded.null_count:
        return texts[0]
    return pa.array(texts, pa.string()).take(encoded.indices).fill_null(empty)


def numeric(kind: pa.DataType) -> bool:
    """Whether the text of a value is that of a number, in which no character needs another form."""
    import pyarrow as pa

    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def joined(parts: Iterable[str | pa.Array], count: int) -> pa.Array:
    """The parts of each row as one text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    pieces: list[Any] = []
    for part in parts:
        if isinstance(part, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += part
        else:
            pieces.append(part)
    if all(isinstance(piece, str) for piece in pieces):
        return pa.repeat("".join(pieces), count)
    return pc.binary_join_element_wise(*pieces, pa.scalar(""))


def body(texts: pa.Array) -> pa.Buffer:
    """All texts, one after the other, as UTF-8."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts), "")[0].as_buffer()


@dataclass(frozen=True)
class Series:
    """Series of rows that follow each other: the first row of each, and which rows begin and end one."""

    first: pa.Table
    begins: pa.Array
    ends: pa.Array

    def before(self, heads: pa.Array) -> pa.Array:
        """By row the head of the series that it begins, else nothing."""
        import pyarrow as pa
        import pyarrow.compute as pc

        number = pc.subtract(pc.cumulative_sum(self.begins.cast(pa.int32())), 1)
        return heads.take(pc.if_else(self.begins, number, None)).fill_null("")


def series_of(rows: pa.Table, columns: Iterable[str]) -> Series:
    """A row that differs from the one before in one of these columns begins a series."""
    import pyarrow as pa
    import pyarrow.compute as pc

    differs = pa.repeat(False, len(rows) - 1)
    for name in columns:
        codes = rows.column(name).combine_chunks().dictionary_encode(null_encoding="encode").indices
        differs = pc.or_(differs, pc.not_equal(codes[1:], codes[:-1]))
    edge = pa.array([True])
    begins, ends = (pa.concat_arrays(parts) for parts in ([edge, differs], [differs, edge]))
    return Series(rows.filter(begins), begins, ends)
