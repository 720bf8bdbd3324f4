"""The pages of which there is one, and those of goals and targets.

What belongs here: which figures they show. What does not: their HTML (templates).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sdg_pipeline.site import disclosed, downloads, format
from sdg_pipeline.site.addresses import FILES
from sdg_pipeline.site.model import NATION, Indicator, Language, Place
from sdg_pipeline.site.rendering import GOALS, Site
from sdg_pipeline.site.words import word
from sdg_pipeline.specs.framework import UnIndicator

KINDS = ("global", "proxy", "national")


def pages(site: Site, language: Language, folder: Path) -> Iterator[tuple[str, bytes]]:
    """All of them in one language; ``folder`` is that of the release in force."""
    contents, indicators = site.contents, list(site.contents.indicators.values())
    places = [place for place in contents.places.values() if place.code in contents.values]
    shared: dict[str, Any] = {
        "goals": goals(indicators),
        "indicators": indicators,
        "states": [place for place in places if place.level == "state"],
        "municipalities": _by_state(places),
        "counts": _counts(site, places),
        "release": contents.release,
        "sources": contents.sources,
        "checks": contents.checks,
        "deviations": contents.deviations,
        "places": contents.places,
        "release_files": downloads.release_files(folder),
        "sizes": downloads.indicator_sizes(folder),
        "headline": lambda indicator: headline(site, indicator),
        **disclosed.shown(contents),
    }
    for kind in FILES:
        title = word(language, "home_title" if kind == "home" else kind)
        yield site.render(kind, language, title=title, summary=word(language, f"{kind}_summary"), **shared)
    for goal in shared["goals"]:
        yield _goal(site, language, goal["goal"], shared)
    for target in targets_of(site):
        yield _target(site, language, target, shared)


def goals(indicators: Sequence[Indicator]) -> list[dict[str, Any]]:
    """The 17 goals with how many indicators of which kind there are."""
    shown = []
    for goal in range(1, 18):
        kinds = Counter(indicator.relation for indicator in indicators if indicator.goal == goal)
        shown.append({"goal": goal, "count": kinds.total(), "kinds": [(kind, kinds[kind]) for kind in KINDS]})
    return shown


def headline(site: Site, indicator: Indicator) -> dict[str, str] | None:
    """The nation's newest value of an indicator as texts; None where there is none."""
    value = site.contents.value(NATION, indicator.id)
    if value is None or value.value is None:
        return None
    return {
        "value": format.number(value.value, indicator.decimals),
        "interval": format.interval(value.lower, value.upper, indicator.decimals),
        "period": value.period,
        "mark": format.mark_of(value),
        "change": format.change(value, indicator.decimals),
        "first": value.first_period or "",
    }


def _goal(site: Site, language: Language, goal: int, shared: dict[str, Any]) -> tuple[str, bytes]:
    inside = [i for i in site.contents.indicators.values() if i.goal == goal]
    name = GOALS[language][goal]
    summary = word(language, "goal_summary", goal=goal, name=name, count=len(inside))
    targets = [(target, *_of_target(site, target)) for target in targets_of(site) if _goal_of(target) == goal]
    return site.render(
        "goal", language, str(goal), title=name, summary=summary, goal=goal, targets=targets, **_without(shared)
    )


def _target(site: Site, language: Language, target: str, shared: dict[str, Any]) -> tuple[str, bytes]:
    inside, absent = _of_target(site, target)
    return site.render(
        "target",
        language,
        target,
        title=word(language, "target", n=target),
        summary=word(language, "target_summary", target=target, count=len(inside)),
        target=target,
        goal=_goal_of(target),
        inside=inside,
        absent=absent,
        **_without(shared),
    )


def targets_of(site: Site) -> list[str]:
    """The targets with an indicator of ours or of the UN: 1.1 to 1.5, then 1.a and 1.b."""
    contents = site.contents
    targets = {i.target for i in contents.indicators.values()} | {i.target for i in contents.absent}
    return sorted(targets, key=disclosed.order_of)


def _goal_of(target: str) -> int:
    return int(target.partition(".")[0])


def _of_target(site: Site, target: str) -> tuple[list[Indicator], list[UnIndicator]]:
    """Our indicators of a target, and those of the UN that have none of ours."""
    contents = site.contents
    ours = [i for i in contents.indicators.values() if i.target == target]
    return ours, [i for i in contents.absent if i.target == target]


def _without(shared: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in shared.items() if key in ("headline", "counts", "goals", "budget_goals")}


def _counts(site: Site, places: Sequence[Place]) -> dict[str, str]:
    contents = site.contents
    municipalities = sum(place.level == "municipality" for place in places)
    return {
        "indicators": f"{len(contents.indicators):,}",
        "municipalities": f"{municipalities:,}",
        "sources": f"{len({source.id for source in contents.sources}):,}",
        "checks": f"{len(contents.checks):,}",
        "failed": f"{sum(not check.passed for check in contents.checks):,}",
    }


def _by_state(places: Sequence[Place]) -> dict[str, list[Place]]:
    by_state: dict[str, list[Place]] = {}
    for place in places:
        if place.level == "municipality":
            by_state.setdefault(place.state, []).append(place)
    return {state: sorted(inside, key=lambda place: place.code) for state, inside in sorted(by_state.items())}
