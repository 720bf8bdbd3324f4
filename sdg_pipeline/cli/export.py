"""The command line: ``sdg export geography``.

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
    wanted = indicator or sealed
    if unknown := sorted(set(wanted) - set(sealed)):
        raise UsageError(f"the release has no indicator {', '.join(unknown)}; remedy: dictionary.csv lists them")
    layout.scratch.mkdir(parents=True, exist_ok=True)
    con = duck.connect(settings, layout.scratch)
    areas = written.write(con, source, [specs[name] for name in wanted], shapes, folder)
    output().print(f"{areas} areas, {len(wanted)} indicators: {folder}", soft_wrap=True)
