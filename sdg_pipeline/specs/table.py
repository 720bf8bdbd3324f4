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
    """Delimited text. ``missing`` lists the cell contents that mean "no figure"."""

    kind: Literal["csv"] = "csv"
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    missing: tuple[str, ...] = ("",)


class Geography(Model):
    """The columns with INEGI keys, and the vintage of the register that they are checked against.

    ``unallocated`` lists the municipality keys that mean "somewhere in the state". ``locality`` is read in parts of
    that level only.
    """

    vintage: int
    state: Column
    municipality: Column
    locality: Column | None = None
    unallocated: tuple[str, ...] = ("998", "999")


class RowRule(Model):
    """Rows to keep, as an expression on source columns, and why the others are left out."""

    keep: Text
    reason: Text


class Part(Model):
    """The rows of one edition of one source, all of one level."""

    source: Identifier
    edition: str
    level: Level
    rows: tuple[RowRule, ...] = ()


class Dimension(Model):
    """A dimension of the staged table.

    ``totals: published`` means that the file itself has rows or columns for the total; ``computed`` means that the
    total is the sum over the codes. With ``column`` the code is read from it through ``recode``; without, it comes
    from the columns that measures spread ``by`` it. ``levels`` lists the parts that carry it.
    """

    codelist: Identifier
    totals: Literal["published", "computed"]
    levels: tuple[Level, ...] = Field(min_length=1)
    column: Column | None = None
    recode: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _column_is_recoded(self) -> Dimension:
        if (self.column is None) != (not self.recode):
            raise ValueError("a dimension read from a column needs recode, and only such a one has it")
        return self


class Measure(Model):
    """A number of the table: a ``count`` adds up over areas and groups, a published ``mean`` does not."""

    label: Bilingual
    type: Literal["count", "mean"] = "count"
    column: Column | None = None
    by: Identifier | None = None
    columns: dict[str, Column] = Field(default_factory=dict)

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
    columns: tuple[Column, ...] = Field(min_length=1)


class Table(Spec):
    """A typed table made of one or more parts.

    ``record`` tells what a row of the file is: ``aggregate`` (figures of an area) or ``unit`` (a person, an event).
    """

    description: Bilingual
    record: Literal["aggregate", "unit"]
    format: CsvFormat
    geography: Geography
    parts: tuple[Part, ...] = Field(min_length=1)
    dimensions: dict[str, Dimension] = Field(default_factory=dict)
    measures: dict[str, Measure] = Field(min_length=1)
    ignore: tuple[Ignored, ...] = ()

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
