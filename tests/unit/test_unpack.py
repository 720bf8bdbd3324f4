"""Unpacking: the one member that is meant, and every ZIP that must be refused."""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from sdg_pipeline.errors import FetchError
from sdg_pipeline.ingest import unpack
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.ingest.unpack import unpacked
from sdg_pipeline.specs.source import Edition

DATA = b"ENTIDAD,MUN,POBTOT\n01,001,948990\n" * 50


def packed(*members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def raw_file(folder: Path, content: bytes, container: str = "zip") -> RawFile:
    path = folder / "raw.zip"
    path.write_bytes(content)
    return RawFile(
        source="deaths",
        edition="2022",
        path=str(path),
        sha256="0" * 64,
        bytes=len(content),
        url="https://inegi.example/deaths.zip",
        origin="official",
        retrieved_at="2026-01-01T00:00:00+00:00",
        container="zip" if container == "zip" else "plain",
    )


def edition(member: str | None = "*.csv", max_unpacked_megabytes: int = 100) -> Edition:
    return Edition(
        url="https://inegi.example/deaths.zip",
        period="2022",
        url_status="from_memory",
        container="zip" if member else "plain",
        member=member,
        max_unpacked_megabytes=max_unpacked_megabytes,
    )


def refusal(folder: Path, content: bytes, spec: Edition | None = None) -> str:
    """What is said of a ZIP that is refused; nothing of it may stay on the disk."""
    raw, scratch = raw_file(folder, content), folder / "scratch"
    with pytest.raises(FetchError) as caught, unpacked(raw, spec or edition(), scratch):
        pytest.fail("the ZIP was taken")
    assert list(scratch.iterdir()) == []
    text = str(caught.value)
    assert text.startswith(raw.path)
    assert "remedy: " in text
    return text


def test_plain_file_is_itself(tmp_path: Path) -> None:
    raw = raw_file(tmp_path, DATA, container="plain")
    with unpacked(raw, edition(None), tmp_path / "scratch") as (path,):
        assert path == Path(raw.path)
    assert Path(raw.path).read_bytes() == DATA


@pytest.mark.parametrize(
    "pattern",
    ["deaths_2022.csv", "deaths*.csv", "data/*.csv", "deaths/data/deaths_2022.csv", "[d]eaths_????.csv"],
)
def test_member_by_base_name_or_path(tmp_path: Path, pattern: str) -> None:
    content = packed(
        ("deaths/", b""),
        ("deaths/data/deaths_2022.csv", DATA),
        ("deaths/dictionary/deaths.pdf", b"%PDF"),
        ("deaths/dictionary/dictionary.csv", b"a,b\n"),
        ("__MACOSX/deaths/data/deaths_2022.csv", b"fork"),
    )
    with unpacked(raw_file(tmp_path, content), edition(pattern), tmp_path / "scratch") as (path,):
        assert path.name == "deaths_2022.csv"
        assert path.read_bytes() == DATA
        assert path.is_relative_to(tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_star_does_not_cross_folders(tmp_path: Path) -> None:
    content = packed(("data_set/values.csv", DATA), ("other/data_2022.csv", b"x"))
    with unpacked(raw_file(tmp_path, content), edition("data*.csv"), tmp_path / "scratch") as (path,):
        assert path.read_bytes() == b"x"


def test_windows_names(tmp_path: Path) -> None:
    content = packed(("deaths\\data\\año 2022.csv", DATA))
    with unpacked(raw_file(tmp_path, content), edition("data/*.csv"), tmp_path / "scratch") as (path,):
        assert path.name == "a_o_2022.csv"
        assert path.read_bytes() == DATA


def test_zip_of_a_mirror_for_a_plain_source(tmp_path: Path) -> None:
    raw = raw_file(tmp_path, packed(("deaths.csv", DATA)))
    with unpacked(raw, edition(None), tmp_path / "scratch") as (path,):
        assert path.read_bytes() == DATA


def test_removed_when_the_reader_fails(tmp_path: Path) -> None:
    raw = raw_file(tmp_path, packed(("deaths.csv", DATA)))
    with pytest.raises(ZeroDivisionError), unpacked(raw, edition(), tmp_path / "scratch"):
        raise ZeroDivisionError
    assert list((tmp_path / "scratch").iterdir()) == []


def test_no_member_matches(tmp_path: Path) -> None:
    text = refusal(tmp_path, packed(("a.txt", b"x"), ("b.txt", b"y")))
    assert "no member matches '*.csv'; members: a.txt, b.txt" in text


def test_several_members_match(tmp_path: Path) -> None:
    text = refusal(tmp_path, packed(("a.csv", b"x"), ("b.csv", b"y"), ("c.txt", b"z")))
    assert "2 members match '*.csv'; members: a.csv, b.csv;" in text


def test_same_name_twice(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = packed(("a.csv", b"x"), ("a.csv", b"y"))
    assert "2 members match" in refusal(tmp_path, content)


def test_empty_zip(tmp_path: Path) -> None:
    assert "members: (none)" in refusal(tmp_path, packed())


@pytest.mark.parametrize("name", ["../evil.csv", "a/../../evil.csv", "/etc/evil.csv", "C:/evil.csv", "..\\evil.csv"])
def test_traversal(tmp_path: Path, name: str) -> None:
    text = refusal(tmp_path, packed((name, DATA), ("good.csv", DATA)), edition("good.csv"))
    assert "leads out of the ZIP" in text
    assert "evil.csv" in text
    assert not list(tmp_path.parent.glob("evil.csv"))


def test_link(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a.csv")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "a.csv: is a link" in refusal(tmp_path, packed((link, b"/etc/passwd")))


def test_encrypted(tmp_path: Path) -> None:
    content = bytearray(packed(("a.csv", DATA)))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    assert "a.csv: is encrypted" in refusal(tmp_path, bytes(content))


def test_unknown_compression(tmp_path: Path) -> None:
    content = bytearray(packed(("a.csv", DATA)))
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(signature) + offset] = 9  # deflate64, which Windows writes
    text = refusal(tmp_path, bytes(content))
    assert "a.csv: is packed in a way that is not known here" in text
    assert "repack the file" in text


def bomb(megabytes: int) -> bytes:
    buffer = io.BytesIO()
    zeros = bytes(1_000_000)
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("bomb.csv", "w") as member,
    ):
        for _ in range(megabytes):
            member.write(zeros)
    return buffer.getvalue()


def test_bomb_of_a_gigabyte_is_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(bomb(1))
    at = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 1_000_000_000)  # the unpacked size in the directory
    monkeypatch.setattr(unpack, "_write", lambda *_: pytest.fail("it was unpacked"))
    text = refusal(tmp_path, bytes(content), edition("*.csv", max_unpacked_megabytes=4000))
    assert "1,000,000,000 bytes, which no data does (a ZIP bomb)" in text


def test_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    content = bytearray(bomb(30))
    at = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 5_000)  # the unpacked size in the directory
    text = refusal(tmp_path, bytes(content))
    assert "bomb.csv: is a truncated or damaged ZIP" in text


