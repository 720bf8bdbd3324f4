"""Indicator specs: the meaning of a number, its breakdowns and what must hold of it.

What belongs here: the spec of one indicator. What does not: the ways to compute a value (methods).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_validator,
)

from sdg_pipeline.specs.base import (
    TOTAL,
    Bilingual,
    EditionName,
    Identifier,
    Level,
    Model,
    Owner,
    Period,
    Spec,
    Text,
    is_absent,
)
from sdg_pipeline.specs.by_id import by_id, lookup_of
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.methods import Comparison, Method, Rate, SmallArea
from sdg_pipeline.specs.target import Cite, Target, faults

TargetCode = Annotated[str, StringConstraints(pattern=r"^([1-9]|1[0-7])\.([1-9][0-9]?|[a-d])$")]
IndicatorCode = Annotated[str, StringConstraints(pattern=r"^([1-9]|1[0-7])\.([1-9][0-9]?|[a-d])\.[1-9][0-9]?$")]
SeriesCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]+$")]
AreaCode = Annotated[str, StringConstraints(pattern=r"^MX([0-9]{2}([0-9]{3})?)?$")]


NATIONAL_SERIES = "_L_MX_"
"""How codes of series begin that the global list lacks."""
OTHER_CONCEPTS = ("activity", "composite_breakdown", "occupation", "product")
"""Dimensions of the global data structure that the indicator table has no column of: one code for a whole indicator."""


def _is_empty(value: object) -> bool:
    """Whether a key says nothing: it is then no part of the definition."""
    return not value


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
    series: SeriesCode | None = Field(default=None, exclude_if=_is_empty)
    """UN series of a `global` indicator, code list `series`: `SI_POV_NMPI`. The others have none: what they publish has
    a code of the project.
    """


@dataclass(frozen=True)
class Figure:
    """One official figure, as an indicator's ``agrees_with`` says it."""

    area: str
    period: str
    sex: str
    value: float
    tolerance: float
    cite: str
    edition: str | None = None


class Official(Model):
    """Official figures of an area that the computed values must equal: one, or one a year from the same document."""

    area: AreaCode
    """REF_AREA code: `MX`, `MX20` or `MX20067`."""
    period: Period | None = None
    """Year of the figure."""
    sex: Literal["_T", "F", "M"] = "_T"
    """Code of sex; `_T` is the total."""
    value: float | None = None
    """The official figure."""
    values: dict[Period, float] = Field(default_factory=dict)
    """Official figures by year, instead of `period` and `value`."""
    edition: EditionName | None = None
    """Edition or cut that the figure was published of: values of another one are not compared with it."""
    tolerance: float = Field(gt=0)
    """Largest difference that counts as agreement: half the last digit of the figure."""
    cite: Cite
    """Where the figure stands: an id of `codelists/cites.yaml`, or the text."""

    @model_validator(mode="after")
    def _one_way(self) -> Official:
        single = (self.period is not None, self.value is not None)
        if any(single) != all(single) or any(single) == bool(self.values):
            raise ValueError("an official figure has period and value, or values by year")
        return self

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures, one a year."""
        values = dict(self.values)
        if self.period is not None and self.value is not None:
            values[self.period] = self.value
        same = (self.tolerance, self.cite, self.edition)
        return tuple(Figure(self.area, p, self.sex, v, *same) for p, v in values.items())


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

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every official figure."""
        return tuple(figure for official in self.agrees_with for figure in official.figures)

    @field_serializer("agrees_with")
    def _one_by_one(self, agrees_with: tuple[Official, ...]) -> list[dict[str, object]]:
        """Figures one by one: a definition does not change when they are grouped in another way."""
        figures = (asdict(figure) for official in agrees_with for figure in official.figures)
        return [{key: v for key, v in f.items() if key != "edition" or not is_absent(v)} for f in figures]


class Assumption(Model):
    """What the method takes for granted, and how much it matters."""

    text: Bilingual
    """The assumption, in both languages."""
    impact: Literal["low", "medium", "high"]
    """How much it can change the value."""
    says_unverified: bool = False
    """Whether it says itself that no official figure was compared, so that this need not be added."""
    says_why_no: tuple[Literal["nation", "total"], ...] = ()
    """What it gives the reason for: that the nation has no value, or that there are values of groups and no total. An
    indicator without the one or the other needs an assumption that says why.
    """


