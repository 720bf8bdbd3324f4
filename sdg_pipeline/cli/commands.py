"""``sdg run | check | schema | fetch | sql | explain | diff | site | serve``, and those of other modules.

Exit codes: 0 done, 1 checks failed, 2 bad input. What belongs here: arguments and their order. What does not: work.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from sdg_pipeline import __version__
from sdg_pipeline.cli.console import output, refuse
from sdg_pipeline.cli.export import export_app
from sdg_pipeline.cli.new import app as new_app
from sdg_pipeline.cli.release import approved, blocked, release_app, release_folder
from sdg_pipeline.cli.report import app as open_government_app
from sdg_pipeline.cli.upkeep import app as upkeep_app
from sdg_pipeline.cli.usage import Commands
from sdg_pipeline.errors import ONE_OF_THEM, BlockedRelease, SdgError, UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.lock import turn
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog

app = typer.Typer(
    cls=Commands, help="SDG indicators from open government data.", no_args_is_help=True, pretty_exceptions_enable=False
)
app.add_typer(release_app, name="release")
app.add_typer(new_app, name="new")
app.add_typer(export_app, name="export")
app.add_typer(open_government_app)
app.add_typer(upkeep_app)


def _version(asked: bool) -> None:
    if asked:
        output().print(f"sdg {__version__}")
        raise typer.Exit


@app.callback()
def sdg(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """SDG indicators from open government data."""


class Sex(StrEnum):
    """Codes of the dimension sex."""

    total = "_T"
    F = "F"
    M = "M"


class Urbanisation(StrEnum):
    """Codes of the dimension urbanisation."""

    total = "_T"
    U = "U"
    R = "R"


def main() -> None:
    """Run the command line; a user's error gives one line per problem on stderr, never a traceback."""
    gc.set_threshold(100_000, 20, 20)  # as assets/__init__.py: what is imported and loaded stays until the end
    try:
        app()
    except SdgError as error:
        refuse(error)
        sys.exit(error.exit_code)


@app.command()
def run(
    goal: Annotated[
        list[int] | None, typer.Option(help="Compute only this goal, and publish nothing; repeatable.")
    ] = None,
    indicator: Annotated[
        list[str] | None, typer.Option(help="Compute only this indicator, and publish nothing; repeatable.")
    ] = None,
    release: Annotated[str | None, typer.Option(help="Name of the release (default: number and fingerprint).")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="End with a draft that people publish.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Publish also what covers less than the release in force.")
    ] = False,
) -> None:
    """Fetch, stage, compute, check and publish whatever is stale."""
    from sdg_pipeline.cli import terminal
    from sdg_pipeline.cli.selection import attainable
    from sdg_pipeline.estimate.check import sound
    from sdg_pipeline.run import figures, journal

    runner = Runner.load(replace(Settings.from_environment(), draft=draft, partial=partial), release)
    runner.remember_rules()
    sound(runner.run.catalog)
    if runner.run.settings.json_log:
        journal.write_to(sys.stdout)
    started = time.perf_counter()
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with (
        figures.of_a_run(runner.run) as outcomes,
        Progress(*columns, console=output(), transient=True, disable=not output().is_terminal) as progress,
    ):
        runner, steps = attainable(runner, goal or [], indicator or [], lambda line: output().print(f"  {line}"))
        task = progress.add_task("", total=len(steps))
        for outcome in runner.walk(steps, lambda line: progress.console.print(f"  {line}")):
            outcomes.append(outcome)
            done = f"{len(outcomes)}/{len(steps)} {outcome.step.kind} {outcome.step.name}"
            progress.update(task, advance=1, description=done)
    terminal.run_summary(output(), outcomes, runner, time.perf_counter() - started)
    failed = any(o.report.checks_failed for o in outcomes) and not approved(outcomes, runner.run.layout)
    if failed or blocked(outcomes, runner.run.layout):
        raise typer.Exit(BlockedRelease.exit_code)


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="One spec file; all of them if none.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Name the indicators, by goal.")] = False,
) -> None:
    """Check every spec file and print all mistakes at once, each with file, line, place, value and remedy.

    Then what is late, and what deviates from the rules of coherence in the last run. Of what is fine it says nothing.
    """
    from sdg_pipeline.cli import terminal
    from sdg_pipeline.cli.selection import mistakes_in

    settings = Settings.from_environment()
    if file is not None:
        output().print(mistakes_in(settings.specs, file), soft_wrap=True)
        return
    catalog = _checked(settings)
    terminal.checked(output(), catalog, Layout(settings.home))
    if listed:
        terminal.indicators(output(), catalog)


def _checked(settings: Settings) -> Catalog:
    from sdg_pipeline.estimate.check import sound

    return sound(catalogs.load(settings.specs))


