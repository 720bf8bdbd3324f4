"""One file over http(s): bounded retries, resume, size limit, progress.

What belongs here: how bytes travel. What does not: whether they are the right ones (fetch), the raw store.
Whoever calls holds ``Layout.run_lock``: two downloads of one URL at once would write the same partial file.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.errors import FetchError
from sdg_pipeline.files import sha256_of, write_text
from sdg_pipeline.ingest.patience import PATIENCE, Patience, persistently
from sdg_pipeline.ingest.web import Passing, Question, answering, chunks, session

if TYPE_CHECKING:
    from requests import Response, Session

Progress = Callable[[int, int | None], None]
"""Called with the bytes so far and the bytes in all, where the server tells them."""

KEPT_HEADERS = ("Content-Disposition", "Content-Type", "ETag", "Last-Modified")
REFUSED, ABSENT = (401, 403, 407, 451), (404, 410)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True)
class Download:
    """A whole file in the scratch folder; the caller moves or removes it."""

    path: Path
    sha256: str
    bytes: int
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Request:
    question: Question
    max_bytes: int
    condition: Mapping[str, str]
    progress: Progress | None
    patience: Patience
    deadline: float

    @property
    def url(self) -> str:
        return self.question.url


class StatusError(FetchError):
    """A server answered with a status that no second attempt mends."""

    def __init__(self, url: str, response: Response, remedy: str) -> None:
        self.status = response.status_code
        super().__init__(url, f"the server answered {response.status_code} {response.reason}", remedy=remedy)


class _Part:
    """The partial file of a URL, and beside it the validator with which the server can continue it."""

    def __init__(self, question: Question, scratch: Path) -> None:
        self.url = question.url
        self.path = scratch / f"{hashlib.sha256(question.name.encode()).hexdigest()[:16]}.part"
        self.note = self.path.with_suffix(".part.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def validator(self) -> str | None:
        """The validator of the bytes that are here, or None where they cannot be continued."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return note["validator"] if note["url"] == self.url and self.size else None

    def restart(self, validator: str | None) -> None:
        self.discard()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if validator:
            write_text(self.note, json.dumps({"url": self.url, "validator": validator}))

    def discard(self) -> None:
        # The bytes go first: a note without bytes starts anew, bytes under another's note would be continued.
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def download(
    url: str | Question,
    scratch: Path,
    *,
    max_bytes: int,
    validators: tuple[tuple[str, str], ...] = (),
    progress: Progress | None = None,
    patience: Patience = PATIENCE,
) -> Download | None:
    """Download a file into ``scratch``; None where the server says that what ``validators`` describe is current.

    ``validators`` are the headers of an earlier answer. A partial file that an interrupted call left is continued
    where the server can (Range with If-Range), otherwise begun anew. What a post gave is asked for whole each time.
    FetchError when the file cannot be had.
    """
    question = Question(url) if isinstance(url, str) else url
    part, condition = _Part(question, scratch), _condition(dict(validators))
    with session(patience.agent, patience.intermediate) as opened:
        return persistently(
            question.url,
            patience,
            lambda deadline: _attempt(
                opened, _Request(question, max_bytes, condition, progress, patience, deadline), part
            ),
        )


def _condition(headers: Mapping[str, str]) -> dict[str, str]:
    pairs = (("If-None-Match", headers.get("ETag")), ("If-Modified-Since", headers.get("Last-Modified")))
    return {name: value for name, value in pairs if value}


def _attempt(opened: Session, request: _Request, part: _Part) -> Download | None:
    validator, patience = part.validator(), request.patience
    if request.question.body is not None:
        part.discard()
        validator = None
    resume = {"Range": f"bytes={part.size}-", "If-Range": validator} if validator else request.condition
    with (
        answering(request.url, patience.timeout),
        request.question.answer(opened, resume, patience, request.deadline) as response,
    ):
        if response.status_code == 304 and request.condition:
            return None
        expected = _begin(response, request, part)
        _receive(response, request, part, expected)
        headers = tuple((k, response.headers[k]) for k in KEPT_HEADERS if k in response.headers)
    part.note.unlink(missing_ok=True)
    return Download(part.path, sha256_of(part.path), part.size, headers)


def _begin(response: Response, request: _Request, part: _Part) -> int | None:
    """Judge the answer and make the partial file ready; the bytes in all, where the server tells them."""
    status = response.status_code
    if status == 416:
        part.discard()
        raise Passing("the server cannot continue the partial file", wait=0.0)
    require_answer(response, request.url)
    encoded = response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")
    if status == 206:
        now, before = _validator(response), part.validator()
        if now and now != before:
            part.discard()
            raise Passing("the file changed while it was taken", wait=0.0)
        begins = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        if not begins or int(begins[1]) != part.size or encoded:
            part.discard()
            raise Passing("the server continued the partial file at another place", wait=0.0)
        expected = None if begins[2] == "*" else int(begins[2])
    else:
        # Lengths and ranges of an encoded body count the encoded bytes, which are not those kept.
        length = "" if encoded else response.headers.get("Content-Length", "")
        expected = int(length) if length.isdigit() else None
        part.restart(None if encoded else _validator(response))
    if expected is not None and expected > request.max_bytes:
        part.discard()
        raise _too_large(request, f"{expected:,} bytes")
    return expected


def require_answer(response: Response, url: str) -> None:
    """Passing where the status may pass, StatusError where it does not; nothing where bytes come."""
    status = response.status_code
    if status in (408, 429) or status >= 500:
        raise Passing(f"the server answered {status} {response.reason}", wait=_retry_after(response))
    if status in REFUSED:
        remedy = (
            "open the address in a browser; if it answers there, name yourself in SDG_USER_AGENT, or take the file by "
            "hand and name it in a mirror manifest (SDG_MIRROR)"
        )
        raise StatusError(url, response, remedy)
    if status not in (200, 206):
        remedy = "look at the source's landing page, and mend url in the source spec (or root of the mirror)"
        raise StatusError(url, response, remedy)


def _validator(response: Response) -> str | None:
    """What If-Range may hold: a strong ETag, else the date of the last change."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")


def _receive(response: Response, request: _Request, part: _Part, expected: int | None) -> None:
    size, pace = part.size, request.patience.pace(request.url, request.deadline)
    with part.path.open("ab") as file:
        for chunk in chunks(response):
            size += len(chunk)
            if size > request.max_bytes:
                part.discard()
                raise _too_large(request, f"more than {request.max_bytes:,} bytes")
            file.write(chunk)
            pace.count(len(chunk))
            if request.progress:
                request.progress(size, expected)
    if expected is not None and size != expected:
        if size > expected:
            part.discard()
        raise Passing(f"{size:,} of {expected:,} bytes came")


def _too_large(request: _Request, size: str) -> FetchError:
    return FetchError(
        request.url,
        f"is larger than the limit of {request.max_bytes:,} bytes",
        value=size,
        remedy="look at what the URL gives; if it is right, raise max_megabytes in the source spec",
    )


def _retry_after(response: Response) -> float | None:
    """Seconds that the server asks to wait, from either form of Retry-After; None where it does not say."""
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    everything = Retry(retry_after_max=sys.maxsize)  # ``download`` gives up a long wait, urllib3 would shorten it
    try:
        return float(everything.parse_retry_after(response.headers.get("Retry-After", "")))
    except InvalidHeader:
        return None
