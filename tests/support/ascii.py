"""Small ASCII tables: how the tests write inputs and expected rows.

    area | sex | value
    -----+-----+------
    01   | F   | 12.5

A rule of ``-`` and ``+`` and blank lines are decoration; cells are text without the blanks around them.
"""

from __future__ import annotations

from typing import Any


def rows(table: str) -> list[dict[str, str]]:
    """The rows of a table, each a cell by column."""
    lines = [line for line in table.splitlines() if line.strip() and not set(line.strip()) <= set("-+|")]
    header, *body = ([cell.strip() for cell in line.split("|")] for line in lines)
    wrong = [cells for cells in body if len(cells) != len(header)]
    assert not wrong, f"rows with other columns than {header}: {wrong}"
    return [dict(zip(header, cells, strict=True)) for cells in body]


def text(value: Any) -> str:
    """A value as the tables write it: up to 6 decimals, no trailing zeros, nothing for None."""
    if value is None:
        return ""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def table(values: list[dict[str, Any]], columns: list[str]) -> str:
    """Values as an aligned ASCII table, rows in order of their text."""
    cells = sorted([text(row[column]) for column in columns] for row in values)
    widths = [max(len(line[i]) for line in [columns, *cells]) for i in range(len(columns))]
    return "\n".join(" | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in [columns, *cells])


def assert_rows(values: list[dict[str, Any]], expected: str) -> None:
    """The values, in any order, are the rows of the expected table; only its columns are compared."""
    wanted: list[dict[str, Any]] = list(rows(expected))
    columns = [cell.strip() for cell in expected.strip().splitlines()[0].split("|")]
    left, right = table(values, columns), table(wanted, columns)
    assert left == right, f"found\n{left}\nwanted\n{right}"
