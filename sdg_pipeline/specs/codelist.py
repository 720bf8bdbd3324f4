"""Code lists: the codes that a dimension or an attribute may take, after the global SDG data structure."""

from __future__ import annotations

from pydantic import Field

from sdg_pipeline.specs.base import Model, Spec, Text


class Code(Model):
    """One code."""

    en: Text
    """Meaning in English."""
    es: Text
    """Meaning in Spanish."""
    extension: bool = False
    """Whether the standard lacks the code and the project adds it."""
    multiplier: float | None = Field(default=None, gt=0)
    """In the list `units` only: what turns a ratio into the unit, 100 for per cent."""
    weight: float | None = Field(default=None, gt=0)
    """In a standard population only: persons of the age group, out of any total."""


class Codelist(Spec):
    """A list of codes and the standard that it comes from."""

    source: Text
    """Standard that the list follows, with its version."""
    codes: dict[str, Code] = Field(min_length=1)
    """Codes by name."""
