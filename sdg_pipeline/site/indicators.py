"""The page of an indicator: headline, trend, states, groups, map, definition, sources, checks, downloads.

What belongs here: choosing the figures of that page. What does not: drawing (charts) and its HTML (templates).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from sdg_pipeline.charts import strip
from sdg_pipeline.charts.axis import Axis, fitted_axis
from sdg_pipeline.charts.models import Caption, YearEstimate
from sdg_pipeline.charts.trend import trend_chart
from sdg_pipeline.site import addresses, format, slices
from sdg_pipeline.site.geometry import Geometry
from sdg_pipeline.site.maps import StateMap
from sdg_pipeline.site.model import LANGUAGES, NATION, Indicator, Language, Row
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.subject import Subject, estimate
from sdg_pipeline.site.words import word
from sdg_pipeline.specs.fields import BREAK, FORECAST

TREND_WIDTH = 460


@dataclass(frozen=True)
class Line:
    """A row of a table with its drawing; ``href`` leads to the page of the place."""

    name: str
    value: str
    interval: str
    mark: str
    drawing: Markup
    missing: str = ""
    href: str = ""
    national: bool = False
    explain: str = ""
    """Where it is said how the value came about."""


@dataclass(frozen=True)
class Scale:
    """The axis that the rows of a table share, and the national value that all of them show."""

    axis: Axis
    nation: float | None = None


@dataclass(frozen=True)
class Chart:
    """Rows on one axis, and the ticks of the axis."""

    lines: tuple[Line, ...]
    ticks: tuple[tuple[str, str], ...]
    period: str
    has_intervals: bool
    has_zero: bool


@dataclass(frozen=True)
class IndicatorPages:
    """Writes the pages of indicators in both languages."""

    site: Site
    geometry: Geometry | None

    def pages(self, indicator: Indicator, rows: Sequence[Row]) -> Iterator[tuple[str, bytes]]:
        """The page of an indicator in both languages, and its data."""
        subject = Subject(indicator, rows, slices.groups_of(indicator, rows))
        yield from slices.slices(self.site.contents, indicator, rows)
        yield f"data/{indicator.id}.png", StateMap(self.site, self.geometry).picture(subject)
        coverage = _coverage(subject)
        for language in LANGUAGES:
            yield self._page(subject, coverage, language)

    def _page(self, subject: Subject, coverage: list[dict[str, object]], language: Language) -> tuple[str, bytes]:
        indicator, contents = subject.indicator, self.site.contents
        states_period = subject.newest("state")
        own = contents.value(NATION, indicator.id)
        return self.site.render(
            "indicator",
            language,
            indicator.id,
            title=indicator.title[language],
            summary=indicator.description[language],
            indicator=indicator,
            dataset=self._dataset(subject, language),
            headline=own if own is not None and own.value is not None else None,
            explain=addresses.explained(language, indicator.id, NATION, own.period) if own is not None else "",
            mark=format.mark_of(own) if own is not None else "",
            change=format.change(own, indicator.decimals) if own is not None else "",
            trend=self._trend(subject, language),
            trend_notes=_trend_notes(subject.rows_of("national", subject.group)),
            years=[
                self._line(subject, r, r.period, None, language) for r in subject.rows_of("national", subject.group)
            ],
            states=self._states(subject, states_period, language),
            drawn=StateMap(self.site, self.geometry).drawn(subject, states_period, language),
            groups=self._groups(subject, language),
            coverage=coverage,
            editions=self._editions(indicator),
            checks=[check for check in contents.checks if check.subject == indicator.id],
            deviations=[row for row in contents.deviations if row["indicator"] == indicator.id],
            revised=[r for r in contents.revised if r.indicator == indicator.id],
            places=contents.places,
            municipal=subject.newest("municipality"),
            data=slices.core_path(indicator.id),
            values=len(subject.rows),
        )

    def _dataset(self, subject: Subject, language: Language) -> dict[str, Any]:
        """The indicator as search engines for data read it (schema.org Dataset)."""
        indicator, periods = subject.indicator, sorted(row.period for row in subject.rows)
        sources = [source for source in self.site.contents.sources if source.id in indicator.sources]
        files = self.site.address and f"{self.site.address}latest/indicators/{indicator.id}"
        formats = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
        return {
            "@context": "https://schema.org",
            "@type": "Dataset",
            "name": indicator.title[language],
            "description": indicator.description[language],
            "inLanguage": language,
            "isAccessibleForFree": True,
            "identifier": indicator.id,
            "variableMeasured": indicator.title[language],
            "spatialCoverage": "México",
            **({"temporalCoverage": f"{periods[0]}/{periods[-1]}"} if periods else {}),
            "license": sorted({source.licence_url for source in sources}),
            "isBasedOn": sorted({source.landing_page for source in sources}),
            "creator": [{"@type": "Organization", "name": name} for name in sorted({s.publisher for s in sources})],
            "distribution": [
                {"@type": "DataDownload", "encodingFormat": kind, "contentUrl": f"{files}.{suffix}"}
                for suffix, kind in formats.items()
                if files
            ],
        }

    def _editions(self, indicator: Indicator) -> list[object]:
        """The files that the indicator was computed from."""
        return [source for source in self.site.contents.sources if source.id in indicator.sources]

    def _trend(self, subject: Subject, language: Language) -> Markup | None:
        indicator = subject.indicator
        years = [
            YearEstimate(int(row.period), estimate(row), row.status == FORECAST, row.status == BREAK)
            for row in subject.rows_of("national", subject.group)
            if row.period.isdigit()
        ]
        caption = Caption(
            key="trend",
            title=indicator.title[language],
            unit=indicator.unit_text[language],
            sources=(),
            decimals=indicator.decimals,
            language=language,
            width=TREND_WIDTH,
            bare=True,
        )
        drawn = trend_chart(caption, years)
        return Markup(drawn) if drawn else None

    def _states(self, subject: Subject, period: str | None, language: Language) -> Chart | None:
        """The states from the highest value, with the nation among them where it compares with them."""
        if period is None:
            return None
        rows = [row for row in subject.rows_of("state", subject.group) if row.period == period]
        nation = [
            row for row in subject.rows_of("national", subject.group) if row.period == period and row.value is not None
        ]
        return self._chart(subject, [*rows, *_comparable(rows, nation)], period, language)

    def _groups(self, subject: Subject, language: Language) -> Chart | None:
        """The groups of the nation, or of the first level that has any, in the newest year."""
        if len(subject.groups) < 2:
            return None
        period = subject.newest("national")
        if period is None:
            return None
        rows = [row for row in subject.rows if row.level == "national" and row.period == period]
        if len(rows) < 2:
            return None
        order = {group: number for number, group in enumerate(subject.groups)}
        rows.sort(key=lambda row: order[row.group])
        axis = _axis(rows)
        if axis is None:
            return None
        names = {
            group: format.group_name(group, subject.indicator.own, self.site.contents.codes, language)
            for group in subject.groups
        }
        lines = [self._line(subject, row, names[row.group], Scale(axis), language) for row in rows]
        return _charted(lines, rows, axis, period)

    def _chart(self, subject: Subject, rows: list[Row], period: str, language: Language) -> Chart | None:
        axis = _axis(rows)
        if axis is None:
            return None
        rows.sort(key=lambda row: (row.value is None, -(row.value or 0), row.place))
        nation = next((row.value for row in rows if row.level == "national"), None)
        lines = [
            self._line(subject, row, self._name(row, language), Scale(axis, nation), language)
            for row in rows
        ]  # fmt: skip
        return _charted(lines, rows, axis, period)

    def _name(self, row: Row, language: Language) -> str:
        return word(language, "nation_row") if row.place == NATION else self.site.contents.places[row.place].name

    def _line(self, subject: Subject, row: Row, name: str, scale: Scale | None, language: Language) -> Line:
        indicator, group = subject.indicator, subject.groups.index(row.group)
        dot, mark = estimate(row), format.mark(row.status, row.precision)
        here = addresses.root_of(addresses.path("indicator", language, indicator.id))
        return Line(
            name=name,
            value=format.number(row.value, indicator.decimals),
            interval=format.interval(row.lower, row.upper, indicator.decimals),
            mark=word(language, mark) if mark else "",
            drawing=Markup(strip.strip(dot, scale.axis, scale.nation)) if dot and scale else Markup(),
            missing="" if row.value is not None else format.reason(language, row.reason, row.status),
            href=here + addresses.path("state", language, row.place) if row.level == "state" else "",
            national=row.place == NATION,
            explain=here + addresses.explained(language, indicator.id, row.place, row.period, group),
        )


def _trend_notes(rows: Sequence[Row]) -> list[str]:
    """The words under a trend that say what is in it."""
    signs = {
        "trend_intervals": any(row.lower is not None for row in rows),
        "trend_gaps": any(row.value is None for row in rows),
        "trend_forecasts": any(row.status == FORECAST for row in rows),
        "trend_breaks": any(row.status == BREAK for row in rows),
        "trend_axis": True,
    }
    return [name for name, shown in signs.items() if shown]


def _axis(rows: Iterable[Row]) -> Axis | None:
    extents = [value for row in rows if (shown := estimate(row)) for value in shown.extent]
    return fitted_axis(extents) if extents else None


def _comparable(rows: Sequence[Row], nation: Sequence[Row]) -> list[Row]:
    """The nation, where its value lies among those of the states: a total would squeeze the axis."""
    values = [row.value for row in rows if row.value is not None]
    return [row for row in nation if values and row.value is not None and min(values) <= row.value <= max(values)]


def _charted(lines: Sequence[Line], rows: Sequence[Row], axis: Axis, period: str) -> Chart:
    return Chart(tuple(lines), strip.ends(axis), period, any(r.lower is not None for r in rows), axis.has_zero)


def _coverage(subject: Subject) -> list[dict[str, object]]:
    """By level: areas, first and last year, values, and rows without one."""
    levels = dict.fromkeys(row.level for row in subject.rows)
    shown = []
    for level in levels:
        rows = [row for row in subject.rows if row.level == level]
        shown.append(
            {
                "level": level,
                "areas": len({row.place for row in rows}),
                "first": min(row.period for row in rows),
                "last": max(row.period for row in rows),
                "values": sum(row.value is not None for row in rows),
                "missing": sum(row.value is None for row in rows),
            }
        )
    return shown