@app.command()
def schema() -> None:
    """Write the JSON Schemas of the spec files, for editors, into indicator_specs/schema."""
    from sdg_pipeline.files import write_text

    folder = Settings.from_environment().specs / "schema"
    for name, content in catalogs.schemas().items():
        write_text(folder / name, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        output().print(str(folder / name), soft_wrap=True)


@app.command()
def fetch(
    source: Annotated[str | None, typer.Argument(help="Source id; all sources of the run if none.")] = None,
    edition: Annotated[str | None, typer.Argument(help="Edition; all of the source if none.")] = None,
    accept: Annotated[bool, typer.Option(help="Accept official bytes that differ from the lock.")] = False,
) -> None:
    """Bring editions of sources into the raw store and verify them."""
    from sdg_pipeline.ingest import fetch as fetching
    from sdg_pipeline.ingest import patience

    runner = Runner.load(Settings.from_environment())
    runner.remember_rules()
    sources = runner.run.catalog.sources
    if source is not None and source not in sources:
        raise UsageError(f"no source {source!r}; valid: {', '.join(sources)}", remedy=ONE_OF_THEM)
    wanted = [(s.key[1], s.key[2]) for s in runner.run.steps if s.kind == "raw"]
    if source is not None:
        wanted = [(source, e) for e in ([edition] if edition else sources[source].editions)]
    with Progress(console=output(), transient=True, disable=not output().is_terminal) as progress:
        for name, which in wanted:
            task = progress.add_task(f"{name}/{which}", total=None)
            with turn(runner.run.layout):
                raw = fetching.fetch(
                    sources[name],
                    which,
                    runner.run.layout,
                    runner.run.mirror,
                    accept=accept,
                    progress=partial(_advance, progress, task),
                    patience=patience.PATIENCE.named(runner.run.settings.user_agent),
                    supplied=runner.run.settings.addresses,
                )
            progress.console.print(f"{name}/{which}: {raw.bytes:,} bytes, sha256 {raw.sha256}, {raw.origin}")


def _advance(progress: Progress, task: TaskID, done: int, total: int | None) -> None:
    progress.update(task, completed=done, total=total)


@app.command()
def sql(indicator: Annotated[str, typer.Argument(help="Indicator id.")]) -> None:
    """Print the SQL that computes an indicator."""
    from sdg_pipeline.estimate.engine import query

    catalog = _checked(Settings.from_environment())
    print(query(catalog.indicator(indicator), catalog), end="")


@app.command()
def explain(
    indicator: Annotated[str, typer.Argument(help="Indicator id.")],
    area: Annotated[str, typer.Option(help="INEGI key (20067, 20, 00), REF_AREA (MX20067) or a name.")],
    period: Annotated[str | None, typer.Option(help="Year; the newest with a value if none.")] = None,
    sex: Annotated[Sex, typer.Option(help="Code of the dimension sex.")] = Sex.total,
    urbanisation: Annotated[Urbanisation, typer.Option(help="Code of urbanisation.")] = Urbanisation.total,
    group: Annotated[list[str] | None, typer.Option(help="Another dimension and its code: age=Y15T24.")] = None,
    release: Annotated[str | None, typer.Option(help="Release, or a folder; the one in force if none.")] = None,
    last_run: Annotated[bool, typer.Option("--last-run", help="The value of the last run, published or not.")] = False,
) -> None:
    """Trace one published value to the bytes of its source."""
    from sdg_pipeline.cli import explanation
    from sdg_pipeline.explain import value
    from sdg_pipeline.explain.explanation import Request

    if release is not None and last_run:
        raise UsageError("--release names a release and --last-run none; remedy: leave one of them out")
    codes = {"sex": sex.value, "urbanisation": urbanisation.value}
    for written in group or ():
        dimension, between, code = written.partition("=")
        if not between:
            raise UsageError(f"--group {written!r} is no dimension and code; remedy: write age=Y15T24")
        codes[dimension] = code
    settings, request = Settings.from_environment(), Request(indicator, area, period, codes)
    folder = release_folder(Layout(settings.home), release) if release else None
    shown = value.explain_last_run(settings, request) if last_run else value.explain(settings, request, folder)
    explanation.show(output(), shown)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="Release, or a folder.")],
    new: Annotated[str, typer.Argument(help="Release, or a folder.")] = "latest",
) -> None:
    """Compare two releases: values added, removed, revised and reclassified, with causes."""
    from sdg_pipeline.cli import terminal
    from sdg_pipeline.release.diff import diff as compared

    layout = Layout(Settings.from_environment().home)
    terminal.difference(output(), compared(release_folder(layout, old), release_folder(layout, new).resolve()))


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve the site and the published releases over HTTP, for people, for partners and as a mirror."""
    from sdg_pipeline.serve.server import Server

    server = Server(Layout(Settings.from_environment().home), host, port)
    output().print(f"{server.address}/  (releases: /latest/; addresses: /api; Ctrl-C ends)", soft_wrap=True)
    try:
        server.run()
    except KeyboardInterrupt:
        output().print("ended")


@app.command()
def site(
    browse: Annotated[bool, typer.Option("--open", help="Open the site in a browser.")] = False,
) -> None:
    """Build the site of the release in force into data/site; what is fresh is left alone."""
    from sdg_pipeline.cli.selection import steps_of_site

    runner = Runner.load(Settings.from_environment())
    runner.remember_rules()
    for outcome in runner.walk(steps_of_site(runner.run), lambda line: output().print(f"  {line}", soft_wrap=True)):
        if outcome.step.kind == "site" and not outcome.computed:
            output().print("  site: nothing has changed")
    page = runner.run.layout.site / "index.html"
    if not page.is_file():
        raise UsageError("there is no site, since nothing is published; remedy: `make run`")
    output().print(f"Site:       {page}", soft_wrap=True)
    if browse:
        typer.launch(page.as_uri())
