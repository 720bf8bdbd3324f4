"""Why a value is missing, and the code of CL_OBS_STATUS that each reason has: the one place that maps them.

What belongs here: reasons of rows without a value. What does not: marks of values that are there (marks), and the
conditions of a reason (compile, rates, withheld, survey.values).
"""

from __future__ import annotations

from sdg_pipeline.duck import text as literal

LACKING, CANNOT_EXIST, NOT_COLLECTED, SUPPRESSED = "O", "M", "L", "Q"
"""Codes of CL_OBS_STATUS (SDG global DSD): no figure in the source; data cannot exist; data exist but were not
collected; suppressed.
"""
INCOMPLETE, FEW_READINGS = "incomplete_enumeration", "few_readings"
STATUS: dict[str, str] = {
    "missing_component": LACKING,
    "not_published": LACKING,
    "not_computable": LACKING,
    "no_sample": LACKING,
    "zero_denominator": CANNOT_EXIST,
    "unknown_group": CANNOT_EXIST,
    "negative_values": CANNOT_EXIST,
    INCOMPLETE: NOT_COLLECTED,
    FEW_READINGS: SUPPRESSED,
    "few_events": SUPPRESSED,
    "unknown_age": SUPPRESSED,
    "small_population": SUPPRESSED,
    "small_sample": SUPPRESSED,
    "few_psus": SUPPRESSED,
    "few_df": SUPPRESSED,
    "low_precision": SUPPRESSED,
    "complementary": SUPPRESSED,
}
"""Code by reason (``obs_reason``) of a missing value."""
CODES = tuple(sorted(set(STATUS.values())))
"""The codes of rows without a value; no row with a value has one of them."""


def status(reason: str, *reasons: str) -> str:
    """SQL of the status of a missing value from SQL of its reason.

    ``reasons`` are those that it can be; without them, those that the SQL names.
    """
    possible = reasons or tuple(name for name in STATUS if literal(name) in reason)
    codes = {STATUS[name] for name in possible}
    if len(codes) == 1:
        return literal(codes.pop())
    return f"CASE {reason} {' '.join(f'WHEN {literal(name)} THEN {literal(STATUS[name])}' for name in possible)} END"
