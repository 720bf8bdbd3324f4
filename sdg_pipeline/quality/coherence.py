"""Do levels and groups add up: nation = states, state = municipalities + unallocated, women + men = total.

Only counts add up, so numerators and denominators are compared, exactly but for the rounding of amounts with
decimals; ratios follow from them.
What belongs here: comparisons inside one indicator. What does not: official figures (rules).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdg_pipeline.estimate import universe
from sdg_pipeline.quality.results import MAX_FAILING_ROWS_KEPT, CheckResult
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Count, Rate, Ratio

if TYPE_CHECKING:
    import duckdb

LEVELS = (
    "coherence_levels",
    "Nation is the sum of states; a state, of its municipalities and what is unallocated",
)
GROUPS = ("coherence_groups", "The groups of a dimension add up to its total")
REASON = "Parts that do not add up to their whole were lost, counted twice, or taken from another edition."
MISSING = "COUNT(*) - COUNT(numerator) AS parts_missing"
"""How many parts have no figure; a total of which one is missing has none either, and is not compared then."""
ROUNDING = 1e-12
"""Relative difference of two sums of the same numbers in another order."""
_SAME = ", ".join(("ref_area", "time_period", *DIMENSIONS))


def names(indicator: Indicator) -> tuple[tuple[str, str], ...]:
    """Names and descriptions of the coherence checks that an indicator has."""
    if not isinstance(indicator.method, Ratio | Rate | Count):
        return ()
    return (LEVELS, GROUPS) if any(len(b) > 1 for b in indicator.breakdowns) else (LEVELS,)


def judge(con: duckdb.DuckDBPyConnection, indicator: Indicator, unallocated: str) -> list[CheckResult]:
    """Verdicts on view ``observation``; ``unallocated`` is the query of what belongs to no municipality."""
    universe.offer_common(con, indicator)
    queries = {LEVELS[0]: _levels(unallocated), GROUPS[0]: _groups(indicator)}
    return [_verdict(con, indicator, name, text, queries[name]) for name, text in names(indicator)]


def _levels(unallocated: str) -> str:
    sums = f"SUM(numerator) AS numerator_sum, SUM(denominator) AS denominator_sum, {MISSING}"
    group = ", ".join(("time_period", *DIMENSIONS))
    return f"""
    WITH unallocated AS ({unallocated}),
    below AS (
      SELECT 'MX' AS ref_area, {group}, {sums} FROM (
        SELECT {group}, numerator, denominator FROM common WHERE geo_level = 'state'
        UNION ALL SELECT {group}, numerator, denominator FROM unallocated WHERE geo_level = 'state'
      ) GROUP BY {group}
      UNION ALL
      SELECT left(ref_area, 4) AS ref_area, {group}, {sums} FROM (
        SELECT ref_area, {group}, numerator, denominator FROM common WHERE geo_level = 'municipality'
        UNION ALL SELECT ref_area, {group}, numerator, denominator FROM unallocated WHERE geo_level = 'municipality'
      ) GROUP BY left(ref_area, 4), {group}
    )
    SELECT {_SAME}, numerator, numerator_sum, denominator, denominator_sum
    FROM common JOIN below USING ({_SAME})
    WHERE {_differ("numerator", "numerator_sum")} OR {_differ("denominator", "denominator_sum")}
    """


def _differ(total: str, parts: str) -> str:
    """A sum of decimals depends on its order in the last digits; a count is off by one at least."""
    comparable = f"({total} IS NOT NULL OR parts_missing = 0)"
    differ = f"coalesce(abs({total} - {parts}) > {ROUNDING} * abs({total}), {total} IS DISTINCT FROM {parts})"
    return f"({comparable} AND {differ})"


def _groups(indicator: Indicator) -> str:
    """For each dimension broken down alone: the sum over its codes against the total of the same area."""
    used = sorted({d for b in indicator.breakdowns for d in b[1:]})
    selects = []
    for dimension in used:
        others = [d for d in DIMENSIONS if d != dimension]
        keys = ", ".join(("ref_area", "time_period", *others))
        selects.append(
            f"""
            SELECT '{dimension}' AS dimension, {keys}, t.numerator, g.numerator_sum, t.denominator, g.denominator_sum
            FROM (SELECT * FROM common WHERE {dimension} = '{TOTAL}') AS t
            JOIN (SELECT {keys}, SUM(numerator) AS numerator_sum, SUM(denominator) AS denominator_sum, {MISSING}
                  FROM common WHERE {dimension} <> '{TOTAL}' GROUP BY {keys}) AS g USING ({keys})
            WHERE {_differ("t.numerator", "g.numerator_sum")} OR {_differ("t.denominator", "g.denominator_sum")}
            """
        )
    return " UNION ALL BY NAME ".join(selects)


def _verdict(
    con: duckdb.DuckDBPyConnection, indicator: Indicator, check: str, description: str, failing: str
) -> CheckResult:
    cursor = con.execute(f"SELECT * FROM ({failing}) ORDER BY ALL")
    columns = [column[0] for column in cursor.description or ()]
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return CheckResult(
        border="indicator",
        subject=indicator.id,
        check=check,
        severity="blocking",
        passed=not rows,
        description=description,
        owner=indicator.owner,
        reason=REASON,
        observed=f"{len(rows)} sums differ" if rows else "all sums are equal",
        n_failing=len(rows),
        failing_rows=tuple(dict(zip(columns, row, strict=True)) for row in rows[:MAX_FAILING_ROWS_KEPT]),
    )
