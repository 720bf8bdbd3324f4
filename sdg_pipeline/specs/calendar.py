"""The calendar of editions: how long we wait for the next one, and which are known to be out.

What belongs here: what the calendar may say. What does not: whether a source is late (quality.freshness).
"""

from __future__ import annotations

from pydantic import Field

from sdg_pipeline.specs.base import File, Identifier, Model, Owner, Period, Text
from sdg_pipeline.specs.correction import Day
from sdg_pipeline.specs.source import Periodicity


class Published(Model):
    """An edition that is known to be out, and that no source spec has yet."""

    source: Identifier
    """Id of the source."""
    period: Period
    """Year that its figures refer to."""
    on: Day
    """Day on which it was published."""
    cite: Text
    """Where that was read."""


class Calendar(File):
    """When editions are expected."""

    owner: Owner
    """Who answers for it."""
    patience_months: dict[Periodicity, int] = Field(min_length=1)
    """By periodicity, months after the end of a period until its edition is late; one not named has no next edition."""
    why: Text
    """Where the numbers come from."""
    published: tuple[Published, ...] = ()
    """Editions that are out."""
