"""Openness of every edition of every source and of the own release, item by item, by the rules of frameworks.

A framework is data: an item names a fact, and gets its points times the share that holds. Unknown is a verdict, so a
score is read beside the share of the points that is known. What belongs here: the table. What does not: facts (facts).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sdg_pipeline import duck
from sdg_pipeline.open_government import asked, odin, portal
from sdg_pipeline.open_government.facts import UNKNOWN, Dataset, Fact, Facts, of_dataset, of_release
from sdg_pipeline.open_government.subject import Material, Row, Subject
from sdg_pipeline.open_government.tables import OPENNESS as TABLE
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.frameworks import FactName, Framework
from sdg_pipeline.specs.source import Source

NAME, VOCABULARY = "openness", "vocabulary"
OWN, CURRENT = "own_release", "current"
NO_LESS_OPEN = "editions_no_less_open"
COVERAGE: dict[str, FactName] = {
    "c1": "coverage_groups",
    "c2": "coverage_5_years",
    "c3": "coverage_10_years",
    "c4": "coverage_states",
    "c5": "coverage_municipalities",
}
Records = Mapping[str, Mapping[str, odin.Record]]
"""Records by source and indicator."""


def work(material: Material) -> Mapping[str, tuple[str, Sequence[Row]]]:
    """Write the table; editions that are less open than the one before fail a check."""
    catalog = material.catalog
    newest, records = _records(material)
    rows = [row | {"as_of": str(newest)} for row in _rows(material, newest, records)]
    material.write(TABLE, rows)
    worse = list(less_open(rows, catalog.sources))
    judged_items = sum(row["points"] is not None for row in rows)
    sources = len({row["source"] for row in rows} - {OWN})
    observed = f"{sources} sources, {len(rows):,} items, of which {judged_items:,} are known"
    return {NO_LESS_OPEN: (observed, worse)}


def _rows(material: Material, newest: int, records: Records) -> Iterator[dict[str, Any]]:
    catalog = material.catalog
    vocabulary = catalog.vocabularies.get(VOCABULARY)
    if vocabulary is None:
        return
    kept = portal.records(material.files)
    on_portals = {name.source: portal.facts(name, kept, vocabulary) for name in asked.named(catalog) if name.source}
    for source in catalog.sources.values():
        covered = {**on_portals.get(source.id, {}), **coverage(list(records.get(source.id, {}).values()), newest)}
        for edition in source.probed:
            facts = of_dataset(Dataset(source, edition, material.raw.get((source.id, edition))), vocabulary)
            yield from judged(catalog.frameworks, (source.id, edition), {**facts, **covered})
    used = [catalog.sources[source] for source in sorted(records)]
    yield from judged(
        catalog.frameworks,
        (OWN, CURRENT),
        {**of_release(material.release, used, vocabulary), **_release_coverage(material, newest, records)},
    )


def judged(frameworks: Mapping[str, Framework], edition: tuple[str, str], facts: Facts) -> Iterator[dict[str, Any]]:
    """The rows of an edition: each item of each framework, by its fact."""
    for framework in frameworks.values():
        for name, item in framework.items.items():
            fact = facts.get(item.fact, UNKNOWN)
            yield {
                "source": edition[0],
                "edition": edition[1],
                "framework": framework.id,
                "heading": item.heading,
                "item": name,
                "verdict": fact.verdict,
                "points": None if fact.share is None else fact.share * item.points,
                "of": item.points,
                "evidence": fact.evidence,
                "evidence_kind": fact.kind,
            }


def less_open(rows: Sequence[Mapping[str, Any]], sources: Mapping[str, Source]) -> Iterator[Row]:
    """Items for which the newest edition of a source has fewer points than the one before it, both known."""
    points = {(row["source"], row["edition"], row["framework"], row["item"]): row["points"] for row in rows}
    items = sorted({(str(row["framework"]), str(row["item"])) for row in rows})
    for source in sources.values():
        months = {name: edition.last_month for name, edition in source.probed.items()}
        ordered = sorted(months, key=months.__getitem__)
        earlier = [name for name in ordered if months[name] < months[ordered[-1]]]
        if not earlier:
            continue
        before = earlier[-1]
        for framework, item in items:
            old, new = (points.get((source.id, name, framework, item)) for name in (before, ordered[-1]))
            if isinstance(old, float) and isinstance(new, float) and new < old:
                yield {
                    "source": source.id,
                    "edition": ordered[-1],
                    "before": before,
                    "framework": framework,
                    "item": item,
                    "points": new,
                    "points_before": old,
                }


def coverage(records: Sequence[odin.Record], newest: int) -> dict[FactName, Fact]:
    """C1 to C5 of a source: the best of its indicators; unknown where none of them is in the run."""
    if not records:
        return {}
    scores = odin.best(odin.coverage(record, newest) for record in records)
    evidence = f"the best of {len(records)} indicators that read it"
    return {COVERAGE[name]: Fact(score, evidence, "release") for name, score in scores.items()}


def _release_coverage(material: Material, newest: int, records: Records) -> dict[FactName, Fact]:
    """C1 to C5 of all values: goals stand for the categories, whose mean is the score."""
    by_goal: dict[int, list[Mapping[str, float]]] = {}
    for indicator in sorted({name for of_source in records.values() for name in of_source}):
        scores = odin.best(odin.coverage(r[indicator], newest) for r in records.values() if indicator in r)
        by_goal.setdefault(material.catalog.indicators[indicator].goal, []).append(scores)
    goals = [odin.category(scores) for _, scores in sorted(by_goal.items())]
    if not goals:
        return {}
    evidence = f"the mean of {len(goals)} goals, which stand for the categories"
    return {
        fact: Fact(sum(goal[name] for goal in goals) / len(goals), evidence, "release")
        for name, fact in COVERAGE.items()
    }


def _records(material: Material) -> tuple[int, Records]:
    """The newest observed year of the run, and the records of each source by indicator."""
    if not material.indicators:
        return 0, {}
    files = ", ".join(duck.text(path) for _, path in sorted(material.indicators.items()))
    grouped = " OR ".join(f"{name} <> '{TOTAL}'" for name in fields.DIMENSIONS)
    query = f"""
        SELECT source, indicator, list(DISTINCT time_period[:4]::INTEGER), list(DISTINCT geo_level), bool_or({grouped})
        FROM read_parquet([{files}]) WHERE obs_value IS NOT NULL AND obs_status <> '{fields.FORECAST}'
        GROUP BY ALL ORDER BY ALL
    """
    records: dict[str, dict[str, odin.Record]] = {}
    for source, indicator, years, levels, groups in material.con.execute(query).fetchall():
        states, municipalities = (level.value in levels for level in (Level.STATE, Level.MUNICIPALITY))
        record = odin.Record(frozenset(years), states, municipalities, groups)
        records.setdefault(source, {})[indicator] = record
    newest = max((max(r.years) for of_source in records.values() for r in of_source.values()), default=0)
    return newest, records


def _staged(_: Catalog) -> frozenset[str]:
    return frozenset()


OPENNESS = Subject(
    NAME,
    (TABLE,),
    _staged,
    all_indicators=True,
    all_editions=True,
    owner="team:data",
    described={
        NO_LESS_OPEN: (
            "warning",
            "No newest edition of a source is less open than the one before it.",
            "A file that becomes harder to use is noticed when it comes, not years later.",
        )
    },
    work=work,
    files=asked.files,
)
