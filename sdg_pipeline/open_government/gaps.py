"""The register of gaps: which cells of the grid of indicators and areas have no value, and what would close them.

A cell is an indicator in its newest period and an area of today. Most gaps are structure, so these are counted by
indicator, level and class. Only a cell that the source leaves empty is a row of its own. What belongs here: the class
of each cell. What does not: the words and remedies, which are reviewed data (indicator_specs/gaps).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sdg_pipeline import duck
from sdg_pipeline.estimate import universe
from sdg_pipeline.open_government.subject import Material, Row, Subject
from sdg_pipeline.open_government.tables import GAP, GAP_GRID, UN_GAP
from sdg_pipeline.quality.freshness import expectations
from sdg_pipeline.specs import fields, framework
from sdg_pipeline.specs.base import PUBLISHED_LEVELS, TOTAL, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.gaps import Closing, Gaps
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Table

NAME, REGISTER = "gaps", "register"
ADDS_UP, EXPLAINED = "grid_adds_up", "reasons_have_words"
LEVELS = {
    Level.NATIONAL: ("nation", "país"),
    Level.STATE: ("state", "entidad federativa"),
    Level.MUNICIPALITY: ("municipality", "municipio"),
}
VALUE, EMPTY = "value", "empty"
CELL = f"""
CREATE OR REPLACE TEMP TABLE gap_cell AS
SELECT
    i.id AS indicator, a.ref_area, a.geo_level, n.time_period, t.obs_reason AS reason, p.people,
    CASE
        WHEN t.obs_value IS NOT NULL THEN '{VALUE}'
        WHEN t.indicator IS NOT NULL THEN '{EMPTY}'
        WHEN l.indicator IS NULL THEN 'no_level'
        WHEN a.first_vintage > i.vintage THEN 'not_in_register'
        WHEN n.indicator IS NULL THEN 'by_group_only'
        ELSE 'partial_coverage'
    END AS class
FROM gap_indicator AS i
CROSS JOIN gap_area AS a
LEFT JOIN (SELECT DISTINCT indicator, geo_level FROM gap_row) AS l ON l.indicator = i.id AND l.geo_level = a.geo_level
LEFT JOIN gap_newest AS n ON n.indicator = i.id AND n.geo_level = a.geo_level
LEFT JOIN gap_row AS t
    ON t.total AND t.indicator = i.id AND t.ref_area = a.ref_area AND t.time_period = n.time_period
LEFT JOIN gap_people AS p ON p.ref_area = a.ref_area
"""
NEWEST = f"""
CREATE OR REPLACE TEMP TABLE gap_newest AS
SELECT
    indicator, geo_level,
    coalesce(max(time_period) FILTER (obs_value IS NOT NULL), max(time_period)) AS time_period
