"""Complementary suppression: which further values must be withheld so that totals give none of the withheld away.

What belongs here: the choice of rows. What does not: which values are withheld for their own sample (survey.values).
The method is that of hypercubes. A withheld cell is one corner of a cube, whose other corners lie in another area and
in other groups. Every total over a side of the cube holds two of its corners. An amount can thus be moved around the
cube without changing any total. Source: Giessing and Repsilber (2002). Tools and strategies to protect multiple tables
with the GHQUAR cell suppression engine. In Domingo-Ferrer (ed.), Inference Control in Statistical Databases, Springer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.fields import DIMENSIONS

if TYPE_CHECKING:
    import pyarrow

Cell = tuple[str, ...]
"""Area, year and the codes of the dimensions."""
CODES = 2
"""Place in a cell of the first dimension."""
PARENT_LENGTH = {len("MX01"): len("MX"), len("MX01001"): len("MX01")}
"""Length of the code of the area above, by that of an area's code."""


@dataclass(frozen=True, eq=False)
class _Linked:
    """The cells of a table with a numerator, linked to their totals.

    ``cells``, ``values`` (numerators) and ``sizes`` (records) are by row. ``rows`` has the row of each cell with a
    numerator. ``siblings`` has the cells that a total is the sum of, by the total and the place that is added up.
    """

    cells: Sequence[Cell]
    values: Sequence[float | None]
    sizes: Sequence[int | None]
    rows: Mapping[Cell, int]
    siblings: Mapping[tuple[Cell, int], Sequence[Cell]]

    def parts_to_hide(self, cell: Cell, hidden: set[int]) -> Iterator[int]:
        """Of what a hidden cell is the sum of, over areas or over groups, the smallest row where all are published."""
        for place in range(len(cell)):
            parts = [self.rows[part] for part in self.siblings.get((cell, place), ())]
            if parts and not hidden & set(parts):
                yield min(parts, key=lambda part: (self.sizes[part] or 0, part))

    def sides(self, cell: Cell) -> Iterator[tuple[int, Cell, list[Cell]]]:
        """The totals of a cell that are in the table: place, total, and the other cells that it is the sum of."""
        for place, total in _totals(cell):
            if total in self.rows:
                yield place, total, [other for other in self.siblings[total, place] if other != cell]

    def cheapest_cube(self, row: int, hidden: set[int], interval: float) -> list[int]:
        """The rows of the cube that protects a cell and costs least; if none does, of the one that does most."""
        cell = self.cells[row]
        others = [[(place, other[place]) for other in cells] for place, _, cells in self.sides(cell)]
        best: tuple[tuple[bool, float, float], list[int]] | None = None
        for moved in product(*filter(None, others)):
            corners = _corners(cell, moved)
            if not all(corner in self.rows for corner, _ in corners):
                continue
            cube = [self.rows[corner] for corner, _ in corners]
            room = _room([(self.values[i] or 0.0, even) for i, (_, even) in zip(cube, corners, strict=True)])
            enough = room >= interval * abs(self.values[row] or 0.0)
            cost = float(sum(self.sizes[i] or 0 for i in cube if i not in hidden))
            rank = (not enough, cost if enough else -room, cost)
            if best is None or rank < best[0]:
                best = rank, cube
        return best[1] if best else []


def complementary(table: pyarrow.Table, withheld: Sequence[int], interval: float) -> list[int]:
    """Rows to be withheld besides ``withheld``, in order; ``table`` has the columns of the indicator table, all filled.

    Numerators are what is added up; rows without one (medians, Gini coefficients) give nothing away. What can be moved
    around a cube must be at least ``interval`` of the withheld numerator, if numerators are not negative. Of the cubes
    that allow it, the one is taken that withholds the fewest records more. A total without another group is the cell
    itself, and is withheld with it. Of the cells that a withheld cell is the sum of, one is withheld.
    """
    linked = _linked(table)
    hidden = set(withheld)
    unguarded = [row for row in withheld if linked.values[row] is not None]
    unopened = list(unguarded)
    while unguarded or unopened:
        if unopened:
            row = unopened.pop(0)
            parts = sorted(linked.parts_to_hide(linked.cells[row], hidden))
            unguarded += parts
            new = set(parts)
        else:
            row = unguarded.pop(0)
            alone = {linked.rows[total] for _, total, others in linked.sides(linked.cells[row]) if not others}
            unguarded += sorted(alone - hidden)
            new = alone | set(linked.cheapest_cube(row, hidden, interval))
        unopened += sorted(new - hidden)
        hidden |= new
    return sorted(hidden - set(withheld))


def cells_of(table: pyarrow.Table) -> list[Cell]:
    """The cells of the rows of an indicator table."""
    return list(zip(*(table[name].to_pylist() for name in ("ref_area", "time_period", *DIMENSIONS)), strict=True))


def _linked(table: pyarrow.Table) -> _Linked:
    cells, values = cells_of(table), table["numerator"].to_pylist()
    rows = {cell: i for i, cell in enumerate(cells) if values[i] is not None}
    siblings: dict[tuple[Cell, int], list[Cell]] = {}
    for cell in sorted(rows):
        for place, total in _totals(cell):
            if total in rows:
                siblings.setdefault((total, place), []).append(cell)
    return _Linked(cells, values, table["n_obs"].to_pylist(), rows, siblings)


def _totals(cell: Cell) -> Iterator[tuple[int, Cell]]:
    """The cells of which this one is a part: of the area above, and of all groups of each dimension."""
    above = PARENT_LENGTH.get(len(cell[0]))
    if above is not None:
        yield 0, (cell[0][:above], *cell[1:])
    for place in range(CODES, len(cell)):
        if cell[place] != TOTAL:
            yield place, (*cell[:place], TOTAL, *cell[place + 1 :])


def _corners(cell: Cell, moved: Sequence[tuple[int, str]]) -> list[tuple[Cell, bool]]:
    """The corners of a cube, and whether an even number of steps leads there from the cell."""
    corners = [(cell, True)]
    for place, code in moved:
        corners += [((*corner[:place], code, *corner[place + 1 :]), not even) for corner, even in corners]
    return corners


def _room(corners: Sequence[tuple[float, bool]]) -> float:
    """How much can be taken from every other corner and given to the rest, in both directions, from what is there."""
    even = [value for value, is_even in corners if is_even]
    odd = [value for value, is_even in corners if not is_even]
    return max(min(even), 0.0) + max(min(odd), 0.0) if odd else 0.0
