"""Commitments: data that an institution promised by a day, and plans whose keeping somebody else reviewed.

What belongs here: what a register of commitments may say. What does not: its status on a day, which is computed
(open_government.commitments) and never written here.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from sdg_pipeline.specs.base import Bilingual, EditionName, Identifier, Level, Model, Owner, Spec, Text, Url, is_absent
from sdg_pipeline.specs.correction import Day
from sdg_pipeline.specs.on_portal import PromisedThere


class Evidence(Model):
    """What is known of a publication: on which day it came out, or that it was not there when somebody looked."""

    on: Day | None = None
    """Day on which it was published; absent where somebody looked and it was not there."""
    seen: Day
    """Day on which somebody looked."""
    cite: Text
    """Where that can be read."""

    @model_validator(mode="after")
    def _seen_after(self) -> Evidence:
        if self.on is not None and self.seen < self.on:
            raise ValueError("seen is before on: nobody can have read of it yet")
        return self


class Milestone(Model):
    """A step on the way to a commitment, with its own day."""

    title: Bilingual
    """What is to be done."""
    due: Day
    """Day by which."""
    done: Evidence | None = None
    """What shows that it was done."""


class Commitment(Model):
    """Something that an institution promised to publish by a day."""

    id: Identifier
    """Name of the commitment within the register."""
    title: Bilingual
    """What was promised."""
    institution: Text
    """Institution of government that answers for it."""
    society: tuple[Text, ...] = ()
    """Organisations of society that answer for it, too."""
    level: Level
    """Finest level that was promised."""
    goal: int | None = Field(default=None, ge=1, le=17)
    """Goal that it serves, where it serves one."""
    due: Day
    """Day by which it was promised; the last of a month where only that was named."""
    cite: Text
    """Where the promise stands."""
    link: Url
    """Page on which anybody can verify whether it was kept."""
    source: Identifier | None = None
    """Source that it would be an edition of."""
    edition: EditionName | None = None
    """That edition, once the source has it."""
    published: Evidence | None = None
    """What is known of its publication; without it, nothing is."""
    on_portal: PromisedThere | None = Field(default=None, exclude_if=is_absent)
    """Dataset of an open data portal that keeps it: its days are evidence where `published` names none."""
    milestones: tuple[Milestone, ...] = ()
    """Dated steps."""


class Review(Model):
    """A plan whose commitments somebody else reviewed: rows of a staged table, with the reviewer's verdicts."""

    table: Identifier
    """Table with a row a commitment; its key has `number`, `title`, `institution`, `society`, `verdict`, `impact`,
    `begins` and `ends` (day/month/year).
    """
    assessor: Text
    """Who judged."""
    level: Level
    """Level that the plan is of."""
    verdicts: dict[Text, Text] = Field(min_length=1)
    """Short word by verdict, as the table writes it."""
    cite: Text
    """Where the verdicts stand."""
    link: Url
    """Page on which anybody can verify them."""


class Commitments(Spec):
    """A register of commitments, or a reviewed plan."""

    owner: Owner
    """Who answers for the register."""
    commitments: tuple[Commitment, ...] = ()
    """Commitments that this project follows itself."""
    review: Review | None = None
    """Instead of them: the plan that was reviewed."""

    @model_validator(mode="after")
    def _one_way(self) -> Commitments:
        if bool(self.commitments) == (self.review is not None):
            raise ValueError("a register has commitments, or a review")
        names = [commitment.id for commitment in self.commitments]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"names a commitment twice: {', '.join(twice)}")
        return self
