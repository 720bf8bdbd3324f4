"""What a part says of rows that are laid out in another way than those of its table.

What belongs here: rows that are finer, and rows of single figures. What does not: wide columns (``table.Reshape``).
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field, model_validator

from sdg_pipeline.specs.base import Model, Text
from sdg_pipeline.specs.formats import Column


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
    """By new column, the contents of `names` whose figures it takes, each with the content of `key`."""
    key: Column
    """New column that tells apart the figures of one column: the activity, of constant and of current prices."""

    @property
    def columns(self) -> frozenset[Column]:
        """The new columns."""
        return frozenset((*self.into, self.key))
