"""Ways to damage a file: from the bytes of a sound copy to those of a faulty one.

What belongs here: damage that knows columns and cells. What does not: which file gets which (listed).
"""

from __future__ import annotations

import bz2
import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Row = list[str]
Damage = Callable[[Path], bytes]
"""Takes the sound file and gives the bytes of the faulty copy."""


@dataclass(frozen=True)
class Text:
    """How a delimited file is written."""

    encoding: str = "utf-8"
    delimiter: str = ","
    pack: str = "plain"
    member: str = "*.csv"


def of_rows(change: Callable[[Row, list[Row]], list[Row]], form: Text = Text()) -> Damage:
    """Damage of a delimited file: ``change`` gets the header, which it may change in place, and the rows."""

    def damage(path: Path) -> bytes:
        content = _unpacked(path, form)
        lines = csv.reader(io.StringIO(content.decode(form.encoding), newline=""), delimiter=form.delimiter)
        header, *rows = lines
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=form.delimiter, lineterminator="\n")
        changed = change(header, rows)
        writer.writerow(header)
        writer.writerows(changed)
        return _packed(path, form, out.getvalue().encode(form.encoding))

    return damage


def of_bytes(change: Callable[[bytes], bytes], form: Text = Text()) -> Damage:
    """Damage of the bytes of a data file."""
    return lambda path: _packed(path, form, change(_unpacked(path, form)))


def of_another(name: str) -> Damage:
    """Another file under this name."""
    return lambda path: (path.parent / name).read_bytes()


def _unpacked(path: Path, form: Text) -> bytes:
    if form.pack == "bz2":
        return bz2.decompress(path.read_bytes())
    if form.pack == "zip":
        with zipfile.ZipFile(path) as archive:
            return archive.read(_member(archive, form))
    return path.read_bytes()


def _packed(path: Path, form: Text, content: bytes) -> bytes:
    if form.pack == "bz2":
        return bz2.compress(content, 1)
    if form.pack == "plain":
        return content
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for info in archive.infolist():
            data = content if info.filename == _member(archive, form) else archive.read(info)
            copy.writestr(info.filename, data)
    return buffer.getvalue()


def _member(archive: zipfile.ZipFile, form: Text) -> str:
    return next(name for name in archive.namelist() if Path(name).match(form.member))


def without(column: str, *values: str, form: Text = Text()) -> Damage:
    """Rows of these values are lost."""

    def change(header: Row, rows: list[Row]) -> list[Row]:
        place = header.index(column)
        return [row for row in rows if row[place] not in values]

    return of_rows(change, form)


def twice(column: str, value: str | None = None, form: Text = Text()) -> Damage:
    """Rows of this value stand in the file twice; all rows where none is given."""

    def change(header: Row, rows: list[Row]) -> list[Row]:
        place = header.index(column)
        return rows + [row for row in rows if value is None or row[place] == value]

    return of_rows(change, form)


def exchanged(column: str, first: str, second: str, form: Text = Text()) -> Damage:
    """Two codes of a column stand in each other's place."""
    codes = {first: second, second: first}

    def change(header: Row, rows: list[Row]) -> list[Row]:
        place = header.index(column)
        for row in rows:
            row[place] = codes.get(row[place], row[place])
        return rows

    return of_rows(change, form)


def renamed(*pairs: tuple[str, str], form: Text = Text()) -> Damage:
    """Headers of two columns stand in each other's place."""

    def change(header: Row, rows: list[Row]) -> list[Row]:
        for first, second in pairs:
            i, j = header.index(first), header.index(second)
            header[i], header[j] = header[j], header[i]
        return rows

    return of_rows(change, form)


def rewritten(
    columns: tuple[str, ...],
    cell: Callable[[str], str],
    only: Callable[[dict[str, str]], bool] = lambda _: True,
    form: Text = Text(),
) -> Damage:
    """Cells of these columns are written anew, in the rows that ``only`` chooses."""

    def change(header: Row, rows: list[Row]) -> list[Row]:
        places = [header.index(column) for column in columns]
        for row in rows:
            if only(dict(zip(header, row, strict=False))):
                for place in places:
                    row[place] = cell(row[place])
        return rows

    return of_rows(change, form)


def shifted(column: str, form: Text = Text()) -> Damage:
    """From this column on, every cell stands one column to the left, under the header as it was."""

    def change(header: Row, rows: list[Row]) -> list[Row]:
        place = header.index(column)
        return [[*row[:place], *row[place + 1 :], ""] for row in rows]

    return of_rows(change, form)


def cut(share: float, form: Text = Text()) -> Damage:
    """The file ends early, after a whole line."""

    def change(content: bytes) -> bytes:
        return content[: content.rfind(b"\n", 0, int(len(content) * share)) + 1]

    return of_bytes(change, form)


def times(factor: float) -> Callable[[str], str]:
    """A number multiplied; cells without one stay."""

    def cell(text: str) -> str:
        try:
            number = float(text) * factor
        except ValueError:
            return text
        return str(round(number)) if text.lstrip("-").isdigit() else repr(number)

    return cell


def in_archive(part: str, *changes: tuple[str, str]) -> Damage:
    """Texts of one part of a workbook stand in each other's place."""

    def damage(path: Path) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as copy:
            for info in archive.infolist():
                text = archive.read(info)
                if info.filename == part:
                    for first, second in changes:
                        marks = (first.encode(), b"\0", second.encode())
                        text = text.replace(marks[0], marks[1]).replace(marks[2], marks[0]).replace(marks[1], marks[2])
                copy.writestr(info.filename, text)
        return buffer.getvalue()

    return damage


def of_parquet(query: str) -> Damage:
    """A Parquet file as a query over it gives it; ``{file}`` is the file."""

    def damage(path: Path) -> bytes:
        import tempfile

        import duckdb

        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "damaged.parquet"
            duckdb.sql(query.format(file=f"'{path}'")).write_parquet(str(target))
            return target.read_bytes()

    return damage
