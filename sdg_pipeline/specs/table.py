"""Table specs: how official files become a typed table of areas, dimensions and measures.

Source column names appear here and nowhere else. What belongs here: the files of a table and how their rows are taken.
What does not: what columns mean (columns), where the bytes are (source) and what they say of a goal (indicator).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, model_validator

from sdg_pipeline.specs.base import (
    Bilingual,
    EditionName,
    Identifier,
    Level,
    Model,
    Spec,
    Text,
    is_absent,
    is_false,
)
from sdg_pipeline.specs.columns import Dimension, Geography, Measure
from sdg_pipeline.specs.completeness import Caveat, KnownShare, Readings, Sites
from sdg_pipeline.specs.design import Design, Join
from sdg_pipeline.specs.formats import Column, Format
from sdg_pipeline.specs.ignored import IgnoredColumns
from sdg_pipeline.specs.layouts import AddUp, Reshape, Runs, Spread


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


class Once(Model):
    """Rows that the file has more than once for an area, each with other figures: one of them is taken."""

    by: tuple[Column, ...] = Field(min_length=1)
    """Columns that tell which rows are of the same area."""
    take: Literal["first", "last"]
    """Which of them is taken, in the order of the file; the others are left out and counted."""
    rows: int = Field(ge=1)
    """How many rows are left out; where the file has more or fewer of them, it is refused."""
    reason: Text
    """What the rows are, and why this one is taken."""


class Ignored(Model):
    """Columns that the table leaves out, and why."""

    reason: Text
    """Why they are left out."""
    columns: IgnoredColumns = Field(min_length=1)
    """Source columns; many of them as `{rest: <hash>}`, a reviewed list that `sdg new ignored` writes."""


class Part(Model):
    """The rows of one edition of one source, all of one level."""

    source: Identifier
    """Id of the source."""
    edition: EditionName
    """Edition of that source."""
    level: Level
    """Level of the areas in these rows."""
    rows: tuple[RowRule, ...] = ()
    """Rules that choose the rows, applied one after another, before reshaping."""
    once: Once | None = Field(default=None, exclude_if=is_absent)
    """Rows that the file repeats with other figures, after the rules. Without it, an area twice is an error."""
    codes: dict[str, str] = Field(default_factory=dict)
    """Codes of dimensions that hold for every row of the part: a file of women only."""
    rename: dict[Column, Column] = Field(default_factory=dict)
    """New names by the names that this edition uses, so that all parts have the same columns."""
    compose: dict[Column, tuple[Column, ...]] = Field(default_factory=dict, exclude_if=is_absent)
    """New columns of this part by name, each the contents of others one after the other: a key of state and
    municipality. Names are those after `rename`."""
    format: Format | None = None
    """Format of this part, where it differs from that of the table."""
    measures: tuple[Identifier, ...] = ()
    """Measures that this part gives, where other parts give the others; empty: all. An indicator takes the years whose
    parts give all that it adds up.
    """
    reshape: Reshape | None = None
    """Wide columns of this part, where they differ from those of the table."""
    add_up: AddUp | None = Field(default=None, exclude_if=is_absent)
    """Rows of this part that are added up first, before `rows`, which then read what is kept."""
    derive: dict[Column, Text] = Field(default_factory=dict, exclude_if=is_absent)
    """New columns by name, each an expression on the columns of the part and of its joined files, whose cells are text.
    It makes what other parts have ready-made: `CASE WHEN P1 = '1' THEN 'Yes' ELSE 'No' END`.
    """
    spread: Spread | None = Field(default=None, exclude_if=is_absent)
    """Rows of this part that become columns, after `reshape`; rows of other figures are left out and counted."""
    runs: Runs | None = Field(default=None, exclude_if=is_absent)
    """Rows of this part, one a date, that are put together to longest runs, after `reshape`."""
    reshaped: bool = Field(default=False, exclude_if=is_false)
    """Whether the rows of this part are already as `reshape` of the table makes them."""
    ignore: tuple[Ignored, ...] = ()
    """Columns that this part does not read, instead of those of the table."""
    joins: tuple[Join, ...] = ()
    """Files joined to the records of this part, instead of those of the table."""
    otherwise: bool = Field(default=False, exclude_if=is_false)
    """Whether the part makes the rows of a part before it from other files. It is read only where a run cannot have
    those of any part of its level before it.
    """

    @property
    def expressions(self) -> dict[tuple[str | int, ...], str]:
        """Every expression of the part by its place in it."""
        result: dict[tuple[str | int, ...], str] = {("derive", column): text for column, text in self.derive.items()}
        return result | {("rows", number, "keep"): rule.keep for number, rule in enumerate(self.rows)}


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
    known_share: tuple[KnownShare, ...] = ()
    """Measures that are known of a part of some areas only, and what becomes of their values."""
    caveats: tuple[Caveat, ...] = ()
    """Figures of some areas that are published and were not measured as all others."""
    readings: Readings | None = None
    """What is a reading, and how many a value needs, where the measures are readings of instruments."""
    sites: Sites | None = Field(default=None, exclude_if=is_absent)
    """What is a site, and how many a value needs to be without a mark, where the records are of sites."""

    @model_validator(mode="after")
    def _records(self) -> Table:
        joined = self.joins or any(part.joins for part in self.parts)
        if self.record == "aggregate" and (self.design or joined):
            raise ValueError("a table with a design or joins has record: unit")
        if self.sites is not None and (self.record == "aggregate" or self.readings is not None):
            raise ValueError("sites go with record: unit, and not with readings")
        if self.design is None and any(d.quantiles for d in self.dimensions.values()):
            raise ValueError("quantiles go with a design")
        if self.design is not None and (self.known_share or self.caveats or self.readings or self.sites):
            raise ValueError("records with a design have answers: no known_share, caveats, readings or sites")
        derived = self.reshape or any(p.reshape for p in self.parts) or any(m.by for m in self.measures.values())
        if self.design is not None and derived:
            raise ValueError("records with a design stay as they are: neither reshape nor measures by a dimension")
        if self.record == "unit" and any(part.add_up or part.runs for part in self.parts):
            raise ValueError("records are counted, and not added up: add_up and runs go with record: aggregate")
        if any(part.runs and part.spread for part in self.parts):
            raise ValueError("a part has runs or spread, not both")
        return self

    @property
    def used_columns(self) -> tuple[str, ...]:
        """Columns that the table reads, in the order of the spec, without those that it makes; of joined files too."""
        columns = [*self.geography.columns, *self.key.values()]
        columns += self.design.columns.values() if self.design else []
        for dimension in self.dimensions.values():
            columns += [dimension.column] if dimension.column else self.quantile_columns(dimension)
        columns += [self.period.column] if self.period else []
        for measure in self.measures.values():
            columns += measure.by_code.values()
            columns += self.condition_columns(measure)
        derived = {self.reshape.into, self.reshape.value, *self.wide_columns} if self.reshape else set()
        wide = self.reshape.wide if self.reshape else ()
        named = [c for several in self.wide_columns.values() for c in several]
        return tuple(dict.fromkeys([*(c for c in columns if c not in derived), *wide, *named]))

    @property
    def wide_columns(self) -> dict[Column, tuple[Column, ...]]:
        """By a measure's column with `{}`, the wide columns that it stands for, in the order of `reshape.each`."""
        each = self.reshape.each if self.reshape else ()
        named = [c for m in self.measures.values() for c in m.by_code.values() if each and "{}" in c]
        return {column: tuple(column.replace("{}", text) for text in each) for column in named}

    def joins_of(self, part: Part) -> tuple[Join, ...]:
        """The files that are joined to the records of a part."""
        return part.joins or self.joins

    def files_of(self, part: Part) -> tuple[tuple[str, str], ...]:
        """Source and edition of every file that the rows of a part are read from, its own first."""
        return ((part.source, part.edition), *((join.source, join.edition) for join in self.joins_of(part)))

    def chosen(self, readable: Iterable[Part]) -> list[Part]:
        """Those that are read of parts whose files are at hand, given in the order of the spec."""
        result: list[Part] = []
        for part in readable:
            if not (part.otherwise and any(other.level == part.level for other in result)):
                result.append(part)
        return result

    def seen_by(self, part: Part) -> Table:
        """The table with the measures, wide columns, ignored columns and joins of one part."""
        reshape = None if part.reshaped else part.reshape or self.reshape
        own: dict[str, object] = {"reshape": reshape, "ignore": part.ignore or self.ignore}
        own["joins"] = self.joins_of(part)
        if part.measures:
            own["measures"] = {name: m for name, m in self.measures.items() if name in part.measures}
        return self.model_copy(update=own)

    def measures_by_rows(self, *, by_any: bool = False) -> dict[tuple[Level, str], frozenset[str]]:
        """By level and edition, the measures that every part of these rows gives, or any of them."""
        result: dict[tuple[Level, str], frozenset[str]] = {}
        for part in self.parts:
            own, rows = frozenset(part.measures or self.measures), (part.level, part.edition)
            before = result.get(rows, own)
            result[rows] = before | own if by_any else before & own
        return result

    def condition_columns(self, measure: Measure) -> tuple[str, ...]:
        """Columns besides its cell that a measure is computed of, or that decide whether a row counts in it."""
        named = _named(measure.where, measure.unknown, measure.value)
        return (*named, *([measure.icd10.column] if measure.icd10 else []))

    def value_columns(self, measure: Measure) -> tuple[str, ...]:
        """Columns of numbers that a measure is computed of."""
        return _named(measure.value)

    def quantile_columns(self, dimension: Dimension) -> tuple[str, ...]:
        """Columns of numbers that the groups of a dimension are made by."""
        derived = dimension.quantiles
        return _named(derived.value, derived.weight) if derived else ()

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        return tuple(c for group in self.ignore for c in group.columns)


def _named(*texts: str | None) -> tuple[str, ...]:
    """Columns that expressions name."""
    from sdg_pipeline.specs import expressions

    return tuple(column for text in texts if text for column in expressions.columns(expressions.read(text)))
