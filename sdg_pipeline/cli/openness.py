"""``sdg openness | charter``: how open sources and the own release are by the rules of frameworks.

What belongs here: arguments and what is printed. What does not: rules and points (``open_government``, warehouse).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from sdg_pipeline import clock
from sdg_pipeline.cli.console import line, styled
from sdg_pipeline.cli.open_government import app, day, rows_of, warehouse
from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government.catalogues import of_metadata, read_metadata
from sdg_pipeline.open_government.openness import NAME, VOCABULARY, judged
from sdg_pipeline.quality import results
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs.catalog import load

__all__ = ["app"]


@app.command()
def openness(
    source: Annotated[str | None, typer.Argument(help="A source id, or own_release; all sources if none.")] = None,
    framework: Annotated[str | None, typer.Option(help="Only by the rules of this framework.")] = None,
    metadata: Annotated[
        Path | None, typer.Option(help="Judge this file instead: a data.json, or package_show of CKAN.")
    ] = None,
) -> None:
    """Say how open sources and the own release are by the rules of frameworks, and how much of that is known."""
    if metadata is not None:
        for text in _judged(metadata, framework or "mqa"):
            line(text)
        return
    where = "($1 IS NULL OR source = $1) AND ($2 IS NULL OR framework = $2)"
    with warehouse() as con:
        scores = rows_of(
            con, f"FROM openness_score WHERE {where} ORDER BY source, edition, framework, heading", [source, framework]
        )
        items = rows_of(con, f"FROM openness WHERE {where} ORDER BY ALL", [source, framework]) if source else []
    if not scores:
        raise UsageError("no source or framework fits; remedy: `sdg openness` names them")
    for row in scores:
        line(
            f"{row['source']} {row['edition']}, {row['framework']}, {row['heading']}: {row['points']:g} of "
            f"{row['known_of']:g} known points, {row['share_known']:.0%} of {row['of']:g} known"
        )
        for item in items:
            if all(item[key] == row[key] for key in ("edition", "framework", "heading")):
                line(f"    {item['item']}: {item['verdict']} ({item['evidence']})")
    for worse in _less_open(source):
        line(styled("less open", "bold", f": {worse}"))


@app.command()
def charter(
    on: Annotated[str | None, typer.Option(help="Day on which statements are judged; today if none.")] = None,
) -> None:
    """Say which items of the charters hold, who signed statements, and which priority data are missing.

    Exit code 1: a statement has expired.
    """
    today = day(on) if on else clock.now().date()
    with warehouse() as con:
        items = rows_of(con, f"FROM charter(DATE '{today}')", [])
        missing = rows_of(con, "FROM priority_data ORDER BY source IS NULL, item, source", [])
    for row in items:
        said = row["evidence"] or "nobody has signed it"
        signed = f", {row['signer']} until {row['expires_on']}" if row["signer"] else ""
        line(styled(row["verdict"], "bold", f": {row['title_en']} ({row['principle']}{signed}; {said})"))
    for row in missing:
        line(f"{row['title_en']}: {row['source'] + ', ' + row['covers_en'] if row['source'] else 'missing'}")
    if any(row["verdict"] == "expired" for row in items):
        raise typer.Exit(1)


def _judged(path: Path, framework: str) -> Iterator[str]:
    """Items and points of a file of metadata by the rules of a framework."""
    catalog = load(Settings.from_environment().specs).sound()
    if framework not in catalog.frameworks or VOCABULARY not in catalog.vocabularies:
        raise UsageError(f"no framework {framework!r}; remedy: name one of {', '.join(catalog.frameworks)}")
    facts = of_metadata(read_metadata(path), catalog.vocabularies[VOCABULARY])
    frameworks = {framework: catalog.frameworks[framework]}
    points = possible = 0.0
    for row in judged(frameworks, (path.name, ""), facts):
        of_it = "no points" if row["points"] is None else f"{row['points']:g}"
        yield f"{row['heading']}, {row['item']}: {row['verdict']}, {of_it} of {row['of']:g} ({row['evidence']})"
        if row["points"] is not None:
            points, possible = points + row["points"], possible + row["of"]
    yield f"{points:g} of {possible:g} known points, of {catalog.frameworks[framework].total:g}"


def _less_open(source: str | None) -> Iterator[str]:
    """What the check of the last run says of editions that are less open than the one before."""
    path = Layout(Settings.from_environment().home).open_government(f"{NAME}.json")
    for check in results.read(path) if path.is_file() else []:
        for row in check.failing_rows:
            if source in (None, row["source"]):
                yield (
                    f"{row['source']} {row['edition']}, {row['framework']} {row['item']}: {row['points']} points, "
                    f"{row['points_before']} in {row['before']}"
                )
