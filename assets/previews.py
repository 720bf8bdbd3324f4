"""Shows values in the Dagster UI: the headline, and tables as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdg_pipeline.publish.headline import Headline


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


def headline(shown: Headline) -> str:
    """The national value in one line, or a substitute."""
    national = shown.national
    if national is None:
        levels = [row.level for row in shown.coverage if row.values and row.level != "national"]
        return f"no national value: by {' and '.join(levels)} only" if levels else "no national value"
    return f"{national.value:,.{shown.decimals}f} {shown.unit_label.lower()} ({national.period})"
