"""What the terminal shows: the end of a run, an explanation, a comparison of releases.

What belongs here: text for people, made of what other modules returned. What does not: deciding anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from sdg_pipeline import clock
from sdg_pipeline.explain.value import Explanation
from sdg_pipeline.layout import Layout
from sdg_pipeline.quality import freshness, results
from sdg_pipeline.release.diff import Difference, Revision
from sdg_pipeline.run.pipeline import Outcome
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


def run_summary(
    console: Console, outcomes: Sequence[Outcome], catalog: Catalog, layout: Layout, notes: Iterable[str]
) -> None:
    """The few lines that end a run: what was computed, the checks, and where to look."""
    made = [o for o in outcomes if o.step.kind == "indicator"]
    computed = [o for o in made if o.computed]
    values = sum(o.report["rows"] for o in made)
    judged = [o.report for o in outcomes if "checks_failed" in o.report]
    failed = sum(len(report["checks_failed"]) for report in judged)
    passed = sum(report["checks_passed"] for report in judged)
    warnings = [name for report in judged for name in report.get("warnings", ())]
    goals = sorted({catalog.indicators[o.step.name].goal for o in made})
    of_goals = f"goal{'s' * (len(goals) > 1)} {', '.join(map(str, goals))}"
    seconds = sum(o.seconds for o in outcomes)
    console.print(
        f"[bold]{len(made)} indicator{'s' * (len(made) != 1)}[/] of {of_goals}: {values:,} values "
        f"({len(computed)} indicators computed now, {len(made) - len(computed)} unchanged, {seconds:.1f} s)",
        soft_wrap=True,
    )
    style = "bold red" if failed else "green"
    console.print(f"[{style}]{passed:,} checks passed, {failed} failed[/]")
    if warnings:
        console.print(f"[yellow]{len(warnings)} warnings:[/] {', '.join(warnings)} (`sdg check`)", soft_wrap=True)
    for note in notes:
        console.print(f"[yellow]Partial:[/] {note}", soft_wrap=True)
    publication = next((o for o in outcomes if o.step.kind == "publication"), None)
    if publication is not None:
        release_made(console, publication.report, layout)
    if any(o.step.kind == "warehouse" and o.report["bytes"] for o in outcomes):
        console.print(f"Warehouse:  {layout.warehouse}  (FROM sdg.latest)", soft_wrap=True)


def checked(console: Console, catalog: Catalog, layout: Layout) -> None:
    """Warnings, how many specs there are, the indicators, and the deviations that the last run reported."""
    rules = sum(len(spec.rules) for spec in catalog.coherence.values())
    for wanting in (f for f in freshness.of_catalog(catalog, clock.now().date()) if f.wanting):
        console.print(f"[yellow]late[/] {wanting.told()}", soft_wrap=True)
    for warning in sorted(catalog.warnings):
        console.print(f"[yellow]warning[/] {escape(str(warning))}", soft_wrap=True)
    console.print(
        f"Specs are sound: {len(catalog.sources)} sources, {len(catalog.tables)} tables, "
        f"{len(catalog.codelists)} code lists, {len(catalog.indicators)} indicators, {rules} rules of coherence"
    )
    for indicator in catalog.in_order():
        console.print(f"  {indicator.goal:>2}  {indicator.id}  {indicator.title.en}", soft_wrap=True)
    if layout.coherence_checks.is_file():
        _coherence(console, layout)


def _coherence(console: Console, layout: Layout) -> None:
    console.print("Deviations of the last run from the rules of coherence:")
    for check in results.read(layout.coherence_checks):
        mark = "ok  " if check.passed else "[red]BAD [/]" if check.blocks else "[yellow]open[/]"
        if not check.passed or "deviate," in check.observed:
            console.print(f"  {mark} {check.check}: {check.observed}", soft_wrap=True)
        for row in check.failing_rows:
            console.print("       " + ", ".join(f"{k} {v}" for k, v in row.items()), soft_wrap=True, markup=False)


def release_made(console: Console, report: Mapping[str, Any], layout: Layout) -> None:
    """Where the release of a run stands; of a draft, what stands against it and what comes next."""
    release = report["release"]
    if layout.latest.resolve().name == release:
        console.print(f"Published:  {layout.latest}  (release {release})", soft_wrap=True)
        return
    console.print(f"Draft:      {layout.release(release)}  (not published)", soft_wrap=True)
    for finding in report["blocking"]:
        console.print(f"[bold red]Blocking:[/]   {escape(finding)}", soft_wrap=True)
    steps = [f"sdg release review {release} --by NAME --note TEXT"]
    steps += [f"sdg release approve {release} --by NAME --reason TEXT"] if report["blocking"] else []
    console.print(f"Next:       {', '.join([*steps, f'sdg release publish {release} --by NAME'])}", soft_wrap=True)


def explanation(console: Console, told: Explanation, indent: str = "") -> None:
    """One value, from what it says back to the bytes it came from."""
    value, indicator = told.value, told.indicator
    groups = ", ".join(f"{d} {value[d]}" for d in DIMENSIONS if value[d] != TOTAL)
    console.rule(f"{indent}{indicator.id}: {value['area_name']} ({value['ref_area']}), {value['time_period']}")
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    shown = number(value["obs_value"], indicator.decimals)
    status = f" [{value['obs_status']}: {value['obs_reason']}]" if value["obs_reason"] else ""
    rows = [
        ("Indicator", f"{indicator.title.en} / {indicator.title.es}"),
        ("Value", f"{shown} {value['unit_measure']}{status}  (full precision {value['obs_value']})"),
        ("Group", groups or "total"),
        ("Numerator", number(value["numerator"])),
        ("Denominator", number(value["denominator"])),
        *_precision(value, indicator.decimals),
        ("Source", f"{told.source.title.en}, edition {told.raw.edition}, {told.source.publisher}"),
        ("Official URL", told.raw.url),
        ("Bytes from", f"{told.raw.origin}: {told.raw.path} ({told.raw.bytes:,} bytes)"),
        ("sha256", told.raw.sha256),
        *(
            (f"With {raw.source}", f"edition {raw.edition}, sha256 {raw.sha256}")
            for raw in told.files
            if raw != told.raw
        ),
        ("Licence", f"{told.source.licence.id} {told.source.licence.url}"),
        (
            "Definition",
            f"spec hash {value['spec_hash']}" + (f", {indicator.catalogue}" if indicator.catalogue else ""),
        ),
        ("Changes", told.change),
    ]
    rows += [("Assumption", f"{a.text.en} (impact {a.impact})") for a in indicator.assumptions]
    rows += [("Partial", note) for note in told.coverage_notes]
    rows += [
        (
            f"Corrected in {c['source']}",
            f"{c['column']} of {c['where']}: {c['old']!r} taken as {c['new']!r}; {c['reason']}",
        )
        for c in told.corrections
    ]
    for check in told.checks:
        of = "" if check.border == "indicator" else f" of {check.subject}"
        rows.append((f"Check {check.check}{of}", f"{'passed' if check.passed else 'FAILED'}: {check.observed}"))
    for label, text in rows:
        facts.add_row(label, text)
    console.print(facts)
    if told.rows:
        console.print(f"\n[bold]Rows of the staged table[/] ({len(told.rows)} of {told.n_rows:,}) {told.staged}")
        console.print(_grid(told.rows))
    if told.differences:
        console.print("\n[bold]Against others, with the design of the survey[/]")
        console.print(_grid(told.differences))
    for side in told.sides:
        explanation(console, side, "  ")
    console.print("\n[bold]SQL[/]")
    console.print(Syntax(told.sql, "sql", word_wrap=True, background_color="default"))


def _precision(value: Mapping[str, Any], decimals: int) -> list[tuple[str, str]]:
    """What is known of the sampling error, in two lines; nothing of full counts."""
    rows = []
    if value["std_error"] is not None:
        limits = f"{number(value['ci_lower'], decimals)} to {number(value['ci_upper'], decimals)}"
        cv = "" if value["cv"] is None else f", CV {value['cv']:.1f} %"
        error = f"standard error {number(value['std_error'], decimals + 2)}{cv}, 95 % interval {limits}"
        rows.append(("Precision", f"{value['precision']}: {error}"))
    if value["n_obs"] is not None:
        effect = "" if value["deff"] is None else f", design effect {value['deff']:.2f}"
        freedom = "" if value["df"] is None else f", {value['df']:.0f} degrees of freedom"
        records = f"{value['n_obs']:,} records, {value['n_missing'] or 0:,} without an answer"
        rows.append(("Sample", f"{records}, {value['n_psu']:,} PSUs{freedom}{effect}"))
    return rows


def difference(console: Console, found: Difference) -> None:
    """Two releases compared: counts by indicator, then the largest revisions."""
    if found.none:
        console.print(f"{found.old} and {found.new} hold the same values")
        return
    console.print(
        f"{found.old} to {found.new}: {found.added:,} values added, {found.removed:,} removed, "
        f"{found.revised:,} revised ({found.beyond_error:,} by more than a standard error), "
        f"{found.reclassified:,} reclassified",
        soft_wrap=True,
    )
    if found.largest:
        console.print("\n[bold]Revisions, those beyond their sampling error first[/]")
        console.print(_grid([_revised(r) for r in found.largest]))
    console.print("\n[bold]By cause and by indicator[/]")
    console.print(_grid([asdict(change) for change in found.causes]))
    console.print(_grid([asdict(change) for change in found.indicators]))


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
