"""Mirrors with one fault each, made of the starter data: what test_malformed gives the product to read.

What belongs here: how a fault is made. What does not: what the product must say of it (test_malformed).
"""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from end_to_end.product import STARTER

from sdg_pipeline.files import sha256_of

Fault = Callable[[Path], None]
"""Changes the folder of a mirror."""

MANIFEST = "mirror.yaml"
STATES = "census_2020_states.csv"
MUNICIPALITIES = "census_2020_municipalities.csv"
MEMBER = "conjunto_de_datos_iter_00CSV20.csv"
"""Name of the data file inside the official ZIP."""


def faulty_mirror(folder: Path, fault: Fault, *, sealed: bool = True) -> Path:
    """A manifest whose data or self has the fault. ``sealed`` gives the manifest the sha256 of the faulty files."""
    shutil.copytree(STARTER, folder)
    fault(folder)
    if sealed:
        _rewrite(folder, _seal)
    return folder / MANIFEST


def _rewrite(folder: Path, change: Callable[[Path, dict[str, Any]], None]) -> None:
    manifest = yaml.safe_load((folder / MANIFEST).read_text(encoding="utf-8"))
    change(folder, manifest)
    (folder / MANIFEST).write_text(yaml.safe_dump(manifest), encoding="utf-8")


def _seal(folder: Path, manifest: dict[str, Any]) -> None:
    for entry in manifest["entries"]:
        if (folder / entry["path"]).is_file():
            entry["sha256"] = sha256_of(folder / entry["path"])


def content(data: bytes | str) -> Fault:
    """Something else in place of the municipalities."""
    return lambda folder: _write(folder / MUNICIPALITIES, data)


def _write(path: Path, data: bytes | str) -> None:
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def text(change: Callable[[str], str | bytes]) -> Fault:
    """The text of the municipalities, changed as a whole."""
    return lambda folder: _write(folder / MUNICIPALITIES, change((folder / MUNICIPALITIES).read_text(encoding="utf-8")))


def rows(change: Callable[[list[list[str]]], None], file: str = MUNICIPALITIES) -> Fault:
    """The cells of a table, header included, changed in place."""

    def fault(folder: Path) -> None:
        with (folder / file).open(encoding="utf-8", newline="") as stream:
            table = list(csv.reader(stream))
        change(table)
        _write(folder / file, as_csv(table))

    return fault


def as_csv(table: list[list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(table)
    return stream.getvalue()


def cell(column: str, value: str, row: int = 2) -> Fault:
    """One cell; rows count from 1, the header being the first, as in the errors."""

    def change(table: list[list[str]]) -> None:
        table[row - 1][table[0].index(column)] = value

    return rows(change)


def column_dropped(name: str) -> Fault:
    def change(table: list[list[str]]) -> None:
        at = table[0].index(name)
        for row in table:
            del row[at]

    return rows(change)


def column_added(name: str) -> Fault:
    def change(table: list[list[str]]) -> None:
        for number, row in enumerate(table):
            row.append("1" if number else name)

    return rows(change)


def first_area_again(table: list[list[str]]) -> None:
    table.append(table[1])


def header_alone(table: list[list[str]]) -> None:
    del table[1:]


def one_cell_more(table: list[list[str]]) -> None:
    table[1].append("1")


def first_locality(column: str, value: str) -> Fault:
    """The mirror has the localities as well: one, made of the figures of its municipality, with a fault."""

    def fault(folder: Path) -> None:
        with (folder / MUNICIPALITIES).open(encoding="utf-8", newline="") as stream:
            header, row = next(reader := csv.reader(stream)), next(reader)
        filled = dict(zip(header, row, strict=True)) | {"LOC": "0001", "TAMLOC": "1", column: value}
        _write(folder / "localities.csv", as_csv([header, [filled[name] for name in header]]))
        _rewrite(folder, _with_localities)

    return fault


def _with_localities(_: Path, manifest: dict[str, Any]) -> None:
    manifest["absent"] = []
    entry = {"source": "inegi_iter_localities", "edition": "2020-01", "path": "localities.csv"}
    manifest["entries"].append({**entry, "sha256": "", "container": "plain", "columns": "used"})


def in_zip(member: str = MEMBER, damage: Callable[[bytes], bytes] = lambda packed: packed) -> Fault:
    """The municipalities in a ZIP, under a name, and the bytes of the ZIP damaged."""

    def fault(folder: Path) -> None:
        with zipfile.ZipFile(folder / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(folder / MUNICIPALITIES, member)
        _write(folder / "packed.zip", damage((folder / "packed.zip").read_bytes()))
        _declare(folder, path="packed.zip", container="zip")

    return fault


def _declare(folder: Path, **facts: str) -> None:
    """Say something else of the municipalities in the manifest."""
    _rewrite(folder, lambda _, manifest: manifest["entries"][1].update(facts))


def in_entry(**facts: str) -> Fault:
    return lambda folder: _declare(folder, **facts)


def in_manifest(**facts: str) -> Fault:
    return lambda folder: _rewrite(folder, lambda _, manifest: manifest.update(facts))


def bomb(folder: Path) -> None:
    """A ZIP of a megabyte that unpacks to a gigabyte of zeros."""
    block, blocks = b"\0" * 1_000_000, 1000
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # A packed block with an end of its own can be repeated: the gigabyte need not be packed for it.
    first = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    body = first + again * (blocks - 1) + packer.flush(zlib.Z_FINISH)
    checksum = 0
    for _ in range(blocks):
        checksum = zlib.crc32(block, checksum)
    info = zipfile.ZipInfo(MEMBER)
    info.compress_type, info.CRC = zipfile.ZIP_DEFLATED, checksum
    info.file_size, info.compress_size = len(block) * blocks, len(body)
    head = info.FileHeader()
    with (folder / "packed.zip").open("wb") as file:
        file.write(head + body)
        archive = zipfile.ZipFile(file, "a")
        info.header_offset = 0
        archive.filelist.append(info)
        archive._didModify = True  # type: ignore[attr-defined]
        archive.start_dir = len(head) + len(body)  # type: ignore[attr-defined]
        archive.close()
    _declare(folder, path="packed.zip", container="zip")


def missing_file(folder: Path) -> None:
    _declare(folder, path="nowhere.csv")


def other_hash(folder: Path) -> None:
    _declare(folder, sha256="0" * 64)


def without_entry(folder: Path) -> None:
    """Nor a word on why it does without the others."""

    def forget(_: Path, manifest: dict[str, Any]) -> None:
        manifest["entries"].pop()
        del manifest["others"]

    _rewrite(folder, forget)


def no_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()
