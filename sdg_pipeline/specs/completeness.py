"""Completeness: which figures of a table are too incomplete to be values.

What belongs here: what a table spec says of areas that were not enumerated whole, and of instruments that did not
measure. What does not: cells that a file leaves empty (columns), and records of a survey without an answer.
"""

from __future__ import annotations

from pydantic import Field, model_validator

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
