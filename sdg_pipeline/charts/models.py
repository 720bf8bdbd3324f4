"""What a chart draws: captions and estimates, as plain frozen figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "es"]


@dataclass(frozen=True)
class Caption:
    """The words around a chart."""

    key: str
    """Begins the ids of the SVG; unique on a page that holds several charts."""
    title: str
    unit: str
    sources: tuple[str, ...]
    """Citations, in order."""
    decimals: int
    """Digits after the point in every value."""
    language: Language = "en"
    width: float = 640
    """In pixels; a chart that is shown on telephones is drawn as narrow as they are."""
    bare: bool = False
    """Whether the words stand around the chart and not in it: no title, no source, no ground."""


@dataclass(frozen=True)
class Estimate:
    """A value, and both limits of its confidence interval where it has one."""

    value: float
    interval: tuple[float, float] | None = None

    @property
    def extent(self) -> tuple[float, ...]:
        """All figures that an axis must show."""
        return (self.value, *(self.interval or ()))


@dataclass(frozen=True)
class StateEstimate:
    """The estimate of a state, None where there is none; ``code`` is its REF_AREA (MX01 to MX32)."""

    code: str
    name: str
    estimate: Estimate | None


@dataclass(frozen=True)
class StatesFigure:
    """The estimates of the states in one period, and the nation's of the same period."""

    period: str
    states: tuple[StateEstimate, ...]
    nation: Estimate | None = None

    @property
    def estimates(self) -> dict[str, Estimate]:
        """The estimates that there are by code."""
        return {state.code: state.estimate for state in self.states if state.estimate is not None}


@dataclass(frozen=True)
class YearEstimate:
    """The nation's estimate of a year; None where there is none, and the line of a trend is broken."""

    year: int
    estimate: Estimate | None
    forecast: bool = False
    breaks: bool = False
    """Whether the series has a break before this year, so that it does not compare with the year before."""
