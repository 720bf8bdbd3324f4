"""One file over http(s): bounded retries, resume, size limit, progress.

What belongs here: how bytes travel. What does not: whether they are the right ones (fetch), the raw store.
Whoever calls holds ``Layout.run_lock``: two downloads of one URL at once would write the same partial file.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import __version__
from sdg_pipeline.errors import FetchError
from sdg_pipeline.files import sha256_of, write_text

if TYPE_CHECKING:
    from requests import Response, Session
    from urllib3 import Retry

Progress = Callable[[int, int | None], None]
"""Called with the bytes so far and the bytes in all, where the server tells them."""

USER_AGENT = f"sdg-pipeline/{__version__} (SDG indicators from open government data)"
KEPT_HEADERS = ("Content-Disposition", "Content-Type", "ETag", "Last-Modified")
CHUNK_BYTES = 1 << 18
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True)
class Patience:
    """How often and how long to try; a server that asks for a longer wait than the longest is given up."""

    attempts: int = 5
    connect_seconds: float = 10
    read_seconds: float = 60
    first_wait_seconds: float = 1
    longest_wait_seconds: float = 60
    sleep: Callable[[float], None] = time.sleep

    def retries(self) -> Retry:
        """The retries of one download, whose waits double and have jitter, so that clients do not come in step.

        urllib3 would repeat a request, but not go on in the middle of a file: ``download`` makes the attempts.
        """
        from urllib3 import Retry

        return Retry(
            total=self.attempts - 1,
            backoff_factor=self.first_wait_seconds / 2,
            backoff_jitter=self.first_wait_seconds,
            backoff_max=self.longest_wait_seconds,
        )

    def wait(self, retries: Retry, asked: float | None) -> float:
        """Seconds before the next attempt; urllib3 has no wait before the first, and a server may ask for more."""
        return max(retries.get_backoff_time() or self.first_wait_seconds, asked or 0.0)


PATIENCE = Patience()


@dataclass(frozen=True)
class Download:
    """A whole file in the scratch folder; the caller moves or removes it."""

    path: Path
    sha256: str
    bytes: int
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Request:
    url: str
    max_bytes: int
    condition: Mapping[str, str]
    progress: Progress | None
    patience: Patience


class StatusError(FetchError):
    """A server answered with a status that no second attempt mends."""

    def __init__(self, url: str, response: Response, remedy: str) -> None:
        self.status = response.status_code
        super().__init__(url, f"the server answered {response.status_code} {response.reason}", remedy=remedy)


class _Passing(Exception):
    """A failure that may pass: why, and how many seconds the server asks to wait."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class _Part:
    """The partial file of a URL, and beside it the validator with which the server can continue it."""

    def __init__(self, url: str, scratch: Path) -> None:
        self.url = url
        self.path = scratch / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.part"
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
    url: str,
    scratch: Path,
    *,
    max_bytes: int,
    validators: tuple[tuple[str, str], ...] = (),
    progress: Progress | None = None,
    patience: Patience = PATIENCE,
) -> Download | None:
    """Download a file into ``scratch``; None where the server says that what ``validators`` describe is current.

    ``validators`` are the headers of an earlier answer. A partial file that an interrupted call left is continued
    where the server can (Range with If-Range), otherwise begun anew. FetchError when the file cannot be had.
    """
    import requests
    from urllib3.exceptions import MaxRetryError

    part = _Part(url, scratch)
    request = _Request(url, max_bytes, _condition(dict(validators)), progress, patience)
    retries = patience.retries()
    with requests.Session() as session:
        session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
        while True:
            try:
                return _attempt(session, request, part)
            except _Passing as passing:
                failure = passing
            if failure.wait is not None and failure.wait > patience.longest_wait_seconds:
                remedy = "run again later, or use a mirror (SDG_MIRROR)"
                raise FetchError(url, f"{failure}; the server asks to wait {failure.wait:.0f} seconds", remedy=remedy)
            try:
                retries = retries.increment(url=url, error=failure)
            except MaxRetryError:
                break
            patience.sleep(patience.wait(retries, failure.wait))
    raise FetchError(
        url,
        f"could not be downloaded in {patience.attempts} attempts; the last one: {failure}",
        remedy="run again later (it goes on where it stopped if it can), or use a mirror (SDG_MIRROR)",
    )


