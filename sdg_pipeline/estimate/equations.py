"""What holds between the numbers of indicator tables: totals are sums of their parts, indicators add up to others.

What belongs here: finding those equations in the rows, before anything is withheld. What does not: what they give away,
and what to withhold (disclosure).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.fields import DIMENSIONS

if TYPE_CHECKING:
    import pyarrow

SAME = 1e-9
"""Relative difference up to which two sums of floats are the same number."""
LARGEST_COEFFICIENT = 3
"""Indicators that are parts of others have whole and small coefficients; what has others is chance."""

Cell = tuple[str, ...]
"""Level, area, period and the codes of the dimensions."""
Breakdown = tuple[Level, frozenset[int]]
"""Level, and the places in a cell of the dimensions that are not totals."""
Equation = Mapping[int, int]
"""Coefficients by quantity, as its number; the sum of coefficient times value is 0."""
Identity = tuple[tuple[int, int], ...]
"""Measures, by number, and their coefficients; their sum is 0 in every cell."""

_CODES = 3
"""Place in a cell of the first dimension."""
_WIDTH = {Level.NATIONAL: len("MX"), Level.STATE: len("MX01")}
"""Letters of an area's code that name the area of a level it lies in."""


@dataclass(frozen=True)
class System:
    """Quantities, numbered from 0 in the order of indicators and cells, and the equations between them.

    A quantity is the numerator or denominator of one cell. Indicators with the same denominator share its quantities,
    and so does a count of persons with the ratio that it is the numerator of.
    """

    values: tuple[float, ...]
    """Each quantity as it is, whether or not it will be published."""
    numerator_of: tuple[tuple[int, ...], ...]
    """The rows whose numerator each quantity is."""
    denominator_of: tuple[tuple[int, ...], ...]
    """The rows whose denominator each quantity is."""
    equations: tuple[Equation, ...]


@dataclass(frozen=True)
class _Measure:
    """A numerator or denominator by cell, and the rows that have it as the one and as the other."""

    values: dict[Cell, float]
    numerator_of: dict[Cell, tuple[int, ...]]
    denominator_of: dict[Cell, tuple[int, ...]]

    def joined(self, other: _Measure) -> _Measure:
        return _Measure(
            other.values | self.values,
            _joined(self.numerator_of, other.numerator_of),
            _joined(self.denominator_of, other.denominator_of),
        )


def of(table: pyarrow.Table) -> System:
    """The equations of the rows of one or several indicators of one table, with the columns of the indicator table.

    An equation that the values do not satisfy is none: where a part of the nation lies in no state, states do not add
    up to it. A cell without a row had no record and adds nothing.
    """
    measures = _distinct(_measures(table))
    numbers: list[dict[Cell, int]] = []
    values: list[float] = []
    numerator_of: list[tuple[int, ...]] = []
    denominator_of: list[tuple[int, ...]] = []
    for measure in measures:
        cells = sorted(measure.values)
        numbers.append({cell: number for number, cell in enumerate(cells, start=len(values))})
        values += (measure.values[cell] for cell in cells)
        numerator_of += (measure.numerator_of.get(cell, ()) for cell in cells)
        denominator_of += (measure.denominator_of.get(cell, ()) for cell in cells)
    found = [equation for cells in numbers for equation in _sums(cells, values)] + list(_between(numbers, values))
    distinct = {tuple(sorted(equation.items())): equation for equation in found}
    return System(tuple(values), tuple(numerator_of), tuple(denominator_of), tuple(distinct.values()))


def _measures(table: pyarrow.Table) -> list[_Measure]:
    """Numerator and denominator of each indicator, in order; one that is nowhere given is left out."""
    columns = ("geo_level", "ref_area", "time_period", *DIMENSIONS)
    cells: list[Cell] = list(zip(*(table[c].to_pylist() for c in columns), strict=True))
    indicators = table["indicator"].to_pylist()
    by_name: dict[tuple[str, str], _Measure] = defaultdict(lambda: _Measure({}, {}, {}))
    for column in ("numerator", "denominator"):
        for row, value in enumerate(table[column].to_pylist()):
            if value is not None:
                measure = by_name[indicators[row], column]
                rows = measure.numerator_of if column == "numerator" else measure.denominator_of
                measure.values[cells[row]], rows[cells[row]] = value, (row,)
    return [by_name[name] for name in sorted(by_name)]


def _distinct(measures: list[_Measure]) -> list[_Measure]:
    """Measures that are the same number in every cell that they share become one."""
    distinct: list[_Measure] = []
    for measure in measures:
        place = next((i for i, d in enumerate(distinct) if _are_same(d.values, measure.values)), len(distinct))
        if place < len(distinct):
            distinct[place] = distinct[place].joined(measure)
        else:
            distinct.append(measure)
    return distinct


