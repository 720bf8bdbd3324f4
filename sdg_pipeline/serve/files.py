"""Sends files: whole, in part, compressed; from below a folder, and through no link.

What belongs here: files and what HTTP says of them. What does not: which file an address means (``serve.app``).
"""

from __future__ import annotations

import asyncio
import mimetypes
import os
import stat
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from secrets import token_hex

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.types import Scope, Send

from sdg_pipeline.serve import ranges
from sdg_pipeline.serve.answers import (
    CHUNK_BYTES,
    SMALL_BYTES,
    Answer,
    chunks,
    deliver,
    gzipped,
    start,
    takes_gzip,
    unchanged,
)

TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".jsonld": "application/ld+json",
    ".geojson": "application/geo+json",
    ".ttl": "text/turtle; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".cff": "application/yaml",
    ".webmanifest": "application/manifest+json",
    ".gz": "application/gzip",
    "": "text/plain; charset=utf-8",
}
TEXTS = (".json", ".jsonl", ".jsonld", ".geojson", ".svg", ".xml", ".yaml", ".cff", ".webmanifest")
"""Endings of texts whose type does not begin with ``text/``."""
CACHED_FILE_BYTES = 4 * 1024 * 1024
CACHE_BYTES = 64 * 1024 * 1024
PACKERS = 32
"""Large texts that are compressed at once while they are sent; who comes then has them as they are."""
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@lru_cache(maxsize=4096)
def media_type(name: str) -> str:
    """The type of a file by its ending."""
    suffix = Path(name).suffix.lower()
    return TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


@lru_cache(maxsize=4096)
def is_text(name: str) -> bool:
    """Whether a file is worth compressing: Parquet, XLSX and ZIP are compressed."""
    return media_type(name).startswith("text/") or Path(name).suffix.lower() in TEXTS


@dataclass(frozen=True)
class Opened:
    """A regular file that is open; who has it closes it."""

    descriptor: int
    size: int
    version: str

    def close(self) -> None:
        os.close(self.descriptor)


def open_below(folder: Path, parts: Sequence[str]) -> Opened | None:
    """Open a file below a folder, step by step and through no link; None where there is none."""
    if not parts or any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
        return None
    try:
        descriptor = os.open(folder, DIRECTORY)
    except OSError:
        return None
    for number, part in enumerate(parts, start=1):
        try:
            inside = os.open(part, FILE if number == len(parts) else DIRECTORY, dir_fd=descriptor)
        except OSError:
            return None
        finally:
            os.close(descriptor)
        descriptor = inside
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        return None
    return Opened(descriptor, status.st_size, f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}")


async def read(opened: Opened, offset: int, length: int) -> bytes | bytearray:
    """Bytes of a file: at once where they are in memory, else in a thread, so that nobody waits for the disk."""
    buffer = bytearray(length)
    try:
        count = os.preadv(opened.descriptor, [buffer], offset, os.RWF_NOWAIT)
    except OSError:
        return await anyio.to_thread.run_sync(os.pread, opened.descriptor, length, offset)
    if not count:
        return b""
    return buffer if count == length else buffer[:count]


@dataclass(frozen=True)
class Described:
    """What is said of a file: its name, its ETag without quotes, and for how long a copy may be used unasked."""

    name: str
    etag: str
    cache_control: str


