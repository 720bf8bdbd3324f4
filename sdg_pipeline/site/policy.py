"""Pages of open data as a policy: openness, charters and priority data, requests, and figures that were contributed.

What belongs here: reading their rows, and what these pages show. What does not: promises and gaps (disclosed).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sdg_pipeline.open_government.openness import OWN
from sdg_pipeline.site import format
from sdg_pipeline.site.disclosure import dicts
from sdg_pipeline.site.model import Contents, Indicator, Language, Place, Policy, Text
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.words import has_word, word
from sdg_pipeline.specs.base import Bilingual

if TYPE_CHECKING:
    import duckdb

    from sdg_pipeline.specs.catalog import Catalog

HEADINGS = ("availability", "accessibility", "reuse")
"""The headings of the OECD, in its order."""
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Score:
    """Points of an edition by a framework: reached, of those that are known, of all."""

    points: float
    known_of: float
    possible: float

    @property
    def share(self) -> int | None:
        """The score in per cent of what is known; None where nothing is."""
        return round(100 * self.points / self.known_of) if self.known_of else None

    @property
    def share_known(self) -> int:
        return round(100 * self.known_of / self.possible)

    @property
    def bar(self) -> str:
        """Ends of the two parts of the bar, of all points, as CSS."""
        return f"--y:{100 * self.points / self.possible:.0f}%;--k:{self.share_known}%"


def read(con: duckdb.DuckDBPyConnection, day: str) -> Policy:
    """The rows of these pages; statements of charters as of a day."""
    return Policy(
        openness=tuple(dicts(con, "FROM openness ORDER BY ALL")),
        scores=tuple(dicts(con, "FROM openness_score ORDER BY ALL")),
        charter=tuple(dicts(con, f"FROM charter(try_cast('{day}' AS DATE))")),
        priority=tuple(dicts(con, "FROM priority_data ORDER BY list, item, source")),
        requests=tuple(dicts(con, "FROM demand()")),
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
        source.id: tuple(sorted(source.editions, key=lambda e: (source.editions[e].last_month, e), reverse=True))
        for source in catalog.sources.values()
    }
    return replace(policy, names=names, editions=editions)


def _text(title: Bilingual) -> Text:
    return Text(title.es, title.en)


def shown(contents: Contents, language: Language) -> dict[str, Any]:
    """What the templates of the pages want of which there is one."""
    policy = contents.policy
    scores = _by_edition(policy.scores)
    newest = {source: scores[source, editions[0]] for source, editions in _editions(policy).items()}
    return {
        "policy": policy,
        "frameworks": _frameworks(policy, language),
        "own": OWN,
        "headings": HEADINGS,
        "openness": {source: _by_framework(rows) for source, rows in newest.items()},
        "own_headings": _by_heading(newest.get(OWN, ())),
        "principles": _principles(policy),
        "priority_data": [
            list(rows) for _, rows in groupby(policy.priority, key=lambda row: (row["list"], row["item"]))
        ],
        "asked": _asked(contents),
        "contributed": _contributed(contents),
        "with_page": contents.values,
    }


def pages(site: Site, language: Language) -> Iterator[tuple[str, bytes]]:
    """A page a source: item by item, with the evidence."""
    policy = site.contents.policy
    cited = {source.id for source in site.contents.sources}
    scores, items = _by_edition(policy.scores), _by_edition(policy.openness)
    for source, editions in _editions(policy).items():
        title = title_of(policy, source, language)
        yield site.render(
            "openness_of",
            language,
            source,
            title=word(language, "openness_of_title", source=title),
            summary=word(language, "openness_of_summary", source=title),
            source=source,
            cited=source in cited,
            policy=policy,
            headings=HEADINGS,
            frameworks=_frameworks(policy, language),
            newest=editions[0],
            items=_items(policy, items[source, editions[0]]),
            by_heading=_by_heading(scores[source, editions[0]]),
            earlier=[
                (
                    edition,
                    _by_framework(scores[source, edition]),
                    _otherwise(items[source, editions[0]], items[source, edition]),
                )
                for edition in editions[1:]
            ],
        )


def title_of(policy: Policy, source: str, language: Language) -> str:
    """The title of a source, or of the own release; its id where the specs have lost it."""
    if source == OWN:
        return word(language, "openness_own")
    return policy.names[source][language] if source in policy.names else source


def _frameworks(policy: Policy, language: Language) -> dict[str, str]:
    """The frameworks with their short names."""
    ids = sorted({str(row["framework"]) for row in policy.scores})
    return {i: word(language, f"framework_{i}") if has_word(f"framework_{i}") else i for i in ids}


def _editions(policy: Policy) -> dict[str, list[str]]:
    """By source the editions that were judged, the newest first."""
    judged: dict[str, set[str]] = {}
    for row in policy.scores:
        judged.setdefault(str(row["source"]), set()).add(str(row["edition"]))
    ordered = {source: policy.editions.get(source, tuple(sorted(own, reverse=True))) for source, own in judged.items()}
    return {source: [e for e in editions if e in judged[source]] for source, editions in sorted(ordered.items())}


def _by_edition(rows: Rows) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    editions: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        editions.setdefault((row["source"], row["edition"]), []).append(row)
    return editions


def _by_heading(scores: Rows) -> dict[tuple[str, str], Score]:
    """The scores of an edition by framework and heading."""
    return {
        (str(row["framework"]), str(row["heading"])): Score(row["points"], row["known_of"], row["of"]) for row in scores
    }


def _by_framework(scores: Rows) -> dict[str, Score]:
    """The scores of an edition by framework, over all headings."""
    whole: dict[str, Score] = {}
    for (framework, _), score in _by_heading(scores).items():
        old = whole.get(framework, Score(0, 0, 0))
        whole[framework] = Score(
            old.points + score.points, old.known_of + score.known_of, old.possible + score.possible
        )
    return whole


def _items(policy: Policy, rows: Rows) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """The items of an edition by framework and heading, in the order of the framework."""
    order = {name: number for number, name in enumerate(policy.names)}
    items: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: order.get(f"{row['framework']} {row['item']}", len(order))):
        items.setdefault((row["framework"], row["heading"]), []).append(row)
    return items


def _otherwise(newest: Rows, earlier: Rows) -> list[Mapping[str, Any]]:
    """The items of an earlier edition whose points are not those of the newest."""
    points = {(row["framework"], row["item"]): row["points"] for row in newest}
    return [row for row in earlier if row["points"] != points.get((row["framework"], row["item"]))]


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
