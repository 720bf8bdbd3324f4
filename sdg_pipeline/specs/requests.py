"""Requests for data: what somebody asks to be published, reviewed before it enters, and what answers it.

What belongs here: what a request may say. What does not: its rank among the gaps, which is computed (warehouse).
"""

from __future__ import annotations

from pydantic import Field, model_validator

from sdg_pipeline.specs.base import Bilingual, EditionName, Identifier, Level, Model, Owner, Spec, Text
from sdg_pipeline.specs.correction import Day
from sdg_pipeline.specs.indicator import IndicatorCode


class Answer(Model):
    """The dataset that closes a request: an edition of a source of the catalogue."""

    source: Identifier
    """Source that has it."""
    edition: EditionName
    """Edition of that source; a request closes only with one that exists."""
    on: Day
    """Day on which it closed."""


class Request(Spec):
    """A request: what is asked for, by whom in general terms, and since when."""

    owner: Owner
    """Who follows it here."""
    asks: Text
    """Who asks, in general terms; never a person's name."""
    since: Day
    """Day on which it was first asked."""
    supporters: int = Field(ge=1)
    """How many people or organisations asked for it, the first one too."""
    why: Bilingual
    """What it would be used for."""
    indicators: tuple[Identifier, ...] = ()
    """Indicators that lack it."""
    un_indicators: tuple[IndicatorCode, ...] = ()
    """Codes of the United Nations that lack it."""
    level: Level
    """Level that is asked for."""
    answer: Answer | None = None
    """What answers it; without it, the request is open."""

    @model_validator(mode="after")
    def _about_something(self) -> Request:
        if not self.indicators and not self.un_indicators:
            raise ValueError("a request names indicators or un_indicators that it is about")
        if self.answer is not None and self.answer.on < self.since:
            raise ValueError("answer.on is before since")
        return self