def _are_same(one: Mapping[Cell, float], other: Mapping[Cell, float]) -> bool:
    """Two cells with the same number are no chance; zeros say nothing."""
    shared = [cell for cell in one if cell in other]
    same = all(math.isclose(one[cell], other[cell], rel_tol=SAME) for cell in shared)
    return same and sum(one[cell] != 0 for cell in shared) >= 2


def _joined(one: Mapping[Cell, tuple[int, ...]], other: Mapping[Cell, tuple[int, ...]]) -> dict[Cell, tuple[int, ...]]:
    return {cell: one.get(cell, ()) + other.get(cell, ()) for cell in one.keys() | other.keys()}


def _breakdown(cell: Cell) -> Breakdown:
    return Level(cell[0]), frozenset(i for i, code in enumerate(cell[_CODES:], start=_CODES) if code != TOTAL)


def _refines(fine: Breakdown, coarse: Breakdown) -> bool:
    """Whether cells of the one are parts of cells of the other. Municipalities are not told from harmonised units."""
    levels = fine[0] == coarse[0] or (coarse[0] in _WIDTH and fine[0].depth > coarse[0].depth)
    return levels and fine != coarse and fine[1] >= coarse[1]


def _whole(part: Cell, breakdown: Breakdown) -> Cell:
    """The cell of a coarser breakdown that a cell is part of."""
    level, kept = breakdown
    area = part[1][: _WIDTH.get(level, len(part[1]))]
    codes = (code if i in kept else TOTAL for i, code in enumerate(part[_CODES:], start=_CODES))
    return (level.value, area, part[2], *codes)


def _sums(cells: Mapping[Cell, int], values: list[float]) -> Iterator[Equation]:
    """Each cell is the sum of its parts in each finer breakdown."""
    by_breakdown: dict[Breakdown, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_breakdown[_breakdown(cell)].append(cell)
    for coarse, fine in permutations(by_breakdown, 2):
        if not _refines(fine, coarse):
            continue
        parts: dict[Cell, list[int]] = defaultdict(list)
        for cell in by_breakdown[fine]:
            parts[_whole(cell, coarse)].append(cells[cell])
        for cell in by_breakdown[coarse]:
            equation = {cells[cell]: -1} | dict.fromkeys(parts.get(cell, ()), 1)
            if len(equation) > 1 and _holds(equation, values):
                yield equation


def _holds(equation: Equation, values: list[float]) -> bool:
    terms = [coefficient * values[i] for i, coefficient in equation.items()]
    return abs(math.fsum(terms)) <= SAME * max(map(abs, terms))


def _between(measures: list[dict[Cell, int]], values: list[float]) -> Iterator[Equation]:
    """In each cell what holds between indicators: those who can read and those who cannot are the population."""
    by_breakdown: dict[Breakdown, dict[int, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    for number, cells in enumerate(measures):
        for cell in cells:
            by_breakdown[_breakdown(cell)][number].append(cell)
    identities: set[Identity] = set()
    for present in by_breakdown.values():
        shared = sorted(set.intersection(*map(set, present.values())))
        identities |= _identities([[values[measures[m][cell]] for m in present] for cell in shared], list(present))
    for identity in sorted(identities):
        for cell in set.intersection(*(set(measures[m]) for m, _ in identity)):
            equation = {measures[m][cell]: coefficient for m, coefficient in identity}
            if _holds(equation, values):
                yield equation


def _identities(rows: list[list[float]], measures: list[int]) -> set[Identity]:
    """Sums that hold in all rows, which have a column a measure; with no more rows than columns all would hold.

    Gaussian elimination with pivoting, by the QR decomposition: the columns that depend on others, and how.
    """
    import numpy
    from scipy.linalg import qr, solve_triangular

    if len(rows) <= len(measures):
        return set()
    matrix = numpy.array(rows)
    length = numpy.linalg.norm(matrix, axis=0)
    kept = numpy.flatnonzero(length)
    factor, order = qr(matrix[:, kept] / length[kept], mode="r", pivoting=True)
    rank = int((abs(numpy.diag(factor)) > SAME).sum())
    order = kept[order]
    base, others = order[:rank], order[rank:]
    weights = solve_triangular(factor[:rank, :rank], factor[:rank, rank:]) * length[others] / length[base][:, None]
    whole = numpy.rint(weights)
    certain = (abs(weights - whole) < 1e-6).all(axis=0) & (abs(whole) <= LARGEST_COEFFICIENT).all(axis=0)
    return {
        tuple(
            sorted(
                [
                    (measures[others[j]], -1),
                    *((measures[b], int(w)) for b, w in zip(base, whole[:, j], strict=True) if w),
                ]
            )
        )
        for j in numpy.flatnonzero(certain)
    }
