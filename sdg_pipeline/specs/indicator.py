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


Method = Annotated[Ratio | Count | Published | Comparison | Sql, Field(discriminator="kind")]


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
    def base(self) -> str | None:
        """The indicator that a comparison is made of."""
        return self.method.of if isinstance(self.method, Comparison) else None
