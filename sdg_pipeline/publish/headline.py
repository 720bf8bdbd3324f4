"""Selects the main figures of an indicator: the nation, the states in order, what changed, a few rows.

What belongs here: the few figures that reports and the Dagster UI show. What does not: how they are shown (assets).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

PREVIEW_ROWS = 12
VALUE = "obs_value AS value, ci_lower AS lower, ci_upper AS upper"


def of(con: duckdb.DuckDBPyConnection, indicator: Indicator) -> dict[str, Any]:
    """The main figures: the nation, and states in order, totals only."""
    total = " AND ".join((*(f"{name} = '{TOTAL}'" for name in DIMENSIONS), "NOT obs_value IS NULL"))
    nation = rows_of(
        con.execute(
            f"SELECT time_period AS period, {VALUE} FROM observation WHERE geo_level = 'national' AND {total} "
            "ORDER BY time_period"
        )
    )
    states = rows_of(
        con.execute(
            f"SELECT ref_area AS code, area_name AS name, time_period AS period, {VALUE} FROM observation "
            f"WHERE geo_level = 'state' AND {total} QUALIFY time_period = max(time_period) OVER () "
            "ORDER BY obs_value DESC, area_name"
        )
    )
    preview = con.execute(
        "SELECT ref_area, area_name, time_period, sex, urbanisation, obs_value, numerator, denominator, obs_status "
        "FROM observation ORDER BY geo_level <> 'national', geo_level <> 'state', ref_area, time_period DESC, "
        f"sex <> '_T', sex, urbanisation <> '_T', urbanisation LIMIT {PREVIEW_ROWS}"
    )
    first_rows = rows_of(preview)
    return {
        "unit": indicator.unit,
        "decimals": indicator.decimals,
        "national": nation[-1] if nation else None,
        "trend": nation,
        "period": states[0]["period"] if states else None,
        "states": states,
        "coverage": _coverage(con),
        "preview": first_rows,
    }


def _coverage(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """By level: areas and years with a value, and the rows without one by their reason."""
    return rows_of(
        con.execute(
            "SELECT geo_level AS level, count(DISTINCT ref_area) FILTER (obs_value IS NOT NULL) AS areas, "
            "min(time_period) AS first, max(time_period) AS last, count(*) AS rows, count(obs_value) AS values, "
            "coalesce(list(DISTINCT obs_reason ORDER BY obs_reason) FILTER (obs_value IS NULL), []) AS reasons "
            "FROM observation GROUP BY geo_level ORDER BY list_position("
            "['national', 'state', 'harmonised', 'municipality'], geo_level)"
        )
    )


def rows_of(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a query by the names of its columns."""
    columns = [column[0] for column in result.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
