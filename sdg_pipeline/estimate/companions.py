"""Files besides the values of an indicator: differences of a survey's estimates, figures of a model.

What belongs here: which files a type of plan has, and writing them. What does not: their rows (survey.differences,
small_area.estimates) and where files lie (layout).
"""

from __future__ import annotations

from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.estimate.nodes import Plan, SmallAreaPlan, SurveyPlan
from sdg_pipeline.estimate.small_area import estimates
from sdg_pipeline.estimate.survey import differences
from sdg_pipeline.layout import Layout

if TYPE_CHECKING:
    import duckdb


@singledispatch
def companions(plan: Plan, layout: Layout) -> tuple[Path, ...]:
    """The files that a plan has besides its values; none, unless its type registers some here."""
    return ()


@companions.register
def _of_survey(plan: SurveyPlan, layout: Layout) -> tuple[Path, ...]:
    return (layout.differences(plan.indicator.id),)


@companions.register
def _of_model(plan: SmallAreaPlan, layout: Layout) -> tuple[Path, ...]:
    return (layout.model(plan.indicator.id),)


def write_companions(plan: Plan, con: duckdb.DuckDBPyConnection, layout: Layout) -> tuple[Path, ...]:
    """Write ``companions(plan, layout)`` and return them.

    Reads view ``observation`` (the values) and the tables that ``engine.estimate`` left on the connection.
    """
    targets = companions(plan, layout)
    for target in targets:
        _write(plan, con, target)
    return targets


@singledispatch
def _write(plan: Plan, con: duckdb.DuckDBPyConnection, target: Path) -> None:
    raise NotImplementedError(f"estimate.companions has no file of {type(plan).__name__}")


@_write.register(SurveyPlan)
def _write_differences(plan: SurveyPlan, con: duckdb.DuckDBPyConnection, target: Path) -> None:
    differences.write(con, plan, target)


@_write.register(SmallAreaPlan)
def _write_model(plan: SmallAreaPlan, con: duckdb.DuckDBPyConnection, target: Path) -> None:
    estimates.write_model(con, plan, target)
