"""Frameworks of open data: items, points and the fact that each item is judged by, and what formats and terms are.

What belongs here: what a framework may say. What does not: facts of a source (open_government.facts), and scores.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sdg_pipeline.specs.base import Bilingual, File, Identifier, Model, Owner, Spec, Text

Heading = Literal["availability", "accessibility", "reuse"]
FactName = Literal[
    "coverage_groups", "coverage_5_years", "coverage_10_years", "coverage_states", "coverage_municipalities",
    "machine_readable", "non_proprietary", "downloads", "metadata", "terms",
    "exists", "digital", "public", "free", "online", "bulk", "open_licence", "timely",
    "star_1", "star_2", "star_3", "star_4", "star_5",
    "keywords", "categories", "spatial", "temporal", "access_answers", "download_url", "download_answers",
    "format", "media_type", "vocabulary", "dcat_ap", "licence", "licence_vocabulary", "access_rights",
    "access_rights_vocabulary", "contact", "publisher", "rights", "byte_size", "issued", "modified",
]  # fmt: skip


class Item(Model):
    """An item of a framework: it gets its points times the share that the fact has of them."""

    title: Bilingual
    """What is asked."""
    heading: Heading
    """Which of the three headings of the OECD it stands under."""
    points: float = Field(gt=0)
    """Points of a dataset that has it."""
    fact: FactName
    """Fact that answers it."""


class Framework(Spec):
    """A published framework. Its items are judged by this pipeline, so that no result is the framework's own."""

    owner: Owner
    """Who answers for the reading of the framework."""
    cite: Text
    """Where the rules stand."""
    total: float = Field(gt=0)
    """Points of all items together."""
    items: dict[Identifier, Item] = Field(min_length=1)
    """Items by id."""

    @model_validator(mode="after")
    def _adds_up(self) -> Framework:
        if (points := sum(item.points for item in self.items.values())) != self.total:
            raise ValueError(f"items have {points:g} points together, and total is {self.total:g}")
        return self


class Format(Model):
    """What a file format is."""

    machine_readable: bool
    """Whether software reads figures from it without a person."""
    proprietary: bool
    """Whether it needs the software of one maker."""
    stars: int = Field(ge=1, le=5)
    """Stars of a dataset in this format alone, as the federal tool counted them."""
    vocabulary: bool
    """Whether the vocabulary of file types of the European Union has it."""
    media_type: Text | None = None
    """Its media type, where it has a registered one."""


class Terms(Model):
    """What terms of use allow."""

    open: Literal["open", "semi", "none"]
    """Whether everybody may use it for anything (`open`), with other conditions (`semi`), or no terms are known."""
    vocabulary: bool
    """Whether the vocabulary of licences of the European Union has them."""


class Vocabulary(File):
    """Formats and terms by name. What is not here is unknown."""

    id: Literal["vocabulary"]
    """Always `vocabulary`."""
    formats: dict[Text, Format] = Field(min_length=1)
    """Formats by the suffix of their files, in capitals."""
    terms: dict[Text, Terms] = Field(min_length=1)
    """Terms by the `id` of a licence."""
