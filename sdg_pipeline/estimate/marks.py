"""Marks of values that are there: forecasts, areas partly enumerated, caveats, provisional years, breaks.

What belongs here: status and reason of a value. What does not: why there is none (compile, rates).
"""

from __future__ import annotations

from collections.abc import Iterable

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import missing, withheld
from sdg_pipeline.estimate.cube import is_harmonised
from sdg_pipeline.estimate.nodes import TablePlan
from sdg_pipeline.specs.fields import BREAK, FORECAST

Mark = tuple[str, str, str]
"""SQL condition on a row of ``cube c``, status code (CL_OBS_STATUS) and reason."""


def status_and_reason(plan: TablePlan) -> tuple[str, str | None]:
    """SQL of ``obs_status`` and ``obs_reason`` of a value: ``'A'`` and None where no mark can apply."""
    marks = [
        *_forecast(plan),
        *_partly_enumerated(plan),
        *_caveats(plan),
        *_few_sites(plan),
        *_provisional(plan),
        *not_comparable(plan),
        *_broken(plan),
    ]
    if not marks:
        return "'A'", None
    status = " ".join(f"WHEN {condition} THEN {literal(code)}" for condition, code, _ in marks)
    reason = " ".join(f"WHEN {condition} THEN {literal(why)}" for condition, _, why in marks)
    return f"CASE {status} ELSE 'A' END", f"CASE {reason} END"


def _forecast(plan: TablePlan) -> list[Mark]:
    """Years after the last that a projection starts from."""
    return [
        (f"c.edition = {literal(edition)} AND c.time_period >= {literal(year)}", FORECAST, "projection")
        for edition, year in plan.forecasts
    ]


def _partly_enumerated(plan: TablePlan) -> list[Mark]:
    """Areas of which less is known than a whole, but enough for a value."""
    return [("c.enumeration = 'marked'", "U", missing.INCOMPLETE)] if withheld.shares_of(plan) else []


def _caveats(plan: TablePlan) -> list[Mark]:
    """Figures of some areas that were not measured as all others."""
    return [
        (
            (f"c.ref_area IN ({_listed(rule.areas)}) AND " if rule.areas else "")
            + f"c.time_period IN ({_listed(rule.periods)})",
            rule.status,
            rule.reason,
        )
        for rule in plan.table.caveats
        if plan.used & set(rule.measures)
    ]


def _few_sites(plan: TablePlan) -> list[Mark]:
    """Areas of which few sites tell."""
    rule = plan.table.sites
    return [(f"c.{withheld.SITES} < {rule.marked_below}", "U", "few_sites")] if rule is not None else []


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(map(literal, texts))


def _provisional(plan: TablePlan) -> list[Mark]:
    """Years whose events are not all registered yet."""
    period = plan.table.period
    if period is None or period.provisional_from is None:
        return []
    return [(f"c.time_period >= '{period.provisional_from}'", "P", "late_registration")]


def not_comparable(plan: TablePlan) -> list[Mark]:
    """Editions whose values cannot be compared with those before."""
    named = _listed(plan.not_comparable)
    return [(f"c.edition IN ({named})", BREAK, "methodology_changed")] if named else []


def _broken(plan: TablePlan) -> list[Mark]:
    """In a series over time, the first year after a municipality lost territory to a new one."""
    if not is_harmonised(plan) or plan.table.geography.borders == "of_vintage":
        return []
    first_after = "(SELECT MIN(t.time_period) FROM cube AS t WHERE t.time_period >= b.vintage)"
    before = "EXISTS (SELECT 1 FROM cube AS t WHERE t.time_period < b.vintage)"
    condition = (
        "EXISTS (SELECT 1 FROM broken AS b WHERE b.ref_area = c.ref_area "
        f"AND c.time_period = {first_after} AND {before})"
    )
    return [(condition, BREAK, "borders_changed")]
