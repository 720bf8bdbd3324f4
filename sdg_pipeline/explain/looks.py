"""A look at the files of an indicator: some areas, and what has changed since a release.

What belongs here: figures that the Dagster UI shows when a person asks. What does not: how they are shown (assets).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate.universe import is_total
from sdg_pipeline.publish.headline import PREVIEW_ROWS, VALUE, rows_of
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.fields import DIMENSIONS, KEY
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb


def values_of(indicator: Indicator, file: Path, areas: Sequence[str]) -> list[dict[str, Any]]:
    """The totals of some areas in an indicator's file, newest first."""
    return rows_of(
        _database()
        .cursor()
        .execute(
            f"SELECT ref_area, area_name, time_period, {VALUE}, obs_status, obs_reason FROM read_parquet(?) "
            f"WHERE list_contains(?, ref_area) AND {is_total(indicator)} "
            "ORDER BY list_position(?, ref_area), time_period DESC",
            [str(file), list(areas), list(areas)],
        )
    )


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One for all looks at files: opening it takes longer than most of them."""
    import duckdb

    return duckdb.connect(config={"autoinstall_known_extensions": False})


def since_release(old: Path, new: Path) -> list[dict[str, Any]]:
    """The largest changes of an indicator between two files of it: those beyond their sampling error first."""
    from sdg_pipeline.release.diff import CODE, changes_query

    groups = ", ".join(f"nullif({name}, '{TOTAL}')" for name in DIMENSIONS)
    changed = changes_query(f"read_parquet({literal(old)})", f"read_parquet({literal(new)})", CODE)
    return rows_of(
        _database()
        .cursor()
        .execute(
            f"SELECT ref_area, time_period, concat_ws(' ', {groups}) AS \"group\", kind, old_value AS old, "
            "new_value AS new, round(errors, 2) AS std_errors, cause "
            f"FROM ({changed}) ORDER BY errors > 1 DESC NULLS LAST, kind <> 'revised', "
            "abs(new_value - old_value) / nullif(abs(old_value), 0) DESC NULLS LAST, "
            f"{', '.join(KEY)} LIMIT {PREVIEW_ROWS}"
        )
    )
