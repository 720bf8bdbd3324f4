"""Code lists: the codes that a dimension or an attribute may take, after the global SDG data structure."""

from __future__ import annotations

from pydantic import Field

from sdg_pipeline.specs.base import Model, Spec, Text


class Code(Model):
    """One code. ``multiplier`` (units only) turns a ratio into the unit: 100 for per cent."""

    en: Text
    es: Text
    extension: bool = False
    multiplier: float | None = Field(default=None, gt=0)


class Codelist(Spec):
    """A list of codes and the standard that it comes from."""

    source: Text
    codes: dict[str, Code] = Field(min_length=1)
