"""Indicator specs: the meaning of a number, its method, its breakdowns and what must hold of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sdg_pipeline.specs.base import Bilingual, Identifier, Level, Model, Period, Spec, Text

TargetCode = Annotated[str, StringConstraints(pattern=r"^([1-9]|1[0-7])\.([1-9][0-9]?|[a-d])$")]
IndicatorCode = Annotated[str, StringConstraints(pattern=r"^([1-9]|1[0-7])\.([1-9][0-9]?|[a-d])\.[1-9][0-9]?$")]
AreaCode = Annotated[str, StringConstraints(pattern=r"^MX([0-9]{2}([0-9]{3})?)?$")]


Owner = Annotated[str, StringConstraints(pattern=r"^(team:[A-Za-z0-9_]+|[^@\s]+@[^@\s]+\.[^@\s]+)$")]
"""As Dagster takes it."""


class Goal(Model):
    """Place in the UN framework."""

    target: TargetCode
    """UN target, `6.1` or `9.c`; its first number is the goal and the folder of the file."""
    code: IndicatorCode | None = None
    """UN indicator code, `6.1.1`; national indicators have none."""
    relation: Literal["global", "proxy", "national"]
    """`global`: the UN indicator itself; `proxy`: its subject by other means; `national`: an indicator without UN
    code.
    """


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
    """Below this number of events there is no rate (reason `few_events`); the events are given all the same."""
    unstable_below: int = Field(default=20, ge=0)
    """Below this number of events the rate is marked `unstable`."""


class Standard(Model):
    """Direct standardisation: the rate that a population would have with the ages of a standard one."""

    dimension: Identifier
    """Dimension of the age groups, in events and population."""
    codelist: Identifier
    """Code list whose codes carry the weights of the standard population."""


class Rate(Model):
    """Events for each so many of a population, by the multiplier of the unit, with an exact Poisson interval.

    Areas come from the population: one without events has 0, not nothing. Of a stock (beds, staff, pesos) it has no
    value, and there is neither an interval nor a rule for small numbers: nothing in it is chance.
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
    of: Literal["events", "stock"] = "events"
    """What is divided by the population."""


class Count(Model):
    """A sum over areas and groups."""

    kind: Literal["count"]
    """Always `count`."""
    table: Identifier
    """Table that the measures are of."""
    value: Text
    """Expression on measures of type count."""


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
    of: Identifier
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


Method = Annotated[Ratio | Rate | Count | Published | Comparison | Sql, Field(discriminator="kind")]


class Official(Model):
    """An official figure that the computed value must equal."""

    area: AreaCode
    """REF_AREA code: `MX`, `MX20` or `MX20067`."""
    period: Period
    """Year of the figure."""
    sex: Literal["_T", "F", "M"] = "_T"
    """Code of sex; `_T` is the total."""
    value: float
    """The official figure."""
    tolerance: float = Field(gt=0)
    """Largest difference that counts as agreement: half the last digit of the figure."""
    cite: Text
    """Where the figure stands."""


class Complete(Model):
    """Levels at which every area of the register (within the coverage of the source) must have a row."""

    national: Literal["all"] | None = None
    """`all`: the nation has a row of totals."""
    state: Literal["all"] | None = None
    """`all`: every state has a row of totals."""
    municipality: Literal["all"] | None = None
    """`all`: every municipality has a row of totals."""


class Checks(Model):
    """What must hold of the values; all of it blocks publication."""

    range: tuple[float, float]
    """Lowest and highest value that can be right."""
    complete: Complete = Complete()
    """Levels at which no area may be missing."""
    agrees_with: tuple[Official, ...] = ()
    """Official figures that the values must equal."""


class Target(Model):
    """A numeric target and the document that set it."""

    year: Period
    """Year by which it is to be met."""
    value: float
    """Value to be met, in the unit of the indicator."""
    cite: Text
    """Document that set it."""


class Assumption(Model):
    """What the method takes for granted, and how much it matters."""

    text: Bilingual
    """The assumption, in both languages."""
    impact: Literal["low", "medium", "high"]
    """How much it can change the value."""


class Indicator(Spec):
    """One indicator: one file, no Python."""

    catalogue: Text | None = None
    """Entry of the catalogue of candidates that it comes from."""
    sdg: Goal
    """Place in the UN framework."""
    description: Bilingual
    """The formula in words, in both languages."""
    unit: Text
    """Code of the code list `units`; its multiplier turns a ratio into the unit."""
    decimals: int = Field(ge=0, le=6)
    """Decimals to show. Values are stored in full."""
    direction: Literal["up", "down", "parity", "context"]
    """Which way is better; `context` where neither is."""
    nature: Literal["C", "CA", "E", "G", "M", "N"] = "C"
    """Nature of the data, code list `nature`."""
    owner: Owner
    """Who answers for the definition: `team:<name>` or a mail address."""
    method: Method
    """How the value is computed."""
    breakdowns: tuple[tuple[str, ...], ...] = Field(min_length=1)
    """What values are given by: each a level (national, state, municipality), then dimensions of the table."""
    checks: Checks
    """What must hold of the values."""
    target: Target | None = None
    """Numeric target, where a document sets one."""
    assumptions: tuple[Assumption, ...] = ()
    """What the method takes for granted."""

    @property
    def goal(self) -> int:
        return int(self.sdg.target.split(".")[0])

    @property
    def table(self) -> str | None:
        """The staged table that the method reads, or None where it compares another indicator."""
        return getattr(self.method, "table", None)

    @property
    def tables(self) -> tuple[str, ...]:
        """All staged tables that the method reads."""
        population = (self.method.population.table,) if isinstance(self.method, Rate) else ()
        return tuple(dict.fromkeys((*((self.table,) if self.table else ()), *population)))

    @property
    def base(self) -> str | None:
        """The indicator that a comparison is made of."""
        return self.method.of if isinstance(self.method, Comparison) else None
