"""``sdg contribute template | check | submit | review``: figures and specs that people outside of this project offer.

Exit codes: 0 sound, 1 not sound, 2 not to be read. What belongs here: arguments and what the terminal shows. What does
not: the judgement (open_government.contributions; quality.contribution for specs).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdg_pipeline.cli.console import line, output
from sdg_pipeline.errors import UsageError
from sdg_pipeline.ingest import geography
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government import contributions, quarantine
from sdg_pipeline.open_government.contributions import Receipt
from sdg_pipeline.open_government.template import text as template_text
from sdg_pipeline.open_government.template import write as write_template
from sdg_pipeline.release.events import name_of
from sdg_pipeline.run.lock import turn
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import catalog as catalogs

app = typer.Typer(help="Offer figures of your own, or specs; review what others offered.", no_args_is_help=True)
SHOWN = 20


@app.command()
def template(
    indicator: Annotated[list[str], typer.Argument(help="Indicator ids.")],
    area: Annotated[list[str] | None, typer.Option(help="Key (20067) or name of an area; repeatable.")] = None,
    to: Annotated[Path | None, typer.Option(help="CSV or XLSX to write; the terminal if none.")] = None,
) -> None:
    """Write the template of a contribution of data: a row to fill in for each indicator and area."""
    settings = Settings.from_environment()
    catalog, register = catalogs.load(settings.specs).sound(), geography.register(settings.specs)
    keys = [register.find(name).key for name in area or ()]
    rows = contributions.template([catalog.indicator(name) for name in indicator], keys)
    if to is None:
        print(template_text(rows), end="")
        return
    write_template(rows, to)
    output().print(str(to), soft_wrap=True)


@app.command("check")
def check_contribution(
    path: Annotated[Path, typer.Argument(help="CSV or XLSX by the template; or a folder of specs.")],
) -> None:
    """Examine a contribution, and write nothing: every mistake with its row, value and remedy."""
    settings = Settings.from_environment()
    if path.is_dir():
        _check_specs(settings.specs, path)
        return
    receipt = _examined(path, "")
    _show(receipt)
    raise typer.Exit(0 if receipt.sound else 1)


@app.command()
def submit(
    path: Annotated[Path, typer.Argument(help="CSV or XLSX by the template.")],
    contributor: Annotated[str, typer.Option(help="Institution whose figures these are; no person.")],
) -> None:
    """Put a sound file into quarantine, and print its receipt; one that is not sound is not kept."""
    layout, receipt = Layout(Settings.from_environment().home), _examined(path, name_of(contributor))
    if not receipt.sound:
        _show(receipt)
        raise typer.Exit(1)
    with turn(layout):
        receipt, before = quarantine.submit(path, receipt, layout)
    _show(receipt)
    state = "these bytes lay in quarantine already" if before else "in quarantine until somebody reviews it"
    line(f"{state}: sdg contribute review {receipt.id} --accept --by NAME --reason TEXT")


@app.command()
def review(
    contribution: Annotated[str | None, typer.Argument(help="Id on the receipt; all of them if none.")] = None,
    accept: Annotated[bool | None, typer.Option("--accept/--reject", help="Let it in, or not.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Your name, for the record.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for the record and the contributor.")] = None,
) -> None:
    """List what lies in quarantine, show one file of it, or decide on it by name."""
    settings = Settings.from_environment()
    layout = Layout(settings.home)
    if contribution is None:
        for receipt, decision in quarantine.waiting(layout):
            state = "waits" if decision is None else f"{_word(decision.accepted)} by {decision.by}"
            line(f"{receipt.id}  {receipt.examined_at}  {receipt.contributor}: {receipt.rows} rows, {state}")
        return
    if accept is None:
        _show(quarantine.receipt_of(layout, contribution))
        return
    if not (reason or "").strip():
        raise UsageError("no reason is given; remedy: --reason TEXT")
    decided = quarantine.decided(accept, name_of(by or ""), " ".join((reason or "").split()))
    catalog, register = catalogs.load(settings.specs).sound(), geography.register(settings.specs)
    with turn(layout):
        receipt = quarantine.review(layout, contribution, decided, catalog, register)
    after = "; the next `sdg run` publishes it in the table contribution" if accept else ""
    line(f"{_word(accept)}: {receipt.id} of {receipt.contributor}, by {decided.by}{after}")


def _examined(path: Path, contributor: str) -> Receipt:
    settings = Settings.from_environment()
    catalog, register = catalogs.load(settings.specs).sound(), geography.register(settings.specs)
    return contributions.examine(path, catalog, register, contributor)


def _check_specs(specs: Path, folder: Path) -> None:
    from sdg_pipeline.quality.contribution import examine

    report = examine(specs, folder)
    line(f"without mistakes; adds {', '.join(report.added) or 'nothing'}; changes {', '.join(report.changed) or '-'}")


def _show(receipt: Receipt) -> None:
    line(f"receipt {receipt.id}: {'sound' if receipt.sound else 'NOT SOUND'}, {receipt.examined_at}")
    line(f"  {receipt.file}, {receipt.bytes:,} bytes, {receipt.encoding}, sha256 {receipt.sha256}")
    line(f"  {receipt.rows:,} rows, {receipt.areas:,} areas, indicators: {', '.join(receipt.indicators) or 'none'}")
    for finding in receipt.findings[:SHOWN]:
        line(f"  {'' if finding.refuses else 'remark: '}{finding}")
    more = len(receipt.findings) - SHOWN + receipt.more_findings
    if more > 0:
        line(f"  and {more:,} more")


def _word(accepted: bool) -> str:
    return "accepted" if accepted else "rejected"
