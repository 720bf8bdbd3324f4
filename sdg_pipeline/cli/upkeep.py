"""The command line of who runs a home: ``sdg doctor | backup | restore | prune``.

What belongs here: arguments and what is printed. What does not: the work (doctor, run.backup, run.prune).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from sdg_pipeline import clock
from sdg_pipeline.cli.console import line, output, styled
from sdg_pipeline.files import room
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.lock import turn
from sdg_pipeline.settings import Settings

app = typer.Typer()
SHOWN = 20
"""Lines of what may go; more are counted."""


@app.command()
def doctor(
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every file of the home that has a hash; takes minutes.")
    ] = False,
) -> None:
    """Check that this machine and this checkout can run the pipeline; exit 2 if not."""
    from sdg_pipeline.cli import deep as hashes
    from sdg_pipeline.cli import doctor as examination

    settings = Settings.from_environment()
    findings = examination.examine(settings, clock.now().date())
    findings += hashes.examine(Layout(settings.home)) if deep else []
    for finding in findings:
        mark, style = ("ok  ", "green") if finding.well else ("BAD ", "red")
        line(styled(mark, style, f" {finding.what}: {finding.answer}"))
        for text in finding.lines:
            line(f"       {text}")
    if not all(f.well for f in findings):
        raise typer.Exit(2)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="Tar file to write; it must not exist.")],
    lean: Annotated[bool, typer.Option("--lean", help="Leave out what a run computes again.")] = False,
) -> None:
    """Write the home into one tar file with a manifest of SHA-256, while no run writes."""
    from sdg_pipeline.run.backup import backup as written

    layout = Layout(Settings.from_environment().home)
    with room("the back-up", target.resolve().parent), turn(layout):
        manifest = written(layout, target, lean)
    output().print(f"{target}: {len(manifest.files):,} files, {manifest.size:,} bytes", soft_wrap=True)


@app.command()
def restore(source: Annotated[Path, typer.Argument(help="Tar file that `sdg backup` wrote.")]) -> None:
    """Put a back-up into an empty home, all of it or nothing."""
    from sdg_pipeline.run import landing
    from sdg_pipeline.run.backup import restore as restored

    layout = Layout(Settings.from_environment().home)
    cut_short = landing.decided(layout)
    with room("the home", layout.home), turn(layout):
        if cut_short:
            output().print(f"{layout.home}: the restore that was cut short is ended", soft_wrap=True)
            return
        manifest = restored(layout, source)
    text = f"{layout.home}: {len(manifest.files):,} files, in force: {manifest.latest or 'no release'}"
    output().print(text, soft_wrap=True)


@app.command()
def prune(yes: Annotated[bool, typer.Option("--yes", help="Remove it; without this, only show it.")] = False) -> None:
    """Show what the home takes on the disk, and remove what neither a rebuild nor the next run needs."""
    from sdg_pipeline.run import prune as pruning
    from sdg_pipeline.specs import catalog as catalogs

    settings = Settings.from_environment()
    layout, tables = Layout(settings.home), catalogs.load(settings.specs).sound().tables
    with room("the home", layout.home), turn(layout):
        for folder, size in pruning.budget(layout).items():
            output().print(f"{size / 1e6:>10,.1f} MB  {folder}", soft_wrap=True)
        output().print(f"{shutil.disk_usage(layout.home).free / 1e6:>10,.1f} MB  free on the disk")
        chosen = pruning.spare(layout, tables)
        for one in chosen[:SHOWN]:
            path = one.path.relative_to(layout.home)
            output().print(f"may go: {path} ({one.bytes:,} bytes): {one.reason}", soft_wrap=True)
        if len(chosen) > SHOWN:
            output().print(f"may go: {len(chosen) - SHOWN:,} more")
        size = sum(one.bytes for one in chosen)
        if yes:
            pruning.prune(layout, tables, chosen)
    done = "removed" if yes else "would go; `sdg prune --yes` removes it"
    output().print(f"{len(chosen):,} files and drafts, {size:,} bytes: {done}", soft_wrap=True)
