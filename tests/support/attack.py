"""An attacker: derives withheld cells from published ones with exact linear algebra, knowing nothing of the product.

Cells are (area, code, code, ...): a state lies in the nation, a municipality in its state, ``_T`` is the sum of the
codes that occur. What belongs here: solving equations in fractions. What does not: reading releases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Cell = tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A row of a release: which sums it is the ratio of (None: it has no such sum), and what of them is published.

    ``value`` is the plain ratio, in no unit.
    """

    numerator: str | None
    denominator: str | None
    cell: Cell
    value: float | None
    sums: tuple[float | None, float | None]

    @property
    def named(self) -> tuple[str | None, str | None]:
        return self.numerator, self.denominator


def opened(rows: Sequence[Row]) -> list[Row]:
    """The rows without a value that follows from all rows together: from sums that several have, totals and ratios.

    A share that is published gives its numerator once the denominator is known, and the other way round. Sums that
    differ, since some records have an answer to one question alone, are taken as the first of them.
    """
    published: dict[str, dict[Cell, Fraction]] = defaultdict(dict)
    cells: dict[str, set[Cell]] = defaultdict(set)
    for row in rows:
        for name, figure in zip(row.named, row.sums, strict=True):
            if name is not None:
                cells[name].add(row.cell)
                if figure is not None:
                    published[name].setdefault(row.cell, Fraction(figure))
    before = -1
    while before != (before := sum(map(len, published.values()))):
        for name, there in cells.items():
            if len(published[name]) < len(there):
                published[name] |= derived(sorted(there), published[name])
        for row in rows:
            if row.value and row.numerator is not None and row.denominator is not None:
                above, below = published[row.numerator], published[row.denominator]
                if row.cell in below:
                    above.setdefault(row.cell, Fraction(row.value) * below[row.cell])
                elif row.cell in above:
                    below.setdefault(row.cell, above[row.cell] / Fraction(row.value))
    hidden = [row for row in rows if row.value is None and row.numerator is not None]
    return [row for row in hidden if all(row.cell in published[name] for name in row.named if name is not None)]


def derived(cells: Sequence[Cell], published: Mapping[Cell, Fraction]) -> dict[Cell, Fraction]:
    """The cells that are not known and whose value follows from the known ones."""
    unknown = [cell for cell in cells if cell not in published]
    rows = []
    for total, parts in _equations(cells):
        if all(cell in published for cell in (total, *parts)):
            continue
        row = [Fraction(parts.count(cell) - (cell == total)) for cell in unknown]
        right = published.get(total, 0) - sum(published[p] for p in parts if p in published)
        rows.append([*row, Fraction(right)])
    reduced = _reduced(rows, len(unknown))
    derivable = {}
    for row in reduced:
        places = [i for i, value in enumerate(row[:-1]) if value]
        if len(places) == 1:
            derivable[unknown[places[0]]] = row[-1]
    return derivable


def _equations(cells: Sequence[Cell]) -> list[tuple[Cell, list[Cell]]]:
    """Each total with its parts: over one dimension, or over areas, of the same breakdown."""
    there = set(cells)
    rows = []
    for cell in cells:
        for place in range(1, len(cell)):
            if cell[place] == "_T":
                parts = [c for c in there if c != cell and c[place] != "_T" and _same(c, cell, place)]
                if parts:
                    rows.append((cell, sorted(parts)))
        inside = [c for c in there if len(c[0]) == {2: 4, 4: 7}.get(len(cell[0])) and c[0].startswith(cell[0])]
        parts = [c for c in inside if c[1:] == cell[1:]]
        if parts:
            rows.append((cell, sorted(parts)))
    return rows


def _same(one: Cell, other: Cell, but: int) -> bool:
    return all(a == b for i, (a, b) in enumerate(zip(one, other, strict=True)) if i != but)


def _reduced(rows: list[list[Fraction]], width: int) -> list[list[Fraction]]:
    """Reduced row echelon form, by Gauss and Jordan."""
    done = 0
    for column in range(width):
        pivot = next((i for i in range(done, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        head = rows[done][column]
        rows[done] = [value / head for value in rows[done]]
        for i, row in enumerate(rows):
            if i != done and row[column]:
                rows[i] = [a - row[column] * b for a, b in zip(row, rows[done], strict=True)]
        done += 1
    return rows[:done]