NamedAssumption = Annotated[
    Assumption, BeforeValidator(by_id("assumptions"), json_schema_input_type=Identifier | Assumption)
]


class Indicator(Spec):
    """One indicator: one file, no Python."""

    former: tuple[Identifier, ...] = Field(default=(), exclude=True)
    """Ids that it had before: whoever asks for one of them finds it. No part of the definition."""
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
    universe: dict[str, Text] = Field(default_factory=dict, exclude_if=_is_empty)
    """Whom the figures are of, where that is not everybody: code by dimension, `{sex: F, age: Y15T19}`. Totals carry
    these codes in place of `_T`; a breakdown by the same dimension gives its groups. Dimensions of the global data
    structure without a column here (`activity`, `composite_breakdown`, `occupation`, `product`) may be named too.
    """
    breakdowns: tuple[tuple[str, ...], ...] = Field(min_length=1)
    """What values are given by: each a level (national, state, municipality), then dimensions of the table."""
    checks: Checks
    """What must hold of the values."""
    target: Target | None = None
    """Numeric target, where a document sets one."""
    assumptions: tuple[NamedAssumption, ...] = Field(default=(), validate_default=True)
    """What the method takes for granted: ids of `codelists/assumptions.yaml`, or assumptions. Where `agrees_with` is
    empty and none of them says so, that of `defaults.yaml` is added: the values are not verified.
    """

    @field_validator("assumptions")
    @classmethod
    def _not_verified(cls, assumptions: tuple[Assumption, ...], info: ValidationInfo) -> tuple[Assumption, ...]:
        """Where no official figure is compared, and no assumption says so itself, the one of the defaults does."""
        checks = info.data.get("checks")
        silent = checks is not None and not checks.agrees_with and not any(a.says_unverified for a in assumptions)
        lookup = lookup_of(info)
        unverified = lookup.unverified if lookup is not None else None
        return (*assumptions, unverified) if silent and unverified is not None else assumptions

    @model_validator(mode="after")
    def _target_fits(self) -> Indicator:
        levels = {names[0] for names in self.breakdowns if names}
        wrong = list(faults(self.target, self.direction, self.checks.range, levels)) if self.target else []
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @field_serializer("assumptions")
    def _definition(self, assumptions: tuple[Assumption, ...]) -> list[dict[str, object]]:
        """Texts and impacts alone: what they say the reason of is no part of the definition."""
        return [assumption.model_dump(mode="json", include={"text", "impact"}) for assumption in assumptions]

    @property
    def goal(self) -> int:
        return int(self.sdg.target.split(".")[0])

    @property
    def series(self) -> str:
        """SDMX code of what is published: the UN's series, or a code of the project."""
        return self.sdg.series or f"{NATIONAL_SERIES}{self.id.upper()}"

    @property
    def sdg_indicator(self) -> str:
        """The UN indicator code, or the target of a national indicator."""
        return self.sdg.code or self.sdg.target

    @property
    def totals(self) -> dict[str, str]:
        """By dimension of the indicator table, the code of the rows that are not broken down by it."""
        return {name: self.universe.get(name, TOTAL) for name in DIMENSIONS}

    @property
    def lacks(self) -> tuple[Literal["nation", "total"], ...]:
        """What its breakdowns have no value of: the nation, or the total of a level that has groups."""
        levels = {names[0] for names in self.breakdowns}
        nation: tuple[Literal["nation"], ...] = () if Level.NATIONAL in levels else ("nation",)
        return (*nation, "total") if levels - {names[0] for names in self.breakdowns if len(names) == 1} else nation

    def why_no(self, what: Literal["nation", "total"]) -> tuple[Bilingual, ...]:
        """Why the nation has no value, or why there is no total; nothing where there is one."""
        reasons = (a.text for a in self.assumptions if what in a.says_why_no)
        return tuple(reasons) if what in self.lacks else ()

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
        """The indicator that a comparison or a model is made of."""
        return self.method.indicator if isinstance(self.method, Comparison | SmallArea) else None

    @property
    def auxiliary(self) -> tuple[str, ...]:
        """Indicators of whose areas a model takes the values: as auxiliary, as population, or to be compared with."""
        if not isinstance(self.method, SmallArea):
            return ()
        return (*(a.indicator for a in self.method.auxiliaries), self.method.population, *self.method.compared_with)
