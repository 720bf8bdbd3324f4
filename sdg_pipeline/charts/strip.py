"""A strip: the dot and the interval of one estimate, for a row of a table, on the axis that all rows share.

Its places are shares of its width, so that a table may be as wide as the screen. What belongs here: that drawing.
What does not: the table.
"""

from __future__ import annotations

from sdg_pipeline.charts.axis import Axis
from sdg_pipeline.charts.models import Estimate
from sdg_pipeline.charts.page import svg_text


def strip(estimate: Estimate, axis: Axis, nation: float | None = None) -> str:
    """The SVG of one row; ``nation`` is the national value, a dashed line in every row."""
    parts = []
    if nation is not None:
        x = _share(axis, nation)
        parts.append(f'<line class="nation" x1="{x}" x2="{x}" y1="0" y2="100%"/>')
    if estimate.interval is not None:
        low, high = (_share(axis, limit) for limit in estimate.interval)
        parts.append(f'<line class="interval" x1="{low}" x2="{high}" y1="50%" y2="50%"/>')
    parts.append(f'<circle cx="{_share(axis, estimate.value)}" cy="50%" r="4"/>')
    return svg_text("strip", "".join(parts))


def ends(axis: Axis) -> tuple[tuple[str, str], ...]:
    """The ticks of the axis with their places."""
    from sdg_pipeline.charts.texts import tick_labels

    return tuple((_share(axis, tick), label) for tick, label in zip(axis.ticks, tick_labels(axis), strict=True))


def _share(axis: Axis, value: float) -> str:
    return f"{round(axis.place(value, 2, 98), 1) + 0.0:g}%"
