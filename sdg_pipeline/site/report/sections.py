"""The sections of a report: headline figures, progress, goals, groups, gaps, commitments, uncertainty, peers, sources.

What belongs here: which rows each section shows, in which order. What does not: one figure (figures), HTML (templates).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sdg_pipeline.site import addresses, format
from sdg_pipeline.site.lacking import CLASSES, known_as
from sdg_pipeline.site.model import Indicator, Language, Source
from sdg_pipeline.site.profile import NAMED, POPULATION
from sdg_pipeline.site.report.figures import Figure, Figures, Progress
from sdg_pipeline.site.report.material import LEVELS, Material
from sdg_pipeline.site.words import word
from sdg_pipeline.specs.fields import DIMENSIONS

KINDS = ("global", "proxy", "national")
MOST_GROUPS, MOST_BELOW = 16, 20
DOUBTFUL = ("mark_low", "mark_model_low", "mark_unstable")
"""Marks of figures that are no headline."""


@dataclass(frozen=True)
class Sections:
    """Chooses what each section shows."""

    material: Material
    language: Language

    @cached_property
    def figures(self) -> Figures:
        return Figures(self.material, self.language)

    @cached_property
    def by_goal(self) -> dict[int, list[list[Figure]]]:
        """By goal the figures of each indicator with a row here: one, or one a group."""
        goals: dict[int, list[list[Figure]]] = {}
        for indicator in self.material.contents.indicators.values():
            if shown := self.figures.newest(indicator):
                goals.setdefault(indicator.goal, []).append(shown)
        return goals

    @cached_property
    def every(self) -> list[Figure]:
        return [figure for inside in self.by_goal.values() for shown in inside for figure in shown]

    @property
    def headlines(self) -> list[Figure]:
        """One figure a goal: with a numeric target first, then the UN's own, proxies, the newest, in order of targets.

        Sizes and doubtful figures are none, and so are figures of groups.
        """
        chosen = []
        for inside in self.by_goal.values():
            plain = [f[0] for f in inside if f[0].number and not f[0].group and f[0].mark not in DOUBTFUL]
            able = [f for f in plain if f.indicator.unit not in format.SIZES] or plain
            if able:
                chosen.append(min(able, key=_headline_order))
        return chosen

    @property
    def progress(self) -> list[Progress]:
        every = (self.figures.progress(i) for i in self.material.contents.indicators.values())
        return [progress for progress in every if progress is not None]

    @property
    def population(self) -> Figure | None:
        """The newest figure of the people who live here."""
        counted = [f for f in self.every if f.indicator.id in POPULATION and f.number]
        return max(counted, key=lambda figure: figure.period, default=None)

    @property
    def counts(self) -> dict[str, int]:
        kinds = Counter(shown[0].indicator.relation for inside in self.by_goal.values() for shown in inside)
        with_value = [f for f in self.every if f.number]
        return {
            "indicators": len({f.indicator.id for f in with_value}),
            "all": len(self.material.contents.indicators),
            "goals": len({f.indicator.goal for f in with_value}),
            "intervals": sum(bool(f.interval) for f in with_value),
            "gaps": len(self.material.gaps),
            **{kind: kinds[kind] for kind in KINDS},
        }

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Gaps between groups that their test tells from none, as texts, the clearest of each indicator."""
        contents, rows, seen = self.material.contents, [], set()
        for row in self.material.groups:
            indicator = contents.indicators.get(row["indicator"])
            if indicator is None or indicator.unit in format.SIZES or (indicator.id, row["dimension"]) in seen:
                continue
            seen.add((indicator.id, row["dimension"]))
            decimals, labels = indicator.decimals, contents.codes.get(row["dimension"], {})
            group = tuple(row[name] for name in DIMENSIONS)
            reference = labels.get(row["reference"])
            rows.append(
                {
                    "indicator": indicator,
                    "period": row["time_period"],
                    "group": format.group_name(group, indicator.own, contents.codes, self.language),
                    "reference": reference[self.language] if reference else row["reference"],
                    "value": format.number(row["obs_value"], decimals),
                    "other": format.number(row["reference_value"], decimals),
                    "difference": format.signed(row["difference"], decimals),
                    "interval": format.interval(row["ci_lower"], row["ci_upper"], decimals),
                    "explain": addresses.explained(
                        self.language, indicator.id, self.material.place.code, row["time_period"]
                    ),
                }
            )
        return rows[:MOST_GROUPS]

    @property
    def gaps(self) -> list[dict[str, Any]]:
        """What the area lacks: indicators that share a class, a reason, a remedy and an institution stand together."""
        together: dict[tuple[str, str, str, str], list[Indicator]] = {}
        for row in self.material.gaps:
            closes = str(row[f"closes_with_{self.language}"] or "")
            key = (row["class"], row["reason"] or "", known_as(row["institution"] or ""), closes)
            together.setdefault(key, []).append(self.material.contents.indicators[row["indicator"]])
        ordered = sorted(together, key=lambda key: (-CLASSES.index(key[0]), -len(together[key]), key))
        return [
            {"why": self._why(kind, reason), "institution": who, "closes": closes, "indicators": together[key]}
            for key in ordered
            for kind, reason, who, closes in [key]
        ]

    def _why(self, kind: str, reason: str) -> str:
        if reason:
            return format.reason(self.language, reason, "")
        return word(self.language, f"class_{kind}" if self.material.place.level != "municipality" else f"lacks_{kind}")

    @property
    def below(self) -> list[dict[str, Any]]:
        """The cells of areas inside that have no value, with the people who live there, most people first.

        Indicators that lack as many areas at a level, for the same reason and with the same remedy, share a row.
        """
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self.material.below:
            indicator = self.material.contents.indicators.get(row["indicator"])
            if indicator is not None:
                closes = row[f"closes_with_{self.language}"] or ""
                why = self._why(row["class"], row["reason"])
                key = (row["geo_level"], why, row["cells"], row["people"], closes)
                rows.setdefault(key, {**row, "why": why, "closes": closes, "indicators": []})
                rows[key]["indicators"].append(indicator)
        return list(rows.values())[:MOST_BELOW]

    @property
    def commitments(self) -> list[Mapping[str, object]]:
        """Promises whose finest level is that of the area or a finer one."""
        depth = LEVELS.index(self.material.place.level)
        every = self.material.contents.disclosure.commitments
        return [c for c in every if LEVELS.index(str(c["geo_level"])) >= depth]

    @property
    def doubts(self) -> list[tuple[str, list[Figure]]]:
        """The figures that are not plain, by mark; those with two words stand below both."""
        shares = {"mark_model_low": ("mark_model", "mark_low")}
        by_mark: dict[str, list[Figure]] = {}
        for figure in self.every:
            for mark in shares.get(figure.mark, (figure.mark,)):
                if mark and figure.number:
                    by_mark.setdefault(mark, []).append(figure)
        return [(mark, by_mark[mark]) for mark in format.EXPLAINED if mark in by_mark]

    @property
    def precisions(self) -> list[tuple[str, int]]:
        """How many figures there are of each class of precision."""
        contents, code = self.material.contents, self.material.place.code
        values = [*contents.values.get(code, {}).values()]
        values += [value for groups in contents.grouped.get(code, {}).values() for _, value in groups]
        counts = Counter(v.precision or "published" for v in values if v.value is not None)
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    @property
    def withheld(self) -> list[tuple[str, list[Figure]]]:
        """Figures without a value, by their reason."""
        by_reason: dict[str, list[Figure]] = {}
        for figure in self.every:
            if figure.reason:
                by_reason.setdefault(figure.reason, []).append(figure)
        return sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))

    @property
    def deviations(self) -> list[Mapping[str, object]]:
        """What deviates from the rules of coherence here; what is explained says so."""
        own = [d for d in self.material.contents.deviations if d["ref_area"] == self.material.place.code]
        return [d for d in own if d["status"] != "explained"]

    @cached_property
    def sources(self) -> list[tuple[Source, str, str, int]]:
        """The editions that the figures come from, in order: with first and last period, and how many figures."""
        used: dict[str, list[str]] = {}
        for figure in self.every:
            for edition in figure.editions if figure.number else ():
                used.setdefault(edition, []).append(figure.period)
        by_name = {f"{s.id}/{s.edition}": s for s in self.material.contents.sources}
        return [
            (by_name[name], min(periods), max(periods), len(periods))
            for name, periods in sorted(used.items())
            if name in by_name
        ]

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The number of each edition in the list of sources."""
        return {f"{source.id}/{source.edition}": n for n, (source, *_) in enumerate(self.sources, 1)}

    @property
    def peers(self) -> list[dict[str, Any]]:
        """Indicators that peers predict better than the state: own figure, their median, the rank among them."""
        rows = []
        for inside in self.by_goal.values():
            for figure in (shown[0] for shown in inside):
                compared = figure.indicator.id in self.material.compared and figure.indicator.unit not in format.SIZES
                if compared and figure.number:
                    median, rank, count = self.material.compared[figure.indicator.id]
                    shown_median = format.number(median, figure.indicator.decimals)
                    rows.append({"figure": figure, "median": shown_median, "rank": rank, "count": count})
        return rows

    @property
    def lessons(self) -> list[dict[str, Any]]:
        """In what the best peers are furthest ahead."""
        rows = []
        for row in self.material.lessons:
            indicator = self.material.contents.indicators[row["indicator"]]
            numbers = {name: format.number(row[name], indicator.decimals) for name in ("obs_value", "best_value")}
            rows.append({"indicator": indicator, "peers": row["best_peers"][:NAMED], **numbers})
        return rows


def _headline_order(figure: Figure) -> tuple[bool, int, int, str]:
    """Targets stand in order already, and ``min`` takes the first of equals."""
    newest = -int(figure.period[:4])
    return figure.indicator.aim is None, KINDS.index(figure.indicator.relation), newest, figure.indicator.target
