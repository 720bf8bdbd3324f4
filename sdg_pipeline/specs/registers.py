"""Registers: texts by id that other specs name, and what a spec that leaves a key out takes for it.

What belongs here: what the files may say. What does not: looking ids up (by_id).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from sdg_pipeline.specs.base import File, Identifier, Model, Owner, Text
from sdg_pipeline.specs.indicator import Assumption, NamedAssumption
from sdg_pipeline.specs.source import Licence


class Assumptions(File):
    """What methods take for granted, by the id that indicators name."""

    id: Literal["assumptions"]
    """Always `assumptions`."""
    entries: dict[Identifier, Assumption] = Field(min_length=1)
    """Assumptions by id."""


class Cites(File):
    """Documents, by the id that specs name."""

    id: Literal["cites"]
    """Always `cites`."""
    entries: dict[Identifier, Text] = Field(min_length=1)
    """Documents by id: institution, title, edition, file, page."""


class Publishers(File):
    """Institutions, by the id that sources name."""

    id: Literal["publishers"]
    """Always `publishers`."""
    entries: dict[Identifier, Text] = Field(min_length=1)
    """Names of institutions by id."""


class Licences(File):
    """Terms of use, by the id that sources name."""

    id: Literal["licences"]
    """Always `licences`."""
    entries: dict[Identifier, Licence] = Field(min_length=1)
    """Terms by id."""


Register = Assumptions | Cites | Publishers | Licences


class OfIndicators(Model):
    """What an indicator takes for a key that it leaves out."""

    owner: Owner | None = None
    """Who answers for the definition."""


class Defaults(File):
    """What a spec takes for a key that it leaves out; what it says itself goes before."""

    id: Literal["defaults"]
    """Always `defaults`."""
    indicator: OfIndicators = OfIndicators()
    """Defaults of indicators."""
    unverified: NamedAssumption | None = None
    """Assumption of an indicator that no official figure is compared with: an id of `codelists/assumptions.yaml`, or
    the assumption."""

    @classmethod
    def optional(cls, kind: str) -> frozenset[str]:
        """Keys of a kind of spec that have a default."""
        field = cls.model_fields.get(kind)
        model = field.annotation if field else None
        return frozenset(model.model_fields) if isinstance(model, type) and issubclass(model, Model) else frozenset()

    def fill(self, kind: str, data: Any) -> Any:
        """The data of a spec file with the defaults of its kind."""
        if not self.optional(kind) or not isinstance(data, Mapping):
            return data
        defaults: Model = getattr(self, kind)
        return {**{name: value for name, value in defaults if value is not None}, **data}
