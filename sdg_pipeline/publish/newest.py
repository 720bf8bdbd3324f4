"""The newest period with values: one definition for the warehouse, reports, the README and the Dagster UI.

What belongs here: offering the view ``newest_period``, whose SQL is warehouse/views/newest_period.sql, where values
are not in a warehouse. What does not: what is shown of that period (headline, readme).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sdg_pipeline.estimate import universe
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

FILE = PROJECT / "warehouse" / "views" / "newest_period.sql"


def offer(con: duckdb.DuckDBPyConnection, indicators: Iterable[Indicator]) -> None:
    """Make the view ``newest_period`` of indicators, whose values are in the view ``observation``."""
    con.execute(f"CREATE OR REPLACE TEMP VIEW total_key AS FROM {universe.totals(indicators)}")
    con.execute(FILE.read_text(encoding="utf-8").replace("CREATE VIEW", "CREATE OR REPLACE TEMP VIEW"))
