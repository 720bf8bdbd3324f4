"""The nearest places by the ranks of their variables, and how well a group of places predicts a figure.

The distance is Gower's on ranks: the mean difference of positions from 0 to 1 over the variables, which no outlier and
no unit moves. What belongs here: arithmetic on arrays. What does not: where figures come from (peers).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.float64]]
    Whole = numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.int64]]
    Mask = numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.bool_]]

BLOCK = 128
"""Places that are compared with all others at a time, so that memory stays small."""
TIE = 1e-12
"""Added by position, so that of two as near the first in the order of codes is taken."""
ENOUGH = 5
"""Fewest values of a group that give a median."""


@dataclass(frozen=True)
class Nearest:
    """By place (row), its peers by position among the candidates, their distances, and how often each stays.

    ``stays`` is the share of the runs, each without one variable, in which the peer is one. ``by_variable`` is the mean
    share of peers that stay without that variable.
    """

    peers: Whole
    distance: Array
    stays: Array
    by_variable: tuple[float, ...]


def positions(values: Array, among: Array) -> Array:
    """Position of each value from 0 to 1 among others, by column; equal values share the middle of their places."""
    import numpy as np

    ranked = np.empty_like(values)
    for column in range(values.shape[1]):
        ordered = np.sort(among[:, column])
        low = np.searchsorted(ordered, values[:, column], side="left")
        high = np.searchsorted(ordered, values[:, column], side="right")
        ranked[:, column] = (low + np.maximum(high - 1, low)) / 2 / max(1, len(ordered) - 1)
    return ranked


def nearest(places: Array, candidates: Array, own: Whole, number: int) -> Nearest:
    """The ``number`` nearest candidates of each place; ``own`` is the candidate that a place itself is, or -1."""
    import numpy as np

    count, variables = places.shape
    peers = np.empty((count, number), dtype=np.int64)
    distance, stays = np.empty((count, number)), np.zeros((count, number))
    kept = np.zeros(variables)
    tie = np.arange(len(candidates)) * TIE
    for start in range(0, count, BLOCK):
        rows = slice(start, min(start + BLOCK, count))
        apart = np.abs(places[rows, None, :] - candidates[None, :, :])
        total = apart.sum(axis=2) + tie
        itself = own[rows]
        inside = np.flatnonzero(itself >= 0)
        total[inside, itself[inside]] = np.inf
        chosen = _smallest(total, number)
        peers[rows], distance[rows] = chosen, np.take_along_axis(total, chosen, axis=1) / variables
        for variable in range(variables):
            without = _smallest(total - apart[:, :, variable], number)
            again = (chosen[:, :, None] == without[:, None, :]).any(axis=2)
            stays[rows] += again / variables
            kept[variable] += again.mean(axis=1).sum()
    return Nearest(peers, distance, stays, tuple(float(k) for k in kept / count))


def _smallest(distances: Array, number: int) -> Whole:
    """Positions of the smallest of each row, in order."""
    import numpy as np

    some = np.argpartition(distances, number - 1, axis=1)[:, :number]
    order = np.argsort(np.take_along_axis(distances, some, axis=1), axis=1)
    return np.take_along_axis(some, order, axis=1)


def medians(values: Array) -> Array:
    """The median of each row without its empty values; empty where fewer than ``ENOUGH`` are there."""
    import numpy as np

    ordered = np.sort(values, axis=1)  # empty values come last
    count = np.isfinite(ordered).sum(axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[1] - 1)
    middle = (ordered[rows, low] + ordered[rows, high]) / 2
    return np.where(count >= min(ENOUGH, values.shape[1]), middle, np.nan)


def gap(values: Array, predicted: Array, judged: Mask) -> float:
    """Mean absolute difference of values and what predicts them, over the places that are judged."""
    import numpy as np

    return float(np.abs(values[judged] - predicted[judged]).mean()) if judged.any() else float("nan")
