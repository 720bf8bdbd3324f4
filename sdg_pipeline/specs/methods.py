"""Methods: the ways to compute the value of an indicator.

What belongs here: what an indicator spec may say under `method`. What does not: choosing rows and SQL (estimate). Of a
table with a sampling design, `ratio` and `count` are estimates with a standard error. The kinds from `mean` on need
such a table.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sdg_pipeline.specs.base import Identifier, Level, Model, Text, is_absent


class Ratio(Model):
    """``numerator / denominator``, times the multiplier of the unit (100 for per cent)."""

    kind: Literal["ratio"]
    """Always `ratio`."""
    table: Identifier
    """Table that the measures are of."""
    numerator: Text
    """Expression on measures of type count."""
    denominator: Text
    """Expression on measures of type count. Where it is 0 there is no value, and the row says so."""
    where: Text | None = Field(default=None, exclude_if=is_absent)
    """Expression on measures of one record of a survey: the others are no part of what is estimated."""


class Population(Model):
    """The denominator of a rate."""

    table: Identifier
    """Table with the population at risk."""
    measure: Text
    """Expression on its measures."""


class SmallNumbers(Model):
    """When a rate is too unstable to be given, and when to be marked."""

    min_population: int = Field(default=1000, ge=0)
    """Below this population there is no rate (reason `small_population`)."""
    min_events: int = Field(default=10, ge=0)
    """Below this number of events, but for none at all, the rate is too unstable to be published (reason `few_events`).
    The events are published all the same. No event is a rate of 0, whose exact upper limit says how much it can be
    trusted.
    """
    unstable_below: int = Field(default=20, ge=0)
    """Below this number of events the rate is marked `unstable`."""


class Standard(Model):
    """Direct standardisation: the rate that a population would have with the ages of a standard one."""

    dimension: Identifier
    """Dimension of the age groups, in events and population."""
    codelist: Identifier
    """Code list whose codes carry the weights of the standard population."""
    max_unknown: float = Field(default=0.5, ge=0, lt=1)
    """Largest share of events of unknown age. They are allocated to the ages as the others are: such a value is an
    estimate (status `E`, reason `unknown_age_allocated`, their number in `n_missing`). Above this share there is none
    (reason `unknown_age`).
    """


class Rate(Model):
    """Events for each so many of a population, by the multiplier of the unit, with an exact Poisson interval.

    Areas come from the population: one without events has 0, not nothing. Of a stock (beds, staff, pesos) it has no
    value. There is neither an interval nor a rule for small numbers: nothing in it is chance.
    """

    kind: Literal["rate"]
    """Always `rate`."""
    table: Identifier
    """Table of events."""
    events: Text
    """Expression on its measures."""
    population: Population
    """The population at risk, of the same areas, years and groups."""
    pool_years: int = Field(default=1, ge=1, le=10)
    """Years added up on both sides, the last of which is the period; for places with few events."""
    standard: Standard | None = None
    """Standard population, for rates that are to be compared between populations of other ages."""
    small_numbers: SmallNumbers = SmallNumbers()
    """Rules for small numbers."""
    quantity: Literal["events", "stock"] = Field(default="events", serialization_alias="of")
    """What is divided by the population."""


class Count(Model):
    """A sum over areas and groups."""

    kind: Literal["count"]
    """Always `count`."""
    table: Identifier
    """Table that the measures are of."""
    value: Text
    """Expression on measures of type count."""
    where: Text | None = Field(default=None, exclude_if=is_absent)
    """Expression on measures of one record of a survey: the others are no part of what is estimated."""


class Published(Model):
    """The institution's own figure, never recomputed and never added up."""

    kind: Literal["published"]
    """Always `published`."""
    table: Identifier
    """Table that the measure is of."""
    value: Identifier
    """A measure of type mean."""
    cv: Identifier | None = None
    """Measure with the published coefficient of variation, per cent."""
    std_error: Identifier | None = None
    """Measure with the published standard error, in the unit of the value."""
    ci_lower: Identifier | None = None
    """Measure with the lower limit of the published confidence interval."""
    ci_upper: Identifier | None = None
    """Measure with its upper limit."""
    cv_classes: tuple[float, float] | None = None
    """From which CV, per cent, the institution calls its figures of moderate and of low precision: `[15, 30]`."""


class Comparison(Model):
    """One group against another of a dimension of another indicator: a ratio (parity) or a difference (gap)."""

    kind: Literal["parity", "gap"]
    """`parity` divides the one group by the other, `gap` subtracts the reference."""
    indicator: Identifier = Field(serialization_alias="of")
    """Id of the indicator whose groups are compared; it needs the same breakdowns by `dimension`."""
    dimension: Identifier
    """Dimension of the groups."""
    compare: Text
    """Code of the group that is compared."""
    reference: Text
    """Code of the group that it is compared with."""


class Sql(Model):
    """The escape hatch: a SELECT in a file beside the spec, see docs/contributor.md for the columns it returns."""

    kind: Literal["sql"]
    """Always `sql`."""
    table: Identifier
    """The one staged table that the file may read, as `staged.<table>`."""
    file: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+\.sql$")]
    """Name of the file, which lies beside the spec."""
    rows_of: Level
    """Level of the rows of the table that the SELECT reads; it decides the source that values cite."""


