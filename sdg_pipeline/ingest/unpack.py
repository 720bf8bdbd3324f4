"""The plain data files of a raw file: itself, or what is packed in it, unpacked safely and for a while.

What belongs here: containers. What does not: what the data files hold (readers, staging). A file that lies to us ends
in a FetchError before it fills the disk. Sizes are judged as declared, counted as they really come, and summed over all
members and over ZIPs within ZIPs.
"""

from __future__ import annotations

import bz2
import errno
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from sdg_pipeline.errors import FetchError
from sdg_pipeline.files import CHUNK_BYTES
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.specs.source import MEGABYTE, MEMBER_SEPARATOR, Edition

MAX_RATIO = 1000
"""Unpacked to packed size beyond which a member larger than ``RATIO_FREE_BYTES`` is refused as a bomb."""
RATIO_FREE_BYTES = 10 * MEGABYTE
MAX_MEMBERS_SHOWN = 12
MAX_MEMBERS_READ = 1000
_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, ValueError, struct.error)
_BOMB_REMEDY = "do not use this file; report it to whoever publishes it"


@dataclass
class _Job:
    """One raw file being unpacked into ``folder``; ``spent`` is how many bytes have come of ``max_bytes``."""

    raw: RawFile
    folder: Path
    max_bytes: int
    several: bool
    spent: int = 0

    def refused(self, place: str, message: str, remedy: str) -> FetchError:
        return FetchError(self.raw.path, message, place=place, remedy=remedy)

    def target(self, place: str) -> Path:
        """Where a member goes: its place in harmless letters only, since errors and DuckDB are told the name."""
        name = MEMBER_SEPARATOR.join(harmless(step) for step in place.split(MEMBER_SEPARATOR))
        folder = self.folder / f"{len(list(self.folder.iterdir())):04d}"  # two members may have the same name
        folder.mkdir()
        return folder / name

    def require_size(self, place: str, packed: int, size: int) -> None:
        if size > RATIO_FREE_BYTES and size > MAX_RATIO * packed:
            kind = "bz2" if self.raw.container == "bz2" else "ZIP"
            message = f"unpacks from {packed:,} to {size:,} bytes, which no data does (a {kind} bomb)"
            raise self.refused(place, message, _BOMB_REMEDY)
        if self.spent + size > self.max_bytes:
            before = f" with the {self.spent:,} before it" if self.spent else ""
            message = f"unpacks to {size:,} bytes, more than the limit of {self.max_bytes:,}{before}"
            remedy = "if the file is right, raise max_unpacked_megabytes of the edition in the source spec"
            raise self.refused(place, message, remedy)


