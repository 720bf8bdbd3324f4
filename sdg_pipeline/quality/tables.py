"""A staged table judged: its profile written, its rules run, the verdicts returned.

What belongs here: the order of the work on one table. What does not: rules (contracts), their judge (gx).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.quality import bounds, contracts, gx, profile
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.quality.rules import Rule
from sdg_pipeline.specs.contract import Contract

if TYPE_CHECKING:
    import duckdb

WHOLE = ("size", "rows", "codes")
"""Derived rules that only hold of a whole file."""


def judge(
    con: duckdb.DuckDBPyConnection, profiled: profile.Profiled, contract: Contract | None, target: Path
) -> list[CheckResult]:
    """Write the profile of a staged table into ``target`` (Parquet) and return the verdict on each rule.

    Raises CheckToolError where a rule cannot be judged for a reason other than the data.
    """
    table = profiled.table
    used = bounds.used(contract.rules.values()) if contract else ()
    profile.offer(con, profiled, profile.cell_columns(table, contract, used))
    profile.write(con, table, target)
    lacking = {part["level"] for part, file in profiled.parts_with_files() if file.partial}
    rules = [_within(rule, contract, lacking) for rule in contracts.rules_for(table, contract)]
    return gx.judge(table.id, rules, con)


def _within(rule: Rule, contract: Contract | None, lacking: set[str]) -> Rule:
    """The rule within the coverage of the run: a part of the country has no figures of the whole to be judged."""
    bound = contract.rules.get(rule.check) if contract else None
    if not lacking or (bound is None and rule.check not in WHOLE):
        return rule
    if bound is not None and ({"state", "municipality"} & set(bound.per) or bound.level not in (None, *lacking)):
        return rule
    return replace(rule, frame_sql=f"SELECT * FROM ({rule.frame_sql}) WHERE false")
