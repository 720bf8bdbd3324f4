"""Pages of openness: the scores of each source and of the own release, and a page a source with each item.

What belongs here: scores, items and those pages. What does not: reading them (policy).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdg_pipeline.open_government.openness import OWN
from sdg_pipeline.site.model import Language, Policy
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.words import has_word, word

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


def shown(policy: Policy, language: Language) -> dict[str, Any]:
    """What the template of the page wants of which there is one."""
    scores = _by_edition(policy.scores)
    newest = {source: scores[source, editions[0]] for source, editions in _editions(policy).items()}
    return {
        "frameworks": _frameworks(policy, language),
        "own": OWN,
        "headings": HEADINGS,
        "openness": {source: _by_framework(rows) for source, rows in newest.items()},
        "own_headings": _by_heading(newest.get(OWN, ())),
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
