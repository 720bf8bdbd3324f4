"""Figures that were contributed and accepted, each with the official value of its area and period, and the difference.

They enter a table of their own: no indicator, sum or comparison reads them. What belongs here: the rows of that table.
What does not: which files are accepted (quarantine), and what a cell may hold (contributions).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sdg_pipeline import duck
from sdg_pipeline.estimate import universe
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government import quarantine
from sdg_pipeline.open_government.contributions import reported
from sdg_pipeline.open_government.subject import Material, Row, Subject
from sdg_pipeline.open_government.tables import CONTRIBUTION

NAME = "contributions"
IN_CATALOGUE = "contributed_indicators_are_known"


def _files(layout: Layout) -> Sequence[Path]:
    """The manifest and the file of each accepted contribution."""
    return [p for path in quarantine.manifests(layout) for p in (path, path.parent / quarantine.manifest_in(path).file)]


def work(material: Material) -> Mapping[str, tuple[str, Sequence[Row]]]:
    """Write the table."""
    rows = [row for path in material.files if path.name == quarantine.MANIFEST for row in _rows(path)]
    official = _official(material, {str(row["indicator"]) for row in rows})
    for row in rows:
        value = official.get((str(row["indicator"]), str(row["ref_area"]), str(row["time_period"])))
        if value is not None:
            row |= {"official_value": value, "difference": row["value"] - value}
    material.write(CONTRIBUTION, rows)
    compared = sum("difference" in row for row in rows)
    observed = f"{len(rows)} contributed figures, {compared} with an official value beside them"
    strangers = [row for row in rows if row["indicator"] not in material.catalog.indicators]
    return {IN_CATALOGUE: (observed, strangers)}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    manifest = quarantine.manifest_in(path)
    for figure in reported(path.parent / manifest.file, manifest.sha256):
        yield {
            "contribution": manifest.sha256[:12],
            "indicator": figure.indicator,
            "ref_area": figure.ref_area,
            "time_period": figure.time_period,
            "value": figure.value,
            "unit": figure.unit,
            "contributor": manifest.contributor,
            "origin": figure.source,
            "note": figure.note or None,
            "source": manifest.source,
            "source_level": manifest.source_level,
            "sha256": manifest.sha256,
            "accepted_by": manifest.reviewed_by,
            "accepted_at": manifest.accepted_at,
        }


def _official(material: Material, indicators: set[str]) -> dict[tuple[str, str, str], float]:
    """The official totals of these indicators, as far as this run has them."""
    present = sorted(indicators & set(material.indicators))
    if not present:
        return {}
    files = ", ".join(duck.text(material.indicators[i]) for i in present)
    totals = universe.totals(material.catalog.indicators[i] for i in present)
    query = (
        f"SELECT indicator, ref_area, time_period, obs_value FROM read_parquet([{files}]) "
        f"JOIN {totals} USING ({', '.join(universe.TOTAL_KEY)}) WHERE obs_value IS NOT NULL"
    )
    return {(i, area, period): value for i, area, period, value in material.con.execute(query).fetchall()}


CONTRIBUTIONS = Subject(
    NAME,
    (CONTRIBUTION,),
    lambda _: frozenset(),
    all_indicators=True,
    owner="team:data",
    described={
        IN_CATALOGUE: (
            "warning",
            "Each contributed figure is of an indicator of the catalogue.",
            "The figure of an indicator that is gone has nothing beside it.",
        )
    },
    work=work,
    files=_files,
)
