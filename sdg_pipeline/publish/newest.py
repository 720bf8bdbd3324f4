"""The newest period with values: one definition for the warehouse, reports, the README and the Dagster UI.

What belongs here: offering the view ``newest_period``, whose SQL is warehouse/views/newest_period.sql, where values
are not in a warehouse. What does not: what is shown of that period (headline, readme).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.fields import DIMENSIONS

if TYPE_CHECKING:
    import duckdb

FILE = PROJECT / "warehouse" / "views" / "newest_period.sql"
TOTAL_OF_INDICATOR = ("indicator", *DIMENSIONS)
"""Columns that join rows of the own total of an indicator with ``newest_period``."""
FORECAST = "F"
"""Status (CL_OBS_STATUS) of a forecast, which is never the newest period."""


def offer(con: duckdb.DuckDBPyConnection) -> None:
    """Make the view ``newest_period`` over the view ``observation``."""
    con.execute(FILE.read_text(encoding="utf-8").replace("CREATE VIEW", "CREATE OR REPLACE TEMP VIEW"))
