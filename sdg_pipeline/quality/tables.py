"""A staged table judged: its profile made and written, its rules run, the verdicts told.

What belongs here: the order of the work on one table. What does not: rules (contracts), their judge (gx).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.quality import bounds, contracts, gx, profile
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.quality.rules import Rule
from sdg_pipeline.specs.contract import Contract
from sdg_pipeline.specs.table import Table

if TYPE_CHECKING:
    import duckdb

WHOLE = ("size", "rows", "codes")
"""Derived rules that only hold of a whole file."""


def judge(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    contract: Contract | None,
    parts: Sequence[dict[str, Any]],
    filed: Sequence[profile.Filed],
    register: Register,
    target: Path,
) -> list[CheckResult]:
    """Write the profile of the table ``staged`` of the connection into ``target`` and return the verdict on each rule.

    ``parts`` is what staging tells of the parts, ``filed`` what is known of their files, in the same order.
    """
    used = bounds.used(contract.rules.values()) if contract else ()
    profile.offer(con, table, profile.cell_columns(table, contract, used), parts, filed, register)
    profile.write(con, table, target)
    lacking = {part["level"] for part, file in zip(parts, filed, strict=True) if file.partial}
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
