"""Coherence: what must hold between indicators, between sources and over time, and why it does not where it does not.

What belongs here: the rules as data, and the reviewed explanations of their deviations. What does not: their SQL and
verdicts (quality), and what must hold inside one indicator (its own ``checks``).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sdg_pipeline.specs.base import Identifier, Level, Model, Owner, Period, Spec, Text
from sdg_pipeline.specs.indicator import AreaCode

Column = Literal["value", "numerator", "denominator"]


class Explained(Model):
    """Deviations that somebody has looked into. It covers what it names and no more, and fails when all are gone.

    It names its areas, or says how many values deviate.
    """

    indicators: tuple[Identifier, ...] = ()
    """Indicators that deviate, in a rule over many; empty: any."""
    areas: tuple[AreaCode, ...] = ()
    """REF_AREA codes of the areas that deviate; empty: any, and then `count` is needed."""
    count: int | None = Field(default=None, ge=1)
    """How many values were seen to deviate; where more do, it explains none of them."""
    periods: tuple[Period, ...] = ()
    """Years that deviate; empty: any."""
    largest: float = Field(gt=0)
    """The largest difference that is explained, in the unit of the values."""
    why: Text
    """Why the values differ."""
    cite: Text
    """Where that can be read or seen."""

    @model_validator(mode="after")
    def _bounded(self) -> Explained:
        if not self.areas and self.count is None:
            raise ValueError("an explanation names its areas, or says in count how many values were seen to deviate")
        return self


class Rule(Model):
    """What all rules have."""

    id: Identifier
    """Name of the rule; no two rules have the same."""
    severity: Literal["blocking", "warning"] = "blocking"
    """Whether an unexplained deviation stops publication, or is listed."""
    why: Text
    """Why it must hold."""
    levels: tuple[Level, ...] = ()
    """Levels that are compared; empty: all."""
    explained: tuple[Explained, ...] = ()
    """Deviations that somebody has looked into."""


class Term(Model):
    """A figure in a relation that is not simply the value of an indicator."""

    indicator: Identifier
    """Id of the indicator."""
    column: Column = "value"
    """Its value, its numerator or its denominator."""
    codes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By dimension, codes that are added up and compared with the total of the others: `sex: [F]`."""


class Relation(Rule):
    """Two sides that are compared for each area, year and group that all their indicators have."""

    kind: Literal["equal", "at_most"]
    """Whether left equals right, or is at most right."""
    left: Text
    """Expression; a name in it is one of `terms`, or an indicator whose value is meant."""
    right: Text
    """Expression, as `left`."""
    terms: dict[Identifier, Term] = Field(default_factory=dict)
    """Figures by the names that `left` and `right` use."""
    totals_only: bool = False
    """Whether groups are left out, where two sources draw them differently."""
    tolerance: float = Field(default=0, ge=0)
    """Difference that rounding alone can make, in the unit of the values."""
    relative: float = Field(default=0, ge=0)
    """Difference that is allowed besides, in parts of the right side."""


class Groups(Rule):
    """The groups of one dimension against their total, in all indicators that have both or in those named."""

    kind: Literal["add_up", "surround"]
    """`add_up`: numerators and denominators add up; `surround`: the total lies between the smallest and the largest."""
    dimension: Identifier
    """The dimension."""
    indicators: tuple[Identifier, ...] = ()
    """Indicators; empty: all that have the dimension."""
    leave_out: tuple[Identifier, ...] = ()
    """Indicators that are left out, each for a reason that `why` gives."""
    tolerance: float = Field(default=0, ge=0)
    """Difference that rounding alone can make."""


class Denominators(Rule):
    """The populations that rates are divided by."""

    kind: Literal["one_edition", "same_population"]
    """`one_edition`: one edition of each source; `same_population`: the same figure for the same people."""
    indicators: tuple[Identifier, ...] = ()
    """Indicators that are compared; empty: all rates."""
    relative: float = Field(default=0, ge=0)
    """Difference that is allowed, in parts of the largest."""


class Change(Rule):
    """Changes from one year to the next against those of the neighbours in that year, and the area's own before.

    Compared on the scale of logarithms where all values are above 0. A change is as surprising as it is far from the
    median change of the areas of the same state (or of all states). The distance is counted in spreads: the square root
    of two terms added up. One is the sampling or Poisson variance of the two values. The other is the squared median
    deviation of the neighbours or the area's own changes.
    """

    kind: Literal["change"]
    """Always `change`."""
    spreads: float = Field(gt=0)
    """Deviates from this many spreads on, where it is also a change by `factor`."""
    factor: float = Field(gt=1)
    """Smallest factor, after the neighbours' own; on a scale without logarithms it is not asked for."""
    indicators: tuple[Identifier, ...] = ()
    """Indicators; empty: all that have several years."""
    below: float | None = Field(default=None, gt=1)
    """Factor from which on another, stricter rule judges."""
    leave_out: tuple[Identifier, ...] = ()
    """Indicators that are left out, each for a reason that `why` gives."""


class Neighbours(Rule):
    """Values of one municipality far beyond those of every other of its state, where it has no earlier value as far."""

    kind: Literal["neighbours"]
    """Always `neighbours`."""
    spreads: float = Field(gt=0)
    """Deviates from this many spreads of the state's municipalities on."""
    factor: float = Field(gt=1)
    """And from this factor on beyond the second of them."""
    leave_out: tuple[Identifier, ...] = ()
    """Indicators that are left out, each for a reason that `why` gives."""


class Reference(Rule):
    """An indicator against a series of somebody else, in a staged table of the nation."""

    kind: Literal["reference"]
    """Always `reference`."""
    indicator: Identifier
    """Id of the indicator."""
    codes: dict[str, str] = Field(default_factory=dict)
    """By dimension, the code of the group that is compared; others are totals."""
    table: Identifier
    """Table with the series."""
    measure: Identifier = "value"
    """Measure of that table."""
    series: dict[str, str] = Field(min_length=1)
    """By key column of the table, what names the series."""
    tolerance: float = Field(ge=0)
    """Difference that rounding alone can make, in the unit of the values."""
    years_apart: int = Field(default=0, ge=0)
    """The series may lack the year: the nearest that is not further away is taken then."""


AnyRule = Annotated[Relation | Groups | Denominators | Change | Neighbours | Reference, Field(discriminator="kind")]


class Coherence(Spec):
    """Rules of one kind or about one subject."""

    owner: Owner
    """Who answers for the rules: `team:<name>` or a mail address."""
    rules: tuple[AnyRule, ...] = Field(min_length=1)
    """The rules."""
    not_compared: dict[Identifier, Text] = Field(default_factory=dict)
    """Indicators that one would look for here, and why they are in no rule."""

    @model_validator(mode="after")
    def _named_once(self) -> Coherence:
        names = [rule.id for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"names a rule twice: {', '.join(twice)}")
        return self
