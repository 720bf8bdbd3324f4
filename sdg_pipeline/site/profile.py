"""The page of a place: by goal each value with its interval, its state, the nation, its rank and what changed.

The rows are text here and not a template: there are 400,000 of them, and a page must stay below six kilobytes. All that
comes from a spec is escaped once an indicator. What belongs here: pages of states and municipalities. What does not:
the page around the rows (templates).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from markupsafe import Markup, escape

from sdg_pipeline.site import addresses, format
from sdg_pipeline.site.geometry import Geometry
from sdg_pipeline.site.lacking import Lacking
from sdg_pipeline.site.model import NATION, Indicator, Language, Place, Revised, Value
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.words import word

POPULATION = ("population", "census_population")
"""Indicators that say how many people live in a place; the newest figure is shown."""
FEWEST_RANKED = 8
"""A rank among fewer places says nothing."""
NAMED = 3
"""Best and worst ranks that are named at the head of a page."""
YEARS = 7
"""Years up to the newest figure of the release that the page of a municipality shows, which must stay small."""


Standing = tuple[float, Indicator, Value]
"""The share of better places, the indicator and the value."""


@dataclass(frozen=True)
class Section:
    """The rows of a goal."""

    goal: int
    rows: Markup


@dataclass
class Profiles:
    """Writes the pages of all places in one language; what many pages share is made once."""

    site: Site
    language: Language
    lacking: Lacking
    geometry: Geometry | None = None
    heads: dict[str, str] = field(default_factory=dict)
    cells: dict[tuple[str, str], str] = field(default_factory=dict)
    revised: dict[str, list[Revised]] = field(default_factory=dict)
    newest: tuple[str, list[tuple[Indicator, Value, bool]]] = ("", [])
    """The place that is written now, with its entries."""

    def municipality(self, place: Place, units: Sequence[Place], children: Sequence[Place]) -> tuple[str, bytes]:
        """The page of a municipality, with the units and municipalities that its borders connect it with."""
        state = self.site.contents.places[NATION + place.state]
        kind = "borough_in" if place.state == "09" else "municipality_in"
        return self.site.render(
            "municipality",
            self.language,
            place.code,
            title=f"{place.name}, {state.name}",
            summary=word(self.language, "place_summary", name=place.name, count=self._count(place)),
            place=place,
            state=state,
            kind_of_place=word(self.language, kind, state=state.name),
            units=units,
            parents=[self.site.contents.places[parent] for parent in place.parents],
            children=children,
            lacks=self.lacking.line(place),
            located=self._located(state.code, place),
            **self._common(place),
        )

    def state(self, place: Place, municipalities: Sequence[Place], outlines: object) -> tuple[str, bytes]:
        """The page of a state, with its municipalities."""
        return self.site.render(
            "state",
            self.language,
            place.code,
            title=place.name,
            summary=word(self.language, "place_summary", name=place.name, count=self._count(place)),
            place=place,
            municipalities=municipalities,
            outlines=outlines,
            located=self._located(NATION, place),
            **self._common(place),
        )

    def _located(self, around: str, place: Place) -> str:
        """The picture in which the place is coloured; empty where it has no outline."""
        drawn = self.geometry is not None and (
            place.code in self.geometry.municipalities or place.code in self.geometry.states
        )
        return f"{addresses.locator(around)}#{place.code}" if drawn else ""

    def _revised(self) -> dict[str, list[Revised]]:
        """By place what the release before had otherwise."""
        if not self.revised:
            for revised in self.site.contents.revised:
                self.revised.setdefault(revised.place, []).append(revised)
        return self.revised

    def _common(self, place: Place) -> dict[str, object]:
        sections, judged = list(self._sections(place)), self._judged(place)
        return {
            "sections": sections,
            "population": self._population(place),
            "best": _standing(judged, best=True),
            "worst": _standing(judged, best=False),
            "revised": self._revised().get(place.code, []),
            "indicators": self.site.contents.indicators,
            "absent": sum(value.value is None for _, value in self._shown(place)),
            "count": self._count(place),
            "marks": self._marks(place),
            "elsewhere": self._elsewhere(place),
        }

    @cached_property
    def since(self) -> str:
        """The first year whose figures stand on the page of a municipality."""
        newest = max((v.period for values in self.site.contents.values.values() for v in values.values()), default="")
        return str(int(newest[:4]) - YEARS + 1) if newest else ""

    def _stands(self, place: Place, indicator: Indicator, value: Value) -> bool:
        """Whether a figure is on the page; a total grows with the place, and has no rank in either case."""
        total = indicator.unit in format.SIZES and (indicator.unit != "NUMBER" or indicator.decimals == 0)
        return place.level != "municipality" or (value.period >= self.since and not total)

    def _entries(self, place: Place) -> list[tuple[Indicator, Value, bool]]:
        """What stands on the page of a place, by goal and target.

        That is its own value; on the page of a state also the first of the groups of what has no total.
        """
        if self.newest[0] != place.code:
            contents, entries = self.site.contents, []
            values, grouped = contents.values.get(place.code, {}), contents.grouped.get(place.code, {})
            for name, indicator in contents.indicators.items():
                if name in values and self._stands(place, indicator, values[name]):
                    entries.append((indicator, values[name], False))
                elif name in grouped and place.level != "municipality":
                    entries.append((indicator, grouped[name][0][1], True))
            self.newest = (place.code, entries)
        return self.newest[1]

    def _shown(self, place: Place) -> list[tuple[Indicator, Value]]:
        """The values of a place that are its own, and not those of groups."""
        return [(indicator, value) for indicator, value, of_groups in self._entries(place) if not of_groups]

    def _elsewhere(self, place: Place) -> str:
        """How many figures stand on the pages of their indicators alone; empty where none does."""
        contents = self.site.contents
        every = {*contents.values.get(place.code, {}), *contents.grouped.get(place.code, {})}
        count = len(every) - len(self._entries(place))
        return word(self.language, "elsewhere_line", count=count, year=self.since) if count else ""

    def _count(self, place: Place) -> int:
        contents = self.site.contents
        return len(contents.values.get(place.code, {})) + len(contents.grouped.get(place.code, {}))

    def _population(self, place: Place) -> tuple[Indicator, Value] | None:
        values = self.site.contents.values.get(place.code, {})
        counted = [name for name in POPULATION if name in values and values[name].value is not None]
        name = max(counted, key=lambda name: values[name].period, default=None)
        return (self.site.contents.indicators[name], values[name]) if name else None

    def _judged(self, place: Place) -> list[Standing]:
        """The indicators in which a place has a rank that says something, each with its share of better places."""
        return [
            ((value.rank - 1) / (value.ranked - 1), indicator, value)
            for indicator, value in self._shown(place)
            if value.rank and value.ranked and value.ranked >= FEWEST_RANKED
            and indicator.direction in ("up", "down") and indicator.unit not in format.SIZES
            and not format.mark_of(value)
        ]  # fmt: skip

    def _marks(self, place: Place) -> list[str]:
        """The marks on a page that its note explains."""
        of_groups = (value for groups in self.site.contents.grouped.get(place.code, {}).values() for _, value in groups)
        used = {format.mark_of(value) for value in (*(value for _, value in self._shown(place)), *of_groups)}
        if "mark_model_low" in used:
            used |= {"mark_model", "mark_low"}
        return [mark for mark in format.EXPLAINED if mark in used]

    def _sections(self, place: Place) -> Iterator[Section]:
        rows: dict[int, list[str]] = {}
        for indicator, value, of_groups in self._entries(place):
            row = self._row_of_groups(place, indicator) if of_groups else self._row(place, indicator, value)
            rows.setdefault(indicator.goal, []).append(row)
        for goal, inside in rows.items():
            yield Section(goal, Markup("\n".join(inside)))

    def _row_of_groups(self, place: Place, indicator: Indicator) -> str:
        """The row of an indicator without a total, on the page of a state: its groups in a cell, without a rank."""
        cells = [self._of_groups(code, indicator) for code in (place.code, NATION)]
        _, value = self.site.contents.grouped[place.code][indicator.id][0]
        return f"<tr>{self._head(indicator, value)}{''.join(cells)}<td><td></td>"

    def _of_groups(self, code: str, indicator: Indicator) -> str:
        contents = self.site.contents
        lines = []
        for group, value in contents.grouped.get(code, {}).get(indicator.id, ()):
            name = escape(format.group_name(group, indicator.own, contents.codes, self.language))
            if value.value is None:
                lines.append(f"<i>{name}</i> {escape(format.reason(self.language, value.reason, value.status))}")
                continue
            limits, mark = format.interval(value.lower, value.upper, indicator.decimals), format.mark_of(value)
            number = format.number(value.value, indicator.decimals) + (f" ({limits})" if limits else "")
            lines.append(f"<i>{name}</i> <b>{number}</b>" + (f" <u>{word(self.language, mark)}</u>" if mark else ""))
        return f"<td>{'<br>'.join(lines)}" if lines else "<td>–"

    def _row(self, place: Place, indicator: Indicator, value: Value) -> str:
        cells = [self._head(indicator, value), self._cell(place, indicator, value)]
        if place.level == "municipality":
            cells.append(self._other(NATION + place.state, indicator, value.period))
        cells.append(self._other(NATION, indicator, value.period))
        cells += [_rank(indicator, value), _change(indicator, value)]
        return f"<tr>{''.join(cells)}"

    def _head(self, indicator: Indicator, value: Value) -> str:
        """Title, unit and year: the same for all places that have the same year."""
        key = f"{indicator.id} {value.period}"
        if key not in self.heads:
            href = addresses.from_folder(addresses.path("indicator", self.language, indicator.id))
            title, unit = escape(indicator.title[self.language]), escape(format.unit(indicator, self.language))
            where = f"{unit}, {value.period}" if unit else value.period
            badge = self._badge(indicator)
            self.heads[key] = f'<th scope=row><a href="{href}">{title}</a> <i>{badge}{where}</i>'
        return self.heads[key]

    def _badge(self, indicator: Indicator) -> str:
        """The UN code of a global indicator; a proxy says that it is one."""
        if indicator.relation == "global":
            return f"<b>{indicator.code}</b> "
        return f"<u>{word(self.language, 'proxy')}</u> " if indicator.relation == "proxy" else ""

    def _explained(self, indicator: Indicator, place: Place) -> str:
        return addresses.from_folder(addresses.explained(self.language, indicator.id, place.code))

    def _cell(self, place: Place, indicator: Indicator, value: Value) -> str:
        """A value. On a page of a municipality, which must stay small, a script makes it a link (static/site.js)."""
        if value.value is None:
            return f"<td class=n>{escape(format.reason(self.language, value.reason, value.status))}"
        limits = format.interval(value.lower, value.upper, indicator.decimals)
        mark = format.mark_of(value)
        number = format.number(value.value, indicator.decimals)
        if place.level == "state":
            number = f'<a href="{self._explained(indicator, place)}">{number}</a>'
        text = f"<td><b>{number}</b>"
        return text + (f" <i>{limits}</i>" if limits else "") + (f" <u>{word(self.language, mark)}</u>" if mark else "")

    def _other(self, code: str, indicator: Indicator, period: str) -> str:
        """The value of the state or the nation; its year where that is another one."""
        key = (code, f"{indicator.id} {period}")
        if key not in self.cells:
            value = self.site.contents.value(code, indicator.id)
            if value is None or value.value is None:
                self.cells[key] = "<td>–"
            else:
                year = "" if value.period == period else f" <i>{value.period}</i>"
                self.cells[key] = f"<td>{format.number(value.value, indicator.decimals)}{year}"
        return self.cells[key]


def _standing(judged: Sequence[Standing], best: bool) -> list[tuple[Indicator, Value]]:
    """Those in which a place stands best, or worst, among those of its level."""
    chosen: list[tuple[Indicator, Value]] = []
    targets: set[str] = set()
    for share, indicator, value in sorted(judged, key=lambda entry: (entry[0] if best else -entry[0], entry[1].id)):
        if indicator.target not in targets and (share < 1 / 3 if best else share > 2 / 3):
            chosen.append((indicator, value))
            targets.add(indicator.target)
    return chosen[:NAMED]


def _rank(indicator: Indicator, value: Value) -> str:
    if not value.rank or not value.ranked or value.ranked < 2 or indicator.unit in format.SIZES:
        return "<td>"
    return f"<td class=r>{value.rank}<i>/{value.ranked}</i>"


def _change(indicator: Indicator, value: Value) -> str:
    difference = format.change(value, indicator.decimals)
    return f"<td>{difference} <i>{value.first_period}</i>" if difference else "<td></td>"
