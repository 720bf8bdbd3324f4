"""What stands in the columns of a Parquet file: the texts of each, and which columns have one value.

Formats look at each text once and write SQL for those that they escape, so DuckDB copies all others as they are. What
belongs here: that look. What does not: what a format escapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sdg_pipeline import duck

Cell = str | float | int | None


@dataclass(frozen=True)
class Table:
    """A Parquet file: its number of rows, and the different texts by column; empty where it has numbers.

    ``same`` are columns with one value in all rows.
    """

    path: Path
    records: int
    numbers: frozenset[str]
    texts: dict[str, tuple[str, ...]]
    same: dict[str, Cell]


def table(path: Path) -> Table:
    """Look at the columns of a file.

    Arrow reads texts as dictionaries, so each is looked at once. In SQL, or with threads, this takes four times as
    long.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    import pyarrow.types

    schema = pq.read_schema(path)
    numbers = frozenset(field.name for field in schema if not pyarrow.types.is_string(field.type))
    read = pq.read_table(path, read_dictionary=[n for n in schema.names if n not in numbers], use_threads=False)
    same: dict[str, Cell] = {}
    texts: dict[str, tuple[str, ...]] = {}
    for name in schema.names:
        cells = read[name]
        values = pc.min_max(cells).as_py().values() if name in numbers else pc.unique(cells).to_pylist()
        different = [value for value in dict.fromkeys(values) if value is not None]
        texts[name] = () if name in numbers else tuple(sorted(different))
        if len(different) <= 1 and cells.null_count in (0, len(cells)):
            same[name] = different[0] if different else None
    return Table(path, len(read), numbers, texts, same)


def case(name: str, expressions: Mapping[str, str], otherwise: str) -> str:
    """SQL of an expression for each of some texts of a column, and of one for all others."""
    cases = " ".join(f"WHEN {duck.text(value)} THEN {expression}" for value, expression in expressions.items())
    return f"CASE {name} {cases} ELSE {otherwise} END" if cases else otherwise
