"""The command line: ``sdg export``.

What belongs here: arguments and what is printed. What does not: the files (``packages``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdg_pipeline.cli.console import output
from sdg_pipeline.cli.release import release_folder
from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import Settings

export_app = typer.Typer(help="Write a release for other tools.", no_args_is_help=True)


@export_app.callback()
def export() -> None:
    """Write a release for other tools."""


@export_app.command("geography")
def geography(
    folder: Annotated[Path, typer.Argument(help="Where to write areas.parquet and states.geojson.")],
    release: Annotated[str, typer.Option("--release", help="Name of the release.")] = "latest",
    indicator: Annotated[list[str] | None, typer.Option("--indicator", help="Only these; repeat it.")] = None,
) -> None:
    """Write areas with their outlines and newest totals: GeoParquet of all, GeoJSON of the states."""
    from sdg_pipeline import duck
    from sdg_pipeline.packages import geography as written
    from sdg_pipeline.publish.definitions import FOLDER
    from sdg_pipeline.specs import catalog as catalogs

    settings = Settings.from_environment()
    layout = Layout(settings.home)
    source = release_folder(layout, release)
    shapes = written.outlines(layout.area_geometry)
    specs = catalogs.load(source / FOLDER).indicators
    sealed = [i for i in specs if (source / "indicators" / f"{i}.parquet").exists()]
    wanted = list(dict.fromkeys(indicator or sealed))
    if unknown := sorted(set(wanted) - set(sealed)):
        raise UsageError(f"the release has no indicator {', '.join(unknown)}; remedy: dictionary.csv lists them")
    layout.scratch.mkdir(parents=True, exist_ok=True)
    con = duck.connect(settings, layout.scratch)
    areas = written.write(con, source, [specs[name] for name in wanted], shapes, folder)
    output().print(f"{areas} areas, {len(wanted)} indicators: {folder}", soft_wrap=True)


@export_app.command("open-sdg")
def open_sdg(
    folder: Annotated[Path, typer.Argument(help="Where to write the repository: a new or an empty folder.")],
    release: Annotated[str, typer.Option("--release", help="Name of the release.")] = "latest",
) -> None:
    """Write a data repository of Open SDG: nation and states, with metadata, translations and configuration."""
    from sdg_pipeline import duck
    from sdg_pipeline.packages.open_sdg import writer
    from sdg_pipeline.publish.definitions import FOLDER
    from sdg_pipeline.site import words
    from sdg_pipeline.specs import catalog as catalogs
    from sdg_pipeline.specs.base import Bilingual

    settings = Settings.from_environment()
    layout = Layout(settings.home)
    source = release_folder(layout, release)
    prefix = "reason_"
    keys = [key for key in sorted(words.keys()) if key.startswith(prefix)]
    reasons = {k.removeprefix(prefix): Bilingual(en=words.word("en", k), es=words.word("es", k)) for k in keys}
    layout.scratch.mkdir(parents=True, exist_ok=True)
    con = duck.connect(settings, layout.scratch)
    indicators = writer.write(con, source, catalogs.load(source / FOLDER), reasons, folder)
    output().print(f"{indicators} indicators: {folder}", soft_wrap=True)
