"""Sums that are the same to the last bit, whatever the order: of threads, of row groups, of a spilled hash table.

What belongs here: how survey queries add. What does not: what they add. Floating-point addition is not associative. A
plain SUM of doubles differs in its last digits from run to run, and two releases of the same data would differ.
Records, of which there are many, are added as decimals; what is left of them, by domain, in ascending order.
"""

from __future__ import annotations

WEIGHTED = "DECIMAL(38, 12)"
"""Type that weights, and weights times a value, are added up in: sums below 10^26, else DuckDB refuses."""
SQUARED = "DECIMAL(38, 9)"
"""Type of weights times the product of two values, for design effects: sums below 10^29."""
KINDS = {0: WEIGHTED, 1: WEIGHTED, 2: SQUARED}
"""Type of the sum of a weight times so many values."""


def exact(value: str, kind: str = WEIGHTED) -> str:
    """SQL of a sum over records, exact once each value is rounded to the decimals of ``kind``."""
    return f"SUM(CAST({value} AS {kind}))"


def weighted(factors: tuple[str, ...], condition: str) -> str:
    """SQL of the exact sum of ``weight`` times the ``factors`` (none, one or two columns) over records that meet it."""
    product = " * ".join(("weight", *factors))
    return exact(f"CASE WHEN {condition} THEN {product} ELSE 0 END", KINDS[len(factors)])


def as_double(*columns: str) -> str:
    """SQL of exact sums as doubles, under their names; products of decimals would overflow."""
    return ", ".join(f"CAST({column} AS DOUBLE) AS {column}" for column in columns)


def ordered(value: str) -> str:
    """SQL of a sum of doubles of any size, added from the lowest to the highest; empty values add nothing."""
    return f"LIST_SUM(LIST_SORT(LIST({value})))"
