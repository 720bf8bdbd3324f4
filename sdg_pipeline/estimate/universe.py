"""Whom the figures of an indicator are of: the codes of its own total, and rows with them or with ``_T``.

What belongs here: the SQL that puts the codes of a total in place of ``_T`` and back. What does not: which codes an
indicator has (``Indicator.universe``). Whatever adds up, compares or withholds works on ``_T``; what is written and
published has the indicator's own codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sdg_pipeline.duck import text as literal
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

TOTAL_KEY = ("indicator", *DIMENSIONS)
"""What tells the rows of an indicator's total from those of its groups."""


def own_codes(query: str, indicator: Indicator) -> str:
    """The rows of a query with the codes of the indicator's total in place of ``_T``."""
    return _replaced(query, {d: (TOTAL, code) for d, code in _fixed(indicator)})


def common_codes(query: str, indicator: Indicator) -> str:
    """The rows of a query with ``_T`` in place of the codes of the indicator's total."""
    return _replaced(query, {d: (code, TOTAL) for d, code in _fixed(indicator)})


def is_total(indicator: Indicator, alias: str = "", dimensions: Iterable[str] = DIMENSIONS) -> str:
    """The condition that a row is not broken down by these dimensions."""
    prefix, totals = f"{alias}." if alias else "", indicator.totals
    return " AND ".join(f"{prefix}{name} = {literal(totals[name])}" for name in dimensions)


def totals(indicators: Iterable[Indicator]) -> str:
    """A relation of the own totals of indicators, with the columns ``TOTAL_KEY``; empty without indicators."""
    rows = [f"({', '.join(map(literal, (i.id, *i.totals.values())))})" for i in indicators]
    empty = f"({', '.join(['NULL'] * len(TOTAL_KEY))})"
    chosen = "" if rows else " WHERE false"
    return f"(SELECT * FROM (VALUES {', '.join(rows or [empty])}) AS v({', '.join(TOTAL_KEY)}){chosen})"


def common_codes_of_all(source: str, indicators: Iterable[Indicator]) -> str:
    """The rows of all indicators in a relation, with ``_T`` in place of the codes of the total of each."""
    cases = ", ".join(f"CASE o.{d} WHEN t.{d} THEN {literal(TOTAL)} ELSE o.{d} END AS {d}" for d in DIMENSIONS)
    return f"SELECT o.* REPLACE ({cases}) FROM {source} AS o LEFT JOIN {totals(indicators)} AS t USING (indicator)"


def offer_common(con: duckdb.DuckDBPyConnection, indicator: Indicator) -> None:
    """View ``common``: the rows of view ``observation``, with ``_T`` in place of the codes of the total."""
    con.execute(f"CREATE OR REPLACE VIEW common AS {common_codes('SELECT * FROM observation', indicator)}")


def _fixed(indicator: Indicator) -> list[tuple[str, str]]:
    return [(d, code) for d, code in indicator.totals.items() if code != TOTAL]


def _replaced(query: str, codes: dict[str, tuple[str, str]]) -> str:
    cases = (f"CASE {d} WHEN {literal(old)} THEN {literal(new)} ELSE {d} END AS {d}" for d, (old, new) in codes.items())
    return f"SELECT * REPLACE ({', '.join(cases)}) FROM ({query})" if codes else query
