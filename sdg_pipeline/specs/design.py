"""Sampling designs: how the records of a survey were drawn, and for which areas they can speak.

What belongs here: what a table spec says of a design and of files joined to its records. What does not: estimation.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sdg_pipeline.specs.base import EditionName, Identifier, Level, Model, Text, is_absent
from sdg_pipeline.specs.formats import Column, Format
from sdg_pipeline.specs.ignored import IgnoredColumns

STAGED = ("weight", "stratum", "psu", "population_psus")
"""Columns of the staged table that come from the design, the last only where it is known."""


UNNAMED = ("whole", "part")
"""What a design says of its sample where it names no table."""


class Replication(Model):
    """Variances from replicates of the sample instead of linearisation.

    What `single_psu` says holds for replicates too. `adjust` lets the weight of a PSU that is alone in its stratum vary
    about itself. `average` raises the variance to all strata of the domain, and `certainty` keeps such a PSU as it is.
    """

    kind: Literal["jackknife", "bootstrap"]
    """`jackknife` leaves out one PSU after the other, `bootstrap` draws PSUs anew in every stratum."""
    replicates: int = Field(default=500, ge=2)
    """Replicates of the bootstrap."""
    seed: int = 1
    """Seed of the bootstrap: the same seed draws the same replicates."""

    @model_validator(mode="after")
    def _drawn(self) -> Replication:
        keys = sorted(self.model_fields_set & {"replicates", "seed"})
        if self.kind == "jackknife" and keys:
            raise ValueError(f"the jackknife leaves out every PSU once, and draws none: it takes no {keys[0]}")
        return self


class Design(Model):
    """Stratified multi-stage design with the primary sampling units (PSU) as ultimate clusters.

    Staged tables with a design have the columns `weight`, `stratum` and `psu`, and `population_psus` where it is known.
    """

    weight: Column
    """Column with the weight: how many of the population a record stands for."""
    strata: Column
    """Column with the stratum."""
    psu: Column
    """Column with the primary sampling unit; the same code in two strata is two units."""
    population_psus: Column | None = None
    """Column with the number of PSUs of the stratum in the population, for the finite population correction."""
    certainty_strata: tuple[str, ...] = ()
    """Strata all of whose PSUs are in the sample: they add no variance."""
    single_psu: Literal["adjust", "average", "certainty", "fail"]
    """What a stratum with one PSU adds to the variance. `adjust` adds its square about zero, `average` the mean of the
    other strata, `certainty` nothing; `fail` refuses the table.
    """
    sample: Identifier
    """`whole`, where the table has a record of every sampled unit, and so all PSUs of the sample. Records of some units
    only, such as the needs that households name, are a part. For these, name the table of the whole sample, whose codes
    of strata and PSUs are the same. PSUs and strata without a record then count with zero. `part` says that there is no
    such table; totals are then refused. There is no default: a part taken for the whole gives standard errors that are
    too small.
    """
    domains: tuple[Level, ...] = Field(min_length=1)
    """Levels that the survey was designed for; no other level is estimated directly."""
    why: Text
    """Where the institution says so."""
    replication: Replication | None = None
    """How the sample is replicated for variances; without it they come from linearisation."""

    @model_validator(mode="after")
    def _replicable(self) -> Design:
        drawn = self.replication is not None and self.replication.kind == "bootstrap"
        if drawn and self.population_psus is not None:
            raise ValueError("the bootstrap is for samples with replacement: it takes no population_psus")
        if self.sample_table and (self.population_psus is not None or self.certainty_strata):
            raise ValueError("population_psus and certainty_strata of a part stand in the table of its sample")
        return self

    @property
    def sample_table(self) -> str | None:
        """Id of the table of the whole sample, where the records are a part of it."""
        return self.sample if self.sample not in UNNAMED else None

    @property
    def columns(self) -> dict[str, Column]:
        """Source column by column of the staged table."""
        named = zip(STAGED, (self.weight, self.strata, self.psu, self.population_psus), strict=True)
        return {staged: column for staged, column in named if column is not None}


class Aggregate(Model):
    """What the rows of another file with the key of a record come to; a record without such a row has 0."""

    any: Text | None = None
    """Expression on columns of that file: 1 where it is true of any row, else 0."""
    count: Text | None = None
    """Expression: the number of rows of which it is true."""
    sum: Column | None = None
    """Column of numbers that is added up over the rows."""
    where: Text | None = None
    """With `sum`, an expression: the rows of which it is true."""

    @model_validator(mode="after")
    def _one_way(self) -> Aggregate:
        if sum(way is not None for way in (self.any, self.count, self.sum)) != 1:
            raise ValueError("an aggregate needs one of any, count and sum")
        if self.where is not None and self.sum is None:
            raise ValueError("where goes with sum: any and count are conditions themselves")
        return self

    @property
    def condition(self) -> str | None:
        """The expression that chooses rows."""
        return self.any or self.count or self.where

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns of the other file that are read."""
        from sdg_pipeline.specs import expressions

        named = expressions.columns(expressions.read(self.condition)) if self.condition else ()
        return (*named, *((self.sum,) if self.sum else ()))


