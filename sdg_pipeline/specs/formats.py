"""How official files are packed into cells: delimited text, workbooks, dBase and Parquet.

What belongs here: what a table spec may say of a file's format. What does not: what its columns mean (table).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sdg_pipeline.specs.base import Model

Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Misread(Model):
    """Text that was once decoded with the wrong encoding and saved again; reading takes the two steps back."""

    was: Literal["utf-8", "latin-1", "cp1252"]
    """Encoding that the text was in."""
    read_as: Literal["latin-1", "cp1252", "mac-roman"]
    """Encoding that it was taken for."""


class _Cells(Model):
    missing: tuple[str, ...] = ("",)
    """Cell contents that mean "no figure"."""
    thousands: Literal[",", " ", "."] | None = None
    """Sign between thousands, taken out of numbers."""


class CsvFormat(_Cells):
    """Delimited text."""

    kind: Literal["csv"] = "csv"
    """Always `csv`."""
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    """Encoding of the text; utf-8 with or without a byte order mark."""
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    """One character between cells."""
    preamble: int = Field(default=0, ge=0)
    """Lines before the header."""
    header: tuple[Column, ...] = ()
    """Names of the columns, where the file's own header cannot be used; that one then counts as preamble."""
    misread: Misread | None = None
    """Declared damage of the encoding, undone before anything else."""


class WorkbookFormat(_Cells):
    """One sheet of an XLS, XLSX or ODS workbook."""

    kind: Literal["workbook"]
    """Always `workbook`."""
    sheet: str
    """Name of the sheet."""
    header_rows: tuple[int, ...] = Field(min_length=1)
    """Rows with the header, from 1; merged cells are filled to the right, and rows joined by ` | `."""
    last_row: int | None = None
    """Last row with data, from 1; notes and sources come after it."""
    header: tuple[Column, ...] = ()
    """What the joined header must be, where its own names would be too long; by position, all columns."""

    @model_validator(mode="after")
    def _in_order(self) -> WorkbookFormat:
        if list(self.header_rows) != sorted(self.header_rows) or self.header_rows[0] < 1:
            raise ValueError("header_rows count from 1 and go down the sheet")
        return self


class DbfFormat(_Cells):
    """A dBase table."""

    kind: Literal["dbf"]
    """Always `dbf`."""
    encoding: Literal["utf-8", "latin-1", "cp850"] = "latin-1"
    """Encoding of its texts."""


class ParquetFormat(_Cells):
    """A Parquet file; cells are read as text."""

    kind: Literal["parquet"]
    """Always `parquet`."""


Format = Annotated[CsvFormat | WorkbookFormat | DbfFormat | ParquetFormat, Field(discriminator="kind")]
