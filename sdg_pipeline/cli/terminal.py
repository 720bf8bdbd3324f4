"""Prints the end of a run, an explanation, and a comparison of releases in the terminal.

What belongs here: text for people, made of what other modules returned. What does not: deciding anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from sdg_pipeline import clock
from sdg_pipeline.cli.console import styled
from sdg_pipeline.layout import Layout
from sdg_pipeline.quality import freshness, results
from sdg_pipeline.release.diff import Difference, Revision
from sdg_pipeline.release.findings import unapproved
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.indicator import IndicatorReport
from sdg_pipeline.run.steps.publication import PublicationReport
from sdg_pipeline.run.steps.raw import RawReport
from sdg_pipeline.run.steps.site import SiteReport
from sdg_pipeline.run.steps.warehouse import WarehouseReport
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.fields import DIMENSIONS


def number(value: Any, decimals: int | None = None) -> str:
    """A figure for reading: thousands separated, decimals of the indicator."""
    if value is None:
        return "(no value)"
    if isinstance(value, float) and decimals is not None:
        return f"{value:,.{decimals}f}"
    if isinstance(value, float) and value.is_integer():
        return f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def run_summary(console: Console, outcomes: Sequence[Outcome], runner: Runner, seconds: float) -> None:
    """The lines that end a run: what was computed, the checks, and where to look; ``seconds`` is how long it took."""
    layout, catalog = runner.run.layout, runner.run.catalog
    indicators = [o for o in outcomes if o.step.kind == "indicator"]
    computed = sum(o.computed for o in indicators)
    values = sum(o.report_as(IndicatorReport).rows for o in indicators)
    failed = sum(len(o.report.checks_failed) for o in outcomes)
    passed = sum(o.report.checks_passed for o in outcomes)
    warnings = [name for o in outcomes for name in o.report.warnings]
    goals = sorted({catalog.indicators[o.step.name].goal for o in indicators})
    goals_shown = f"goal{'s' * (len(goals) > 1)} {', '.join(map(str, goals))}"
    console.print(
        styled(
            _counted(len(indicators), "indicator"),
            "bold",
            f" of {goals_shown}: {_counted(values, 'value')} ({_counted(computed, 'indicator')} computed now, "
            f"{len(indicators) - computed:,} unchanged, {seconds:.1f} s)",
        ),
        soft_wrap=True,
    )
    style = "bold red" if failed else "green"
    console.print(f"{passed:,} checks passed, {failed} failed", style=style)
    if warnings:
        named = f" {', '.join(warnings)} (`sdg check`)"
        console.print(styled(f"{_counted(len(warnings), 'warning')}:", "yellow", named), soft_wrap=True)
    for outcome in outcomes:
        if isinstance(outcome.report, RawReport) and outcome.report.replaced:
            before = f"its bytes changed under the same name, sha256 before {outcome.report.replaced[:12]}"
            console.print(styled("Changed:", "yellow", f" {outcome.step.name}: {before}"), soft_wrap=True)
        if isinstance(outcome.report, RawReport) and outcome.report.failed:
            console.print(styled("Kept:", "yellow", f" {outcome.step.name}: {outcome.report.failed}"), soft_wrap=True)
    late = _late(catalog)
    if late:
        listed = f" {_counted(len(late), 'source')} (`sdg doctor` lists them)"
        console.print(styled("Late:", "yellow", listed), soft_wrap=True)
    for note in runner.coverage_notes():
        console.print(styled("Partial:", "yellow", f" {note}"), soft_wrap=True)
    publication = next((o for o in outcomes if o.step.kind == "publication"), None)
    if publication is not None:
        release(console, publication.report_as(PublicationReport), layout)
    if any(o.step.kind == "warehouse" and o.report_as(WarehouseReport).bytes for o in outcomes):
        console.print(f"Warehouse:  {layout.warehouse}  (FROM sdg.latest)", soft_wrap=True)
    if any(o.step.kind == "site" and o.report_as(SiteReport).pages for o in outcomes):
        console.print(f"Site:       {layout.site / 'index.html'}  (`sdg site --open`, `sdg serve`)", soft_wrap=True)


def _late(catalog: Catalog) -> list[freshness.Freshness]:
    """Sources whose next edition should be out by today."""
    return [source for source in freshness.of_catalog(catalog, clock.now().date()) if source.wanting]


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def checked(console: Console, catalog: Catalog, layout: Layout) -> None:
    """Late sources, warnings, how many specs there are, and the open deviations that the last run reported."""
    rules = sum(len(spec.rules) for spec in catalog.coherence.values())
    for late in _late(catalog):
        console.print(styled("late", "yellow", f" {late.summary()}"), soft_wrap=True)
    for warning in sorted(catalog.warnings):
        console.print(styled("warning", "yellow", f" {warning}"), soft_wrap=True)
    console.print(
        f"Specs are sound: {len(catalog.sources)} sources, {len(catalog.tables)} tables, "
        f"{len(catalog.codelists)} code lists, {len(catalog.indicators)} indicators, {rules} rules of coherence"
    )
    if layout.coherence_checks.is_file():
        _coherence(console, layout)


def indicators(console: Console, catalog: Catalog) -> None:
    """The indicators of the specs, by goal."""
    for indicator in catalog.in_order():
        console.print(f"  {indicator.goal:>2}  {indicator.id}  {indicator.title.en}", soft_wrap=True)


def _coherence(console: Console, layout: Layout) -> None:
    failing = [check for check in results.read(layout.coherence_checks) if not check.passed]
    if failing:
        console.print("Deviations of the last run from the rules of coherence:")
    for check in failing:
        mark, style = ("BAD ", "red") if check.blocks else ("open", "yellow")
        console.print(styled(f"  {mark}", style, f" {check.check}: {check.observed}"), soft_wrap=True)
        for row in check.failing_rows:
            console.print("       " + ", ".join(f"{k} {v}" for k, v in row.items()), soft_wrap=True)


def release(console: Console, report: PublicationReport, layout: Layout) -> None:
    """Where the release of a run stands; of a draft, what stands against it and what comes next."""
    name = report.release
    if layout.latest.resolve().name == name and not layout.events(name).is_file():
        remedy = f"restore it from a copy, or `sdg release publish {name} --by NAME` begins another"
        why = f"{layout.events(name)} is missing: nobody published {name}; remedy: {remedy}"
        console.print(styled("Unrecorded:", "bold red", f" {why}"), soft_wrap=True)
        return
    if layout.latest.resolve().name == name:
        console.print(f"Published:  {layout.latest}  (release {name})", soft_wrap=True)
        return
    was = "Older" if report.state == "published" else "Draft"
    console.print(f"{was}:      {layout.release(name)}  (not published)", soft_wrap=True)
    for reason in report.kept_back:
        console.print(styled("Not published:", "yellow", f" {reason}"), soft_wrap=True)
    findings = unapproved(layout, name)
    for finding in findings:
        console.print(styled("Blocking:", "bold red", f"   {finding}"), soft_wrap=True)
    steps = [f"sdg release review {name} --by NAME --note TEXT"]
    steps += [f"sdg release approve {name} --by NAME --reason TEXT"] if findings else []
    console.print(f"Next:       {', '.join([*steps, f'sdg release publish {name} --by NAME'])}", soft_wrap=True)


def difference(console: Console, compared: Difference) -> None:
    """Two releases compared: counts by indicator, then the largest revisions."""
    if compared.none:
        console.print(f"{compared.old} and {compared.new} {compared.in_words}", soft_wrap=True)
        return
    console.print(
        f"{compared.old} to {compared.new}: {compared.added:,} values added, {compared.removed:,} removed, "
        f"{compared.revised:,} revised ({compared.beyond_error:,} by more than a standard error), "
        f"{compared.reclassified:,} reclassified",
        soft_wrap=True,
    )
    if compared.largest:
        console.print("\nRevisions, those beyond their sampling error first", style="bold")
        console.print(_grid([_revised(r) for r in compared.largest]))
    console.print("\nBy cause and by indicator", style="bold")
    console.print(_grid([asdict(change) for change in compared.causes]))
    console.print(_grid([asdict(change) for change in compared.indicators]))


def _revised(revision: Revision) -> dict[str, Any]:
    errors = "" if revision.errors is None else round(revision.errors, 2)
    return {
        **_named(revision.key),
        "old": revision.old,
        "new": revision.new,
        "errors": errors,
        "cause": revision.cause,
    }


def _named(key: Mapping[str, str]) -> dict[str, str]:
    """A key with its groups in one column."""
    groups = ", ".join(f"{d} {key[d]}" for d in DIMENSIONS if key[d] != TOTAL)
    return {**{k: v for k, v in key.items() if k not in DIMENSIONS}, "group": groups or "total"}


def _grid(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table()
    for name in rows[0]:
        table.add_column(name, overflow="fold")  # the default cuts ids and values in a narrow terminal
    for row in rows:
        table.add_row(*(number(v) for v in row.values()))
    return table
