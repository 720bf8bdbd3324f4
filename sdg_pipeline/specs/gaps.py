"""The register of gaps: words for each class and reason of a missing value, and what would close it.

What belongs here: what the register may say. What does not: which cells are missing (open_government.gaps).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sdg_pipeline.specs.base import Bilingual, File, Identifier, Model, Owner

GapClass = Literal["no_level", "not_in_register", "by_group_only", "partial_coverage", "no_group"]
"""Structural gaps. The level is not there. The area is younger than the table. Values are of groups alone. The source
covers a part of the areas. A group of a coarser level is not there.
"""


class Closing(Model):
    """A kind of gap. In `closes_with`, `{source}`, `{publisher}`, `{edition}`, `{next}` and `{level}` are filled in."""

    title: Bilingual
    """What is missing, for people."""
    closes_with: Bilingual
    """Which source or edition would close it."""


class Gaps(File):
    """The register."""

    owner: Owner
    """Who answers for it."""
    population: tuple[Identifier, ...] = Field(min_length=1)
    """Indicators whose newest values say how many people live in an area; the first that has one counts."""
    classes: dict[GapClass, Closing]
    """Structural gaps, by class."""
    reasons: dict[Identifier, Closing]
    """Cells without a value, by their reason (`obs_reason`)."""