def test_declared_size_over_the_limit(tmp_path: Path) -> None:
    content = packed(("a.csv", bytes(2_000_001)), compression=zipfile.ZIP_STORED)
    text = refusal(tmp_path, content, edition("*.csv", max_unpacked_megabytes=2))
    assert "a.csv: unpacks to 2,000,001 bytes, more than the limit of 2,000,000" in text
    assert "raise max_unpacked_megabytes" in text


def test_real_size_over_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "_require_safe", lambda *_: None)
    content = packed(("a.csv", bytes(3_000_000)), compression=zipfile.ZIP_STORED)
    assert "more than the limit of 2,000,000" in refusal(tmp_path, content, edition("*.csv", 2))


def test_damaged_bytes_fail_the_crc(tmp_path: Path) -> None:
    content = bytearray(packed(("a.csv", DATA), compression=zipfile.ZIP_STORED))
    content[200] ^= 0xFF
    text = refusal(tmp_path, bytes(content))
    assert "a.csv: is a truncated or damaged ZIP (Bad CRC-32" in text


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_truncated_anywhere_or_with_any_byte_wrong(tmp_path: Path, compression: int) -> None:
    """One clear error, or (where the byte does not matter) the very data; never another exception."""
    content = packed(("a.csv", DATA[:300]), compression=compression)
    for length in range(2, len(content) - 1):
        assert "is a truncated or damaged ZIP" in refusal(tmp_path, content[:length])
    for at in range(len(content)):
        wrong = bytearray(content)
        wrong[at] ^= 0xFF
        raw = raw_file(tmp_path, bytes(wrong))
        try:
            with unpacked(raw, edition(), tmp_path / "scratch") as (path,):
                assert path.read_bytes() == DATA[:300]
        except FetchError as error:
            assert raw.path in str(error)
        assert list((tmp_path / "scratch").iterdir()) == []
