"""Numeric targets: a number that a document sets for an indicator, by when, at which levels, and how that is known.

What belongs here: the spec of a target, and what must hold between it and its indicator. What does not: how far an
indicator has come (open_government.progress).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from sdg_pipeline.specs.base import PUBLISHED_LEVELS, Bilingual, Level, Model, Period, Text, is_absent
from sdg_pipeline.specs.by_id import by_id

Cite = Annotated[Text, BeforeValidator(by_id("cites"), json_schema_input_type=Text)]
BASE = "2015"
"""Year from which progress is measured where the target names none: the 2030 Agenda was adopted in it."""


class Target(Model):
    """A numeric target and the document that set it: a `value`, or a `change` from the value of a base year."""

    year: Period
    """Year by which it is to be met."""
    value: float | None = Field(default=None, exclude_if=is_absent)
    """Value to be met, in the unit of the indicator."""
    change: float | None = Field(default=None, ge=-100, exclude_if=is_absent)
    """Change to be met, in per cent of the value of the base year: `-50` halves it. In place of `value`."""
    base: Period = Field(default=BASE, exclude_if=lambda base: base == BASE)
    """Base year. Where an area has no value of it, the first year after it that has one is taken."""
    cite: Cite
    """Document that set it: an id of `codelists/cites.yaml`, or the text."""
    cite_status: Literal["verified", "documented", "from_memory"] = Field(
        default="verified", exclude_if=lambda status: status == "verified"
    )
    """How it is known: `verified` in the document, `documented` by another text that was read, or `from_memory`."""
    measure: Literal["same", "proxy"] = Field(default="proxy", exclude_if=lambda measure: measure == "proxy")
    """`same`: the document sets it for what the indicator measures; `proxy`: for another measure of the subject."""
    levels: tuple[Level, ...] = Field(default=PUBLISHED_LEVELS, exclude_if=lambda levels: levels == PUBLISHED_LEVELS)
    """Levels at which it holds: all, where the document is of everybody; else those that it is set for."""
    note: Bilingual | None = Field(default=None, exclude_if=is_absent)
    """What had to be read into the document, such as its year or its base."""

    @model_validator(mode="after")
    def _one_number(self) -> Target:
        if (self.value is None) == (self.change is None):
            raise ValueError("a target has a value, or a change from the base year, and not both")
        if self.change == 0:
            raise ValueError("a change of 0 per cent is no target")
        if self.base >= self.year:
            raise ValueError(f"the base year {self.base} is not before the year of the target {self.year}")
        return self

    def at(self, base_value: float | None) -> float | None:
        """The value to be met by an area with this value in the base year; None where that is needed and missing."""
        if self.change is None or base_value is None:
            return self.value
        return base_value * (1 + self.change / 100)


def faults(target: Target, direction: str, limits: tuple[float, float], levels: set[str]) -> Iterator[str]:
    """What does not hold between a target and the direction, the range of values and the levels of its indicator."""
    if direction == "context":
        yield "an indicator without a better direction (context) has no target"
    if target.value is not None and not limits[0] <= target.value <= limits[1]:
        yield f"the target {target.value:g} is not within the range of values, {limits[0]:g} to {limits[1]:g}"
    if target.change is not None and (target.change > 0, direction) not in {(True, "up"), (False, "down")}:
        yield f"a change of {target.change:g} per cent is not in the direction {direction}"
    if not levels & {level.value for level in target.levels}:
        yield f"no breakdown is of a level of the target ({', '.join(target.levels)})"