def harmless(member: str) -> str:
    """The name of a member in harmless letters."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", PurePosixPath(member.strip()).name)[-100:]


@contextmanager
def unpacked(raw: RawFile, edition: Edition, scratch: Path) -> Iterator[tuple[Path, ...]]:
    """The data files of ``raw``: itself, or the members that match ``edition.member``, gone afterwards.

    The pattern is matched part by part from the right, so ``*.csv`` is a base name and ``data/*.csv`` a path. Without
    one the ZIP holds one file. There is more than one file only where the edition says ``several``. They are in the
    order of their names, and the name of each path is that of its member. FetchError where a file is damaged or unsafe.
    """
    max_bytes = edition.max_bytes
    if raw.container in ("plain", "workbook"):
        if raw.container == "workbook":
            _require_sound_workbook(_Job(raw, scratch, max_bytes, several=False), Path(raw.path), "")
        yield (Path(raw.path),)
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unpack-", dir=scratch) as folder:
        job = _Job(raw, Path(folder), max_bytes, edition.several)
        if raw.container == "bz2":
            yield (_from_bz2(job),)
        else:
            yield tuple(_from_zip(job, Path(raw.path), "", edition.patterns))


def _from_zip(job: _Job, path: Path, place: str, patterns: tuple[str, ...]) -> list[Path]:
    """Members of one ZIP that match the first pattern; the other patterns are for the ZIPs that these are."""
    files: list[Path] = []
    member = place
    before = f"{place} {MEMBER_SEPARATOR} " if place else ""
    try:
        with zipfile.ZipFile(path) as archive:
            for info in _chosen(job, archive, patterns[0], place):
                member = before + _name(info)
                _require_safe(job, info, member)
                target = job.target(member)
                _write(job, archive, info, member, target)
                if len(patterns) > 1:
                    files += _from_zip(job, target, member, patterns[1:])
                    target.unlink()
                else:
                    _require_sound_workbook(job, target, member)
                    files.append(target)
        return files
    except NotImplementedError as error:
        remedy = "repack the file with ordinary deflate compression, and serve it from a mirror (SDG_MIRROR)"
        raise job.refused(member, f"is packed in a way that is not known here ({error})", remedy) from error
    except (*_DAMAGE, OSError) as error:
        raise _damaged(job, error, member, "ZIP") from error


def _damaged(job: _Job, error: Exception, place: str, kind: str) -> Exception:
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return error  # a full or failing disk; no number is bz2's, EINVAL a seek that the damage led to
    remedy = "fetch it again; if it stays so, the file is damaged where it is published"
    return job.refused(place, f"is a truncated or damaged {kind} ({error})", remedy)


def _name(info: zipfile.ZipInfo) -> str:
    """Some packers for Windows write backslashes."""
    return info.filename.replace("\\", "/")


def members(archive: zipfile.ZipFile, pattern: str) -> tuple[list[zipfile.ZipInfo], list[zipfile.ZipInfo]]:
    """All files of a ZIP, and those that match a pattern by the order of their names."""
    # Resource forks that macOS adds bear the name of the data file, but are none.
    files = [i for i in archive.infolist() if not _name(i).endswith("/") and "__MACOSX/" not in _name(i)]
    return files, sorted((i for i in files if PurePosixPath(_name(i)).match(pattern)), key=_name)


def _chosen(job: _Job, archive: zipfile.ZipFile, pattern: str, place: str) -> list[zipfile.ZipInfo]:
    files, matching = members(archive, pattern)
    for info in files:
        parts = PurePosixPath(_name(info)).parts
        if _name(info).startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", _name(info)):
            raise job.refused(_name(info), "leads out of the ZIP", _BOMB_REMEDY)
    if len(matching) == 1 or (job.several and 0 < len(matching) <= MAX_MEMBERS_READ):
        return matching
    names = sorted(_name(i) for i in (matching or files))
    shown = ", ".join(names[:MAX_MEMBERS_SHOWN]) or "(none)"
    more = f" and {len(names) - MAX_MEMBERS_SHOWN} more" if len(names) > MAX_MEMBERS_SHOWN else ""
    count = f"{len(matching)} members match" if matching else "no member matches"
    where = f" in {place}" if place else ""
    wanted = f"1 to {MAX_MEMBERS_READ:,} files" if job.several else "one file"
    remedy = f"mend member of the edition in the source spec, so that it names {wanted}"
    raise job.refused("member", f"{count} {pattern!r}{where}; members: {shown}{more}", remedy)


def _require_safe(job: _Job, info: zipfile.ZipInfo, place: str) -> None:
    """Judge a member by what the ZIP declares of it, before a byte is unpacked."""
    if stat.S_ISLNK(info.external_attr >> 16):
        raise job.refused(place, "is a link", _BOMB_REMEDY)
    if info.flag_bits & _ENCRYPTED:
        raise job.refused(place, "is encrypted", "serve an unencrypted copy from a mirror (SDG_MIRROR)")
    job.require_size(place, info.compress_size, info.file_size)


def _write(job: _Job, archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str, target: Path) -> None:
    """Unpack in pieces, and count what really comes: the declared size may lie."""
    size = 0
    with archive.open(info) as packed, target.open("wb") as file:
        while chunk := packed.read(CHUNK_BYTES):
            size += len(chunk)
            job.require_size(place, info.compress_size, size)
            file.write(chunk)
    job.spent += size
    if size != info.file_size:
        raise zipfile.BadZipFile(f"{size:,} of {info.file_size:,} bytes came")


def _require_sound_workbook(job: _Job, path: Path, place: str) -> None:
    """An XLSX or ODS is a ZIP itself, which its reader unpacks without asking how large it gets or checking sums."""
    with path.open("rb") as file:
        if not file.read(4).startswith(b"PK\x03\x04"):
            return
    job, member = replace(job), place  # what is only counted takes no room on the disk
    before = f"{place} {MEMBER_SEPARATOR} " if place else ""
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                member = before + _name(info)
                _require_safe(job, info, member)
                size = 0
                with archive.open(info) as packed:
                    while chunk := packed.read(CHUNK_BYTES):
                        size += len(chunk)
                        job.require_size(member, info.compress_size, size)
                job.spent += size
    except NotImplementedError as error:
        remedy = "save the workbook again with ordinary compression, and serve it from a mirror (SDG_MIRROR)"
        raise job.refused(member, f"is packed in a way that is not known here ({error})", remedy) from error
    except (*_DAMAGE, OSError) as error:
        raise _damaged(job, error, member, "workbook") from error


def _from_bz2(job: _Job) -> Path:
    """The one file; a bz2 declares no size, and several may follow one another (pbzip2 writes so)."""
    raw = Path(job.raw.path)
    target, packed_size, size = job.target(raw.name.removesuffix(".bz2")), raw.stat().st_size, 0
    try:
        with raw.open("rb") as packed, target.open("wb") as file:
            stream = bz2.BZ2Decompressor()
            data = packed.read(CHUNK_BYTES)
            while True:
                chunk = stream.decompress(data, CHUNK_BYTES)  # not more at once: a bomb would fill the memory
                size += len(chunk)
                job.require_size("", packed_size, size)
                file.write(chunk)
                data = b""
                if stream.eof:
                    data = stream.unused_data or packed.read(CHUNK_BYTES)
                    if not data:
                        return target
                    stream = bz2.BZ2Decompressor()
                elif stream.needs_input:
                    data = packed.read(CHUNK_BYTES)
                    if not data:
                        raise EOFError("it ends in the middle")
    except (*_DAMAGE, OSError) as error:
        raise _damaged(job, error, "", "bz2 file") from error
