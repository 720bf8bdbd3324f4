"""How official files are packed into cells: delimited text, workbooks, dBase, Parquet and JSON.

What belongs here: what a table spec may say of a file's format. What does not: what its columns mean (table).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from sdg_pipeline.specs.base import Model, is_absent, is_false

Column = Annotated[str, StringConstraints(min_length=1, max_length=300)]


def _captures(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    if groups != 1:
        raise ValueError("has one group in parentheses, which is what is captured")
    return pattern


class Misread(Model):
    """Text that was once decoded with the wrong encoding and saved again; reading takes the two steps back."""

    was: Literal["utf-8", "latin-1", "cp1252"]
    """Encoding that the text was in."""
    read_as: Literal["latin-1", "cp1252", "mac-roman"]
    """Encoding that it was taken for."""


class Captured(Model):
    """A column that is made of the name of the file: the state, where each has a file of its own."""

    column: Column
    """Name of the column."""
    pattern: Annotated[str, AfterValidator(_captures)]
    """Regular expression with one group, looked for in the name of the file. Signs that are no ASCII letters, digits,
    `.`, `_` or `-` are `_` in it."""
    contents: dict[str, str] = Field(min_length=1)
    """Content of the column by the text of the group; every file must have one."""


class _Cells(Model):
    missing: tuple[str, ...] = ("",)
    """Cell contents that mean "no figure"."""
    thousands: Literal[",", " ", "."] | None = None
    """Sign between thousands, taken out of numbers."""
    others_left_out: bool = Field(default=False, exclude_if=is_false)
    """Whether columns that the spec does not name are left out. For files whose whole header was read nowhere: the
    official file is not at hand. Columns that the spec reads must be there all the same.
    """


class CsvFormat(_Cells):
    """Delimited text."""

    kind: Literal["csv"] = "csv"
    """Always `csv`."""
    encoding: Literal["utf-8", "latin-1", "cp1252"] = "utf-8"
    """Encoding of the text; utf-8 with or without a byte order mark."""
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    """One character between cells."""
    preamble: int = Field(default=0, ge=0, le=10_000)
    """Lines before the header."""
    footer: int = Field(default=0, ge=0, le=10_000)
    """Lines after the last row: blank ones, notes and sources."""
    header: tuple[Column, ...] = ()
    """Names of all columns, where the file has no header, or none of use; that one then counts as preamble."""
    any_case: bool = Field(default=False, exclude_if=is_false)
    """Whether names of columns in the spec stand for those of the file in any letter case, which editions change."""
    captured: Captured | None = Field(default=None, exclude_if=is_absent)
    """Column that is made of the name of the file."""
    unnamed: tuple[Annotated[str, StringConstraints(max_length=200)], ...] = ()
    """Names for the blank cells of the header, from the left; an empty name for a column that holds nothing."""
    misread: Misread | None = None
    """Declared damage of the encoding, undone before anything else."""
    known_damage: tuple[Column, ...] = ()
    """Texts with a double-encoded or lost character that were seen in the file and stay; any other is refused."""
    excel_concatenar: tuple[Column, ...] = ()
    """Columns with keys as cube exports of INEGI write them: `=CONCATENAR(0,01)` is `01`, and ` 01 001 ` is `01001`."""

    @model_validator(mode="after")
    def _one_header(self) -> CsvFormat:
        if self.header and self.unnamed:
            raise ValueError("header names all columns, unnamed those that the file leaves blank: give one of them")
        if self.misread and self.encoding != "utf-8":
            raise ValueError("a file with misread is in utf-8")
        return self


class WorkbookFormat(_Cells):
    """One sheet of an XLS, XLSX or ODS workbook."""

    kind: Literal["workbook"]
    """Always `workbook`."""
    sheet: str
    """Name of the sheet."""
    header_rows: tuple[int, ...] = Field(min_length=1)
    """Rows with the header, from 1. Merged cells hold for all columns and rows that they cover, and rows are joined by
    ` | `. Columns that only keep others apart are left out."""
    last_row: int | None = Field(default=None, ge=1)
    """Last row with data, from 1; notes and sources come after it."""
    header: tuple[Column, ...] = ()
    """Names of all columns that are not left out, where the file's own cannot be used."""
    keys: dict[Column, dict[Column, int]] = Field(default_factory=dict, exclude_if=is_absent)
    """New columns of keys that stand before names: by column, how many of its first signs, put together. With
    `State: 2` and `Municipality: 3`, `01 Aguascalientes` and `009 Tepezalá` are `01009`.
    """
    known_damage: tuple[Column, ...] = Field(default=(), exclude_if=is_absent)
    """Texts with a double-encoded or lost character that were seen in the file and stay; any other is refused."""

    @model_validator(mode="after")
    def _in_order(self) -> WorkbookFormat:
        if list(self.header_rows) != sorted(self.header_rows) or self.header_rows[0] < 1:
            raise ValueError("header_rows count from 1 and go down the sheet")
        return self


class DbfFormat(_Cells):
    """A dBase table."""

    kind: Literal["dbf"]
    """Always `dbf`."""
    encoding: Literal["utf-8", "latin-1", "cp1252", "cp850"] = "latin-1"
    """Encoding of its texts."""
    deleted_records: Literal["refuse", "leave_out"] = "refuse"
    """What to do with records that are marked as deleted and still in the file."""


class ParquetFormat(_Cells):
    """A Parquet file; cells are read as text."""

    kind: Literal["parquet"]
    """Always `parquet`."""


class JsonFormat(_Cells):
    """A list of records in JSON, in UTF-8: each an object whose values are texts, numbers, truth or nothing."""

    kind: Literal["json"]
    """Always `json`."""
    records: tuple[Column, ...] = ()
    """Names that lead from the outermost object to the list, where the list itself is not the whole file."""
    known_damage: tuple[Column, ...] = Field(default=(), exclude_if=is_absent)
    """Texts with a double-encoded or lost character that were seen in the file and stay; any other is refused."""


def _csv_unless_said(value: Any) -> Any:
    return {"kind": "csv", **value} if isinstance(value, dict) and "kind" not in value else value


Format = Annotated[
    CsvFormat | WorkbookFormat | DbfFormat | ParquetFormat | JsonFormat,
    Field(discriminator="kind"),
    BeforeValidator(_csv_unless_said),
]
"""A format that does not name its kind is CSV."""
