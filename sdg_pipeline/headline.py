"""What a person looks for first in a computed indicator: the nation, the states in order, a few rows.

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


def of(con: duckdb.DuckDBPyConnection, indicator: Indicator) -> dict[str, Any]:
    """The figures that a person looks for first: the nation, and states in order, totals only."""
    total = " AND ".join((*(f"{name} = '{TOTAL}'" for name in DIMENSIONS), "NOT obs_value IS NULL"))
    national = con.execute(
        f"SELECT time_period, obs_value FROM observation WHERE geo_level = 'national' AND {total} "
        f"ORDER BY time_period DESC LIMIT 1"
    ).fetchall()
    states = con.execute(
        f"SELECT area_name, obs_value FROM observation WHERE geo_level = 'state' AND {total} "
        f"AND time_period = (SELECT max(time_period) FROM observation) ORDER BY obs_value DESC, area_name"
    ).fetchall()
    preview = con.execute(
        "SELECT ref_area, area_name, time_period, sex, urbanisation, obs_value, numerator, denominator, obs_status "
        "FROM observation ORDER BY geo_level <> 'national', geo_level <> 'state', ref_area, time_period DESC, "
        f"sex <> '_T', sex, urbanisation <> '_T', urbanisation LIMIT {PREVIEW_ROWS}"
    )
    columns = [column[0] for column in preview.description or ()]
    return {
        "unit": indicator.unit,
        "decimals": indicator.decimals,
        "national": {"period": national[0][0], "value": national[0][1]} if national else None,
        "states": [{"name": name, "value": value} for name, value in states],
        "preview": [dict(zip(columns, row, strict=True)) for row in preview.fetchall()],
    }
