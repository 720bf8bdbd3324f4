"""What a person sees of values in the Dagster UI: small tables and charts as Markdown that works offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BAR_CELLS = 24
EIGHTHS = " ▏▎▍▌▋▊▉█"


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of equal keys as a Markdown table; an empty text where there are none."""
    if not rows:
        return ""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(row.get(name)) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    text = f"{value:,.0f}" if number and value == value // 1 else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


def states_chart(report: Mapping[str, Any]) -> str:
    """A bar for each state, from the highest value; bars begin at zero, or at the lowest value where it is negative."""
    states = [s for s in report["states"] if s["value"] is not None]
    if not states:
        return "No values by state."
    values = [s["value"] for s in states]
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    width = max(len(s["name"]) for s in states)
    lines = [
        f"{s['name']:<{width}} {s['value']:>12,.{report['decimals']}f} {_bar((s['value'] - low) / span)}"
        for s in states
    ]
    return "```text\n" + "\n".join(lines) + "\n```"


def _bar(share: float) -> str:
    eighths = round(share * BAR_CELLS * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + EIGHTHS[rest]).rstrip()


def headline(report: Mapping[str, Any]) -> str:
    """The national value in one line, or what there is instead."""
    national = report["national"]
    if national is None:
        return "no national value"
    return f"{national['value']:,.{report['decimals']}f} {report['unit_label'].lower()} ({national['period']})"
