"""Coherence between levels: how the municipalities of a state add up to it, and what disagrees in it.

What belongs here: the sums, and the findings of other steps by state. What does not: the rules of coherence and their
explanations (quality.deviations), and the check that an indicator adds up within itself (quality.coherence).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sdg_pipeline import duck
from sdg_pipeline.estimate import universe
from sdg_pipeline.ingest.geography import NATION
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government.subject import Material, Row, Subject
from sdg_pipeline.open_government.sum_tables import STATE_FINDING, STATE_SUM
from sdg_pipeline.open_government.tables import CONTRIBUTION
from sdg_pipeline.quality import coherence
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.coherence import Relation
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Count

NAME = "levels"
WITHIN, ALLOCATED, ALL_THERE = "sums_within_state", "little_is_unallocated", "deviations_have_their_state"
MOST_UNALLOCATED = 0.05
"""Share of a state from which on what names no municipality can change how its municipalities compare."""
STATE = len(NATION) + 2
"""Letters of the code of a state, with which those of its municipalities begin."""
SOURCE = "source || '/' || source_edition"
SUMS = f"""
WITH figure AS (
    SELECT indicator, left(ref_area, {STATE}) AS state, geo_level, time_period, numerator, {SOURCE} AS source
    FROM read_parquet([{{files}}]) SEMI JOIN {{totals}} AS k USING ({", ".join(universe.TOTAL_KEY)})
    WHERE obs_status <> '{fields.FORECAST}' AND numerator IS NOT NULL
),
part AS (
    SELECT indicator, state, time_period, sum(numerator ORDER BY numerator) AS added, count(*) AS areas,
        string_agg(DISTINCT source, '; ' ORDER BY source) AS sources
    FROM figure WHERE geo_level = '{Level.MUNICIPALITY}' GROUP BY ALL
)
SELECT w.state, w.indicator, w.time_period, w.numerator, p.added, p.areas, w.source, p.sources
FROM figure AS w JOIN part AS p USING (indicator, state, time_period)
WHERE w.geo_level = '{Level.STATE}'
QUALIFY row_number() OVER (PARTITION BY w.indicator, w.state ORDER BY w.time_period DESC) = 1
ORDER BY w.state, w.indicator
"""
"""Figures of states and the sums of their municipalities in the newest year that both have."""


def _files(layout: Layout) -> Sequence[Path]:
    return (layout.deviations, layout.open_government(CONTRIBUTION.file))


@dataclass(frozen=True)
class _Findings:
    """What other steps found below the nation, as rows of STATE_FINDING."""

    material: Material

    @property
    def catalog(self) -> Catalog:
        return self.material.catalog

    def read(self, path: Path) -> list[dict[str, Any]]:
        """The rows of a file of another step that are below the nation."""
        cursor = self.material.con.execute(f"FROM read_parquet({duck.text(path)}) WHERE ref_area <> '{NATION}'")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def deviations(self, file: Path) -> Iterator[Row]:
        """What deviates from a rule of coherence, whether somebody has explained it or not."""
        for row in self.read(file):
            rule, indicator = str(row["rule"]), self.catalog.indicators[str(row["indicator"])]
            codes = {name: str(row[name]) for name in fields.DIMENSIONS}
            yield {
                **{name: row[name] for name in ("rule", "quantity", "difference", "status", "cite")},
                "state": str(row["ref_area"])[:STATE],
                **{name: row[name] for name in ("indicator", "ref_area", "geo_level", "time_period")},
                "kind": "sources" if rule in self.of_sources else "rule",
                "group_codes": _group(codes, indicator),
                "value": row["observed"],
                "other_value": row["expected"],
                "why": row["explanation"],
            }

    @cached_property
    def of_sources(self) -> frozenset[str]:
        """The rules that compare indicators of different sources."""
        from sdg_pipeline.specs import coherence_names  # with a library of expressions, which a start does without

        rules = [rule for spec in self.catalog.coherence.values() for rule in spec.rules if isinstance(rule, Relation)]
        named = {rule.id: {self._sources(name) for name in coherence_names.indicators(rule)} for rule in rules}
        return frozenset(name for name, sources in named.items() if len(sources) > 1)

    def _sources(self, indicator: str) -> frozenset[str]:
        tables = self.catalog.tables_of(self.catalog.root_of(self.catalog.indicators[indicator]))
        return frozenset(part.source for table in tables for part in self.catalog.tables[table].parts)

    def contributed(self, file: Path) -> Iterator[Row]:
        """Figures that a municipality or another contributed and the official value of the same area and year."""
        for row in self.read(file):
            if row["official_value"] is None:
                continue
            yield {
                **self._place(row["indicator"], row["ref_area"], row["time_period"]),
                "kind": "contributed",
                "rule": row["contribution"],
                "group_codes": TOTAL,
                "quantity": "value",
                "value": row["official_value"],
                "other_value": row["value"],
                "difference": -row["difference"],
                "status": "open" if row["difference"] else "agrees",
                "why": row["contributor"],
                "cite": row["origin"],
            }

    def official(self) -> Iterator[Row]:
        """Official figures that specs name, each with the value of its area, year and sex."""
        values = self._values_of_figures()
        for name in sorted(self.material.indicators):
            indicator = self.catalog.indicators[name]
            for figure in indicator.checks.figures:
                codes = indicator.totals | ({"sex": figure.sex} if figure.sex != TOTAL else {})
                value, edition = values.get((name, figure.area, figure.period, codes["sex"]), (None, None))
                if figure.area == NATION or value is None or figure.edition not in (None, edition):
                    continue
                agrees = abs(value - figure.value) <= figure.tolerance * (1 + coherence.ROUNDING)
                yield {
                    **self._place(name, figure.area, figure.period),
                    "kind": "official",
                    "rule": figure.cite,
                    "group_codes": _group(codes, indicator),
                    "quantity": "value",
                    "value": value,
                    "other_value": figure.value,
                    "difference": value - figure.value,
                    "status": "agrees" if agrees else "open",
                    "cite": figure.cite,
                }

    def _values_of_figures(self) -> dict[tuple[str, ...], tuple[float, str]]:
        """Values and editions by indicator, area, year and sex, where other dimensions are those of the total."""
        named = [name for name in sorted(self.material.indicators) if self.catalog.indicators[name].checks.figures]
        if not named:
            return {}
        files = ", ".join(duck.text(self.material.indicators[name]) for name in named)
        total = universe.totals(self.catalog.indicators[name] for name in named)
        others = ", ".join(key for key in universe.TOTAL_KEY if key != "sex")
        rows = self.material.con.execute(
            "SELECT indicator, ref_area, time_period, o.sex, obs_value, source_edition "
            f"FROM read_parquet([{files}]) AS o SEMI JOIN {total} AS k USING ({others}) WHERE obs_value IS NOT NULL"
        )
        return {tuple(key): (value, edition) for *key, value, edition in rows.fetchall()}

    def _place(self, indicator: str, area: str, period: str) -> dict[str, object]:
        return {
            "state": area[:STATE],
            "indicator": indicator,
            "ref_area": area,
            "geo_level": self.material.register.areas[area].level.value,
            "time_period": period,
        }


def _group(codes: Mapping[str, str], indicator: Indicator) -> str:
    """The codes in which a group is not the total of its indicator."""
    named = [f"{name}={code}" for name, code in codes.items() if code != indicator.totals[name]]
    return ", ".join(named) or TOTAL


def work(material: Material) -> Mapping[str, tuple[str, Sequence[Row]]]:
    """Write the two tables."""
    sums = list(_sums(material))
    material.write(STATE_SUM, sums)
    findings, (deviations, contributions) = _Findings(material), material.files
    rows = [*findings.deviations(deviations), *findings.contributed(contributions), *findings.official()]
    material.write(STATE_FINDING, rows)
    counts = Counter(f"{row['kind']}, {row['status']}" for row in rows)
    states = {area.code for area in material.register.existing(material.register.newest_vintage, Level.STATE)}
    uneven = [row for row in sums if row["uneven"] == "yes"]
    most = max((row["unallocated_share"] or 0 for row in sums), default=0.0)
    return {
        WITHIN: (
            f"{len(sums)} sums of states, {len(uneven)} with a part in no municipality",
            [row for row in uneven if row["difference"] < 0],
        ),
        ALLOCATED: (
            f"at most {most:.1%} of a state is in no municipality",
            [row for row in sums if (row["unallocated_share"] or 0) > MOST_UNALLOCATED],
        ),
        ALL_THERE: (
            "; ".join(f"{kind}: {n}" for kind, n in sorted(counts.items())) or "nothing to list",
            [row for row in rows if row["state"] not in states],
        ),
    }


def _sums(material: Material) -> Iterator[dict[str, Any]]:
    """Rows of STATE_SUM: the indicators whose levels add up by their definition, see ``quality.coherence``."""
    specs = [material.catalog.indicators[i] for i in sorted(material.indicators)]
    adding = [i for i in specs if coherence.names(i)]
    if not adding:
        return
    files = ", ".join(duck.text(material.indicators[i.id]) for i in adding)
    query = SUMS.format(files=files, totals=universe.totals(adding))
    for state, name, period, whole, added, areas, source, sources in material.con.execute(query).fetchall():
        indicator = material.catalog.indicators[name]
        vintage = material.catalog.tables[indicator.table or ""].geography.vintage
        inside = material.register.existing(vintage, Level.MUNICIPALITY, (state.removeprefix(NATION),))
        yield {
            "ref_area": state,
            "indicator": name,
            "goal": indicator.goal,
            "time_period": period,
            "quantity": "value" if isinstance(indicator.method, Count) else "numerator",
            "state_value": whole,
            "municipal_sum": added,
            "difference": whole - added,
            "unallocated_share": (whole - added) / whole if whole else None,
            "uneven": "yes" if abs(whole - added) > coherence.ROUNDING * abs(whole) else "no",
            "with_value": areas,
            "without_value": len(inside) - areas,
            "state_source": source,
            "municipal_source": sources,
        }


LEVELS = Subject(
    NAME,
    (STATE_SUM, STATE_FINDING),
    lambda _: frozenset(),
    all_indicators=True,
    owner="team:statistics",
    described={
        WITHIN: (
            "warning",
            "The municipalities of a state are together no more than the state.",
            "A sum above its whole counts something twice, or mixes editions.",
        ),
        ALLOCATED: (
            "warning",
            f"At most {MOST_UNALLOCATED:.0%} of a figure of a state is in none of its municipalities.",
            "Cases without a municipality make all municipalities look better or smaller than they are.",
        ),
        ALL_THERE: (
            "blocking",
            "Each finding below the nation belongs to a state of today.",
            "A finding without a state is on no page.",
        ),
    },
    work=work,
    files=_files,
    after=(("coherence", "indicators"), ("open_government", "contributions")),
)