class FileSender:
    """Sends files, and keeps what it compressed."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[bytes]] = {}
        self._packers = 0

    async def send(self, scope: Scope, send: Send, opened: Opened, described: Described) -> None:
        """Answer GET or HEAD of a file, and close it."""
        try:
            await self._answer(scope, send, opened, described)
        finally:
            opened.close()

    async def _answer(self, scope: Scope, send: Send, opened: Opened, described: Described) -> None:
        request = Headers(scope=scope)
        packable = is_text(described.name) and opened.size > SMALL_BYTES
        packed = packable and takes_gzip(request) and "range" not in request and scope["http_version"] != "1.0"
        streamed = packed and opened.size > CACHED_FILE_BYTES
        if streamed and self._packers >= PACKERS:
            packed = streamed = False
        etag = f'"{described.etag}{"-gzip" if packed else ""}"'
        headers = {"etag": etag, "cache-control": described.cache_control, "accept-ranges": "bytes"}
        if packable:
            headers["vary"] = "Accept-Encoding"
        if unchanged(request, [etag]):
            await start(send, 304, headers)
            return
        headers["content-type"] = media_type(described.name)
        only_headers = scope["method"] == "HEAD"
        if packed:
            headers["content-encoding"] = "gzip"
        if streamed:
            await start(send, 200, headers, more=not only_headers)
            if not only_headers:
                await self._send_packing(send, opened)
        elif packed:
            body = await self._packed(described.etag, opened)
            await start(send, 200, {**headers, "content-length": str(len(body))}, more=True)
            await chunks(send, b"" if only_headers else body)
        else:
            await self._send_plain(scope, send, opened, headers)

    async def _send_plain(self, scope: Scope, send: Send, opened: Opened, headers: dict[str, str]) -> None:
        request, size = Headers(scope=scope), opened.size
        same = request.get("if-range") in (None, headers["etag"])
        try:
            parts = ranges.parse(request.get("range") if same and scope["method"] == "GET" else None, size)
        except ranges.Unsatisfiable:
            text = f"the file has {size} bytes; remedy: ask for bytes 0-{max(size - 1, 0)}\n"
            refusal = {"content-range": f"bytes */{size}", "accept-ranges": "bytes"}
            await deliver(scope, send, Answer(text.encode(), status=416, headers=refusal))
            return
        if len(parts) > 1:
            await _send_parts(send, opened, parts, headers)
            return
        begin, end = parts[0] if parts else (0, size)
        if parts:
            headers["content-range"] = f"bytes {begin}-{end - 1}/{size}"
        only_headers = scope["method"] == "HEAD"
        await start(send, 206 if parts else 200, {**headers, "content-length": str(end - begin)}, more=not only_headers)
        if not only_headers:
            await _send_bytes(send, opened, (begin, end), last=True)

    async def _packed(self, key: str, opened: Opened) -> bytes:
        """The file in gzip; two who ask at once wait for one compression."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        task = self._under_way.get(key)
        if task is None:
            content = await anyio.to_thread.run_sync(os.pread, opened.descriptor, opened.size, 0)
            task = self._under_way.get(key) or asyncio.create_task(_pack(content))
            self._under_way[key] = task
        try:
            packed = await asyncio.shield(task)
        finally:
            self._under_way.pop(key, None)
        self._keep(key, packed)
        return packed

    def _keep(self, key: str, packed: bytes) -> None:
        self._kept[key] = packed
        while sum(map(len, self._kept.values())) > CACHE_BYTES:
            self._kept.popitem(last=False)

    async def _send_packing(self, send: Send, opened: Opened) -> None:
        packer = zlib.compressobj(4, wbits=31)
        self._packers += 1
        try:
            for begin in range(0, opened.size, CHUNK_BYTES):
                chunk = await read(opened, begin, min(CHUNK_BYTES, opened.size - begin))
                packed = await anyio.to_thread.run_sync(packer.compress, chunk)
                if packed:
                    await send({"type": "http.response.body", "body": packed, "more_body": True})
            await send({"type": "http.response.body", "body": packer.flush()})
        finally:
            self._packers -= 1


async def _pack(content: bytes) -> bytes:
    return await anyio.to_thread.run_sync(gzipped, content)


async def _send_bytes(send: Send, opened: Opened, part: ranges.Part, last: bool) -> None:
    """Send the bytes of a part. A file that is shorter than it was ends the connection, not the message."""
    begin, end = part
    while begin < end:
        chunk = await read(opened, begin, min(CHUNK_BYTES, end - begin))
        if not chunk:
            raise EOFError(f"a file that was being sent has become shorter; {end - begin} bytes are missing")
        begin += len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": begin < end or not last})
        if begin < end:
            await asyncio.sleep(0)
    if last and part[0] == part[1]:
        await send({"type": "http.response.body", "body": b""})


async def _send_parts(send: Send, opened: Opened, parts: list[ranges.Part], headers: dict[str, str]) -> None:
    """Several parts as ``multipart/byteranges``."""
    boundary = token_hex(13)
    kind = headers["content-type"]
    heads = [
        f"\r\n--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: bytes {b}-{e - 1}/{opened.size}\r\n\r\n".encode()
        for b, e in parts
    ]
    tail = f"\r\n--{boundary}--\r\n".encode()
    length = sum(map(len, heads)) + sum(e - b for b, e in parts) + len(tail)
    headers = {**headers, "content-type": f"multipart/byteranges; boundary={boundary}", "content-length": str(length)}
    await start(send, 206, headers, more=True)
    for head, part in zip(heads, parts, strict=True):
        await send({"type": "http.response.body", "body": head, "more_body": True})
        await _send_bytes(send, opened, part, last=False)
    await send({"type": "http.response.body", "body": tail})
