"""Containers besides the plain file and the ZIP of one member: bz2, workbooks, several members, ZIPs within a ZIP."""

from __future__ import annotations

import bz2
import stat
import zipfile
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from support.made_files import packed, xlsx

from sdg_pipeline.errors import FetchError
from sdg_pipeline.ingest import unpack
from sdg_pipeline.ingest.fetch import require_data
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.ingest.unpack import unpacked
from sdg_pipeline.specs.source import Container, Edition

DATA = b"ENTIDAD,MUN,POBTOT\n01,001,948990\n" * 50
ZEROS = bytes(1_000_000)


def raw_file(folder: Path, content: bytes, container: Container) -> RawFile:
    path = folder / f"raw.{container}"
    path.write_bytes(content)
    url = "https://inegi.example/deaths"
    return RawFile("deaths", "2022", str(path), "0" * 64, len(content), url, "official", "2026-01-01T00:00:00+00:00",
                   container=container)  # fmt: skip


def edition(**declared: Any) -> Edition:
    return Edition.model_validate({"period": "2022", "url_status": "unknown", **declared})


def unpack_to(folder: Path, content: bytes, container: Container, **declared: Any) -> list[tuple[str, bytes]]:
    """Names and contents of the unpacked files, which are gone afterwards."""
    raw = raw_file(folder, content, container)
    with unpacked(raw, edition(container=container, **declared), folder / "scratch") as paths:
        files = [(path.name, path.read_bytes()) for path in paths]
    assert not (folder / "scratch").exists() or list((folder / "scratch").iterdir()) == []
    return files


def refusal(folder: Path, content: bytes, container: Container, **declared: Any) -> str:
    """What is said of a file that is refused; nothing of it may stay on the disk."""
    raw = raw_file(folder, content, container)
    with (
        pytest.raises(FetchError) as caught,
        unpacked(raw, edition(container=container, **declared), folder / "scratch"),
    ):
        pytest.fail("the file was taken")
    assert not (folder / "scratch").exists() or list((folder / "scratch").iterdir()) == []
    text = str(caught.value)
    assert text.startswith(raw.path)
    assert "remedy: " in text
    return text


# bz2


@pytest.mark.parametrize("content", [bz2.compress(DATA), bz2.compress(DATA[:700]) + bz2.compress(DATA[700:])])
def test_bz2(tmp_path: Path, content: bytes) -> None:
    assert unpack_to(tmp_path, content, "bz2") == [("raw", DATA)]


def test_bz2_truncated_anywhere_or_with_any_byte_wrong(tmp_path: Path) -> None:
    """One clear error, or (where the byte does not matter) the very data; never another exception."""
    content = bz2.compress(DATA)
    for length in range(4, len(content)):
        assert "is a truncated or damaged bz2 file" in refusal(tmp_path, content[:length], "bz2")
    for at in range(len(content)):
        wrong = bytearray(content)
        wrong[at] ^= 0xFF
        try:
            assert unpack_to(tmp_path, bytes(wrong), "bz2") == [("raw", DATA)]
        except FetchError as error:
            assert "is a truncated or damaged bz2 file" in str(error)


def test_what_follows_a_bz2_is_not_passed_over(tmp_path: Path) -> None:
    assert "is a truncated or damaged bz2 file" in refusal(tmp_path, bz2.compress(DATA) + b"more", "bz2")


def test_bz2_bomb(tmp_path: Path) -> None:
    content = bz2.compress(ZEROS * 100)
    assert len(content) < 1000
    text = refusal(tmp_path, content, "bz2")
    assert f"unpacks from {len(content):,} to " in text
    assert "bytes, which no data does (a bz2 bomb)" in text


def test_bz2_over_the_limit(tmp_path: Path) -> None:
    text = refusal(tmp_path, bz2.compress(ZEROS * 3), "bz2", max_unpacked_megabytes=2)
    assert "bytes, more than the limit of 2,000,000" in text
    assert "raise max_unpacked_megabytes" in text


# Several members


MEMBERS = [("data/2020.csv", b"b"), ("data/1999.csv", b"a"), ("dictionary/d.csv", b"d"), ("__MACOSX/data/9.csv", b"f")]


def test_several_members_in_the_order_of_their_names(tmp_path: Path) -> None:
    files = unpack_to(tmp_path, packed(*MEMBERS), "zip", member="data/*.csv", several=True)
    assert files == [("1999.csv", b"a"), ("2020.csv", b"b")]


def test_several_is_asked_for(tmp_path: Path) -> None:
    text = refusal(tmp_path, packed(*MEMBERS), "zip", member="data/*.csv")
    assert "member: 2 members match 'data/*.csv'; members: data/1999.csv, data/2020.csv; remedy: mend member" in text


def test_several_is_not_none(tmp_path: Path) -> None:
    text = refusal(tmp_path, packed(*MEMBERS), "zip", member="*.txt", several=True)
    assert "no member matches '*.txt'; members: data/1999.csv, data/2020.csv, dictionary/d.csv;" in text


