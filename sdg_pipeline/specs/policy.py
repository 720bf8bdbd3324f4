"""Precision policy: which survey estimates are published, published with caution, or withheld.

What belongs here: the rules as data, one file for all surveys. What does not: applying them (estimate.survey).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sdg_pipeline.specs.base import Model, Spec, Text


class CvClasses(Model):
    """Classes of precision by the coefficient of variation, per cent."""

    moderate: float = Field(gt=0)
    """From this CV on the precision is moderate; below it is high."""
    low: float = Field(gt=0)
    """From this CV on the precision is low."""
    when_low: Literal["caution", "withhold"]
    """What becomes of estimates of low precision."""
    cite: Text
    """Document that sets the cut points."""

    @model_validator(mode="after")
    def _rising(self) -> CvClasses:
        if self.moderate >= self.low:
            raise ValueError("moderate lies below low")
        return self


class Minimum(Model):
    """Below any of these an estimate is withheld."""

    records: int = Field(ge=1)
    """Records of the domain with an answer (reason `small_sample`)."""
    psus: int = Field(ge=1)
    """Primary sampling units of the domain (reason `few_psus`)."""
    df: int = Field(ge=1)
    """Degrees of freedom of the domain: its PSUs less its strata (reason `few_df`)."""
    cite: Text
    """Where the numbers come from."""


class Protection(Model):
    """How far a withheld cell must stay from what can be derived of it."""

    interval: float = Field(ge=0, le=1)
    """Width of the interval that published figures leave for a withheld cell, at least, in parts of the cell."""
    cite: Text
    """Where the rule comes from."""


class Policy(Spec):
    """The policy of all estimates from surveys."""

    confidence: float = Field(gt=0.5, lt=1)
    """Level of confidence intervals."""
    rare_share: float = Field(ge=0, le=0.5)
    """Shares below it, or above one less it, have the interval of Korn and Graubard instead of a logit one."""
    cv: CvClasses
    """Classes of precision."""
    minimum: Minimum
    """Smallest samples."""
    protection: Protection
    """Rule of complementary suppression."""
    references: dict[str, str]
    """By dimension, the group that the others are compared with: `sex: M`."""
