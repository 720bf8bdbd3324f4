"""Pages of open data as a policy: openness, charters and priority data, requests, and figures that were contributed.

What belongs here: reading their rows, and what these pages show. What does not: promises and gaps (disclosed).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sdg_pipeline.site import format, openness
from sdg_pipeline.site.disclosure import dicts
from sdg_pipeline.site.model import Contents, Indicator, Language, Place, Policy, Text
from sdg_pipeline.specs.base import Bilingual

if TYPE_CHECKING:
    import duckdb

    from sdg_pipeline.specs.catalog import Catalog

AGAINST = ("peers", "state", "nation")
"""Whose medians predict a value."""
PEER_PLACES = """
SELECT variable, any_value(title_es) AS title_es, any_value(title_en) AS title_en, count(*) AS places,
    count(inherited_from) AS heirs
FROM peer_place GROUP BY variable ORDER BY variable
"""


def read(con: duckdb.DuckDBPyConnection, day: str) -> Policy:
    """The rows of these pages; statements of charters as of a day."""
    return Policy(
        openness=tuple(dicts(con, "FROM openness ORDER BY ALL")),
        scores=tuple(dicts(con, "FROM openness_score ORDER BY ALL")),
        charter=tuple(dicts(con, f"FROM charter(try_cast('{day}' AS DATE))")),
        priority=tuple(dicts(con, "FROM priority_data ORDER BY list, item, source")),
        requests=tuple(dicts(con, "FROM demand()")),
        milestones=tuple(dicts(con, "FROM milestone ORDER BY register, commitment, step")),
        peer_places=tuple(dicts(con, PEER_PLACES)),
        peer_quality=tuple(dicts(con, "FROM peer_quality ORDER BY indicator")),
        stability=con.execute("SELECT coalesce(max(rank), 0), coalesce(avg(stability), 0) FROM peer").fetchall()[0],
        contributed=tuple(dicts(con, "FROM contribution ORDER BY ref_area, indicator, time_period, contribution")),
    )


def named(policy: Policy, catalog: Catalog) -> Policy:
    """With the titles that the specs have, and the editions of each source in order."""
    names: dict[str, Text] = {source.id: _text(source.title) for source in catalog.sources.values()}
    for framework in catalog.frameworks.values():
        names[framework.id] = _text(framework.title)
        names |= {f"{framework.id} {key}": _text(item.title) for key, item in framework.items.items()}
    for charter in catalog.charters.values():
        names[charter.id] = _text(charter.title)
        names |= {f"{charter.id} {key}": _text(principle.title) for key, principle in charter.principles.items()}
    editions = {
        source.id: tuple(sorted(source.probed, key=lambda e: (source.editions[e].last_month, e), reverse=True))
        for source in catalog.sources.values()
    }
    return replace(policy, names=names, editions=editions)


def _text(title: Bilingual) -> Text:
    return Text(title.es, title.en)


def shown(contents: Contents, language: Language) -> dict[str, Any]:
    """What the templates of the pages want of which there is one."""
    policy = contents.policy
    return {
        "policy": policy,
        **openness.shown(policy, language),
        "principles": _principles(policy),
        "priority_data": [
            list(rows) for _, rows in groupby(policy.priority, key=lambda row: (row["list"], row["item"]))
        ],
        "asked": _asked(contents),
        "contributed": _contributed(contents),
        "with_page": contents.values,
        "milestones": _milestones(policy),
        "predicted": _predicted(contents),
        "ratios": _ratios(policy),
    }


def _principles(policy: Policy) -> list[tuple[str, str, list[Mapping[str, Any]]]]:
    """Charter, principle and its items, in the order of the charter."""
    order = {name: number for number, name in enumerate(policy.names)}
    principles: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in policy.charter:
        principles.setdefault((row["charter"], row["principle"]), []).append(row)
    keys = sorted(principles, key=lambda key: (key[0], order.get(" ".join(key), len(order)), key[1]))
    return [(*key, principles[key]) for key in keys]


@dataclass(frozen=True)
class Asked:
    """A request with its gaps: by indicator of ours, and codes of the UN."""

    row: Mapping[str, Any]
    gaps: Sequence[tuple[Indicator, Mapping[str, Any]]]
    codes: Sequence[str]
    people: float | None
    """Of the gap that concerns most; the gaps of a request share people, so that a sum would count them twice."""


def _asked(contents: Contents) -> list[Asked]:
    """Requests, the open ones first, most wanted first."""
    inside: dict[str, list[Mapping[str, Any]]] = {}
    for row in contents.policy.requests:
        inside.setdefault(str(row["request"]), []).append(row)
    asked = []
    for rows in inside.values():
        gaps = [(contents.indicators[r["indicator"]], r) for r in rows if r["indicator"] in contents.indicators]
        people = max((r["people"] for r in rows if r["people"] is not None), default=None)
        asked.append(Asked(rows[0], gaps, [r["about"] for r in rows if r["indicator"] is None], people))
    return sorted(asked, key=_wanted)


def _wanted(asked: Asked) -> tuple[bool, int, float, str]:
    row = asked.row
    return row["status"] != "open", -row["supporters"], -(asked.people or 0), str(row["request"])


@dataclass(frozen=True)
class Contributed:
    """A figure that was contributed, as texts; ``official`` is a dash where there is none."""

    row: Mapping[str, Any]
    place: Place | None
    indicator: Indicator | None
    value: str
    official: str
    difference: str


def _contributed(contents: Contents) -> list[tuple[Mapping[str, Any], list[Contributed]]]:
    """The accepted files, each by its first row, with their figures."""
    files: dict[str, list[Contributed]] = {}
    for row in contents.policy.contributed:
        indicator = contents.indicators.get(row["indicator"])
        decimals = indicator.decimals if indicator else 2
        texts = (format.number(row[name], decimals) for name in ("value", "official_value", "difference"))
        figure = Contributed(row, contents.places.get(row["ref_area"]), indicator, *texts)
        files.setdefault(str(row["contribution"]), []).append(figure)
    return [(figures[0].row, figures) for _, figures in sorted(files.items())]


def _milestones(policy: Policy) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """The dated steps of each commitment."""
    steps: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in policy.milestones:
        steps.setdefault((row["register"], row["commitment"]), []).append(row)
    return steps


def _predicted(contents: Contents) -> list[dict[str, Any]]:
    """How far medians are from the values of an indicator, as texts, in the order of the indicators."""
    rows = {row["indicator"]: row for row in contents.policy.peer_quality}
    return [
        {
            **rows[name],
            "indicator": indicator,
            **{key: format.number(rows[name][f"gap_{key}"], indicator.decimals + 1) for key in AGAINST},
        }
        for name, indicator in contents.indicators.items()
        if name in rows
    ]


def _ratios(policy: Policy) -> dict[str, str]:
    """Mean gap to the medians of peers and state over the outcomes, in per cent of that to the nation's median."""
    outcomes = [row for row in policy.peer_quality if row["role"] == "outcome" and row["gap_nation"]]
    if not outcomes:
        return {}
    shares = {key: sum(row[f"gap_{key}"] / row["gap_nation"] for row in outcomes) for key in AGAINST[:2]}
    return {key: format.number(100 * share / len(outcomes), 0) for key, share in shares.items()}