class Join(Model):
    """Another file of the survey, whose columns are added to each record by a key: dwellings to persons."""

    source: Identifier
    """Id of the source."""
    edition: EditionName
    """Edition of that source."""
    by: tuple[Column, ...] = Field(min_length=1)
    """Key columns, of the same names in both files; the joined file has each key once, unless it is aggregated."""
    columns: tuple[Column, ...] = ()
    """Columns that are added, by their names in the joined file."""
    aggregate: dict[Column, Aggregate] = Field(default_factory=dict, exclude_if=is_absent)
    """Columns that are made of all rows with the key, by their new names, instead of `columns`: the crimes that a
    person suffered. Every row must find its record.
    """
    rename: dict[Column, Column] = Field(default_factory=dict)
    """New names by the names in the joined file, so that no two columns have the same."""
    every: bool = True
    """Whether every record must find its row; otherwise the columns are empty where there is none."""
    ignore: IgnoredColumns = ()
    """Other columns of the joined file; many of them as `{rest: <hash>}`, as in a table."""
    format: Format | None = None
    """Format of the joined file, where it differs from that of the table."""

    @model_validator(mode="after")
    def _apart(self) -> Join:
        if bool(self.columns) == bool(self.aggregate):
            raise ValueError("a joined file needs one of columns and aggregate")
        named = [*self.by, *self.columns, *self.ignore]
        twice = sorted({column for column in named if named.count(column) > 1})
        if twice:
            raise ValueError(f"by, columns and ignore name a column twice: {', '.join(twice)}")
        strangers = sorted(set(self.rename) - set(self.columns))
        if strangers:
            raise ValueError(f"rename names what columns does not: {', '.join(strangers)}")
        return self

    @property
    def added(self) -> tuple[Column, ...]:
        """Names of the added columns in the record."""
        return tuple(self.rename.get(column, column) for column in self.columns) or tuple(self.aggregate)

    @property
    def read(self) -> tuple[Column, ...]:
        """Columns of the joined file that are read, besides its key."""
        of_rows = (column for aggregate in self.aggregate.values() for column in aggregate.columns)
        return tuple(c for c in dict.fromkeys((*self.columns, *of_rows)) if c not in self.by)


class Quantiles(Model):
    """Groups of equal weight by ascending value, over the nation: deciles of income.

    A record belongs to the group that the middle of its weight falls in; equal values go by the order of records.
    """

    value: Text = Field(serialization_alias="of")
    """Expression on source columns, whose cells are numbers here; records without a value are unknown (`_U`)."""
    codes: tuple[str, ...] = Field(min_length=2)
    """Codes of the groups, from the lowest: ten for deciles."""
    weight: Text | None = None
    """Expression on source columns that the groups have equal sums of, where it is not the weight of the design."""
