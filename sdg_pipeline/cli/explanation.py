"""What the terminal shows of one value: first the value and what failed, then the key facts, then the rest.

Nothing is wider than the terminal (80 columns where the output is a file). What belongs here: text for people. What
does not: gathering it (``explain``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.syntax import Syntax
from rich.table import Table

from sdg_pipeline.cli.console import styled
from sdg_pipeline.cli.terminal import number
from sdg_pipeline.explain.explanation import Explanation, Origin, Row, SourceFile
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.fields import DIMENSIONS

Lines = Iterator[tuple[str, str]]
LABEL = 12
"""Columns of the labels; a sha256 beside one fits into 80."""
MAX_RECORDS = 5
"""Rows shown one under the other where they are too wide for a table."""


def show(console: Console, shown: Explanation) -> None:
    """One value, from what it says back to the bytes it came from."""
    _heading(console, shown)
    _facts(console, _value(shown))
    _facts(console, _failed(shown.checks, shown.value), style="bold red")
    _facts(console, _key_facts(shown))
    _facts(console, (("Not at hand", text) for text in shown.lacking), style="yellow")
    _facts(console, _rest(shown))
    _staged(console, shown)
    if shown.differences:
        _section(console, "Against others, with the design of the survey")
        _rows(console, shown.differences)
    passed = [check for check in shown.checks if check.passed]
    if passed:
        _section(console, f"Checks that passed: {len(passed)}")
        for check in passed:
            console.print(f"{check.check}{_subject(check)}: {check.observed}", overflow="fold")
    for side in shown.sides:
        _side(console, side, shown)
    if shown.sql:
        _section(console, "SQL")
        console.print(Syntax(shown.sql, "sql", word_wrap=True, background_color="default"))


def _side(console: Console, side: Explanation, whole: Explanation) -> None:
    """A side of a comparison: what the whole has said already is left out."""
    console.print()
    _heading(console, side)
    _facts(console, _value(side))
    _facts(console, _failed(side.checks, side.value), style="bold red")
    _facts(console, _key_facts(side))
    _facts(console, (("Not at hand", t) for t in side.lacking if t not in whole.lacking), style="yellow")
    _staged(console, side)


def _staged(console: Console, shown: Explanation) -> None:
    if shown.staged:
        _section(console, f"Rows of the staged table: {len(shown.staged.rows)} of {shown.staged.count:,}")
        console.print(str(shown.staged.path), overflow="fold")
        _rows(console, shown.staged.rows)


def _heading(console: Console, shown: Explanation) -> None:
    value = shown.value
    area = f"{value['area_name']} ({value['ref_area']}, {value['geo_level']})"
    console.print(styled(value["indicator"], "bold", f": {area}, {value['time_period']}"), overflow="fold")


def _value(shown: Explanation) -> Lines:
    value, meaning = shown.value, shown.meaning
    figure = number(value["obs_value"], meaning.indicator.decimals if meaning else None)
    unit = f"{value['unit_measure']} ({meaning.unit})" if meaning else value["unit_measure"]
    exact = "" if value["obs_value"] is None else f"; in full {value['obs_value']}"
    yield "Value", f"{figure} {unit}{exact}"
    status = f", {meaning.status.lower()}" if meaning and meaning.status else ""
    yield "Status", f"{value['obs_status']}{status}" + (f": {value['obs_reason']}" if value["obs_reason"] else "")


def _failed(checks: Iterable[CheckResult], value: Row) -> Lines:
    for check in checks:
        if not check.passed:
            here = any(_is_about(row, value) for row in check.failing_rows)
            place = "; this value is among the failing rows" if here else ""
            yield "FAILED", f"{check.check}{_subject(check)} ({check.severity}): {check.observed}{place}"


def _is_about(row: Mapping[str, Any], value: Row) -> bool:
    shared = [key for key in ("ref_area", "time_period", *DIMENSIONS) if key in row]
    return "ref_area" in shared and all(str(row[key]) == value[key] for key in shared)


def _key_facts(shown: Explanation) -> Lines:
    value, meaning = shown.value, shown.meaning
    yield "Published", _standing(shown.origin)
    if meaning:
        yield "Indicator", meaning.indicator.title.en
    yield "Group", ", ".join(f"{d} {value[d]}" for d in DIMENSIONS if value[d] != TOTAL) or "total"
    others = [period for period in shown.periods if period != value["time_period"]]
    if others:
        yield "Periods", f"{value['time_period']}; also {', '.join(others)}"
    if value["numerator"] is not None:
        yield "Numerator", number(value["numerator"])
    if value["denominator"] is not None:
        source = f" ({value['denominator_source']})" if value["denominator_source"] else ""
        yield "Denominator", number(value["denominator"]) + source
    yield from _precision(value, meaning.indicator.decimals if meaning else 4)
    yield from _bytes(shown.files[0], shown.cited.title, shown.cited.publisher)
    yield "Changes", shown.change


def _standing(origin: Origin) -> str:
    if origin.release is None:
        return "no, this is the value of the last run"
    if origin.in_force:
        return f"in release {origin.release}, version {origin.version}, which is in force"
    other = ", not in force" if origin.state == "published" else ""
    return f"in release {origin.release}, version {origin.version} ({origin.state}{other})"


def _precision(value: Row, decimals: int) -> Lines:
    """What is known of the sampling error; nothing of full counts."""
    if value["std_error"] is not None:
        limits = f"{number(value['ci_lower'], decimals)} to {number(value['ci_upper'], decimals)}"
        cv = "" if value["cv"] is None else f", CV {value['cv']:.1f} %"
        error = f"standard error {number(value['std_error'], decimals + 2)}{cv}, 95 % interval {limits}"
        yield "Precision", f"{value['precision']}: {error}"
    if value["n_obs"] is not None and value["precision"] == "full_count":
        yield "Sites", f"{value['n_obs']:,} behind the value"
    elif value["n_obs"] is not None:
        effect = "" if value["deff"] is None else f", design effect {value['deff']:.2f}"
        freedom = "" if value["df"] is None else f", {value['df']:.0f} degrees of freedom"
        units = "" if value["n_psu"] is None else f", {value['n_psu']:,} PSUs"
        records = f"{value['n_obs']:,} records, {value['n_missing'] or 0:,} without an answer"
        yield "Sample", f"{records}{units}{freedom}{effect}"
    elif value["n_missing"]:
        share = f" ({100 * value['n_missing'] / value['numerator']:.1f} %)" if value["numerator"] else ""
        yield "Unknown age", f"{value['n_missing']:,} events{share}"


def _bytes(file: SourceFile, title: str = "", publisher: str = "") -> Lines:
    words = ", ".join(filter(None, (title, publisher)))
    yield "Source", f"{file.source}/{file.edition}" + (f": {words}" if words else "")
    yield "sha256", file.sha256


def _rest(shown: Explanation) -> Lines:
    meaning, own = shown.meaning, shown.files[0]
    if own.url:
        yield "Official URL", own.url
    size = f" ({own.bytes:,} bytes)" if own.bytes is not None else ""
    if own.path:
        yield "Raw file", f"{own.path}{size}" + (f", from {own.fetched}" if own.fetched else "")
    if shown.cited.licence:
        yield "Licence", shown.cited.licence
    if shown.cited.citation:
        yield "Cite", shown.cited.citation
    for file in shown.files[1:]:
        yield from (("With" if label == "Source" else label, text) for label, text in _bytes(file))
    yield "Definition", _definition(shown)
    if meaning:
        yield from (("Assumption", f"{a.text.en} (impact {a.impact})") for a in meaning.indicator.assumptions)
    yield from (("Partial", note) for note in _partial(shown))
    for row in shown.deviations:
        figures = f"{row['quantity']} {number(row['observed'])}, expected {number(row['expected'])}"
        why = f"; {row['explanation']} ({row['cite']})" if row["explanation"] else ""
        yield "Deviation", f"{row['rule']} ({row['severity']}, {row['status']}): {figures}{why}"
    for c in shown.corrections:
        what = f"{c['column']} of {c['where']}: {c['old']!r} taken as {c['new']!r}"
        yield "Corrected", f"{c['source']}, {what}; {c['reason']}"


def _partial(shown: Explanation) -> Iterator[str]:
    """What the run of a value did not see of the country; of a value from whole files, only that this is so."""
    notes = shown.origin.coverage_notes
    if shown.value["coverage"] == "partial":
        yield from notes or ("the files of this value do not cover all that the official ones do",)
    elif notes:
        yield "the release is partial (its README says how); this value is of a whole file"


def _definition(shown: Explanation) -> str:
    meaning, parts = shown.meaning, [f"spec hash {shown.value['spec_hash']}"]
    if meaning:
        parts += [meaning.formula, *([meaning.indicator.catalogue] if meaning.indicator.catalogue else [])]
    return ", ".join(parts)


def _subject(check: CheckResult) -> str:
    return "" if check.border == "indicator" else f" of {check.subject}"


def _facts(console: Console, lines: Iterable[tuple[str, str]], style: str = "bold") -> None:
    """Labels and texts side by side; texts are folded into what the labels leave of the width."""
    facts = Table.grid(padding=(0, 1))
    facts.add_column(style=style, no_wrap=True, width=LABEL)
    facts.add_column(overflow="fold")
    for label, text in lines:
        facts.add_row(label, text)
    if facts.row_count:
        console.print(facts)


def _section(console: Console, title: str) -> None:
    console.print(f"\n{title}", style="bold")


def _rows(console: Console, rows: Sequence[Row]) -> None:
    """Rows as a table where it fits the width, else the first of them as texts; columns without news are left out."""
    names = [n for n in rows[0] if any(row[n] not in (None, TOTAL) for row in rows)] if rows else []
    table = Table()
    for name in names:
        table.add_column(name)
    for row in rows:
        table.add_row(*(number(row[name]) for name in names))
    if not names:
        return
    if Measurement.get(console, console.options.update(max_width=10_000), table).maximum <= console.width:
        console.print(table)
        return
    for row in rows[:MAX_RECORDS]:
        console.print(", ".join(f"{name} {number(row[name])}" for name in names), overflow="fold")
    if len(rows) > MAX_RECORDS:
        console.print(f"… and {len(rows) - MAX_RECORDS} more")
