"""An indicator with its rows, as its page looks at them.

What belongs here: finding rows, and turning one into what charts draw. What does not: pages and maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_pipeline.charts.models import Estimate
from sdg_pipeline.site.model import Group, Indicator, Row
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.fields import DIMENSIONS, FORECAST


@dataclass(frozen=True)
class Subject:
    """An indicator with its rows; ``group`` is its total, or the first group where it has none."""

    indicator: Indicator
    rows: Sequence[Row]
    groups: Sequence[Group]

    @property
    def group(self) -> Group:
        return self.indicator.own or (self.groups[0] if self.groups else (TOTAL,) * len(DIMENSIONS))

    def rows_of(self, level: str, group: Group) -> list[Row]:
        """The rows of a level and a group by year and place."""
        return [row for row in self.rows if row.level == level and row.group == group]

    def newest(self, level: str) -> str | None:
        """The newest year of a level with a value that is no forecast."""
        if level in self.indicator.newest:
            return self.indicator.newest[level]
        valued = [r.period for r in self.rows if r.level == level and r.value is not None and r.status != FORECAST]
        return max(valued, default=None)


def value_of(row: Row | None) -> float | None:
    return row.value if row is not None else None


def estimate(row: Row) -> Estimate | None:
    if row.value is None:
        return None
    interval = (row.lower, row.upper) if row.lower is not None and row.upper is not None else None
    return Estimate(row.value, interval)