def test_members_of_the_same_name(tmp_path: Path) -> None:
    content = packed(("01/data.csv", b"a"), ("02/data.csv", b"b"))
    assert unpack_to(tmp_path, content, "zip", member="*.csv", several=True) == [
        ("data.csv", b"a"), ("data.csv", b"b")]  # fmt: skip


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "MAX_MEMBERS_READ", 1)
    text = refusal(tmp_path, packed(*MEMBERS), "zip", member="data/*.csv", several=True)
    assert "2 members match" in text


def test_the_limit_is_that_of_all_members_together(tmp_path: Path) -> None:
    content = packed(("a.csv", ZEROS), ("b.csv", ZEROS), compression=zipfile.ZIP_STORED)
    text = refusal(tmp_path, content, "zip", member="*.csv", several=True, max_unpacked_megabytes=1)
    assert "b.csv: unpacks to 1,000,000 bytes, more than the limit of 1,000,000 with the 1,000,000 before it" in text


# ZIPs within a ZIP


INNER = packed(("data/deaths.csv", DATA), ("readme.txt", b"x"))
OUTER = packed(("states/01 Aguas.zip", INNER), ("states/02.zip", packed(("data/deaths.csv", b"two"))), ("a.pdf", b"%"))
NESTED: dict[str, Any] = {"member": "states/01*.zip > *.csv"}


def test_zip_within_a_zip(tmp_path: Path) -> None:
    assert unpack_to(tmp_path, OUTER, "zip", **NESTED) == [("01_Aguas.zip>deaths.csv", DATA)]


def test_several_zips_within_a_zip(tmp_path: Path) -> None:
    files = unpack_to(tmp_path, OUTER, "zip", member="states/*.zip>data/*.csv", several=True)
    assert files == [("01_Aguas.zip>deaths.csv", DATA), ("02.zip>deaths.csv", b"two")]


def test_zip_within_a_zip_within_a_zip(tmp_path: Path) -> None:
    content = packed(("deep.zip", OUTER))
    files = unpack_to(tmp_path, content, "zip", member="deep.zip > states/02.zip > *.csv")
    assert files == [("deep.zip>02.zip>deaths.csv", b"two")]


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("states/*.zip > *.csv", "2 members match 'states/*.zip'; members: states/01 Aguas.zip, states/02.zip;"),
        ("states/03.zip > *.csv", "no member matches 'states/03.zip'; members: a.pdf, states/01 Aguas.zip, "),
        ("states/01*.zip > *.dbf", "no member matches '*.dbf' in states/01 Aguas.zip; members: data/deaths.csv, "),
        ("a.pdf > *.csv", "a.pdf: is a truncated or damaged ZIP (File is not a zip file)"),
    ],
)
def test_nested_members_that_do_not_match(tmp_path: Path, member: str, message: str) -> None:
    assert message in refusal(tmp_path, OUTER, "zip", member=member)


