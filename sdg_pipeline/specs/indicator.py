"""Indicator specs: the meaning of a number, its method, its breakdowns and what must hold of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sdg_pipeline.specs.base import Bilingual, Identifier, Model, Period, Spec, Text

TargetCode = Annotated[str, StringConstraints(pattern=r"^([1-9]|1[0-7])\.([1-9][0-9]?|[a-d])$")]
IndicatorCode = Annotated[str, StringConstraints(pattern=r"^([1-9]|1[0-7])\.([1-9][0-9]?|[a-d])\.[1-9][0-9]?$")]
AreaCode = Annotated[str, StringConstraints(pattern=r"^MX([0-9]{2}([0-9]{3})?)?$")]


class Goal(Model):
    """Place in the UN framework. ``proxy`` measures the code's subject by other means; ``national`` has no code."""

    target: TargetCode
    code: IndicatorCode | None = None
    relation: Literal["global", "proxy", "national"]


class Ratio(Model):
    """``numerator / denominator``, times the multiplier of the unit (100 for per cent)."""

    kind: Literal["ratio"]
    table: Identifier
    numerator: Text
    denominator: Text


class Count(Model):
    """A sum over areas and groups."""

    kind: Literal["count"]
    table: Identifier
    value: Text


class Published(Model):
    """The institution's own figure, never recomputed and never added up."""

    kind: Literal["published"]
    table: Identifier
    value: Identifier


class Comparison(Model):
    """One group against another of a dimension of another indicator: a ratio (parity) or a difference (gap)."""

    kind: Literal["parity", "gap"]
    of: Identifier
    dimension: Identifier
    compare: Text
    reference: Text


class Sql(Model):
    """The escape hatch: a SELECT in a file beside the spec, see docs/contributor.md for the columns it returns."""

    kind: Literal["sql"]
    table: Identifier
    file: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+\.sql$")]


Method = Annotated[Ratio | Count | Published | Comparison | Sql, Field(discriminator="kind")]


class Official(Model):
    """An official figure that the computed value must equal to within ``tolerance`` (half its last digit)."""

    area: AreaCode
    period: Period
    sex: Literal["_T", "F", "M"] = "_T"
    value: float
    tolerance: float = Field(gt=0)
    cite: Text


class Complete(Model):
    """Levels at which every area of the register (within the coverage of the source) must have a row."""

    national: Literal["all"] | None = None
    state: Literal["all"] | None = None
    municipality: Literal["all"] | None = None


class Checks(Model):
    """What must hold of the values; all of it blocks publication."""

    range: tuple[float, float]
    complete: Complete = Complete()
    agrees_with: tuple[Official, ...] = ()


class Target(Model):
    """A numeric target and the document that set it."""

    year: Period
    value: float
    cite: Text


class Assumption(Model):
    """What the method takes for granted, and how much it matters."""

    text: Bilingual
    impact: Literal["low", "medium", "high"]


class Indicator(Spec):
    """One indicator: one file, no Python."""

    catalogue: Text | None = None
    sdg: Goal
    description: Bilingual
    unit: Text
    decimals: int = Field(ge=0, le=6)
    direction: Literal["up", "down", "parity", "context"]
    nature: Literal["C", "CA", "E", "G", "M", "N"] = "C"
    owner: Text
    method: Method
    breakdowns: tuple[tuple[str, ...], ...] = Field(min_length=1)
    checks: Checks
    target: Target | None = None
    assumptions: tuple[Assumption, ...] = ()

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
