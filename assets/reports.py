"""What a person sees of an indicator when it has run: pictures, changes and tables, and the page that holds them all.

Pictures are drawn once for each content of an indicator and kept in ``data/desk/<indicator>``, together with a page
``report.md`` that shows them outside Dagster as well. Inside it a picture stands in the Markdown as a data address,
since the browser may ask nobody else. What belongs here: choosing what is shown. What does not: drawing (drawing).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dagster import MetadataValue

from assets.choices import Choices
from assets.drawing import charts
from assets.previews import headline, markdown_table
from sdg_pipeline.explain import looks
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.indicator import IndicatorReport
from sdg_pipeline.specs.indicator import Indicator

PICTURES = {"states": charts.states_chart, "map": charts.tile_map, "trend": charts.trend}
NO_PICTURE = {
    "states": "No values by state.",
    "map": "No values by state.",
    "trend": "One year only: there is no trend yet.",
}
NO_RELEASE = "Not in the last release."
NO_CHANGE = "No value has changed since the last release."
TITLES = {"states": "Entidades / States", "map": "Mapa / Map", "trend": "Tendencia / Trend"}


def shown(outcome: Outcome, choices: Choices, indicator: Indicator) -> dict[str, Any]:
    """The metadata of a materialisation."""
    report, layout = outcome.report_as(IndicatorReport), choices.run.layout
    first = report.headline
    drawn = pictures(layout, outcome)
    changed = changes(layout, outcome)
    coverage = markdown_table([{**row.model_dump(), "reasons": ", ".join(row.reasons)} for row in first.coverage])
    _page(layout, outcome, indicator, drawn, changed, coverage)
    known = {
        "dagster/row_count": report.rows,
        "headline": headline(first),
        **{name: MetadataValue.md(_embedded(name, drawn.get(name))) for name in PICTURES},
        "changes_since_release": MetadataValue.md(changed),
        "coverage": MetadataValue.md(coverage),
        "preview": MetadataValue.md(markdown_table(first.preview)),
        "checks_passed": report.checks_passed,
        "checks_failed": len(report.checks_failed),
        "report": MetadataValue.path(str(layout.desk(indicator.id) / "report.md")),
    }
    if choices.areas:
        rows = looks.values_of(layout.indicator(indicator.id), choices.areas)
        known["areas"] = MetadataValue.md(markdown_table(rows) or "The indicator has none of these areas.")
    return known


def pictures(layout: Layout, outcome: Outcome) -> dict[str, bytes]:
    """The pictures of an indicator as PNG files, drawn where they are not there yet."""
    first = outcome.report_as(IndicatorReport).headline.model_dump()
    first |= {"national": first["trend"][-1] if first["trend"] else None}
    first |= {"period": first["states"][0]["period"] if first["states"] else None}
    folder, mark = layout.desk(outcome.step.name), f"{outcome.content} {_drawing()}"
    if _kept(folder / "drawn") != mark:
        folder.mkdir(parents=True, exist_ok=True)
        for name, draw in PICTURES.items():
            png, target = draw(first), folder / f"{name}.png"
            if png is None:
                target.unlink(missing_ok=True)
                continue
            target.write_bytes(png)
        _put(folder / "drawn", mark)
    found = {name: folder / f"{name}.png" for name in PICTURES}
    return {name: path.read_bytes() for name, path in found.items() if path.exists()}


def changes(layout: Layout, outcome: Outcome) -> str:
    """The largest changes since the last release, as Markdown."""
    released = layout.latest / "indicators" / f"{outcome.step.name}.parquet"
    if not released.exists():
        return NO_RELEASE
    kept, mark = layout.desk(outcome.step.name) / "changes.json", f"{outcome.content} {layout.latest.resolve().name}"
    known = json.loads(_kept(kept) or "{}")
    if known.get("of") != mark:
        found = looks.since_release(released, layout.indicator(outcome.step.name))
        known = {"of": mark, "changes": markdown_table(found) or NO_CHANGE}
        _put(kept, json.dumps(known, ensure_ascii=False))
    return str(known["changes"])


def _page(
    layout: Layout, outcome: Outcome, indicator: Indicator, drawn: Mapping[str, bytes], changed: str, coverage: str
) -> None:
    """The page of an indicator for any reader of Markdown; its pictures lie beside it."""
    parts = [
        f"# {indicator.title.es}\n\n*{indicator.title.en}*",
        f"**{headline(outcome.report_as(IndicatorReport).headline)}**",
    ]
    parts += [f"## {TITLES[name]}\n\n![{TITLES[name]}]({name}.png)" for name in PICTURES if name in drawn]
    parts += [f"## Cambios desde la última versión / Changes since the last release\n\n{changed}"]
    parts += [f"## Cobertura / Coverage\n\n{coverage}"]
    target, text = layout.desk(indicator.id) / "report.md", "\n\n".join(parts) + "\n"
    if _kept(target) != text:
        _put(target, text)


def _embedded(name: str, png: bytes | None) -> str:
    if png is None:
        return NO_PICTURE[name]
    return f"![{TITLES[name]}](data:image/png;base64,{base64.b64encode(png).decode()})"


def _put(path: Path, text: str) -> None:
    """Without waiting for the disk: all of it can be made again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _kept(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


@cache
def _drawing() -> str:
    """Hash of what draws: a change there draws all pictures again."""
    digest = hashlib.sha256()
    for file in sorted(Path(charts.__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
