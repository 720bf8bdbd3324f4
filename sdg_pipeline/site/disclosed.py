"""The pages of open data: what was promised by whom, what is missing where, and how to ask for it.

What belongs here: what these pages show. What does not: what a single place lacks (lacking).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sdg_pipeline.site.lacking import CLASSES, anchor, known_as
from sdg_pipeline.site.model import Contents, Disclosure, Gap
from sdg_pipeline.specs.base import TOTAL

STATUSES = ("met", "met_late", "overdue", "not_yet_due", "unknown")
VERDICTS = ("complete", "substantial", "limited", "not_started")
LEVELS = ("national", "state", "municipality")
TOTAL_SCOPE = "total"
"""The scope of a row of the budget that is of no goal."""


def shown(contents: Contents) -> dict[str, Any]:
    """What the templates of these pages want."""
    disclosure = contents.disclosure
    institutions = _by_institution(disclosure)
    kinds = Counter((gap.level, gap.kind) for gap in disclosure.gaps if gap.dimension == TOTAL)
    return {
        "disclosure": disclosure,
        "statuses": (*STATUSES, *VERDICTS),
        "institutions": institutions,
        "promised": _counted(disclosure.commitments),
        "promised_by_goal": {
            goal: _counted([c for c in disclosure.commitments if c["goal"] == goal])
            for goal in sorted({int(str(c["goal"])) for c in disclosure.commitments if c["goal"] is not None})
        },
        "anchor": anchor,
        "levels": LEVELS,
        "missing_by_goal": _by_goal(contents),
        "missing_by_class": [(kind, [kinds[level, kind] for level in LEVELS]) for kind in CLASSES],
        "missing_groups": _groups(disclosure.gaps),
        "absent_by_goal": Counter(i.goal for i in contents.absent),
        "budget_total": [row for row in disclosure.budget if row["scope"] == TOTAL_SCOPE],
        "budget_goals": [row for row in disclosure.budget if row["goal"] is not None and row["target"] is None],
        "budget_targets": _by_target(disclosure.budget),
        "pages_of_targets": {i.target for i in contents.indicators.values()} | {i.target for i in contents.absent},
    }


def _counted(commitments: Sequence[Mapping[str, object]]) -> Counter[str]:
    """Commitments by status; those that a reviewer judged count by the verdict."""
    return Counter(str(c["verdict"] or c["status"]) for c in commitments)


def _by_institution(disclosure: Disclosure) -> list[dict[str, Any]]:
    """Every institution that promised something, or whose figures are missing at a level."""
    promised: dict[str, list[Mapping[str, object]]] = {}
    missing: dict[str, Counter[str]] = {}
    for commitment in disclosure.commitments:
        for name in str(commitment["institution"]).split("; "):
            promised.setdefault(known_as(name), []).append(commitment)
    for gap in disclosure.gaps:
        if gap.dimension == TOTAL:
            missing.setdefault(known_as(gap.institution), Counter())[gap.level] += 1
    return [
        {
            "name": name,
            "anchor": anchor(name),
            "promised": promised.get(name, []),
            "counts": _counted(promised.get(name, [])),
            "missing": [missing.get(name, Counter())[level] for level in LEVELS],
        }
        for name in sorted({*promised, *missing})
    ]


def _by_goal(contents: Contents) -> list[dict[str, Any]]:
    """By goal and level the share of indicators that have no figure for at least one area of today."""
    rows = []
    for goal in sorted({i.goal for i in contents.indicators.values()}):
        inside = sum(i.goal == goal for i in contents.indicators.values())
        gaps = [g for g in contents.disclosure.gaps if g.goal == goal and g.dimension == TOTAL]
        without = [{g.indicator for g in gaps if g.level == level and g.kind == "no_level"} for level in LEVELS]
        some = [{g.indicator for g in gaps if g.level == level and g.kind != "no_level"} for level in LEVELS]
        figures = [(len(none), len(part)) for none, part in zip(without, some, strict=True)]
        rows.append({"goal": goal, "inside": inside, "figures": figures})
    return rows


def _groups(gaps: Sequence[Gap]) -> list[tuple[str, list[int]]]:
    """By dimension and level the indicators that have no groups there, though they have some elsewhere."""
    counts = Counter((gap.dimension, gap.level) for gap in gaps if gap.dimension != TOTAL)
    return [(name, [counts[name, level] for level in LEVELS]) for name in sorted({name for name, _ in counts})]


def _by_target(budget: Sequence[Mapping[str, object]]) -> dict[int, list[Mapping[str, object]]]:
    """Rows of targets by goal, 4.2 before 4.10 and that before 4.a."""
    rows: dict[int, list[Mapping[str, object]]] = {}
    for row in sorted((row for row in budget if row["target"]), key=lambda row: order_of(str(row["target"]))):
        rows.setdefault(int(str(row["goal"])), []).append(row)
    return rows


def order_of(target: str) -> tuple[int, bool, int, str]:
    """Where a target stands: 1.1 to 1.5, then 1.a and 1.b."""
    goal, _, rest = target.partition(".")
    return int(goal), not rest.isdigit(), int(rest) if rest.isdigit() else 0, rest
