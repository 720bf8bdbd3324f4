"""Completeness: which figures of a table are too incomplete to be values.

What belongs here: what a table spec says of areas partly enumerated, figures that were not measured, dead instruments
and few sites. What does not: cells that a file leaves empty (columns), and records of a survey without
an answer.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sdg_pipeline.specs.base import Identifier, Level, Model, Text


class KnownShare(Model):
    """Measures that are known of a part of an area only, and from which share on they make a value.

    An indicator of several such measures has the status of the least known.
    """

    measures: tuple[Identifier, ...] = Field(min_length=1)
    """Measures that the share holds for."""
    answered: Text
    """Expression on measures: of how many persons or dwellings the answer is known (yes and no)."""
    whole: Text
    """Expression on measures: how many there are."""
    withheld_below: float = Field(gt=0, le=1)
    """Below this share there is no value: status L, reason `incomplete_enumeration`."""
    marked_below: float = Field(gt=0, le=1)
    """Below this share the value is marked: status U, with the same reason."""
    levels: tuple[Level, ...] = (Level.MUNICIPALITY,)
    """Levels of areas that are judged; others are the institution's own totals."""
    why: Text
    """Why these limits."""

    @model_validator(mode="after")
    def _ascend(self) -> KnownShare:
        if self.withheld_below > self.marked_below:
            raise ValueError("marked_below is not below withheld_below")
        return self


Area = Annotated[str, StringConstraints(pattern=r"^MX([0-9]{2}([0-9]{3})?)?$")]
CAVEATS = {"incomplete_enumeration": "U", "carried_forward": "I"}
"""Code of CL_OBS_STATUS by reason of a caveat."""


class Caveat(Model):
    """Figures of some areas that the institution publishes and that it did not measure as all others.

    They stay as they are published, and are marked. For a table whose own columns cannot tell (`known_share`).
    """

    measures: tuple[Identifier, ...] = Field(min_length=1)
    """Measures that it holds for."""
    areas: tuple[Area, ...] = ()
    """Areas that it holds for, as REF_AREA codes; empty: every area."""
    periods: tuple[str, ...] = Field(min_length=1)
    """Periods that it holds for."""
    reason: Literal["incomplete_enumeration", "carried_forward"]
    """Part of the area is not known (status U); or the figure is that of an earlier period (status I, imputed)."""
    why: Text
    """What the file shows, or which document says so."""

    @property
    def status(self) -> str:
        """Code of CL_OBS_STATUS."""
        return CAVEATS[self.reason]


class Readings(Model):
    """Readings of instruments: what is one, and how many make a value.

    Rows without a reading count for nothing, and neither do all rows of an instrument with too few in the period.
    """

    value: Identifier
    """Measure with the reading."""
    instrument: Identifier
    """Name under `key` of the column that tells the instruments apart: the station."""
    floor: float
    """A smaller reading is none: the instrument was dead, or stuck."""
    least: int = Field(ge=1)
    """Readings that an instrument needs in a period."""
    share: float = Field(gt=0, le=1)
    """Share of the instruments with any figure in the period that must have so many; else the value is withheld."""
    why: Text
    """Why these limits."""


class Sites(Model):
    """Records of sites: stations, plants, establishments. A value says how many stand behind it (`n_obs`).

    Sites are those in the divisor of a ratio, else all that the table has of the area. An area without one has no row.
    """

    site: Identifier | None = None
    """Name under `key` of the column that tells sites apart; without it every record is one."""
    marked_below: int = Field(ge=2)
    """Below this number of sites the value is marked: status U, reason `few_sites`."""
    why: Text
    """Why this limit."""
