"""Rows as text, column by column: what SDMX-ML and SDMX-JSON have in common.

A column has few different values, so each is written once and taken as often as it stands there. A message of 83,000
values is written in a quarter of a second; with DuckDB's functions of text it takes a second.
What belongs here: columns to text, rows to series. What does not: either form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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


def joined(parts: Iterable[str | pa.Array], count: int) -> list[str]:
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
        return ["".join(pieces)] * count
    texts: list[str] = pc.binary_join_element_wise(*pieces, pa.scalar("")).to_pylist()
    return texts


def grouped(series: Sequence[str], values: Sequence[str]) -> dict[str, list[str]]:
    """The values by series; both keep their order, which in the warehouse is by area and time."""
    groups: dict[str, list[str]] = {}
    for key, value in zip(series, values, strict=True):
        groups.setdefault(key, []).append(value)
    return groups
