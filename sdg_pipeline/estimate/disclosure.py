"""Complementary suppression: which further values must be withheld so that totals give none of the withheld away.

What belongs here: what published figures tell of withheld ones, and the choice of rows. What does not: the equations
between figures (equations), which values are withheld for their own sample (survey.values).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sdg_pipeline.estimate import equations
from sdg_pipeline.estimate.equations import System
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.fields import DIMENSIONS

if TYPE_CHECKING:
    import numpy
    import pyarrow
    from numpy.typing import NDArray

    Floats = NDArray[numpy.float64]

DETERMINED = 1e-8
"""A quantity that moves less than this in every solution of the equations is determined by them."""


def complementary(table: pyarrow.Table, withheld: list[int], interval: float) -> list[int]:
    """Rows to be withheld besides ``withheld``, in order; ``table`` has the columns of the indicator table, all given.

    Whoever reads the release knows each numerator and denominator of a row that is not withheld, that totals are the
    sums of their parts, and that parts of a total that is not negative are not negative. A withheld numerator must
    then be free to lie in an interval of at least ``interval`` of itself. While one is not, the row is withheld that
    shares an equation with it and loses least: no total if another will do, then the fewest rows and records. After
    Hundepool et al. (2012), Statistical Disclosure Control, Wiley, chapter 4.
    """
    if not withheld:
        return []
    system, hidden, first = equations.of(table), set(withheld), set(withheld)
    costs = _costs(table)
    while exposed := sorted(_exposed(system, hidden, interval)):
        chosen = _cheapest(system, exposed, hidden, costs)
        if chosen is None:  # nothing is left to hide: the equations hold no published figure
            break
        hidden |= chosen
    return sorted(hidden - first)


def _rows(system: System, quantity: int) -> tuple[int, ...]:
    return (*system.numerator_of[quantity], *system.denominator_of[quantity])


def _exposed(system: System, hidden: set[int], interval: float) -> Iterator[int]:
    """Withheld numerators that the published quantities tell, or nearly tell."""
    import numpy

    unknown = [q for q in range(len(system.values)) if set(_rows(system, q)) <= hidden]
    place = {q: i for i, q in enumerate(unknown)}
    sensitive = [q for q in unknown if system.numerator_of[q]]
    told = [e for e in system.equations if any(q in place for q in e)]
    matrix = numpy.zeros((len(told), len(unknown)))
    for row, equation in enumerate(told):
        for q, coefficient in equation.items():
            if q in place:
                matrix[row, place[q]] = coefficient
    free = _null_space(matrix)
    values = numpy.array([system.values[q] for q in unknown])
    positive = bool((values >= 0).all())
    for q in sensitive:
        at, least = place[q], interval * abs(system.values[q])
        determined = not free.size or numpy.abs(free[at]).max() < DETERMINED
        if determined or (positive and _width(matrix, values, at) < least):
            yield q


def _null_space(matrix: Floats) -> Floats:
    """Shape (unknowns, freedom): the directions in which the unknowns can move together."""
    import numpy
    from scipy.linalg import null_space

    return null_space(matrix) if len(matrix) else numpy.eye(matrix.shape[1])


def _width(matrix: Floats, values: Floats, place: int) -> float:
    """How far apart the largest and the smallest value of an unknown are, none of them being negative."""
    import numpy
    from scipy.optimize import linprog

    total = matrix @ values
    goal = numpy.zeros(matrix.shape[1])
    goal[place] = 1.0
    scale = max(float(values.max()), 1.0)
    ends = [
        linprog(sign * goal, A_eq=matrix, b_eq=total / scale, bounds=(0, None), method="highs") for sign in (1.0, -1.0)
    ]
    if ends[1].status == 3:  # no upper bound
        return float("inf")
    return scale * float(-ends[1].fun - ends[0].fun)


Cost = tuple[bool, int]


def _costs(table: pyarrow.Table) -> list[Cost]:
    """By row whether it is a total of areas or groups, and the size of its sample."""
    national = [level == "national" for level in table["geo_level"].to_pylist()]
    codes = zip(*(table[name].to_pylist() for name in DIMENSIONS), strict=True)
    totals = [all(code == TOTAL for code in row) for row in codes]
    sizes = table["n_obs"].to_pylist()
    return [(n or t, size or 0) for n, t, size in zip(national, totals, sizes, strict=True)]


def _cheapest(system: System, exposed: list[int], hidden: set[int], costs: list[Cost]) -> set[int] | None:
    """The rows of the published quantity that costs least, of those that share an equation with an exposed one."""
    found = set(exposed)
    near = {q for equation in system.equations if found & set(equation) for q in equation}
    candidates = []
    for quantity in sorted(near):
        rows = set(_rows(system, quantity)) - hidden
        if rows and system.numerator_of[quantity]:
            candidates.append((max(costs[row] for row in rows), len(rows), min(rows), rows))
    return min(candidates)[3] if candidates else None
