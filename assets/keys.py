"""Names steps and jobs in Dagster: asset keys, groups, and jobs, which Dagster lists by their names alone."""

from __future__ import annotations

import re

from dagster import AssetKey

from sdg_pipeline.run.graph import Key

EDITIONS = "editions"
GROUP_OF_KIND = {
    "raw": "sources",
    EDITIONS: "sources",
    "staged": "tables",
    "coherence": "release",
    "open_government": "open_government",
    "publication": "release",
    "warehouse": "release",
    "geometry": "tables",
    "site": "release",
}
GOALS = (
    "poverty", "hunger", "health", "education", "gender", "water", "energy", "work", "industry", "equality", "cities",
    "consumption", "climate", "oceans", "land", "peace", "partners",
)  # fmt: skip
"""Titles of the goals, in their order, in one word: the graph shows 17 letters of the name of a group."""
PUBLISH_ALL, RELEASE_DRAFT = "1_publish_all", "2_release_draft"
ACTS = {"review": "3_release_review", "approve": "4_release_approve", "publish": "5_release_publish"}
"""Jobs by what people do with a release."""
COUNTED = "sdg/counted"
"""Tag of runs that the terminal counts, so that no sensor counts them again."""
RECHECK, LATE, EXAMINE = "6_recheck", "7_late_sources", "8_examine_contribution"


def asset_key(key: Key) -> AssetKey:
    """``("raw", "inegi_iter", "2020-01")`` as ``raw/inegi_iter/2020_01``: Dagster takes letters, digits and _."""
    return AssetKey([_plain(part) for part in key])


def op_name(key: Key) -> str:
    return "__".join(_plain(part) for part in key)


def goal_group(goal: int) -> str:
    """The group and the job of a goal: ``goal_03_health``."""
    return f"goal_{goal:02d}_{GOALS[goal - 1]}"


def _plain(text: str) -> str:
    return re.sub(r"\W", "_", text)
