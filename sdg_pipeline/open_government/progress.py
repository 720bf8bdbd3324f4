"""Progress of areas towards numeric targets, by the method of Eurostat: actual over required growth a year.

Eurostat (2021), Sustainable development in the European Union, divides the actual compound annual growth rate by the
one that the target requires. Its thresholds are 95, 60 and 0 per cent. Bases, zeros and parities are treated as
Statistics Canada does for Open SDG (open-sdg.readthedocs.io, progress-methodology). What belongs here: this measure.
What does not: the targets (specs.target).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sdg_pipeline import duck
from sdg_pipeline.estimate import universe
from sdg_pipeline.open_government.progress_table import PROGRESS
from sdg_pipeline.open_government.subject import Material, Row, Subject
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.base import PUBLISHED_LEVELS
from sdg_pipeline.specs.indicator import Indicator

NAME = "progress"
MEASURED, BASED = "targets_have_values", "targets_have_bases"
Class = Literal["reached", "significant", "moderate", "insufficient", "away", "missed"]
THRESHOLDS: tuple[tuple[float, Class], ...] = ((95.0, "significant"), (60.0, "moderate"), (0.0, "insufficient"))
"""Per cent of the required growth from which on a class holds; below the last a value moves away."""
TINY = 0.001
"""What stands for a zero, which growth cannot reach or start from."""
PARITY = (0.97, 1.03)
"""Ratios of two groups that count as parity."""
LEVELS = ", ".join(duck.text(level.value) for level in PUBLISHED_LEVELS)
FIGURES = f"""
WITH aim AS (SELECT * FROM (VALUES {{bases}}) AS v(indicator, base)),
figure AS (
    SELECT indicator, geo_level, ref_area, time_period, obs_value, obs_status
    FROM read_parquet([{{files}}]) SEMI JOIN {{totals}} AS k USING ({", ".join(universe.TOTAL_KEY)})
    WHERE obs_status <> '{fields.FORECAST}' AND geo_level IN ({LEVELS})
),
newest AS (
    SELECT indicator, geo_level, max(time_period) AS time_period FROM figure WHERE obs_value IS NOT NULL GROUP BY ALL
),
base AS (
    SELECT indicator, ref_area, min(time_period) AS base_period, arg_min(obs_value, time_period) AS base_value
    FROM figure JOIN aim USING (indicator) WHERE obs_value IS NOT NULL AND time_period >= base GROUP BY ALL
)
SELECT indicator, f.ref_area, f.geo_level, base_period, base_value, f.time_period, f.obs_value,
    EXISTS (
        FROM figure AS b WHERE b.indicator = f.indicator AND b.obs_status = '{fields.BREAK}'
            AND b.time_period > base_period AND b.time_period <= f.time_period
    ) AS broken
