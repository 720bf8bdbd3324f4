"""``sdg sources probe | verify``: what official addresses answer today, and specs that take it over.

Exit codes: 0 all answer as the specs say, 1 some do not, 2 bad input. What belongs here: arguments and what is printed.
What does not: asking and judging (ingest.probe), rewriting specs (specs.verified).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from sdg_pipeline.cli.console import line
from sdg_pipeline.errors import ONE_OF_THEM, UsageError
from sdg_pipeline.files import write_text
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.lock import turn
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import catalog as catalogs

sources_app = typer.Typer(help="Ask the official addresses of sources.", no_args_is_help=True)
LONGEST_LINE = 500


@sources_app.command("probe")
def probe_addresses(
    source: Annotated[list[str] | None, typer.Argument(help="Source ids; all sources if none.")] = None,
) -> None:
    """Ask every official address for its first bytes, and compare them with the specs; nothing is fetched.

    The table is printed, and written as CSV and JSON into data/probe. Exit code 1: an address does not answer as said.
    """
    from sdg_pipeline.duck import scratch_catalogue
    from sdg_pipeline.ingest import probe as probing

    settings = Settings.from_environment()
    catalog, layout = catalogs.load(settings.specs).sound(), Layout(settings.home)
    strangers = sorted(set(source or ()) - set(catalog.sources))
    if strangers:
        raise UsageError(f"no source {strangers[0]!r}; valid: {', '.join(catalog.sources)}", remedy=ONE_OF_THEM)
    probes: list[probing.Probe] = []
    patience = probing.PATIENCE.named(settings.user_agent)
    with turn(layout), scratch_catalogue(settings, layout.scratch) as con:
        for one in probing.probe(probing.Bench(catalog, layout, con, patience), source or catalog.sources):
            probes.append(one)
            if one.verdict != "no_address":
                detail = f": {one.detail}" if one.detail else ""
                line(f"{one.verdict}  {one.source}/{one.edition}  {one.url}{detail}"[:LONGEST_LINE])
        for suffix, text in zip((".csv", ".json"), probing.written(probes, settings.user_agent), strict=True):
            write_text(layout.probe(suffix), text)
    counts = Counter(one.verdict for one in probes)
    line(", ".join(f"{number} {verdict}" for verdict, number in counts.most_common()) or "no address")
    line(f"{layout.probe('.csv')}; {layout.probe('.json')} can be sent back: `sdg sources verify` takes it")
    if any(one.verdict not in probing.SOUND for one in probes):
        raise typer.Exit(1)


@sources_app.command()
def verify(file: Annotated[Path, typer.Argument(help="JSON that a probe wrote, on any machine.")]) -> None:
    """Mark the documented addresses of specs that answered as verified, with the day; people review the change."""
    from sdg_pipeline.specs import verified

    settings = Settings.from_environment()
    probed = verified.read(file)
    done = list(verified.verify(settings.specs, catalogs.load(settings.specs).sound(), probed))
    for source, edition in done:
        line(f"{source}/{edition}: verified")
    line(f"{len(done)} of {len(probed.probes)} editions are now verified; `git diff` shows what was written")
