"""Charters of open data: principles whose items a rule computes or somebody signs, and lists of priority data.

What belongs here: what such a file may say. What does not: what rules observe and what a day makes of a signature
(open_government.charter).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sdg_pipeline.specs.base import Bilingual, Identifier, Model, Owner, Spec, Text
from sdg_pipeline.specs.correction import Day

RuleName = Literal[
    "publication_days",
    "unmodified_copies",
    "open_terms",
    "open_formats",
    "without_login",
    "both_languages",
    "validated_codes",
    "dcat_shapes",
]


class Signature(Model):
    """Somebody says that an item holds, until a day."""

    signer: Text
    """Who says so: name and office."""
    signed: Day
    """Day of the signature."""
    expires: Day
    """Last day on which it counts."""
    cite: Text
    """Where the statement can be read."""

    @model_validator(mode="after")
    def _in_order(self) -> Signature:
        if self.expires < self.signed:
            raise ValueError("expires is before signed")
        return self


class Asked(Model):
    """What an item of a principle asks: a rule computes it, or a person signs the statement."""

    title: Bilingual
    """What is asked, or the text of the statement."""
    rule: RuleName | None = None
    """Rule that computes it; without one it is a statement."""
    signature: Signature | None = None
    """Who signed the statement; without it the statement is unsigned."""

    @model_validator(mode="after")
    def _one_way(self) -> Asked:
        if self.rule is not None and self.signature is not None:
            raise ValueError("what a rule computes needs no signature")
        return self


class Principle(Model):
    """A principle of a charter."""

    title: Bilingual
    """Its name."""
    items: dict[Identifier, Asked] = Field(min_length=1)
    """What it asks, by id."""


class PriorityData(Model):
    """A kind of data that a list calls a priority; none of our sources covers it where `covered_by` is empty."""

    title: Bilingual
    """What it is."""
    covered_by: dict[Identifier, Bilingual] = Field(default_factory=dict)
    """Sources that cover it, each with the part that it covers."""


class Charter(Spec):
    """A charter, or a list of priority data."""

    owner: Owner
    """Who answers for its reading."""
    cite: Text
    """Where it stands."""
    principles: dict[Identifier, Principle] = Field(default_factory=dict)
    """Principles, by id."""
    priority_data: dict[Identifier, PriorityData] = Field(default_factory=dict)
    """Priority data, by id."""

    @model_validator(mode="after")
    def _one_list(self) -> Charter:
        if bool(self.principles) == bool(self.priority_data):
            raise ValueError("a charter has principles, or priority_data")
        return self
