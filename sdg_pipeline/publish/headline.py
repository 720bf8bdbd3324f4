"""What a person looks for first in a computed indicator: the nation, the states in order, coverage, a few rows.

What belongs here: the few figures that reports and the Dagster UI show. What does not: how they are shown (assets).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from sdg_pipeline.estimate.universe import TOTAL_KEY
from sdg_pipeline.publish import newest
from sdg_pipeline.specs.fields import FORECAST
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

PREVIEW_ROWS = 12
VALUE = "obs_value AS value, ci_lower AS lower, ci_upper AS upper"


class Figure(BaseModel):
    """A value in a year, in the unit of its indicator, with the limits of its confidence interval.

    ``forecast`` says that it is one: no such year is the newest.
    """

    model_config = ConfigDict(frozen=True)

    period: str
    value: float
    lower: float | None
    upper: float | None
    forecast: bool = False


class AreaFigure(Figure):
    """The value of one area; ``code`` is its REF_AREA."""

    code: str
    name: str


class Coverage(BaseModel):
    """By level: areas and years, rows and values, and the reasons of rows without a value."""

    model_config = ConfigDict(frozen=True)

    level: str
    areas: int
    first: str
    last: str
    rows: int
    values: int
    reasons: tuple[str, ...]


class Headline(BaseModel):
    """Own totals of the nation by year, and of the states in their newest year from the highest value.

    ``unit`` is a code and ``unit_label`` its English label; ``preview`` holds the first rows of the indicator table.
    """

    model_config = ConfigDict(frozen=True)

    unit: str
    unit_label: str
    decimals: int
    trend: tuple[Figure, ...]
    states: tuple[AreaFigure, ...]
    coverage: tuple[Coverage, ...]
    preview: tuple[dict[str, Any], ...]

    @property
    def national(self) -> Figure | None:
        """The newest value of the nation that is no forecast."""
        return next((figure for figure in reversed(self.trend) if not figure.forecast), None)

    @property
    def period(self) -> str | None:
        """The year of the states."""
        return self.states[0].period if self.states else None


def headline(con: duckdb.DuckDBPyConnection, indicator: Indicator, unit_label: str) -> Headline:
    """The headline of an indicator whose rows are in the view ``observation``."""
    newest.offer(con, [indicator])
    total = ", ".join(TOTAL_KEY)
    totals = con.execute(  # one query, since to plan it takes longer than to run it
        f"SELECT geo_level, ref_area AS code, area_name AS name, o.time_period AS period, {VALUE}, "
        f"geo_level = 'national' AND obs_status = '{FORECAST}' AS forecast "
        f"FROM observation AS o JOIN newest_period AS p USING (geo_level, {total}) WHERE NOT obs_value IS NULL "
        "AND (geo_level = 'national' OR (geo_level = 'state' AND o.time_period = p.time_period)) "
        "ORDER BY geo_level, CASE geo_level WHEN 'national' THEN o.time_period END, obs_value DESC, area_name"
    )
    rows = rows_of(totals)
    trend = tuple(Figure.model_validate(row) for row in rows if row["geo_level"] == "national")
    ordered = tuple(AreaFigure.model_validate(row) for row in rows if row["geo_level"] == "state")
    preview = con.execute(
        "SELECT ref_area, area_name, time_period, sex, urbanisation, obs_value, numerator, denominator, obs_status "
        "FROM observation ORDER BY geo_level <> 'national', geo_level <> 'state', ref_area, time_period DESC, "
        f"sex <> '_T', sex, urbanisation <> '_T', urbanisation LIMIT {PREVIEW_ROWS}"
    )
    first_rows = tuple(rows_of(preview))
    return Headline(
        unit=indicator.unit,
        unit_label=unit_label,
        decimals=indicator.decimals,
        trend=trend,
        states=ordered,
        coverage=_coverage(con),
        preview=first_rows,
    )


def _coverage(con: duckdb.DuckDBPyConnection) -> tuple[Coverage, ...]:
    levels = con.execute(
        "SELECT geo_level AS level, count(DISTINCT ref_area) FILTER (obs_value IS NOT NULL) AS areas, "
        "min(time_period) AS first, max(time_period) AS last, count(*) AS rows, count(obs_value) AS values, "
        "coalesce(list(DISTINCT obs_reason ORDER BY obs_reason) FILTER (obs_value IS NULL), []) AS reasons "
        "FROM observation GROUP BY geo_level ORDER BY list_position("
        "['national', 'state', 'harmonised', 'municipality'], geo_level)"
    )
    return tuple(Coverage.model_validate(row) for row in rows_of(levels))


def rows_of(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a query by the names of its columns."""
    columns = [column[0] for column in result.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
