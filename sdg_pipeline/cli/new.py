"""``sdg new indicator | source | table | ignored``: first drafts of specs, and lists that people review.

What belongs here: arguments and what the terminal shows. What does not: the drafts (specs.skeleton, ingest.draft).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from sdg_pipeline.cli.console import output
from sdg_pipeline.ingest.mirror import load_mirror
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.lock import turn
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog

if TYPE_CHECKING:
    from sdg_pipeline.ingest.ignored import Shelf
    from sdg_pipeline.ingest.raw import RawFile
    from sdg_pipeline.specs.source import Source

app = typer.Typer(help="Write the first draft of a spec, or a list of ignored columns.", no_args_is_help=True)


@app.command("indicator")
def new_indicator(
    indicator: Annotated[str, typer.Argument(help="Id in English, words joined by _.")],
    target: Annotated[str, typer.Option(help="UN target, for instance 6.1.")],
    table: Annotated[str, typer.Option(help="Table that it is computed from.")] = "census",
) -> None:
    """Write the skeleton of an indicator into the folder of its goal."""
    from sdg_pipeline.specs import skeleton

    catalog = catalogs.load(Settings.from_environment().specs)
    output().print(str(skeleton.new_indicator(catalog, indicator, target, table)), soft_wrap=True)


@app.command("source")
def new_source(
    source: Annotated[str, typer.Argument(help="Id: institution and dataset, joined by _.")],
) -> None:
    """Write the skeleton of a source."""
    from sdg_pipeline.specs import skeleton

    catalog = catalogs.load(Settings.from_environment().specs)
    output().print(str(skeleton.new_source(catalog, source)), soft_wrap=True)


@app.command("table")
def new_table(
    source: Annotated[str, typer.Argument(help="Source that it reads.")],
    edition: Annotated[str, typer.Argument(help="Edition of that source.")],
    table: Annotated[
        str | None, typer.Option(help="Id of the table; else that of the source without its institution.")
    ] = None,
) -> None:
    """Write the first draft of a table from its file, and list what a person must decide.

    The file comes from the raw store, the mirror (SDG_MIRROR) or the official address.
    """
    from sdg_pipeline.ingest.draft.table import Wanted
    from sdg_pipeline.ingest.draft.table import new_table as drafted

    settings = Settings.from_environment()
    catalog = catalogs.load(settings.specs)
    with _shelf(settings, catalog) as shelf:
        path = drafted(catalog, Wanted(source, edition, table), shelf)
    output().print(str(path), soft_wrap=True)
    file = path.relative_to(settings.specs).as_posix()
    for problem in sorted(p for p in catalogs.load(settings.specs).problems if p.file == file):
        output().print(f"  {problem}", soft_wrap=True)


@app.command("ignored")
def new_ignored(
    table: Annotated[str, typer.Argument(help="Table whose spec names lists under rest.")],
    edition: Annotated[str | None, typer.Argument(help="Only lists of this edition.")] = None,
) -> None:
    """Write the lists of ignored columns of a table from its files, and print what changed since the last review."""
    from sdg_pipeline.ingest import ignored

    settings = Settings.from_environment()
    with _shelf(settings, catalogs.load(settings.specs)) as shelf:
        lists = ignored.renew(settings.specs / "tables" / f"{table}.yaml", shelf, edition)
    for one in lists:
        place = f"tables/{table}.yaml:{one.line}: {one.place}"
        output().print(f"{place}: {len(one.now.columns)} columns of {', '.join(one.now.files)}", soft_wrap=True)
        output().print(f"  {one.changes or 'no column came or went'}", soft_wrap=True)
        if one.now.hash != one.named:
            written = f'{{rest: "{one.now.hash}"}}'
            output().print(f"  review tables/ignored/{table}.yaml, then write {written}", soft_wrap=True)


@contextmanager
def _shelf(settings: Settings, catalog: Catalog) -> Iterator[Shelf]:
    """The raw store of a home, filled from the mirror or from the official addresses where an edition is missing."""
    from sdg_pipeline.duck import scratch_catalogue
    from sdg_pipeline.ingest.fetch import fetch
    from sdg_pipeline.ingest.ignored import Shelf
    from sdg_pipeline.ingest.patience import PATIENCE
    from sdg_pipeline.ingest.store import stored

    layout = Layout(settings.home)
    mirror = load_mirror(settings.mirror) if settings.mirror else None
    patience = PATIENCE.named(settings.user_agent)

    def bring(source: Source, edition: str) -> RawFile:
        with turn(layout):
            return stored(source.id, edition, layout) or fetch(source, edition, layout, mirror, patience=patience)

    with scratch_catalogue(settings, layout.scratch) as con:
        yield Shelf(con, catalog.sources, bring, layout.scratch)