def inner(content: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    return packed(("states/01.zip", content), compression=compression)


def linked() -> bytes:
    link = zipfile.ZipInfo("a.csv")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed((link, b"/etc/passwd"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (packed(("../evil.csv", DATA)), "../evil.csv: leads out of the ZIP"),
        (linked(), "states/01.zip > a.csv: is a link"),
        (INNER[: len(INNER) // 2], "states/01.zip: is a truncated or damaged ZIP"),
        (INNER[:40] + b"\xff" + INNER[41:], "states/01.zip > data/deaths.csv: is a truncated or damaged ZIP"),
        (packed(("a.csv", ZEROS * 20)), "to 20,000,000 bytes, which no data does (a ZIP bomb)"),
        (packed(("a.csv", ZEROS * 5)), "states/01.zip > a.csv: unpacks to 5,000,000 bytes, more than the limit of "
         "2,000,000 with the "),
    ],
)  # fmt: skip
def test_what_lies_in_an_inner_zip_is_judged_too(tmp_path: Path, content: bytes, message: str) -> None:
    spec: dict[str, Any] = {**NESTED, "max_unpacked_megabytes": 2 if len(content) < 10_000 else 100}
    assert message in refusal(tmp_path, inner(content), "zip", **spec)


def test_nested_zips_truncated_anywhere_or_with_any_byte_wrong(tmp_path: Path) -> None:
    sound = inner(packed(("d.csv", DATA[:200])))
    for length in range(2, len(sound) - 1):
        text = refusal(tmp_path, sound[:length], "zip", **NESTED)  # what is left may end as the inner ZIP does
        assert "is a truncated or damaged ZIP" in text or "no member matches 'states/01*.zip'" in text
    for at in range(len(sound)):
        wrong = bytearray(sound)
        wrong[at] ^= 0xFF
        try:
            assert unpack_to(tmp_path, bytes(wrong), "zip", **NESTED) == [("01.zip>d.csv", DATA[:200])]
        except FetchError as error:
            assert str(tmp_path) in str(error)


# Workbooks


BOOK = xlsx({"S": [["a"], [1]]})


@pytest.mark.parametrize("content", [BOOK, b"\xd0\xcf\x11\xe0" + bytes(600)])
def test_a_workbook_is_itself(tmp_path: Path, content: bytes) -> None:
    assert unpack_to(tmp_path, content, "workbook") == [("raw.workbook", content)]


def test_a_workbook_within_a_zip(tmp_path: Path) -> None:
    content = packed(("tables/a.xlsx", BOOK), ("tables/a.pdf", b"%PDF"))
    assert unpack_to(tmp_path, content, "zip", member="*.xlsx") == [("a.xlsx", BOOK)]


def test_a_workbook_that_is_a_bomb(tmp_path: Path) -> None:
    content = packed(("xl/worksheets/sheet1.xml", ZEROS * 20))
    text = refusal(tmp_path, content, "workbook")
    assert "xl/worksheets/sheet1.xml: unpacks from " in text
    assert "to 20,000,000 bytes, which no data does (a ZIP bomb)" in text
    text = refusal(tmp_path, packed(("a.xlsx", content)), "zip", member="*.xlsx")
    assert "a.xlsx > xl/worksheets/sheet1.xml: unpacks from " in text


def test_a_workbook_over_the_limit(tmp_path: Path) -> None:
    content = packed(*((f"{i}.xml", ZEROS) for i in range(3)), compression=zipfile.ZIP_STORED)
    text = refusal(tmp_path, content, "workbook", max_unpacked_megabytes=2)
    assert "2.xml: unpacks to 1,000,000 bytes, more than the limit of 2,000,000 with the 2,000,000 before it" in text


@pytest.mark.parametrize("damage", ["cut", "wrong byte"])
def test_a_damaged_workbook(tmp_path: Path, damage: str) -> None:
    content = BOOK[: len(BOOK) // 2] if damage == "cut" else BOOK[:60] + b"\xff\xff" + BOOK[62:]
    assert "is a truncated or damaged workbook" in refusal(tmp_path, content, "workbook")


# What a spec may say


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"container": "bz2", "member": "*.csv"}, "a zip container names its member, and a plain file has none"),
        ({"container": "workbook", "member": "*.csv"}, "a zip container names its member, and a plain file has none"),
        ({"container": "zip"}, "a zip container names its member, and a plain file has none"),
        ({"container": "zip", "member": "a.zip >"}, "member has a ZIP and a data file on the two sides of each >"),
        ({"container": "zip", "member": "> *.csv"}, "member has a ZIP and a data file on the two sides of each >"),
        ({"several": "true"}, "several goes with the member of a zip container"),
    ],
)
def test_editions_that_contradict_themselves(declared: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        edition(**declared)


# The first bytes


XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
FIRST_BYTES: dict[str, bytes] = {"csv": DATA, "zip": packed(("a.csv", DATA)), "xlsx": BOOK, "xls": XLS,
                                 "bz2": bz2.compress(DATA), "empty bz2": bz2.compress(b""),
                                 "text": b"BZh9,Bz\n1,2\n", "dbf": b"\x03\x7b\x0b\x1c", "parquet": b"PAR1"}  # fmt: skip
PLAIN = {"csv", "text", "dbf", "parquet"}
TAKEN = {"plain": PLAIN, "zip": {"zip", "xlsx"}, "bz2": {"bz2", "empty bz2"}, "workbook": {"zip", "xlsx", "xls"}}
REFUSED = {
    ("plain", "zip"): "is a ZIP, but is declared as a plain file; found",
    ("plain", "xlsx"): "container: workbook for an XLSX or ODS",
    ("plain", "xls"): "is an XLS workbook, but is declared as a plain file; found",
    ("plain", "bz2"): "is packed with bz2, but is declared as a plain file; found 'b'BZh91AY&'",
    ("zip", "csv"): "is no ZIP: it does not begin with PK; found",
    ("bz2", "csv"): "is no bz2 file: it does not begin with BZh; found",
    ("workbook", "csv"): "is no workbook: it begins neither with PK (XLSX, ODS) nor with D0 CF 11 E0 (XLS); found",
}


@pytest.mark.parametrize("container", get_args(Container))
@pytest.mark.parametrize("kind", FIRST_BYTES)
def test_a_file_begins_as_its_container_does(tmp_path: Path, container: Container, kind: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(FIRST_BYTES[kind])
    if kind in TAKEN[container]:
        require_data(path, container, "file")
        return
    with pytest.raises(FetchError) as caught:
        require_data(path, container, "file")
    text = str(caught.value)
    assert text.startswith("file: ")
    assert "; found " in text
    assert "; remedy: " in text
    assert REFUSED.get((container, kind), "").replace("'b'", "\"b'") in text


@pytest.mark.parametrize("container", get_args(Container))
def test_a_page_is_no_data_in_any_container(tmp_path: Path, container: Container) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"<!DOCTYPE html><html><head><title>P\xc3\xa1gina</title></head></html>")
    with pytest.raises(FetchError, match="is an HTML or XML page where data was expected; found 'Página'"):
        require_data(path, container, "file")
