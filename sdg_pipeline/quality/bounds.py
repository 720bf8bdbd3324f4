"""Rules of a contract: a number of the table within bounds in every cell, as queries over its profile.

What belongs here: from a bound of the spec to a rule. What does not: rules that follow from specs (contracts).
"""

from __future__ import annotations

from collections.abc import Iterable

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.quality.profile import measures, published
from sdg_pipeline.quality.rules import Rule
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.contract import AREAS, RECORDS, Bound
from sdg_pipeline.specs.table import Table

AGAINST = {"previous_period": "the year before", "previous_edition": "the cut before", "median": "the median"}


def described(bound: Bound) -> str:
    """A bound in words."""
    what = bound.measure + (f" (where {bound.where})" if bound.where else "")
    if bound.take != "sum":
        what = f"the {'largest' if bound.take == 'max' else 'smallest'} {what}"
    if bound.to is not None:
        what += f" over {bound.to}" + (f" (where {bound.to_where})" if bound.to_where else "")
    if bound.against is not None:
        what += f" over that of {AGAINST[bound.against]}"
    ends = [f"at least {bound.at_least:,.12g}"] if bound.at_least is not None else []
    ends += [f"at most {bound.at_most:,.12g}"] if bound.at_most is not None else []
    by = f" by {', '.join(bound.per)}" if bound.per else ""
    return f"{what} is {' and '.join(ends)}{by}."


def columns(bound: Bound) -> tuple[str, ...]:
    """Columns of the staged table that cells must have for the rule: those of ``per`` and of its conditions."""
    named = [c for text in (bound.where, bound.to_where) if text for c in _columns(text)]
    named += ["municipality"] if AREAS in (*_columns(bound.measure), *(_columns(bound.to) if bound.to else ())) else []
    return tuple(dict.fromkeys((*bound.per, *named)))


def _columns(text: str) -> tuple[str, ...]:
    from sdg_pipeline.specs import expressions

    return expressions.columns(expressions.read(text))


def rule(name: str, bound: Bound, table: Table, owner: str) -> Rule:
    """The rule of a bound; ``value`` is the number that is judged."""
    ends = (("min_value", bound.at_least), ("max_value", bound.at_most))
    keys = _keys(bound, table)
    divided = bound.to is not None or bound.against is not None
    return Rule(
        name,
        bound.severity,
        described(bound),
        bound.owner or owner,
        bound.reason,
        _frame(bound, table, keys),
        "value",
        (*keys, *(("number", "divisor") if divided else ()), "value"),
        "ExpectColumnValuesToBeBetween",
        tuple((end, value) for end, value in ends if value is not None),
        "table",
    )


def _keys(bound: Bound, table: Table) -> tuple[str, ...]:
    cut = ("edition",) if table.vintages else ()
    return tuple(dict.fromkeys((*cut, "geo_level", "time_period", *bound.per)))


def _frame(bound: Bound, table: Table, keys: tuple[str, ...]) -> str:
    by = ", ".join(map(quoted, keys))
    number = _aggregated(bound.measure, bound.where, bound, table)
    divisor = _aggregated(bound.to, bound.to_where, bound, table) if bound.to is not None else "NULL::DOUBLE"
    where = f"geo_level = {literal(bound.level.value)}" if bound.level else "true"
    cells = f"SELECT {by}, {number} AS number, {divisor} AS divisor FROM cells WHERE {where} GROUP BY {by}"
    if bound.against is not None:
        cells = f"SELECT {by}, number, {_against(bound, table, keys)} AS divisor FROM ({cells})"
    small = f"divisor >= {max(bound.small, 1e-300)!r}"
    value = "number" if bound.to is None and bound.against is None else f"CASE WHEN {small} THEN number / divisor END"
    return f"SELECT *, round({value}, 9) AS value FROM ({cells}) ORDER BY {by}"


def _against(bound: Bound, table: Table, keys: tuple[str, ...]) -> str:
    def over(without: str, order: str) -> str:
        rest = ", ".join(quoted(k) for k in keys if k != without)
        return f"OVER (PARTITION BY {rest} ORDER BY {order})"

    if bound.against == "previous_period":
        return f"lag(number) {over('time_period', 'time_period')}"
    if bound.against == "previous_edition":
        order = " ".join(f"WHEN {literal(p.edition)} THEN {i}" for i, p in enumerate(table.parts))
        return f"lag(number) {over('edition', f'CASE edition {order} END')}"
    rest = ", ".join(quoted(k) for k in keys if k not in bound.per)
    return f"median(number) OVER (PARTITION BY {rest})"


def _aggregated(text: str, where: str | None, bound: Bound, table: Table) -> str:
    """SQL of an expression, its names replaced by aggregates over the cell."""
    from sdg_pipeline.specs import expressions

    tree = expressions.read(text)
    chosen = expressions.sql(expressions.read(where)) if where else "true"
    named = (*bound.per, *(_columns(where) if where else ()))
    apart = [f"{quoted(d)} = '{TOTAL}'" for d in published(table) if d not in named]
    condition = " AND ".join((f"({chosen})", *apart))
    by = {c: _aggregate(c, condition, bound, table) for c in expressions.columns(tree)}
    return f"({expressions.replaced(tree, by)})"


def _aggregate(name: str, condition: str, bound: Bound, table: Table) -> str:
    only = f"FILTER (WHERE {condition})"
    if name == RECORDS:
        return f"sum(records) {only}"
    if name == AREAS:
        return f"count(DISTINCT CASE WHEN municipality NOT IN ('_U', '_T') THEN municipality END) {only}"
    if bound.take != "sum":
        return f"{bound.take}({quoted(name + '__' + bound.take)}) {only}"
    if measures(table)[name]:
        return f"sum({quoted(name)}) {only}"
    n = quoted(name + "__n")
    return f"(sum({quoted(name)} * {n}) {only} / nullif(sum({n}) {only}, 0))"


def used(bounds: Iterable[Bound]) -> tuple[str, ...]:
    """Columns that the cells of a table must have for all its bounds."""
    return tuple(dict.fromkeys(c for bound in bounds for c in columns(bound)))