def _condition(headers: Mapping[str, str]) -> dict[str, str]:
    pairs = (("If-None-Match", headers.get("ETag")), ("If-Modified-Since", headers.get("Last-Modified")))
    return {name: value for name, value in pairs if value}


def _attempt(session: Session, request: _Request, part: _Part) -> Download | None:
    from requests import exceptions

    validator = part.validator()
    resume = {"Range": f"bytes={part.size}-", "If-Range": validator} if validator else request.condition
    timeout = (request.patience.connect_seconds, request.patience.read_seconds)
    try:
        with session.get(request.url, headers=resume, stream=True, timeout=timeout) as response:
            if response.status_code == 304 and request.condition:
                return None
            expected = _begin(response, request, part)
            _receive(response, request, part, expected)
            headers = tuple((k, response.headers[k]) for k in KEPT_HEADERS if k in response.headers)
    except exceptions.SSLError as error:
        if "CERTIFICATE_VERIFY_FAILED" not in str(error):
            raise _Passing(_reason(error)) from error
        remedy = "set REQUESTS_CA_BUNDLE to a file with the missing certificate, or use a mirror (SDG_MIRROR)"
        raise FetchError(request.url, "the server's certificate cannot be verified", remedy=remedy) from error
    except exceptions.Timeout as error:
        raise _Passing(f"no answer within {timeout[0]:g} s (connect) or {timeout[1]:g} s (read)") from error
    except (exceptions.ConnectionError, exceptions.ChunkedEncodingError) as error:
        raise _Passing(_reason(error)) from error
    except exceptions.RequestException as error:
        raise FetchError(request.url, f"cannot be asked for: {error}", remedy="mend the URL") from error
    part.note.unlink(missing_ok=True)
    return Download(part.path, sha256_of(part.path), part.size, headers)


def _reason(error: Exception) -> str:
    cause = error.args[0] if error.args else error
    return f"the connection failed ({getattr(cause, 'reason', cause)})"


def _begin(response: Response, request: _Request, part: _Part) -> int | None:
    """Judge the answer and make the partial file ready; the bytes in all, where the server tells them."""
    status = response.status_code
    if status == 416:
        part.discard()
        raise _Passing("the server cannot continue the partial file", wait=0.0)
    if status in (408, 429) or status >= 500:
        raise _Passing(f"the server answered {status} {response.reason}", wait=_retry_after(response))
    if status not in (200, 206):
        remedy = "look at the source's landing page, and mend url in the source spec (or root of the mirror)"
        raise StatusError(request.url, response, remedy)
    encoded = response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")
    if status == 206:
        begins = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        if not begins or int(begins[1]) != part.size or encoded:
            part.discard()
            raise _Passing("the server continued the partial file at another place", wait=0.0)
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


def _validator(response: Response) -> str | None:
    """What If-Range may hold: a strong ETag, else the date of the last change."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")


def _receive(response: Response, request: _Request, part: _Part, expected: int | None) -> None:
    size = part.size
    with part.path.open("ab") as file:
        for chunk in response.iter_content(CHUNK_BYTES):
            size += len(chunk)
            if size > request.max_bytes:
                part.discard()
                raise _too_large(request, f"more than {request.max_bytes:,} bytes")
            file.write(chunk)
            if request.progress:
                request.progress(size, expected)
    if expected is not None and size != expected:
        if size > expected:
            part.discard()
        raise _Passing(f"{size:,} of {expected:,} bytes came")


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
