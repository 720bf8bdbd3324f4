"""What is withheld or counted because little of it is known: areas not enumerated whole, dead instruments, few sites.

What belongs here: the steps of a table's ``known_share``, ``readings`` and ``sites``, and their conditions on a row of
``cube c``.
What does not: the policy of surveys (survey.protection) and small numbers of rates (rates).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import AN_EXPRESSION, Problem
from sdg_pipeline.estimate import missing
from sdg_pipeline.estimate.nodes import TablePlan
from sdg_pipeline.specs import expressions, yaml
from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.completeness import KnownShare
from sdg_pipeline.specs.table import Table

Cause = tuple[str, str]
"""SQL condition on a row of ``cube c`` that has no value, and the reason (``missing.STATUS``)."""
AREA = ("geo_level", "ref_area", "time_period")
INSTRUMENTS, SOUND = "n_instruments", "n_sound"
"""Columns of the cube of a table with ``readings``: instruments with any figure, and those with enough readings."""

SITES = "n_sites"
"""Column of the cube of a table with ``sites``: how many stand behind a row."""


def shares_of(plan: TablePlan) -> tuple[KnownShare, ...]:
    """The rules of the table that judge a measure of the plan."""
    return tuple(rule for rule in plan.table.known_share if plan.used & set(rule.measures))


def enumerated(plan: TablePlan, sums: str) -> str:
    """Steps from the cube ``sums`` to ``cube``: the same rows with ``enumeration``, withheld or marked or nothing."""
    rules = shares_of(plan)
    limits = {
        name: " OR ".join(
            f"(k.geo_level IN ({_levels(rule)}) AND k.share_{n} < {getattr(rule, f'{name}_below')})"
            for n, rule in enumerate(rules)
        )
        for name in ("withheld", "marked")
    }
    cases = " ".join(f"WHEN {condition} THEN '{name}'" for name, condition in limits.items())
    return (
        f"area_share AS ({_shares(plan.table, rules)}), "
        f"cube AS (SELECT s.*, CASE {cases} END AS enumeration FROM {sums} AS s "
        f"LEFT JOIN area_share AS k ON {' AND '.join(f'k.{key} = s.{key}' for key in AREA)})"
    )


def _levels(rule: KnownShare) -> str:
    return ", ".join(literal(level.value) for level in rule.levels)


def _shares(table: Table, rules: Sequence[KnownShare]) -> str:
    """By area and year the share that each rule asks for; from the totals of what the file has totals of."""
    shares = ", ".join(
        f"SUM(1.0 * ({_sql(rule.answered)})) / NULLIF(SUM({_sql(rule.whole)}), 0) AS share_{n}"
        for n, rule in enumerate(rules)
    )
    key = f"CASE geo_level WHEN '{Level.NATIONAL}' THEN '' WHEN '{Level.STATE}' THEN state ELSE municipality END"
    levels = dict.fromkeys(level.value for rule in rules for level in rule.levels)
    where = [f"geo_level IN ({', '.join(map(literal, levels))})"]
    where += [f"{name} = '{TOTAL}'" for name, dimension in table.dimensions.items() if dimension.totals == "published"]
    return (
        f"SELECT geo_level, CONCAT('MX', {key}) AS ref_area, time_period, {shares} FROM staged.{table.id} "
        f"WHERE {' AND '.join(where)} GROUP BY geo_level, CONCAT('MX', {key}), time_period"
    )


def _sql(text: str) -> str:
    return expressions.sql(expressions.read(text))


def readings(plan: TablePlan) -> tuple[str, str]:
    """The rows of a table with ``readings`` as a subquery, and the condition that such a row is a reading that counts.

    The rows have ``n_figures`` and ``n_readings`` of their instrument in the period.
    """
    rule = plan.table.readings
    assert rule is not None, "estimate.withheld: the table of the plan has no rule on readings"
    instrument = plan.table.id, ", ".join(("geo_level", "state", "municipality", *plan.dimensions, rule.instrument))
    over = f"OVER (PARTITION BY {instrument[1]}, time_period)"
    rows = (
        f"(SELECT *, COUNT({rule.value}) {over} AS n_figures, "
        f"COUNT(CASE WHEN {rule.value} >= {rule.floor} THEN 1 END) {over} AS n_readings FROM staged.{instrument[0]})"
    )
    return rows, f"{rule.value} >= {rule.floor} AND n_readings >= {rule.least}"


def instruments(plan: TablePlan) -> str:
    """Columns of a cell: its instruments with any figure, and those with enough readings."""
    rule = plan.table.readings
    assert rule is not None, "estimate.withheld: the table of the plan has no rule on readings"
    counted = {INSTRUMENTS: "n_figures > 0", SOUND: f"n_readings >= {rule.least}"}
    return "".join(
        f", COUNT(DISTINCT CASE WHEN {condition} THEN {rule.instrument} END) AS {name}"
        for name, condition in counted.items()
    )


def sites(plan: TablePlan) -> str:
    """Column of a cell that counts its sites; nothing of a table that has none."""
    rule = plan.table.sites
    if rule is None:
        return ""
    counted = "TRUE" if plan.denominator is None else f"({expressions.sql(plan.denominator)}) <> 0"
    site = f"DISTINCT CASE WHEN {counted} THEN {rule.site} END" if rule.site else f"CASE WHEN {counted} THEN 1 END"
    return f", COUNT({site}) AS {SITES}"


def causes(plan: TablePlan) -> list[Cause]:
    """Why rows of the plan are withheld, the first that holds being the reason."""
    result = [("c.enumeration = 'withheld'", missing.INCOMPLETE)] if shares_of(plan) else []
    if plan.table.readings is not None:
        result.append((f"c.{INSTRUMENTS} = 0", "missing_component"))
        result.append((f"c.{SOUND} < {plan.table.readings.share} * c.{INSTRUMENTS}", missing.FEW_READINGS))
    return result


def problems(table: Table, catalog: Catalog) -> Iterator[Problem]:
    """Names that rules on completeness use and the table lacks, and measures among them that do not add up."""
    additive = tuple(name for name, measure in table.measures.items() if measure.additive)
    document = catalog.document(table)

    def unknown(place: yaml.Place, named: Collection[str], what: str, valid: Collection[str]) -> Iterator[Problem]:
        for name in named:
            if name not in valid:
                yield document.problem(place, f"names an unknown {what}", value=name, valid=tuple(valid))

    for n, rule in enumerate(table.known_share):
        yield from unknown(("known_share", n, "measures"), rule.measures, "measure", table.measures)
        for key, text in (("answered", rule.answered), ("whole", rule.whole)):
            place: yaml.Place = ("known_share", n, key)
            try:
                named = expressions.columns(expressions.read(text))
            except expressions.ExpressionError as error:
                yield document.problem(place, str(error), value=text, remedy=AN_EXPRESSION)
            else:
                yield from unknown(place, named, "measure that adds up", additive)
    for n, caveat in enumerate(table.caveats):
        yield from unknown(("caveats", n, "measures"), caveat.measures, "measure", table.measures)
    if table.readings is not None:
        yield from unknown(("readings", "value"), [table.readings.value], "measure that adds up", additive)
        yield from unknown(("readings", "instrument"), [table.readings.instrument], "key column", table.key)
    if table.sites is not None and table.sites.site is not None:
        yield from unknown(("sites", "site"), [table.sites.site], "key column", table.key)
