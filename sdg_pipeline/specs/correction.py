"""Corrections: known errors of a source, as reviewed data.

A file is never edited. What is wrong in it, and what it should say, stands in the register with its evidence. Staging
puts the new text in place of the old one. It refuses a file that no longer has the old one: the source was mended, and
the entry has to go. What belongs here: what an entry may say. What does not: applying it (ingest.corrections).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from sdg_pipeline.specs.base import EditionName, File, Model, Owner, Text
from sdg_pipeline.specs.formats import Column

Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class Correction(Model):
    """One known error: a cell that is wrong in the rows of `where`, or a `row` that is missing."""

    edition: EditionName
    """Edition that has it."""
    where: dict[Column, str] = Field(default_factory=dict)
    """Content of source columns that tells the rows, as the file writes it."""
    column: Column | None = None
    """Source column that is wrong."""
    old: str | None = None
    """What the file says there; an empty text is an empty cell. Without it the source was mended."""
    new: str | None = None
    """What it should say."""
    rows: int = Field(default=1, ge=1)
    """How many rows have it."""
    row: dict[Column, str] = Field(default_factory=dict)
    """Instead of `where`, `column`, `old` and `new`: the row that the file lacks; its other cells stay empty."""
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
        cell = (self.where or None, self.column, self.old, self.new)
        if any(part is None for part in cell) != bool(self.row) or (
            self.row and any(part is not None for part in cell)
        ):
            raise ValueError("a correction has where, column, old and new, or the row that is missing")
        if not self.row and self.old == self.new:
            raise ValueError("old and new are the same")
        return self


class Corrections(File):
    """The register of one source; its id is that of the source."""

    corrections: tuple[Correction, ...] = Field(min_length=1)
    """Known errors."""

    def in_edition(self, edition: str) -> tuple[Correction, ...]:
        """Those of an edition."""
        return tuple(c for c in self.corrections if c.edition == edition)
