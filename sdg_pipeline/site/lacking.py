"""What a place lacks: a line on the page of a municipality, and a page a state with what its municipalities lack.

What belongs here: the class of what is missing in a municipality. What does not: the register of gaps, which counts
(open_government), how a state adds up (levels), and the pages of the nation (disclosed).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from markupsafe import Markup, escape

from sdg_pipeline.site import addresses, format
from sdg_pipeline.site.model import NATION, Gap, Indicator, Language, Place
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.words import word
from sdg_pipeline.specs.base import TOTAL

CLASSES = ("no_level", "not_in_register", "by_group_only", "partial_coverage", "empty")
"""Classes of gaps in the order in which the first that fits an area is its own."""
EVERYWHERE = ("no_level", "by_group_only")
"""Classes that all municipalities share: they are listed once."""
Lack = tuple[str, str]
"""An indicator and a class."""


def anchor(institution: str) -> str:
    """The name of an institution as the fragment of an address: its letters and figures, without what is bracketed."""
    return "-".join("".join(c if c.isalnum() else " " for c in known_as(institution).lower()).split())


def known_as(institution: str) -> str:
    """The name of an institution without its abbreviation and what follows it."""
    return institution.partition(" (")[0].strip(" .")


@dataclass
class Lacking:
    """Finds and writes in one language what municipalities lack."""

    site: Site
    language: Language
    lacks: dict[str, list[Lack]]
    """What each municipality lacks, once it is looked for: the same in both languages."""
    kept: dict[Lack, str] = field(default_factory=dict)
    """Items of lists that many places share."""

    @cached_property
    def gaps(self) -> Mapping[str, Mapping[str, Gap]]:
        """By indicator the classes of its gaps among municipalities, in order."""
        gaps: dict[str, dict[str, Gap]] = {}
        every = [g for g in self.site.contents.disclosure.gaps if g.level == "municipality" and g.dimension == TOTAL]
        for gap in sorted(every, key=lambda gap: CLASSES.index(gap.kind)):
            gaps.setdefault(gap.indicator, {})[gap.kind] = gap
        return gaps

    def classes(self, place: Place) -> list[Lack]:
        """The indicators that a municipality has no value of, each with its class."""
        if place.code not in self.lacks:
            self.lacks[place.code] = list(self._classified(place))
        return self.lacks[place.code]

    def _classified(self, place: Place) -> Iterator[Lack]:
        values = self.site.contents.values.get(place.code, {})
        empty = self.site.contents.disclosure.closing.get(place.code, {})
        for name, gaps in self.gaps.items():
            value = values.get(name)
            if value is None or value.value is None:
                kind = "empty" if name in empty else self._structural(place, gaps)
                if kind is not None:
                    yield name, kind

    def _structural(self, place: Place, gaps: Mapping[str, Gap]) -> str | None:
        fitting = (
            kind
            for kind, gap in gaps.items()
            if kind != "empty" and (kind != "not_in_register" or place.first_vintage > gap.vintage)
        )
        return next(fitting, None)

    def line(self, place: Place) -> Markup:
        """How many indicators a municipality lacks, by class, and where to read on."""
        counts = Counter(kind for _, kind in self.classes(place))
        parts = ", ".join(f"{counts[kind]} {word(self.language, f'lacks_{kind}')}" for kind in CLASSES if counts[kind])
        href = addresses.from_folder(addresses.path("lacks", self.language, NATION + place.state))
        more = f'<a href="{href}#{place.code}">{word(self.language, "lacks_more")}</a>'
        return Markup(f"{self._count(place)}{': ' if parts else ''}{parts}. {more}")

    def page(self, state: Place, municipalities: Sequence[Place]) -> tuple[str, bytes]:
        """What the municipalities of a state lack."""
        lacks = {place.code: [i for i in self.classes(place) if i[1] not in EVERYWHERE] for place in municipalities}
        common = set.intersection(*(set(own) for own in lacks.values())) if lacks else set()
        return self.site.render(
            "lacks",
            self.language,
            state.code,
            title=word(self.language, "lacks_title", place=state.name),
            summary=word(self.language, "lacks_summary", place=state.name),
            place=state,
            everywhere=self._everywhere,
            common=[Markup(self._item(lack)) for lack in sorted(common)],
            sections=[
                self._section(place, [lack for lack in lacks[place.code] if lack not in common])
                for place in municipalities
            ],
        )

    @cached_property
    def _everywhere(self) -> list[tuple[str, str, list[Indicator]]]:
        """By institution, with its fragment, the indicators of which no municipality has a total."""
        by_institution: dict[str, list[Indicator]] = {}
        for name, gaps in self.gaps.items():
            for kind in EVERYWHERE:
                if kind in gaps:
                    inside = by_institution.setdefault(known_as(gaps[kind].institution), [])
                    inside.append(self.site.contents.indicators[name])
        return [(name, anchor(name), inside) for name, inside in sorted(by_institution.items())]

    def _item(self, lack: Lack, place: str = "") -> str:
        """An indicator that is missing: why, what would close the gap, and who would have to."""
        name, kind = lack
        if kind != "empty" and lack in self.kept:
            return self.kept[lack]
        indicator, gap = self.site.contents.indicators[name], self.gaps[name][kind]
        closes, why = gap.closes[self.language], word(self.language, f"lacks_{kind}")
        if kind == "empty" and place:
            closes = self.site.contents.disclosure.closing[place][name][self.language]
            value = self.site.contents.value(place, name)
            why = format.reason(self.language, value.reason, value.status) if value is not None else why
        href = addresses.from_folder(addresses.path("indicator", self.language, name))
        dashboard = addresses.from_folder(addresses.path("open", self.language))
        self.kept[lack] = (
            f'<li><a href="{href}">{escape(indicator.title[self.language])}</a>: {escape(why)}. {escape(closes)}'
            f' (<a href="{dashboard}#{anchor(gap.institution)}">{escape(known_as(gap.institution))}</a>)'
        )
        return self.kept[lack]

    def _section(self, place: Place, own: Sequence[Lack]) -> dict[str, Any]:
        contents = self.site.contents
        like = [contents.places[code] for code in contents.disclosure.peers.get(place.code, ())]
        return {
            "place": place,
            "line": self._count(place),
            "own": [Markup(self._item(lack, place.code)) for lack in own],
            "like": ", ".join(p.name if p.state == place.state else f"{p.name} ({p.state_name})" for p in like),
        }

    def _count(self, place: Place) -> str:
        return word(
            self.language, "lacks_count", count=len(self.classes(place)), all=len(self.site.contents.indicators)
        )