FROM gap_row WHERE total AND obs_status <> '{fields.FORECAST}' GROUP BY ALL
"""
"""The newest period with a value of the own total that is no forecast; where none has one, the newest of its rows."""


@dataclass(frozen=True)
class _Origin:
    """Where the values of an indicator at a level come from, as far as words need it."""

    source: str
    title_en: str
    title_es: str
    publisher: str
    edition: str
    following: str | None

    def filled(self, closing: Closing, level: Level) -> tuple[str, str]:
        """What would close a gap, in English and in Spanish."""
        texts = []
        for language, text in enumerate((closing.closes_with.en, closing.closes_with.es)):
            texts.append(
                text.format(
                    source=(self.title_en, self.title_es)[language],
                    publisher=self.publisher,
                    edition=self.edition,
                    next=self.following or ("no date is known", "fecha desconocida")[language],
                    level=LEVELS[level][language],
                )
            )
        return texts[0], texts[1]


def work(material: Material) -> Mapping[str, tuple[str, Sequence[Row]]]:
    """Write the three tables."""
    register = material.catalog.gaps.get(REGISTER)
    if register is None:
        for table in (GAP_GRID, GAP, UN_GAP):
            material.write(table, [])
        return {check: ("the specs have no register of gaps", []) for check in (ADDS_UP, EXPLAINED)}
    indicators = [material.catalog.indicators[i] for i in sorted(material.indicators)]
    _load(material, register, indicators)
    following = {e.source: e.next_reaches for e in expectations(material.catalog)}
    origins = {
        i.id: {level: _origin(i, level, material.catalog, following) for level in PUBLISHED_LEVELS} for i in indicators
    }
    grid = [*_counted(material, register, origins), *_groups(material, register, origins)]
    material.write(GAP_GRID, grid)
    cells = list(_cells(material, register, origins))
    material.write(GAP, cells)
    missing = list(_un(material.catalog))
    material.write(UN_GAP, missing)
    return {ADDS_UP: _sums(material, grid), EXPLAINED: _explained(cells)}


def _load(material: Material, register: Gaps, indicators: Sequence[Indicator]) -> None:
    """The rows of all indicators, the areas of today with their people, and from both the class of each cell."""
    con, files = material.con, ", ".join(duck.text(material.indicators[i.id]) for i in indicators)
    columns = "indicator, ref_area, geo_level, time_period, obs_value, obs_status, obs_reason"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE gap_row AS SELECT {columns}, k.total IS NOT NULL AS total "
        f"FROM read_parquet([{files}]) LEFT JOIN (SELECT *, true AS total FROM {universe.totals(indicators)}) AS k "
        f"USING (indicator, {', '.join(fields.DIMENSIONS)})"
    )
    vintages = ", ".join(f"({duck.text(i.id)}, {_table(i, material.catalog).geography.vintage})" for i in indicators)
    con.execute(f"CREATE OR REPLACE TEMP TABLE gap_indicator AS FROM (VALUES {vintages}) AS v(id, vintage)")
    areas = ", ".join(
        f"({duck.text(area.code)}, {duck.text(area.level.value)}, {area.first_vintage})"
        for area in material.register.existing(material.register.newest_vintage)
        if area.level in LEVELS
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE gap_area AS FROM (VALUES {areas}) AS v(ref_area, geo_level, first_vintage)"
    )
    con.execute(NEWEST)
    ordered = ", ".join(f"({duck.text(name)}, {number})" for number, name in enumerate(register.population))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE gap_people AS "
        "SELECT ref_area, arg_min(obs_value, o.number) AS people FROM gap_row "
        f"JOIN gap_newest USING (indicator, geo_level, time_period) JOIN (VALUES {ordered}) AS o(indicator, number) "
        "USING (indicator) WHERE total AND obs_value IS NOT NULL GROUP BY ref_area"
    )
    con.execute(CELL)


def _table(indicator: Indicator, catalog: Catalog) -> Table:
    """The table that an indicator, or the one that it compares, is computed from."""
    return catalog.tables[catalog.root_of(indicator).table or ""]


def _origin(indicator: Indicator, level: Level, catalog: Catalog, following: Mapping[str, str | None]) -> _Origin:
    table = _table(indicator, catalog)
    part = ([p for p in table.parts if p.level == level] or list(table.parts))[-1]
    source = catalog.sources[part.source]
    reaches = following.get(source.id)
    return _Origin(source.id, source.title.en, source.title.es, source.publisher, part.edition, reaches)


Origins = Mapping[str, Mapping[Level, _Origin]]


def _counted(material: Material, register: Gaps, origins: Origins) -> Iterator[Row]:
    """How many cells of an indicator and level are of each class."""
    query = (
        "SELECT indicator, geo_level, class, any_value(time_period), count(*), sum(people), any_value(vintage) "
        "FROM gap_cell JOIN gap_indicator ON id = indicator GROUP BY ALL ORDER BY ALL"
    )
    closings = {str(name): entry for name, entry in register.classes.items()}
    for indicator, geo_level, kind, period, cells, people, vintage in material.con.execute(query).fetchall():
        row = {"dimension": TOTAL, "class": kind, "time_period": period, "cells": cells, "people": people}
        yield {**_place(indicator, Level(geo_level), material.catalog, origins), **row, "vintage": vintage} | _closed(
            closings.get(kind), origins[indicator][Level(geo_level)], Level(geo_level)
        )


def _groups(material: Material, register: Gaps, origins: Origins) -> Iterator[Row]:
    """Dimensions that an indicator is broken down by at a coarser level, and not at one where it has values."""
    present = "SELECT indicator, geo_level, count(*), sum(people) FROM gap_cell WHERE class = 'value' GROUP BY ALL"
    for indicator, geo_level, cells, people in sorted(material.con.execute(present).fetchall()):
        spec, level = material.catalog.indicators[indicator], Level(geo_level)
        by_level: dict[str, set[str]] = {}
        for own, *dimensions in spec.breakdowns:
            by_level.setdefault(own, set()).update(dimensions)
        coarser = {d for name, ds in by_level.items() if Level(name).depth < level.depth for d in ds}
        for dimension in sorted(coarser - by_level.get(level.value, set())):
            row = {"dimension": dimension, "class": "no_group", "cells": cells, "people": people}
            vintage = _table(spec, material.catalog).geography.vintage
            yield {**_place(indicator, level, material.catalog, origins), **row, "vintage": vintage} | _closed(
                register.classes.get("no_group"), origins[indicator][level], level
            )


def _place(indicator: str, level: Level, catalog: Catalog, origins: Origins) -> dict[str, object]:
    origin = origins[indicator][level]
    return {
        "indicator": indicator,
        "goal": catalog.indicators[indicator].goal,
        "geo_level": level.value,
        "source": origin.source,
        "institution": origin.publisher,
    }


def _closed(closing: Closing | None, origin: _Origin, level: Level) -> dict[str, str | None]:
    en, es = origin.filled(closing, level) if closing else (None, None)
    return {"closes_with_en": en, "closes_with_es": es}


def _cells(material: Material, register: Gaps, origins: Origins) -> Iterator[Row]:
    """The cells that have a row and no value, each with its reason."""
    columns = "indicator, ref_area, geo_level, time_period, reason, people"
    query = f"SELECT {columns} FROM gap_cell WHERE class = '{EMPTY}' ORDER BY indicator, ref_area"
    for values in material.con.execute(query).fetchall():
        row = dict(zip(columns.split(", "), values, strict=True))
        level, closing = Level(row["geo_level"]), register.reasons.get(row["reason"] or "")
        yield {**row, "reason": row["reason"] or ""} | _closed(closing, origins[row["indicator"]][level], level)


def _un(catalog: Catalog) -> Iterator[Row]:
    """The indicators of the United Nations without any of this catalogue, and why where that is known."""
    ours = {indicator.sdg.code for indicator in catalog.indicators.values()}
    for entry in framework.un_indicators(catalog.files):
        if entry.code not in ours:
            yield {
                "sdg_indicator": entry.code,
                "goal": entry.goal,
                "title_en": entry.en,
                "title_es": entry.es,
                "why": entry.why or "not_examined",
            }


def _sums(material: Material, grid: Sequence[Row]) -> tuple[str, Sequence[Row]]:
    """By level, the cells of all classes against indicators times areas."""
    wrong, seen = [], []
    query = "SELECT geo_level, count(*) FROM gap_area GROUP BY ALL ORDER BY count(*)"
    for geo_level, areas in material.con.execute(query).fetchall():
        cells = sum(int(r["cells"]) for r in grid if r["geo_level"] == geo_level and r["dimension"] == TOTAL)
        wanted = areas * len(material.indicators)
        seen.append(f"{geo_level} {cells:,}")
        if cells != wanted:
            wrong.append({"geo_level": geo_level, "cells": cells, "indicators_times_areas": wanted})
    return f"{len(material.indicators)} indicators; cells: {', '.join(seen)}", wrong


def _explained(cells: Sequence[Row]) -> tuple[str, Sequence[Row]]:
    without = [row for row in cells if not row["closes_with_en"]]
    return f"{len(cells):,} cells without a value, each with its reason", without


GAPS = Subject(
    NAME,
    (GAP_GRID, GAP, UN_GAP),
    lambda _: frozenset(),
    all_indicators=True,
    owner="team:data",
    described={
        ADDS_UP: (
            "blocking",
            "The classes of the grid add up to indicators times areas, at each level.",
            "Each cell has one class; else a gap is counted twice or hidden.",
        ),
        EXPLAINED: (
            "warning",
            "Each reason of a missing value has words and a remedy in the register of gaps.",
            "Who asks for a figure has to learn what would close the gap.",
        ),
    },
    work=work,
)
