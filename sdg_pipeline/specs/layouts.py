"""What a table or a part says of rows that are laid out in another way than staged ones.

What belongs here: wide columns, rows that are finer, rows of single figures, and runs of dates. What does not: which
rows are kept (table).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from sdg_pipeline.specs.base import Model, Text, is_absent
from sdg_pipeline.specs.formats import Column


def _is_day(text: str) -> str:
    if not is_date(text):
        raise ValueError("is no day of the calendar in the form 2003-01-31")
    return text


Day = Annotated[str, AfterValidator(_is_day)]
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_date(text: str) -> bool:
    """Whether a text is a day of the calendar, as `2003-01-31`."""
    try:
        return bool(_DATE.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


class Reshape(Model):
    """Wide columns turned into rows: one row for each of `columns`, its name in `into`, its cell in `value`."""

    columns: tuple[Column, ...] = ()
    """The wide columns by name."""
    years: tuple[int, int] | None = None
    """First and last of wide columns that are years, instead of `columns`."""
    dates: tuple[Day, Day] | None = Field(default=None, exclude_if=is_absent)
    """First and last of wide columns that are dates (`2003-01-31`), instead of `columns`. All between them are taken,
    and other dates are left out: a file to which each cut adds a column."""
    each: tuple[str, ...] = ()
    """Texts (`2016`) that `{}` stands for in the columns of measures: a row for each, instead of `columns`."""
    into: Column
    """New column with the name of the wide column, or with the text of `each`."""
    value: Column | None = None
    """New column with the content of its cell; with `each`, measures name their columns themselves."""

    @model_validator(mode="after")
    def _one_way(self) -> Reshape:
        if sum(map(bool, (self.columns, self.years, self.dates, self.each))) != 1:
            raise ValueError("reshape needs one of columns, years, dates and each")
        if (self.value is None) != bool(self.each):
            raise ValueError("value goes with columns, years and dates, and not with each")
        if self.dates and self.dates[0] >= self.dates[1]:
            raise ValueError("dates are the first and the last of them, in this order")
        return self

    @property
    def wide(self) -> tuple[Column, ...]:
        """The wide columns, where measures do not name them; of dates the first and the last."""
        if self.dates is not None:
            return self.dates
        if self.years is None:
            return self.columns
        return tuple(str(year) for year in range(self.years[0], self.years[1] + 1))

    def taken(self, header: Iterable[Column]) -> tuple[Column, ...]:
        """The wide columns of a file: those that the spec names, or all dates of the header from first to last."""
        if self.dates is None:
            return self.wide
        first, last = self.dates
        return tuple(column for column in header if is_date(column) and first <= column <= last)

    def passed(self, header: Iterable[Column]) -> tuple[Column, ...]:
        """Dates of the header before the first or after the last, which are left out."""
        if self.dates is None:
            return ()
        first, last = self.dates
        return tuple(column for column in header if is_date(column) and not first <= column <= last)


class AddUp(Model):
    """Rows of a file that are finer than the table, added up before anything else: single ages, or both sexes."""

    by: tuple[Column, ...] = Field(min_length=1)
    """Columns that are kept; rows that agree in all of them become one."""
    sum: tuple[Column, ...] = Field(min_length=1)
    """Columns of numbers that are added up; a cell without a number is an error."""
    groups: dict[Column, dict[str, str]] = Field(default_factory=dict)
    """By a column of `by`, new contents by the contents of the file, as in `recode`: `{0..9: young}`."""
    totals: dict[Column, Text] = Field(default_factory=dict)
    """By a column of `by`, the content of additional rows that hold the sum over all its contents."""

    @model_validator(mode="after")
    def _of_what_is_kept(self) -> AddUp:
        strangers = sorted({*self.groups, *self.totals} - set(self.by))
        if strangers:
            raise ValueError(f"groups and totals are of columns of by, which lacks {', '.join(strangers)}")
        if set(self.by) & set(self.sum):
            raise ValueError("a column is kept or added up, not both")
        return self

    def loses(self, columns: Iterable[Column]) -> list[Column]:
        """Those of some columns that are gone when the rows are added up."""
        return sorted({*columns} - {*self.by, *self.sum})


class Spread(Model):
    """Rows that each hold one kind of figure, turned into columns of figures."""

    names: Column
    """Column that says which figure a row holds."""
    value: Column
    """Column of the figure, of the file or made by `reshape`."""
    into: dict[Column, dict[str, str]] = Field(min_length=1)
    """By new column, the contents of `names` whose figures it takes, each with the content of `key`. Figures of one
    column with the same content of `key` are added up: taxes and fees."""
    key: Column
    """New column that tells apart the figures of one column: the activity, of constant and of current prices."""

    @property
    def columns(self) -> frozenset[Column]:
        """The new columns."""
        return frozenset((*self.into, self.key))

    @property
    def sums(self) -> frozenset[Column]:
        """New columns of which some figures are added up."""
        return frozenset(column for column, keys in self.into.items() if len(set(keys.values())) < len(keys))


class Runs(Model):
    """Rows of one date each, put together to the longest run of each content: spells of drought by category.

    A date stands for the days since the date before it, the first of all for those since the first of its month.
    """

    by: tuple[Column, ...] = Field(min_length=1)
    """Columns that tell whose rows follow each other: the municipality."""
    content: Column
    """Column with the content that a run has on all its dates."""
    date: Column
    """Column of the date, made by `dates` of `reshape`."""
    days: Column
    """New column: from the first to the last day of the longest run, in days."""
    empty: Text | None = None
    """What an empty cell of `content` says; without it, a date with an empty cell is in no run."""
