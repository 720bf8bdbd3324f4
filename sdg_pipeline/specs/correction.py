"""Corrections: known errors of a source, as reviewed data.

A file is never edited. What is wrong in it, and what it should say, stands in the register with its evidence; staging
puts the new text in place of the old one and refuses a file that no longer has the old one: the source was mended, and
the entry has to go. What belongs here: what an entry may say. What does not: applying it (ingest.corrections).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from sdg_pipeline.specs.base import EditionName, File, Model, Owner, Text
from sdg_pipeline.specs.formats import Column

Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class Correction(Model):
    """One known error."""

    edition: EditionName
    """Edition that has it."""
    where: dict[Column, str] = Field(min_length=1)
    """Content of source columns that tells the rows, as the file writes it."""
    column: Column
    """Source column that is wrong."""
    old: str
    """What the file says there; an empty text is an empty cell. Without it the source was mended."""
    new: str
    """What it should say."""
    rows: int = Field(default=1, ge=1)
    """How many rows have it."""
    reason: Text
    """What is wrong."""
    evidence: Text
    """What shows it: other columns of the row, another edition, a document."""
    cite: Text
    """Where the evidence stands."""
    reviewed_by: Owner
    """Who answers for it."""
    reviewed_on: Day
    """Day of the review."""

    @model_validator(mode="after")
    def _changes(self) -> Correction:
        if self.old == self.new:
            raise ValueError("old and new are the same")
        return self


class Corrections(File):
    """The register of one source; its id is that of the source."""

    corrections: tuple[Correction, ...] = Field(min_length=1)
    """Known errors."""

    def in_edition(self, edition: str) -> tuple[Correction, ...]:
        """Those of an edition."""
        return tuple(c for c in self.corrections if c.edition == edition)
