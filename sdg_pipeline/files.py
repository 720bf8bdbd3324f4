"""Whole files or none: hashing, and writing aside and moving into place.

What belongs here: the few moves on files that every stage makes. What does not: formats.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sdg_pipeline.errors import FullDisk, SdgError

CHUNK_BYTES = 1 << 20
AT_CWD, EXCHANGE = -100, 2
"""Of Linux: paths are relative to the current folder, and both names stay."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""No space, quota used up, larger than the process may write."""


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """The bytes of an ordinary file; OSError for a pipe, a device or a folder, and for a file with more bytes.

    A pipe without a writer is not waited for, and a device that never ends is not read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(most_bytes + 1)
    finally:
        os.close(descriptor)
    if len(content) > most_bytes:
        raise OSError(errno.EINVAL, f"it has more than {most_bytes:,} bytes", str(path))
    return content


def read_json(path: Path) -> Any:
    """The JSON in a file; OSError where it cannot be read, ValueError where it is none or nested too deeply."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def fsync(path: Path) -> None:
    """Ask the system to put a file or folder on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def room(what: str, place: Path) -> Iterator[None]:
    """FullDisk in place of the errors that Python, Arrow and DuckDB raise where there is no room below ``place``."""
    try:
        yield
    except Exception as error:
        if not _is_full(error):
            raise
        free = f"{shutil.disk_usage(place).free / 1e6:,.0f} MB free" if place.exists() else "not there"
        raise FullDisk(
            f"no room to write: {what} ({error}); {place} has {free}; remedy: free space, raise the limit or quota of "
            "the account, or set SDG_HOME to another disk, and run again; the last published release and the "
            "warehouse are whole"
        ) from error


def _is_full(error: BaseException) -> bool:
    """DuckDB and Arrow tell the system's reason in words only."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return True
    reasons = [os.strerror(number).lower() for number in NO_ROOM]
    message = str(error).lower()
    by_library = type(error).__module__.partition(".")[0].lstrip("_") in ("duckdb", "pyarrow", "builtins")
    return by_library and not isinstance(error, SdgError) and any(reason in message for reason in reasons)


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """A path to write to; on success it takes the place of ``target`` in one move, on failure it is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}.aside")
    try:
        yield aside
        fsync(aside)
        aside.replace(target)
        fsync(target.parent)
    finally:
        aside.unlink(missing_ok=True)


def exchanged(one: Path, other: Path) -> bool:
    """Let two files or folders swap places in one move; False, and nothing moved, where the system cannot."""
    swap = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return swap is not None and swap(AT_CWD, os.fsencode(one), AT_CWD, os.fsencode(other), EXCHANGE) == 0


def write_text(target: Path, text: str) -> None:
    """Write a whole text file or nothing."""
    with written_aside(target) as aside:
        aside.write_text(text, encoding="utf-8")
