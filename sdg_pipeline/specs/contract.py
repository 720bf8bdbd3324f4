"""Contracts of staged tables: what a person knows of them that their spec does not say.

Rules that follow from the table spec (every state is there, no code is lost, cuts agree…) hold of every table without a
word here. A contract adds bounds, and exceptions with their reasons. What belongs here: what a contract may say. What
does not: how a rule is judged (quality.contracts), and what must hold of an indicator (indicator).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sdg_pipeline.specs.base import File, Identifier, Level, Model, Owner, Text
from sdg_pipeline.specs.formats import Column

RECORDS, AREAS = "records", "areas"
"""Names in `measure` and `to` besides those of measures: rows of the table, and municipalities that have one."""
Derived = Literal[
    "states", "municipalities", "codes", "filled", "zero_totals", "same_totals", "steps", "cuts", "repeated_records",
    "placed", "weights", "psus", "size", "rows", "own_bytes", "period",
]  # fmt: skip
"""Rules that follow from the specs, and `period`."""


class StatedPeriod(Model):
    """Where a file itself says its year; it must be that of the edition."""

    column: Column
    """Source column with a year or a date that begins with one; it may be an ignored one."""
    which: Literal["newest", "only"] = "newest"
    """Whether the newest year must be that of the edition, or every year."""


class Except(Model):
    """A derived rule that does not hold here, and why."""

    rule: Derived
    """The rule."""
    exempt: tuple[str, ...] = Field(default=(), serialization_alias="of")
    """Measures, states, codes (`sex=_U`) or editions that it does not hold of; empty: it is not judged at all."""
    at_most: float | None = Field(default=None, gt=0, lt=1)
    """Of `filled`: the share of cells that may be empty, of these measures or of all; the rest is judged."""
    reason: Text
    """Why."""

    @model_validator(mode="after")
    def _share_of_filled(self) -> Except:
        if self.at_most is not None and self.rule != "filled":
            raise ValueError("at_most goes with the rule filled")
        return self


class Bound(Model):
    """A number of the table that lies between two others in every cell.

    A cell is a level and a year, a cut where the table has cuts, and the columns of `per`. Names in expressions stand
    for the sum of the measure over the cell (the mean of a published `mean`); `records` are rows, `areas` are
    municipalities.
    """

    measure: Text = Field(serialization_alias="of")
    """Expression on measures: `population`, `beds / records`."""
    where: Text | None = None
    """Expression on columns of the staged table: only these rows count in `measure`."""
    to: Text | None = None
    """Expression that `measure` is divided by."""
    to_where: Text | None = None
    """Rows that count in `to`."""
    against: Literal["previous_period", "previous_edition", "median"] | None = None
    """What else `measure` is divided by: itself in the period or cut before, or its median over the cells of `per`."""
    take: Literal["sum", "max", "min"] = "sum"
    """Whether names stand for the sum over the rows of a cell, or for the largest or smallest of them."""
    per: tuple[Identifier, ...] = ()
    """Columns of the staged table that cells are made by, besides level, year and cut: `state`, `sex`."""
    level: Level | None = None
    """Level of the rows, where it is not all of them."""
    small: float = Field(default=0, ge=0)
    """Cells with a smaller divisor are not judged."""
    at_least: float | None = None
    """Smallest number that can be right."""
    at_most: float | None = None
    """Largest number that can be right."""
    severity: Literal["blocking", "warning"] = "blocking"
    """Whether a failure stops the release, or travels with it."""
    owner: Owner | None = None
    """Who answers for the rule, where it is not the owner of the contract."""
    reason: Text
    """Why it must hold, and what is wrong where it does not."""

    @model_validator(mode="after")
    def _bounded(self) -> Bound:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a rule has at_least, at_most or both")
        if self.to is not None and self.against is not None:
            raise ValueError("measure is divided by one thing: to or against")
        if self.to_where is not None and self.to is None:
            raise ValueError("to_where goes with to")
        return self


class Contract(File):
    """What must hold of a staged table; its id is that of the table."""

    owner: Owner
    """Who answers for it."""
    period: StatedPeriod | None = None
    """Where the files say their own year."""
    percent: tuple[Identifier, ...] = ()
    """Measures in per cent: from 0 to 100, and not shares of one."""
    within: tuple[Identifier, ...] = ()
    """Key columns of the table in each of whose values totals are looked at too: `month`."""
    exceptions: tuple[Except, ...] = ()
    """Derived rules that do not hold."""
    rules: dict[Identifier, Bound] = Field(default_factory=dict)
    """Rules by name."""

    def excused(self, rule: str) -> tuple[str, ...] | None:
        """What a derived rule does not hold of; None where it is not judged at all."""
        entries = [e for e in self.exceptions if e.rule == rule and e.at_most is None]
        if any(not e.exempt for e in entries):
            return None
        return tuple(name for e in entries for name in e.exempt)
