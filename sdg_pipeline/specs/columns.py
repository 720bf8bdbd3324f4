"""What columns of a file mean: keys of areas, codes of dimensions, numbers.

What belongs here: the parts of a table spec that name columns for their content. What does not: which files a table is
made of and how their rows are taken (table).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sdg_pipeline.specs.base import TOTAL, Bilingual, Identifier, Level, Model, Text, is_absent, is_false
from sdg_pipeline.specs.design import Quantiles
from sdg_pipeline.specs.formats import Column

Icd10Range = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]{2}(\.[0-9])?(-[A-Z][0-9]{2}(\.[0-9])?)?$")]


class Geography(Model):
    """The columns with INEGI keys, and the vintage of the register that they are checked against.

    A table of the nation alone has no such column.
    """

    vintage: int
    """Edition of the area register that the keys must be known in."""
    borders: Literal["of_each_year", "of_vintage"] = "of_each_year"
    """Whether figures are of the areas as they were in their year, or were recast to those of the vintage."""
    state: Column | None = None
    """Column with the key of the state (2 digits)."""
    municipality: Column | None = None
    """Column with the key of the municipality within its state (3 digits)."""
    key: Column | None = None
    """Column with state and municipality in one key (5 digits), instead of the two."""
    state_prefix_of: Column | None = None
    """Column whose first two digits are the key of the state, instead of a column with the key alone."""
    municipality_prefix_of: Column | None = None
    """Column whose first five digits are the keys of state and municipality, instead of `state`."""
    state_name: Column | None = None
    """Column with the name of the state, where the file has no keys; names are those of the register, or `names`."""
    municipality_name: Column | None = Field(default=None, exclude_if=is_absent)
    """Column with the name of the municipality beside `state_name`, where the file has no keys. It is matched to the
    register and its other names (`geography/names.csv`) within the state, without case, accents and signs, and never
    by likeness. What finds no municipality counts in the state alone and is listed; a contract refuses more than 1 %.
    """
    names: dict[str, str] = Field(default_factory=dict)
    """Keys by names that the file uses: of states beside `state_name`, of municipalities (5 digits) beside `key`."""
    locality: Column | None = None
    """Column with the key of the locality; read in parts of that level only."""
    unallocated: tuple[str, ...] = ("998", "999")
    """Municipality keys (or names) that mean "somewhere in the state": they count in the state alone."""
    unallocated_states: tuple[str, ...] = ()
    """State keys (or names) that mean "somewhere in the country": they count in the nation and in no state. `(empty)`
    is a cell without any.
    """

    @model_validator(mode="after")
    def _one_way(self) -> Geography:
        ways = ("state", "key", "state_name", "state_prefix_of", "municipality_prefix_of")
        if sum(getattr(self, way) is not None for way in ways) > 1:
            raise ValueError(f"geography takes one of {', '.join(ways[:-1])} and {ways[-1]}")
        if self.municipality is not None and self.state is None and self.state_name is None:
            raise ValueError("municipality goes with state or state_name")
        if self.municipality_name is not None and self.state_name is None:
            raise ValueError("municipality_name goes with state_name")
        return self

    @property
    def columns(self) -> tuple[Column, ...]:
        prefixes = (self.state_prefix_of, self.municipality_prefix_of)
        names = (self.state_name, self.municipality_name)
        named = (self.state, self.municipality, self.key, *prefixes, *names, self.locality)
        return tuple(column for column in named if column is not None)

    @property
    def has_municipalities(self) -> bool:
        """Whether rows name a municipality."""
        ways = (self.municipality, self.key, self.municipality_prefix_of, self.municipality_name)
        return any(column is not None for column in ways)


class Dimension(Model):
    """A dimension of the staged table: read from a column, made of quantiles, or spread over columns of measures."""

    codelist: Identifier
    """Code list with the codes of the dimension."""
    totals: Literal["published", "computed"] = "computed"
    """`published`: the file has the total as rows or columns of its own; `computed`: it is the sum over the codes."""
    levels: tuple[Level, ...] = Field(min_length=1)
    """Levels of the parts that carry the dimension."""
    column: Column | None = None
    """Column that the code is read from; without it, measures are spread `by` the dimension."""
    recode: dict[str, str] = Field(default_factory=dict)
    """Code by content of `column`. Every content must be listed; an empty text is a cell without any."""
    quantiles: Quantiles | None = None
    """Groups of equal weight by a value, instead of `column`, in a table with a sampling design."""

    @model_validator(mode="after")
    def _column_is_recoded(self) -> Dimension:
        if (self.column is None) != (not self.recode):
            raise ValueError("a dimension read from a column needs recode, and only such a one has it")
        if self.quantiles is not None and (self.column is not None or self.totals == "published"):
            raise ValueError("a dimension of quantiles has no column, and its totals are computed")
        return self


class Icd10(Model):
    """Causes of death or illness by the tenth revision of the International Classification of Diseases."""

    column: Column
    """Column with the code, with or without a dot (`Y099`, `Y09.9`)."""
    ranges: tuple[Icd10Range, ...] = Field(min_length=1)
    """Ranges of categories, both ends with all their subcategories: `X85-Y09` holds `Y099`."""


class Measure(Model):
    """A number of the table: the cell of a column, or one for each record; of all rows, or of those that fit."""

    label: Bilingual | None = None
    """What is counted, in both languages; a measure that only helps to compute others needs none."""
    type: Literal["count", "amount", "mean"] = "count"
    """`count` (whole, from 0) and `amount` (any number) add up over areas and groups; a published `mean` does not."""
    column: Column | None = None
    """Source column, where the measure has one."""
    by: Identifier | None = None
    """Dimension that the measure is spread by, where it has a column for each code."""
    columns: dict[str, Column] = Field(default_factory=dict)
    """Source column by code of `by`."""
    records: Literal["all"] | None = None
    """Every record counts one, instead of the cell of a column."""
    value: Text | None = Field(default=None, exclude_if=is_absent)
    """Expression on source columns, whose cells are numbers here, instead of the cell of one column."""
    where: Text | None = None
    """Expression on source columns: rows for which it is not true count 0."""
    unknown: Text | None = None
    """Expression on source columns: rows for which it is true have no answer, and the measure is empty."""
    empty: Literal["zero"] | None = Field(default=None, exclude_if=is_absent)
    """`zero` says that an empty cell means "not asked" and counts 0: the crimes of who was no victim. Without it an
    empty cell is no answer.
    """
    icd10: Icd10 | None = None
    """Causes: rows of others count 0."""
    below_zero: bool = Field(default=False, exclude_if=is_false)
    """Whether a published mean may be negative, as the lower limit of an interval is where a share is small."""
    scale: float = Field(default=1, gt=0)
    """What a cell is multiplied by, 1000 for thousands of persons."""

    @model_validator(mode="after")
    def _one_way(self) -> Measure:
        spread = bool(self.by and self.columns)
        if bool(self.by) != bool(self.columns):
            raise ValueError("by and columns go together")
        if sum((self.column is not None, spread, self.records is not None, self.value is not None)) != 1:
            raise ValueError("a measure needs one of column, by with columns, records, and value")
        if self.value is not None and self.type == "mean":
            raise ValueError("a mean is published in a column; what value computes is a count or an amount")
        if self.below_zero and self.type != "mean":
            raise ValueError("below_zero is for a mean: a count is not negative, and an amount may be")
        if self.empty is not None and (self.type == "mean" or (self.records is not None and self.where is None)):
            raise ValueError("empty: zero is for numbers that add up, and for records with a condition (where)")
        return self

    @property
    def by_code(self) -> dict[str, Column]:
        """Source column by code of the spread dimension; one ``_T`` where the measure is not spread."""
        return {TOTAL: self.column} if self.column is not None else self.columns

    @property
    def additive(self) -> bool:
        return self.type != "mean"
