"""The page of a state that says how its municipalities add up to it, and what does not agree there.

What belongs here: rows of that page from the tables ``state_sum`` and ``state_finding``. What does not: sums and
comparisons themselves, which those tables have (open_government.levels).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdg_pipeline.site.model import Language, Place
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.words import word

KINDS = ("sources", "rule", "contributed", "official")
"""Kinds of findings in the order in which the page has them."""


def page(site: Site, language: Language, state: Place) -> tuple[str, bytes]:
    """The page of a state."""
    contents = site.contents
    sums = [_sum(site, row) for row in contents.disclosure.sums.get(state.code, ())]
    findings = contents.disclosure.findings.get(state.code, ())
    by_kind = [(kind, [_finding(site, row) for row in findings if row["kind"] == kind]) for kind in KINDS]
    return site.render(
        "coherence",
        language,
        state.code,
        title=word(language, "coherence_title", place=state.name),
        summary=word(language, "coherence_summary", place=state.name),
        place=state,
        uneven=[row for row in sums if row["uneven"]],
        even=[row for row in sums if not row["uneven"]],
        by_kind=by_kind,
        nothing_contributed=not dict(by_kind)["contributed"],
    )


def _sum(site: Site, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``state_sum``; what was counted of a share or rate has no decimals of its own."""
    indicator = site.contents.indicators[row["indicator"]]
    sources = dict.fromkeys((row["state_source"], *row["municipal_source"].split("; ")))
    return {
        "indicator": indicator,
        "quantity": row["quantity"],
        "decimals": indicator.decimals if row["quantity"] == "value" else 0,
        "period": row["time_period"],
        "state": row["state_value"],
        "sum": row["municipal_sum"],
        "rest": row["difference"],
        "share": row["unallocated_share"],
        "uneven": row["uneven"] == "yes",
        "without": row["without_value"],
        "sources": ", ".join(sources),
    }


def _finding(site: Site, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``state_finding``; figures with decimals have two at least, so that a difference can be seen."""
    indicator, place = site.contents.indicators[row["indicator"]], site.contents.places.get(row["ref_area"])
    whole = all(float(row[name] or 0).is_integer() for name in ("value", "other_value"))
    what = [text for text in (row["group_codes"], row["quantity"]) if text not in ("_T", "value", indicator.id)]
    return {
        "indicator": indicator,
        "rule": row["rule"],
        "what": ", ".join(what),
        "place": place.name if place else row["ref_area"],
        "period": row["time_period"],
        "value": row["value"],
        "other": row["other_value"],
        "decimals": 0 if whole else max(indicator.decimals, 2),
        "status": row["status"],
        "why": row["why"],
    }
