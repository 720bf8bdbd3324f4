"""The first bytes of a file on the web, and of a ZIP its list of members and the first bytes of one of them.

A glimpse asks for spans (Range) and leaves a body that comes whole after its beginning. What belongs here: those
requests. What does not: what the bytes are compared with (probe).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sdg_pipeline.ingest.download import require_answer
from sdg_pipeline.ingest.patience import Patience, persistently
from sdg_pipeline.ingest.unpack import members
from sdg_pipeline.ingest.web import Question, answering, chunks

if TYPE_CHECKING:
    from requests import Response, Session

SPAN_BYTES = 65_536
PERMANENT = (301, 308)
_SPAN = re.compile(r"bytes (\d+)-\d+/(\d+)")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Span:
    """Bytes of a file from ``first`` on, the size of all where the server says it, and what else it said."""

    content: bytes
    first: int
    total: int | None
    content_type: str
    address: str
    partial: bool
    """Whether the server serves spans."""
    moved: bool
    """Whether the server says that the file has moved to ``address`` for good."""

    @property
    def whole(self) -> bool:
        return self.first == 0 and self.total == len(self.content)


@dataclass(frozen=True)
class Glimpse:
    """Asks for spans of one file."""

    session: Session
    question: Question
    patience: Patience

    @property
    def url(self) -> str:
        return self.question.url

    def beginning(self) -> Span:
        """The first bytes; FetchError where there is no answer with bytes."""
        return self._span(0)

    def member(self, beginning: Span, pattern: str, scratch: Path) -> tuple[str, bytes] | None:
        """Name and first bytes of the one member of a ZIP that fits a pattern.

        None where the server does not serve spans, or where what came of the ZIP cannot be read. KeyError, with the
        names of members, where it can be read and not one member fits.
        """
        total = beginning.total
        if total is None or not (beginning.partial or beginning.whole):
            return None
        scratch.mkdir(parents=True, exist_ok=True)
        sparse = scratch / "glimpse.zip"  # only what came takes room on the disk
        try:
            with sparse.open("wb") as file:
                file.truncate(total)
                file.write(beginning.content)
                if not beginning.whole:
                    _put(file, self._span(max(0, total - SPAN_BYTES)))
            with zipfile.ZipFile(sparse) as archive:
                info = _chosen(archive, pattern)
            if info.header_offset + SPAN_BYTES > len(beginning.content) and not beginning.whole:
                with sparse.open("r+b") as file:
                    _put(file, self._span(info.header_offset))
            return info.filename, b"".join(_readable(sparse, info))
        except _DAMAGE:
            return None
        finally:
            sparse.unlink(missing_ok=True)

    def _span(self, first: int) -> Span:
        return persistently(self.url, self.patience, lambda deadline: self._asked(first, deadline))

    def _asked(self, first: int, deadline: float) -> Span:
        timeout, pace = self.patience.timeout, self.patience.pace(self.url, deadline)
        wanted = {"Range": f"bytes={first}-{first + SPAN_BYTES - 1}"}
        with (
            answering(self.url, timeout),
            self.question.answer(self.session, wanted, self.patience, deadline) as response,
        ):
            require_answer(response, self.url)
            content = bytearray()
            for chunk in chunks(response):
                content += chunk
                pace.count(len(chunk))
                if len(content) >= SPAN_BYTES:
                    break
            return _span_of(response, bytes(content[:SPAN_BYTES]))


def _span_of(response: Response, content: bytes) -> Span:
    span = _SPAN.match(response.headers.get("Content-Range", "")) if response.status_code == 206 else None
    length = response.headers.get("Content-Length", "")
    total = int(span[2]) if span else int(length) if response.status_code == 200 and length.isdigit() else None
    return Span(
        content,
        int(span[1]) if span else 0,
        total,
        response.headers.get("Content-Type", ""),
        response.url,
        response.status_code == 206,
        any(before.status_code in PERMANENT for before in response.history),
    )


def _put(file: BinaryIO, span: Span) -> None:
    file.seek(span.first)
    file.write(span.content)


def _chosen(archive: zipfile.ZipFile, pattern: str) -> zipfile.ZipInfo:
    files, matching = members(archive, pattern)
    if not matching:
        raise KeyError(", ".join(sorted(info.filename for info in files)))
    return matching[0]


def _readable(path: Path, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """What can be unpacked of a member before its bytes end."""
    size = 0
    with zipfile.ZipFile(path) as archive, archive.open(info) as member:
        while size < SPAN_BYTES:
            try:
                chunk = member.read(4096)
            except _DAMAGE:
                return
            if not chunk:
                return
            size += len(chunk)
            yield chunk
