"""The plain data file of a raw file: itself, or the one member of a ZIP, unpacked safely and for a while.

What belongs here: containers. What does not: what the data file holds (staging).
"""

from __future__ import annotations

import errno
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from sdg_pipeline.errors import FetchError
from sdg_pipeline.files import CHUNK_BYTES
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.specs.source import MEGABYTE, Edition

MAX_RATIO = 1000
"""Unpacked to packed size beyond which a member larger than ``RATIO_FREE_BYTES`` is refused as a bomb."""
RATIO_FREE_BYTES = 10 * MEGABYTE
MAX_MEMBERS_SHOWN = 12
_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, ValueError, struct.error)


@contextmanager
def unpacked(raw: RawFile, edition: Edition, scratch: Path) -> Iterator[Path]:
    """The data file of ``raw``: itself, or the member that matches ``edition.member``, gone afterwards.

    The pattern is matched part by part from the right, so ``*.csv`` is a base name and ``data/*.csv`` a path;
    without one the ZIP holds one file. FetchError where the ZIP is damaged or unsafe.
    """
    if raw.container == "plain":
        yield Path(raw.path)
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unpack-", dir=scratch) as folder:
        yield _extract(raw, edition, Path(folder))


def _extract(raw: RawFile, edition: Edition, folder: Path) -> Path:
    max_bytes = edition.max_unpacked_megabytes * MEGABYTE
    member = ""
    try:
        with zipfile.ZipFile(raw.path) as archive:
            info = _chosen(archive, raw, edition.member or "*")
            member = _name(info)
            _require_safe(info, raw, max_bytes)
            # Only the base name is the archive's, and only in harmless letters: staging tells it to people.
            target = folder / re.sub(r"[^A-Za-z0-9._-]", "_", PurePosixPath(member).name)[-100:]
            _write(archive, info, raw, target, max_bytes)
            return target
    except NotImplementedError as error:
        remedy = "repack the file with ordinary deflate compression, and serve it from a mirror (SDG_MIRROR)"
        message = f"is packed in a way that is not known here ({error})"
        raise FetchError(raw.path, message, place=member, remedy=remedy) from error
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # a full or failing disk; no number is bz2's, EINVAL a seek that the damage led to
        message = f"is a truncated or damaged ZIP ({error})"
        remedy = "fetch it again; if it stays so, the file is damaged where it is published"
        raise FetchError(raw.path, message, place=member, remedy=remedy) from error


def _name(info: zipfile.ZipInfo) -> str:
    """Some packers for Windows write backslashes."""
    return info.filename.replace("\\", "/")


def _chosen(archive: zipfile.ZipFile, raw: RawFile, pattern: str) -> zipfile.ZipInfo:
    # Resource forks that macOS adds bear the name of the data file, but are none.
    files = [i for i in archive.infolist() if not _name(i).endswith("/") and "__MACOSX/" not in _name(i)]
    for info in files:
        parts = PurePosixPath(_name(info)).parts
        if _name(info).startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", _name(info)):
            remedy = "do not use this file; report it to whoever publishes it"
            raise _refused(raw, info, "leads out of the ZIP", remedy)
    matching = [i for i in files if PurePosixPath(_name(i)).match(pattern)]
    if len(matching) == 1:
        return matching[0]
    names = sorted(_name(i) for i in (matching or files))
    shown = ", ".join(names[:MAX_MEMBERS_SHOWN]) or "(none)"
    more = f" and {len(names) - MAX_MEMBERS_SHOWN} more" if len(names) > MAX_MEMBERS_SHOWN else ""
    count = f"{len(matching)} members match" if matching else "no member matches"
    remedy = "mend member of the edition in the source spec, so that it names one file"
    raise FetchError(raw.path, f"{count} {pattern!r}; members: {shown}{more}", place="member", remedy=remedy)


def _require_safe(info: zipfile.ZipInfo, raw: RawFile, max_bytes: int) -> None:
    """Judge a member by what the ZIP declares of it, before a byte is unpacked."""
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _refused(raw, info, "is a link", "do not use this file; report it to whoever publishes it")
    if info.flag_bits & _ENCRYPTED:
        raise _refused(raw, info, "is encrypted", "serve an unencrypted copy from a mirror (SDG_MIRROR)")
    _require_size(info, raw, info.file_size, max_bytes)


def _require_size(info: zipfile.ZipInfo, raw: RawFile, size: int, max_bytes: int) -> None:
    if size > RATIO_FREE_BYTES and size > MAX_RATIO * info.compress_size:
        message = f"unpacks from {info.compress_size:,} to {size:,} bytes, which no data does (a ZIP bomb)"
        raise _refused(raw, info, message, "do not use this file; report it to whoever publishes it")
    if size > max_bytes:
        message = f"unpacks to {size:,} bytes, more than the limit of {max_bytes:,}"
        remedy = "if the file is right, raise max_unpacked_megabytes of the edition in the source spec"
        raise _refused(raw, info, message, remedy)


def _refused(raw: RawFile, info: zipfile.ZipInfo, message: str, remedy: str) -> FetchError:
    return FetchError(raw.path, message, place=_name(info), remedy=remedy)


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, raw: RawFile, target: Path, max_bytes: int) -> None:
    """Unpack in pieces, and count what really comes: the declared size may lie."""
    size = 0
    with archive.open(info) as packed, target.open("wb") as file:
        while chunk := packed.read(CHUNK_BYTES):
            size += len(chunk)
            _require_size(info, raw, size, max_bytes)
            file.write(chunk)
    if size != info.file_size:
        raise zipfile.BadZipFile(f"{size:,} of {info.file_size:,} bytes came")
