"""Shows the result of an indicator in Dagster: charts, changes and tables, and a page with all of them.

Charts are SVG files in ``data/desk/<indicator>``, together with a page ``report.md`` that shows them outside Dagster as
well. Inside it a chart stands in the Markdown as a data address. Dagster's Markdown drops ``<svg>`` and shows images,
and the browser may ask nobody else. What belongs here: choosing what is shown. What does not: drawing (charts).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster import MetadataValue

from assets.choices import Choices
from assets.pictures import CARD
from assets.previews import headline, markdown_table
from sdg_pipeline.charts.card import card
from sdg_pipeline.charts.models import Caption, Estimate, StateEstimate, StatesFigure, YearEstimate
from sdg_pipeline.charts.states import states_chart
from sdg_pipeline.charts.tile_map import tile_map
from sdg_pipeline.charts.trend import trend_chart
from sdg_pipeline.explain import looks
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish.headline import Figure, Headline
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.indicator import IndicatorReport
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator

NO_CHART = {
    "states": "No values by state.",
    "map": "No values by state.",
    "trend": "One year only: there is no trend yet.",
}
NO_RELEASE = "Not in the last release."
NO_CHANGE = "No value has changed since the last release."
CHANGES, COVERAGE = "Cambios desde la última versión / Changes since the last release", "Cobertura / Coverage"
TITLES = {"states": "Entidades / States", "map": "Mapa / Map", "trend": "Tendencia / Trend"}


def shown(outcome: Outcome, choices: Choices, indicator: Indicator) -> dict[str, Any]:
    """The metadata of a materialisation."""
    report, layout = outcome.report_as(IndicatorReport), choices.run.layout
    figures = report.headline
    drawn = charts(choices.run.catalog, figures, indicator)
    changed = changes(layout, outcome)
    coverage = markdown_table([{**row.model_dump(), "reasons": ", ".join(row.reasons)} for row in figures.coverage])
    _write_page(layout.desk(indicator.id), indicator, figures, drawn, {CHANGES: changed, COVERAGE: coverage})
    metadata = {
        "headline": headline(figures),
        "dagster/row_count": report.rows,
        **{name: MetadataValue.md(_embedded(name, drawn[name])) for name in TITLES},
        "changes_since_release": MetadataValue.md(changed),
        "coverage": MetadataValue.md(coverage),
        "preview": MetadataValue.md(markdown_table(figures.preview)),
        "checks_passed": report.checks_passed,
        "checks_failed": len(report.checks_failed),
        "report": MetadataValue.path(str(layout.desk(indicator.id) / "report.md")),
    }
    if choices.areas:
        rows = looks.values_of(indicator, layout.indicator(indicator.id), choices.areas)
        metadata["areas"] = MetadataValue.md(markdown_table(rows) or "The indicator has none of these areas.")
    return metadata


def charts(catalog: Catalog, figures: Headline, indicator: Indicator) -> dict[str, str | None]:
    """The SVG of each chart of an indicator, None where there is nothing to draw."""
    national = figures.national
    states = StatesFigure(
        figures.period or "",
        tuple(StateEstimate(state.code, state.name, _estimate(state)) for state in figures.states),
        _estimate(national) if national and national.period == figures.period else None,
    )
    years = [YearEstimate(int(figure.period), _estimate(figure), figure.forecast) for figure in figures.trend]
    captions = {
        name: Caption(
            key=f"{indicator.id}-{name}",
            title=indicator.title.en,
            unit=figures.unit_label,
            sources=_citations(catalog, indicator),
            decimals=figures.decimals,
        )
        for name in TITLES
    }
    return {
        CARD: card(captions["map"], states, years),
        "states": states_chart(captions["states"], states),
        "map": tile_map(captions["map"], states),
        "trend": trend_chart(captions["trend"], years),
    }


def _estimate(figure: Figure) -> Estimate:
    if figure.lower is None or figure.upper is None:
        return Estimate(figure.value)
    return Estimate(figure.value, (figure.lower, figure.upper))


def _citations(catalog: Catalog, indicator: Indicator) -> tuple[str, ...]:
    """How the institutions want to be cited whose tables the indicator reads."""
    tables = (catalog.tables[table] for table in catalog.tables_of(catalog.root_of(indicator)))
    return tuple(dict.fromkeys(catalog.sources[part.source].citation.en for table in tables for part in table.parts))


def changes(layout: Layout, outcome: Outcome) -> str:
    """The largest changes since the last release, as Markdown."""
    released = layout.latest / "indicators" / f"{outcome.step.name}.parquet"
    if not released.exists():
        return NO_RELEASE
    file, mark = layout.desk(outcome.step.name) / "changes.json", f"{outcome.content} {layout.latest.resolve().name}"
    record = json.loads(_text(file) or "{}")
    if record.get("mark") != mark:
        rows = looks.since_release(released, layout.indicator(outcome.step.name))
        record = {"mark": mark, "changes": markdown_table(rows) or NO_CHANGE}
        _write(file, json.dumps(record, ensure_ascii=False))
    return str(record["changes"])


def _write_page(
    folder: Path, indicator: Indicator, figures: Headline, drawn: Mapping[str, str | None], tables: Mapping[str, str]
) -> None:
    """Write the page of an indicator for any reader of Markdown, with its charts in the same folder."""
    parts = [f"# {indicator.title.es}\n\n*{indicator.title.en}*", f"**{headline(figures)}**"]
    for name, svg in drawn.items():
        if svg is None:
            (folder / f"{name}.svg").unlink(missing_ok=True)
            continue
        _write(folder / f"{name}.svg", svg)
        if name == CARD:
            continue
        parts.append(f"## {TITLES[name]}\n\n![{TITLES[name]}]({name}.svg)")
    parts += [f"## {title}\n\n{table}" for title, table in tables.items()]
    _write(folder / "report.md", "\n\n".join(parts) + "\n")


def _embedded(name: str, svg: str | None) -> str:
    if svg is None:
        return NO_CHART[name]
    return f"![{TITLES[name]}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def _write(path: Path, text: str) -> None:
    """Where the text has changed, and without waiting for the disk: all of it can be written again."""
    if _text(path) != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
