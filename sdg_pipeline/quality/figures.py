"""The values of all indicators in one table, as the rules of coherence read them.

What belongs here: table ``figure`` and the names of its columns. What does not: rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.estimate import universe
from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

PLACE = ("ref_area", "geo_level", "time_period")
KEYS = (*PLACE, *DIMENSIONS)
"""What two figures have in common that are compared."""
GROUP = ", ".join(("indicator", *DIMENSIONS))


CELL = f"hash({', '.join(KEYS)})"
UNITS_OF_AMOUNTS = ("NUMBER", "MXN", "USD", "M_M3", "T", "HA", "KM2", "MW", "GWH")
"""Units of values that grow with the place: no share, mean or rate."""


def load(con: duckdb.DuckDBPyConnection, files: Mapping[str, Path], specs: Mapping[str, Indicator]) -> None:
    """Make ``figure`` of the indicator files: the columns that rules read, ``parent`` (the area above), two numbers.

    ``broken`` values cannot be compared with those of the edition before.

    ``series`` is the number of an indicator and a group, ``cell`` that of an area, year and group. A join by one number
    takes the place of one by ten texts. An ENUM of all ids lets a query skip what a rule does not name. Together they
    take a third of the time. ``specs`` are those of the catalogue: the total of an indicator is ``_T`` here, whomever
    it is of.
    """
    paths = ", ".join(duck.text(path) for _, path in sorted(files.items()))
    con.execute("DROP TABLE IF EXISTS figure; DROP TYPE IF EXISTS indicator_id")
    con.execute(f"CREATE TYPE indicator_id AS ENUM ({codes(tuple(sorted({*specs, *files})))})")
    con.execute(f"""
    CREATE TABLE figure AS
    SELECT indicator::indicator_id AS indicator, {", ".join(KEYS)},
           obs_value AS value, numerator, denominator, denominator_source, std_error, unit_measure,
           coalesce(obs_reason = 'methodology_changed', false) AS broken,
           hash({GROUP}) AS series, {CELL} AS cell,
           CASE geo_level WHEN '{Level.MUNICIPALITY}' THEN left(ref_area, 4)
                          WHEN '{Level.STATE}' THEN 'MX' END AS parent
    FROM ({universe.common_codes_of_all(f"read_parquet([{paths}])", specs.values())})
    """)


def codes(values: tuple[str, ...]) -> str:
    """A list of texts for IN."""
    return ", ".join(duck.text(value) for value in values)


def among(column: str, only: tuple[str, ...], leave_out: tuple[str, ...] = ()) -> str:
    """The condition that a column is one of some texts (all if none) and none of others."""
    conditions = [f"{column} IN ({codes(only)})"] if only else []
    conditions += [f"{column} NOT IN ({codes(leave_out)})"] if leave_out else []
    return " AND ".join(conditions) or "true"


def totals(dimensions: tuple[str, ...]) -> str:
    """The condition that these dimensions are not broken down."""
    return " AND ".join(f"{name} = '{TOTAL}'" for name in dimensions)
