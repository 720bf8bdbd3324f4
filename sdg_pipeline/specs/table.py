"""Table specs: how official columns become a typed table of areas, dimensions and measures.

Source column names appear here and nowhere else. What belongs here: the shape of a table. What does not: where its
bytes come from (source) and what they mean for a goal (indicator).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sdg_pipeline.specs.base import TOTAL, Bilingual, Identifier, Level, Model, Spec, Text
from sdg_pipeline.specs.design import Design, Join
from sdg_pipeline.specs.formats import Column, Format

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
    state_name: Column | None = None
    """Column with the name of the state, where the file has no keys; names are those of the register, or `names`."""
    names: dict[str, str] = Field(default_factory=dict)
    """Keys by names that the file uses: of states beside `state_name`, of municipalities (5 digits) beside `key`."""
    locality: Column | None = None
    """Column with the key of the locality; read in parts of that level only."""
    unallocated: tuple[str, ...] = ("998", "999")
    """Municipality keys that mean "somewhere in the state": they count in the state and in no municipality."""
    unallocated_states: tuple[str, ...] = ()
    """State keys (or names) that mean "somewhere in the country": they count in the nation and in no state. `(empty)`
    is a cell without any.
    """

    @model_validator(mode="after")
    def _one_way(self) -> Geography:
        if sum(column is not None for column in (self.state, self.key, self.state_name)) > 1:
            raise ValueError("geography takes one of state, key and state_name")
        if self.municipality is not None and self.state is None:
            raise ValueError("municipality goes with state")
        return self

    @property
    def has_municipalities(self) -> bool:
        """Whether rows name a municipality."""
        return self.municipality is not None or self.key is not None

    @property
    def columns(self) -> tuple[Column, ...]:
        named = (self.state, self.municipality, self.key, self.state_name, self.locality)
        return tuple(column for column in named if column is not None)


class Reshape(Model):
    """Wide columns turned into rows: one row for each of `columns`, its name in `into`, its cell in `value`."""

    columns: tuple[Column, ...] = ()
    """The wide columns by name."""
    years: tuple[int, int] | None = None
    """First and last of wide columns that are years, instead of `columns`."""
    each: tuple[str, ...] = ()
    """Texts (`2016`) that `{}` stands for in the columns of measures: a row for each, instead of `columns`."""
    into: Column
    """New column with the name of the wide column, or with the text of `each`."""
    value: Column | None = None
    """New column with the content of its cell; with `each`, measures name their columns themselves."""

    @model_validator(mode="after")
    def _one_way(self) -> Reshape:
        if sum(map(bool, (self.columns, self.years, self.each))) != 1:
            raise ValueError("reshape needs one of columns, years and each")
        if (self.value is None) != bool(self.each):
            raise ValueError("value goes with columns and years, and not with each")
        return self

    @property
    def wide(self) -> tuple[Column, ...]:
        """The wide columns, where measures do not name them."""
        if self.years is None:
            return self.columns
        return tuple(str(year) for year in range(self.years[0], self.years[1] + 1))


class PeriodColumn(Model):
    """The year of each row, where it is in the file; otherwise it is the period of the edition."""

    column: Column
    """Column, of the file or made by `reshape`."""
    years: tuple[int, int]
    """First and last year that the table takes; other rows are left out and counted."""
    provisional_from: int | None = None
    """First year whose events are not all registered yet: its values are marked provisional."""


class RowRule(Model):
    """Rows to keep, as an expression on source columns, and why the others are left out."""

    keep: Text
    """Expression on source columns; rows for which it is not true are left out and counted."""
    reason: Text
    """Why the others are left out."""


class Ignored(Model):
    """Columns that the table leaves out by name, and why."""

    reason: Text
    """Why they are left out."""
    columns: tuple[Column, ...] = Field(min_length=1)
    """Source columns."""


class Part(Model):
    """The rows of one edition of one source, all of one level."""

    source: Identifier
    """Id of the source."""
    edition: str
    """Edition of that source."""
    level: Level
    """Level of the areas in these rows."""
    rows: tuple[RowRule, ...] = ()
    """Rules that choose the rows, applied one after another, before reshaping."""
    codes: dict[str, str] = Field(default_factory=dict)
    """Codes of dimensions that hold for every row of the part: a file of women only."""
    rename: dict[Column, Column] = Field(default_factory=dict)
    """New names by the names that this edition uses, so that all parts have the same columns."""
    format: Format | None = None
    """Format of this part, where it differs from that of the table."""
    measures: tuple[Identifier, ...] = ()
    """Measures that this part gives, where other parts give the others; empty: all."""
    reshape: Reshape | None = None
    """Wide columns of this part, where they differ from those of the table."""
    ignore: tuple[Ignored, ...] = ()
    """Columns that this part does not read, instead of those of the table."""


class Dimension(Model):
    """A dimension of the staged table: read from a column, or spread over the columns of measures."""

    codelist: Identifier
    """Code list with the codes of the dimension."""
    totals: Literal["published", "computed"]
    """`published`: the file has the total as rows or columns of its own; `computed`: it is the sum over the codes."""
    levels: tuple[Level, ...] = Field(min_length=1)
    """Levels of the parts that carry the dimension."""
    column: Column | None = None
    """Column that the code is read from; without it, measures are spread `by` the dimension."""
    recode: dict[str, str] = Field(default_factory=dict)
    """Code by content of `column`. Every content must be listed."""

    @model_validator(mode="after")
    def _column_is_recoded(self) -> Dimension:
        if (self.column is None) != (not self.recode):
            raise ValueError("a dimension read from a column needs recode, and only such a one has it")
        return self


class Icd10(Model):
    """Causes of death or illness by the tenth revision of the International Classification of Diseases."""

    column: Column
    """Column with the code, with or without a dot (`Y099`, `Y09.9`)."""
    ranges: tuple[Icd10Range, ...] = Field(min_length=1)
    """Ranges of categories, both ends with all their subcategories: `X85-Y09` holds `Y099`."""


class Measure(Model):
    """A number of the table: the cell of a column, or one for each record; of all rows, or of those that fit."""

    label: Bilingual
    """What is counted, in both languages."""
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
    where: Text | None = None
    """Expression on source columns: rows for which it is not true count 0."""
    icd10: Icd10 | None = None
    """Causes: rows of others count 0."""
    scale: float = Field(default=1, gt=0)
    """What a cell is multiplied by, 1000 for thousands of persons."""

    @model_validator(mode="after")
    def _one_way(self) -> Measure:
        spread = bool(self.by and self.columns)
        if bool(self.by) != bool(self.columns):
            raise ValueError("by and columns go together")
        if sum((self.column is not None, spread, self.records is not None)) != 1:
            raise ValueError("a measure needs one of column, by with columns, and records")
        return self

    @property
    def by_code(self) -> dict[str, Column]:
        """Source column by code of the spread dimension; one ``_T`` where the measure is not spread."""
        return {TOTAL: self.column} if self.column is not None else self.columns

    @property
    def additive(self) -> bool:
        return self.type != "mean"


class Table(Spec):
    """A typed table made of one or more parts."""

    description: Bilingual
    """What the table holds, in both languages."""
    record: Literal["aggregate", "unit"]
    """What a row of the file is: figures of an area (`aggregate`), or a person or event (`unit`)."""
    format: Format
    """How the cells are packed."""
    geography: Geography
    """Columns with the keys of areas."""
    parts: tuple[Part, ...] = Field(min_length=1)
    """Files that the table is made of, one a level."""
    dimensions: dict[str, Dimension] = Field(default_factory=dict)
    """Dimensions by name; the names are those of the indicator table."""
    measures: dict[str, Measure] = Field(min_length=1)
    """Measures by name; indicators speak of these names."""
    reshape: Reshape | None = None
    """Wide columns to be turned into rows."""
    period: PeriodColumn | None = None
    """Column with the year; without it, the year is that of the edition."""
    vintages: bool = False
    """Whether the parts of a level are cuts of the same series, of which the last is in use and the others kept."""
    key: dict[Identifier, Column] = Field(default_factory=dict)
    """Columns that, with area and year, make a row of an `aggregate` file unique, by new name: `month`."""
    ignore: tuple[Ignored, ...] = ()
    """Columns that are in the files and not read. A column that is neither used nor here is an error."""
    design: Design | None = None
    """Sampling design, where the rows are records of a survey: figures are then estimates with a standard error."""
    joins: tuple[Join, ...] = ()
    """Other files of a survey, whose columns are added to each record."""

    @property
    def used_columns(self) -> tuple[str, ...]:
        """Columns of the file that the table reads, in the order of the spec, without those that it makes."""
        columns = [*self.geography.columns, *self.key.values()]
        columns += [d.column for d in self.dimensions.values() if d.column]
        columns += [self.period.column] if self.period else []
        for measure in self.measures.values():
            columns += measure.by_code.values()
            columns += self.condition_columns(measure)
        made = {self.reshape.into, self.reshape.value, *self.wide_columns} if self.reshape else set()
        wide = self.reshape.wide if self.reshape else ()
        named = [c for several in self.wide_columns.values() for c in several]
        return tuple(dict.fromkeys([*(c for c in columns if c not in made), *wide, *named]))

    @property
    def wide_columns(self) -> dict[Column, tuple[Column, ...]]:
        """By a measure's column with `{}`, the wide columns that it stands for, in the order of `reshape.each`."""
        each = self.reshape.each if self.reshape else ()
        named = [c for m in self.measures.values() for c in m.by_code.values() if each and "{}" in c]
        return {column: tuple(column.replace("{}", text) for text in each) for column in named}

    def seen_by(self, part: Part) -> Table:
        """The table with the measures, the wide columns and the ignored columns of one part."""
        own: dict[str, object] = {"reshape": part.reshape or self.reshape, "ignore": part.ignore or self.ignore}
        if part.measures:
            own["measures"] = {name: m for name, m in self.measures.items() if name in part.measures}
        return self.model_copy(update=own)

    def condition_columns(self, measure: Measure) -> tuple[str, ...]:
        """Columns that decide whether a row counts in a measure."""
        from sdg_pipeline.specs import expressions

        named = expressions.columns(expressions.read(measure.where)) if measure.where else ()
        return (*named, *([measure.icd10.column] if measure.icd10 else []))

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        return tuple(c for group in self.ignore for c in group.columns)
