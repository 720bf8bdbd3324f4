"""Table specs: how official columns become a typed table of areas, dimensions and measures.

Source column names appear here and nowhere else. What belongs here: the shape of a table. What does not: where its
bytes come from (source) and what they mean for a goal (indicator).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sdg_pipeline.specs.base import TOTAL, Bilingual, Identifier, Level, Model, Spec, Text

Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class CsvFormat(Model):
    """Delimited text."""

    kind: Literal["csv"] = "csv"
    """The only kind so far."""
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    """Encoding of the text; utf-8 with or without a byte order mark."""
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    """One character between cells."""
    missing: tuple[str, ...] = ("",)
    """Cell contents that mean "no figure"."""


class Geography(Model):
    """The columns with INEGI keys, and the vintage of the register that they are checked against."""

    vintage: int
    """Edition of the area register that the keys must be known in."""
    state: Column
    """Column with the key of the state (2 digits)."""
    municipality: Column
    """Column with the key of the municipality within its state (3 digits)."""
    locality: Column | None = None
    """Column with the key of the locality; read in parts of that level only."""
    unallocated: tuple[str, ...] = ("998", "999")
    """Municipality keys that mean "somewhere in the state": they count in the state and in no municipality."""


class RowRule(Model):
    """Rows to keep, as an expression on source columns, and why the others are left out."""

    keep: Text
    """Expression on source columns; rows for which it is not true are left out and counted."""
    reason: Text
    """Why the others are left out."""


class Part(Model):
    """The rows of one edition of one source, all of one level."""

    source: Identifier
    """Id of the source."""
    edition: str
    """Edition of that source."""
    level: Level
    """Level of the areas in these rows. A table has one part of a level."""
    rows: tuple[RowRule, ...] = ()
    """Rules that choose the rows, applied one after another."""


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


class Measure(Model):
    """A number of the table."""

    label: Bilingual
    """What is counted, in both languages."""
    type: Literal["count", "mean"] = "count"
    """`count` adds up over areas and groups; a published `mean` does not."""
    column: Column | None = None
    """Source column, where the measure has one."""
    by: Identifier | None = None
    """Dimension that the measure is spread by, where it has a column for each code."""
    columns: dict[str, Column] = Field(default_factory=dict)
    """Source column by code of `by`."""

    @model_validator(mode="after")
    def _one_way(self) -> Measure:
        if self.column is not None and (self.by or self.columns):
            raise ValueError("a measure has either column, or by and columns")
        if self.column is None and not (self.by and self.columns):
            raise ValueError("a measure needs column, or by and columns")
        return self

    @property
    def by_code(self) -> dict[str, Column]:
        """Source column by code of the spread dimension; one ``_T`` where the measure is not spread."""
        return {TOTAL: self.column} if self.column is not None else self.columns

    @property
    def additive(self) -> bool:
        return self.type == "count"


class Ignored(Model):
    """Columns that the table leaves out by name, and why."""

    reason: Text
    """Why they are left out."""
    columns: tuple[Column, ...] = Field(min_length=1)
    """Source columns."""


class Table(Spec):
    """A typed table made of one or more parts."""

    description: Bilingual
    """What the table holds, in both languages."""
    record: Literal["aggregate", "unit"]
    """What a row of the file is: figures of an area (`aggregate`), or a person or event (`unit`)."""
    format: CsvFormat
    """How the text is written."""
    geography: Geography
    """Columns with the keys of areas."""
    parts: tuple[Part, ...] = Field(min_length=1)
    """Files that the table is made of, one a level."""
    dimensions: dict[str, Dimension] = Field(default_factory=dict)
    """Dimensions by name; the names are those of the indicator table."""
    measures: dict[str, Measure] = Field(min_length=1)
    """Measures by name; indicators speak of these names."""
    ignore: tuple[Ignored, ...] = ()
    """Columns that are in the files and not read. A column that is neither used nor here is an error."""

    @property
    def used_columns(self) -> tuple[str, ...]:
        """Source columns that the table reads, in the order of the spec."""
        columns = [self.geography.state, self.geography.municipality]
        columns += [self.geography.locality] if self.geography.locality else []
        columns += [d.column for d in self.dimensions.values() if d.column]
        columns += [c for m in self.measures.values() for c in m.by_code.values()]
        return tuple(dict.fromkeys(columns))

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        return tuple(c for group in self.ignore for c in group.columns)