FROM figure AS f JOIN newest AS n USING (indicator, geo_level, time_period)
LEFT JOIN base USING (indicator, ref_area)
ORDER BY indicator, f.ref_area
"""
"""Of each area its newest value, that of its base year, and whether a break lies between them."""


@dataclass(frozen=True)
class Way:
    """From the value of the base year by the newest to the target; periods are years."""

    base_period: str | None
    base_value: float | None
    time_period: str
    obs_value: float | None
    target_value: float | None
    target_year: str
    broken: bool = False


@dataclass(frozen=True)
class Measured:
    """Growth a year and their ratio, all per cent; ``reason`` says why there is no ratio."""

    actual_growth: float | None = None
    required_growth: float | None = None
    ratio: float | None = None
    kind: Class | None = None
    reason: str | None = None


def growth(first: float, last: float, years: int) -> float:
    """Compound annual growth rate in per cent, of values with one sign."""
    return 100 * (math.pow(last / first, 1 / years) - 1)


def measured(way: Way, direction: str, decimals: int) -> Measured:
    """How an area stands: the class, and the ratio where two values of the same definition give one.

    A target of parity is met from both sides: its values are turned to one side, see ``_folded``.
    """
    if way.obs_value is None or way.target_value is None:
        return Measured(reason="no_value" if way.obs_value is None else "no_base")
    folds = direction not in ("up", "down")
    target = way.target_value
    sign = 1 if direction == "up" else -1
    reached = _reached(way.obs_value, target, direction, decimals)
    over = way.target_year <= way.time_period
    plain: Class | None = "reached" if reached else "missed" if over else None
    reason = _why_none(way)
    if reason is not None or way.base_value is None or way.base_period is None:
        return Measured(kind=plain, reason=reason)
    values = (way.base_value, way.obs_value, target)
    base, now, end = (_folded(v, target) if folds else v for v in values)
    base, now, end = (v or TINY for v in (base, now, end))
    if min(base, now, end) < 0 < max(base, now, end):
        return Measured(kind=plain, reason="opposite_signs")
    years = int(way.time_period) - int(way.base_period)
    actual = growth(base, now, years) * (1 if base > 0 else -1)
    required = growth(base, end, int(way.target_year) - int(way.base_period)) * (1 if base > 0 else -1)
    if required == 0:
        return Measured(actual, required, None, plain or "away", "base_at_target")
    ratio = 100 * sign * actual / abs(required)
    return Measured(actual, required, ratio, plain or _class(ratio))


def _why_none(way: Way) -> str | None:
    """Why two values give no ratio, by their years alone; None where nothing speaks against it."""
    if way.base_period is None:
        return "no_base"
    if way.base_period >= way.time_period:
        return "one_period"
    if way.base_period >= way.target_year:
        return "base_after_target"
    return "break" if way.broken else None


def _class(ratio: float) -> Class:
    return next((name for least, name in THRESHOLDS if ratio >= least), "away")


def _reached(value: float, target: float, direction: str, decimals: int) -> bool:
    """Whether a value as it is shown meets the target."""
    shown = round(value, decimals)
    if direction == "up":
        return shown >= target
    if direction == "down":
        return shown <= target
    return PARITY[0] <= shown <= PARITY[1] if target == 1 else shown == round(target, decimals)


def _folded(value: float, target: float) -> float:
    """A value on the upper side of a parity: what is below is put as far above it."""
    if target != 1:
        return target + abs(value - target)
    if PARITY[0] <= value <= PARITY[1]:
        return 1.0
    return max(value, 1 / value) if value > 0 else value


def _rows(material: Material, indicators: Sequence[Indicator]) -> Iterator[Row]:
    """A row for each area that a target is for, in the newest period of its level."""
    by_id = {i.id: i for i in indicators}
    for figure in _figures(material, indicators):
        indicator = by_id[figure["indicator"]]
        target = indicator.target
        if target is None or figure["geo_level"] not in {level.value for level in target.levels}:
            continue
        way = Way(
            figure["base_period"], figure["base_value"], figure["time_period"], figure["obs_value"],
            target.at(figure["base_value"]), target.year, figure["broken"],
        )  # fmt: skip
        result = measured(way, indicator.direction, indicator.decimals)
        yield {
            **{name: figure[name] for name in ("indicator", "ref_area", "geo_level")},
            **{name: getattr(way, name) for name in ("target_year", "target_value", "base_period", "base_value")},
            **{name: getattr(way, name) for name in ("time_period", "obs_value")},
            **{name: getattr(result, name) for name in ("actual_growth", "required_growth", "ratio", "reason")},
            "target_measure": target.measure,
            "class": result.kind,
        }


def _figures(material: Material, indicators: Sequence[Indicator]) -> Iterator[dict[str, Any]]:
    if not indicators:
        return
    bases = ", ".join(f"({duck.text(i.id)}, {duck.text(i.target.base)})" for i in indicators if i.target)
    files = ", ".join(duck.text(material.indicators[i.id]) for i in indicators)
    query = FIGURES.format(bases=bases, files=files, totals=universe.totals(indicators))
    cursor = material.con.execute(query)
    names = [column[0] for column in cursor.description or ()]
    yield from (dict(zip(names, row, strict=True)) for row in cursor.fetchall())


def work(material: Material) -> Mapping[str, tuple[str, Sequence[Row]]]:
    """Write the table."""
    indicators = [material.catalog.indicators[name] for name in sorted(material.indicators)]
    aimed = [indicator for indicator in indicators if indicator.target is not None]
    rows = list(_rows(material, aimed))
    material.write(PROGRESS, rows)
    classes = Counter(row["class"] for row in rows if row["class"])
    with_value = {row["indicator"] for row in rows if row["obs_value"] is not None}
    unbased = [row for row in rows if row["target_value"] is None]
    counts = ", ".join(f"{count} {name}" for name, count in sorted(classes.items()))
    return {
        MEASURED: (
            f"{len(aimed)} targets; {len(rows)} areas: {counts or 'none of a class'}",
            [{"indicator": indicator.id} for indicator in aimed if indicator.id not in with_value],
        ),
        BASED: (f"{len(unbased)} areas without a value to change from", unbased),
    }


PROGRESSES = Subject(
    NAME,
    (PROGRESS,),
    lambda _: frozenset(),
    all_indicators=True,
    owner="team:data",
    described={
        MEASURED: (
            "warning",
            "Each numeric target has a value of an area that it is for.",
            "A target that no value is held against says nothing of progress.",
        ),
        BASED: (
            "warning",
            "Where a target is a change, each of its areas has a value from its base year on.",
            "A change needs a value that it is counted from.",
        ),
    },
    work=work,
)