class Mean(Model):
    """Mean of a value over the records of a survey."""

    kind: Literal["mean"]
    """Always `mean`."""
    table: Identifier
    """Table of a survey."""
    value: Text
    """Expression on measures of one record; records without it are left out and counted."""
    where: Text | None = Field(default=None, exclude_if=is_absent)
    """Expression on measures of one record of a survey: the others are no part of what is estimated."""


class Quantile(Model):
    """The value that a share of the records of a survey lies at or below: `p: 0.5` is the median."""

    kind: Literal["quantile"]
    """Always `quantile`."""
    table: Identifier
    """Table of a survey."""
    value: Text
    """Expression on measures of one record."""
    where: Text | None = Field(default=None, exclude_if=is_absent)
    """Expression on measures of one record of a survey: the others are no part of what is estimated."""
    p: float = Field(default=0.5, gt=0, lt=1)
    """Share of the population at or below the value."""


class Gini(Model):
    """Gini coefficient of a value over the records of a survey."""

    kind: Literal["gini"]
    """Always `gini`."""
    table: Identifier
    """Table of a survey."""
    value: Text
    """Expression on measures of one record, not negative."""
    where: Text | None = Field(default=None, exclude_if=is_absent)
    """Expression on measures of one record of a survey: the others are no part of what is estimated."""


Bounds = tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]]


class Share(Model):
    """What a part of the population, ordered by a value, has of its total, or has for each unit of another part.

    Palma is `part: [0.9, 1], over: [0, 0.4]`; S80/S20 is `part: [0.8, 1], over: [0, 0.2]`.
    """

    kind: Literal["share"]
    """Always `share`."""
    table: Identifier
    """Table of a survey."""
    value: Text
    """Expression on measures of one record, not negative."""
    where: Text | None = Field(default=None, exclude_if=is_absent)
    """Expression on measures of one record of a survey: the others are no part of what is estimated."""
    part: Bounds = Field(serialization_alias="of")
    """From which to which share of the population, from the lowest value."""
    over: Bounds = (0.0, 1.0)
    """Part that it is divided by; all by default."""

    @model_validator(mode="after")
    def _rising(self) -> Share:
        if not (self.part[0] < self.part[1] and self.over[0] < self.over[1]):
            raise ValueError("part and over go from a lower to a higher share of the population")
        return self


class Fgt(Model):
    """Poverty by a line, after Foster, Greer and Thorbecke: share (0), gap (1) or severity (2) of the poor."""

    kind: Literal["fgt"]
    """Always `fgt`."""
    table: Identifier
    """Table of a survey."""
    value: Text
    """Expression on measures of one record."""
    where: Text | None = Field(default=None, exclude_if=is_absent)
    """Expression on measures of one record of a survey: the others are no part of what is estimated."""
    line: Text
    """Poverty line: a number, or an expression on measures where it differs between records."""
    alpha: int = Field(ge=0, le=2)
    """0: share of the population below the line; 1: mean shortfall in units of the line; 2: its mean square."""


class Auxiliary(Model):
    """A known figure of the areas that helps to explain what the survey measures."""

    indicator: Identifier
    """Indicator with a value for every municipality: of a census or a register."""
    transform: Literal["none", "log", "logit"] = "none"
    """What is done to it before it enters the model; `logit` of a percentage."""


class SmallArea(Model):
    """Area-level model of Fay and Herriot: direct estimates of a survey, helped by what is known of all areas.

    Shares are modelled on the arcsine scale, and none is 0 or 1. Values are of municipalities, model-based and marked
    so; they stand beside the direct ones and never take their place. Those of a state add up to its direct estimate.
    """

    kind: Literal["small_area"]
    """Always `small_area`."""
    indicator: Identifier = Field(serialization_alias="of")
    """Indicator of a survey, a share of its records, whose direct estimates are modelled."""
    auxiliaries: tuple[Auxiliary, ...] = Field(min_length=1)
    """Explaining figures of the same areas; an intercept is always there."""
    population: Identifier
    """Indicator with the population of the areas, by which they are weighted when they are added up."""
    compared_with: tuple[Identifier, ...] = ()
    """Indicators with published figures of the same areas, which measure the same and are no part of the model. Rank
    correlation, bias and mean absolute difference from them stand among the figures of the model (`sdg.model`).
    """


Method = Annotated[
    Ratio | Rate | Count | Published | Comparison | Sql | Mean | Quantile | Gini | Share | Fgt | SmallArea,
    Field(discriminator="kind"),
]
Surveyed = Mean | Quantile | Gini | Share | Fgt
"""Methods that need a table with a sampling design."""


def statistic_texts(method: Ratio | Count | Surveyed) -> dict[str, str]:
    """What a statistic of records is of, by key of the method: of a ratio numerator and denominator, else the value.

    A mean is a ratio to the number of records. So is a poverty measure, whose numerator is the shortfall of the poor in
    units of the line, to the power of alpha. Source: Foster, Greer and Thorbecke (1984). A class of decomposable
    poverty measures. Econometrica 52, 761-766.
    """
    if isinstance(method, Ratio):
        return {"numerator": method.numerator, "denominator": method.denominator}
    if isinstance(method, Mean):
        return {"value": method.value, "records": "1"}
    if isinstance(method, Fgt):
        value, line = f"({method.value})", f"({method.line})"
        short = f"(1.0 - 1.0 * {value} / {line})"
        poor = {0: "1", 1: short, 2: f"{short} * {short}"}[method.alpha]
        return {"value": f"CASE WHEN {value} < {line} THEN {poor} WHEN {value} >= {line} THEN 0 END", "records": "1"}
    return {"value": method.value}
