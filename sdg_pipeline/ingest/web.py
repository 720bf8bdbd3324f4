"""How this program asks a server: under its own name, with its certificate verified, and not for ever.

What belongs here: a session, what its failures mean, and the pace of a body. What does not: how often a request is made
and what becomes of its bytes (download), and whether they are the right ones (fetch, probe).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Thread, Timer
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from sdg_pipeline.errors import FetchError

if TYPE_CHECKING:
    from requests import Response, Session

    Answer = AbstractContextManager[Response]

CHUNK_BYTES = 1 << 18
MIRROR_REMEDY = "run again later (it goes on where it stopped if it can), or use a mirror (SDG_MIRROR)"


class Passing(Exception):
    """A failure that may pass: why, and how many seconds the server asks to wait."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True)
class Question:
    """What a server is asked: an address and, where it takes a post, its body and the type of that."""

    url: str
    body: str | None = None
    content_type: str = ""

    @property
    def name(self) -> str:
        """What tells this question from others."""
        return self.url if self.body is None else f"{self.url}\n{self.body}"

    def answer(self, opened: Session, headers: Mapping[str, str], patience: Timed, deadline: float) -> Answer:
        """Ask in a session; the answer is a context, which ends in time."""
        timeout = patience.timeout
        if self.body is None:
            ask = partial(opened.get, self.url, headers=dict(headers), stream=True, timeout=timeout)
        else:
            sent = {**headers, "Content-Type": self.content_type}
            ask = partial(opened.post, self.url, data=self.body.encode(), headers=sent, stream=True, timeout=timeout)
        return answered(ask, patience.head_seconds, patience.left(deadline))


class Timed(Protocol):
    """What a question has to know of patience."""

    @property
    def timeout(self) -> tuple[float, float]: ...
    @property
    def head_seconds(self) -> float: ...
    def left(self, deadline: float) -> float: ...


@dataclass
class Turns:
    """When each host was asked last, so that requests to it keep their distance."""

    asked: dict[str, float] = field(default_factory=dict)

    def wait(self, url: str, seconds: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """Wait until ``seconds`` have passed since the last request to the host of an address."""
        try:
            host = urlsplit(url).netloc
        except ValueError as error:
            raise FetchError(url, f"is no address: {error}", remedy="mend the URL") from error
        left = self.asked.get(host, float("-inf")) + seconds - clock()
        if left > 0:
            sleep(left)
        self.asked[host] = clock()


@dataclass
class Pace:
    """Whether a body comes fast enough: by ``deadline`` as a whole, and at the least rate in every stretch of it."""

    url: str
    deadline: float
    least_bytes_a_second: float
    stretch_seconds: float
    clock: Callable[[], float] = time.monotonic
    _since: float = field(init=False)
    _bytes: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._since = self.clock()

    def count(self, size: int) -> None:
        """Take in that bytes came; Passing where they come too slowly, FetchError where the time is over."""
        now = self.clock()
        require_time(self.url, self.deadline, now)
        self._bytes += size
        lasted = now - self._since
        if lasted < self.stretch_seconds:
            return
        if self._bytes < self.least_bytes_a_second * lasted:
            rate = f"{self._bytes / lasted:,.0f} bytes a second"
            raise Passing(f"the server sent {rate}, less than {self.least_bytes_a_second:,.0f}")
        self._since, self._bytes = now, 0


def require_time(url: str, deadline: float, now: float) -> None:
    """FetchError where the time of a whole download, with its waits, is over."""
    if now > deadline:
        raise FetchError(url, "did not come whole in the time that a download may take", remedy=MIRROR_REMEDY)


def session(agent: str, intermediate: str | None) -> Session:
    """A session under a name; ``intermediate`` is a certificate (PEM) that the servers of a source forget to send.

    It completes the chain and is no anchor: the chain must end at a root that this machine trusts.
    """
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util.ssl_ import create_urllib3_context

    class Completing(HTTPAdapter):
        """Knows one certificate more."""

        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            context = create_urllib3_context()
            context.load_verify_locations(cadata=intermediate)
            context.verify_flags &= ~getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0)
            super().init_poolmanager(*args, **options, ssl_context=context)

    opened = requests.Session()
    opened.headers.update({"User-Agent": agent, "Accept-Encoding": "identity"})
    if intermediate is not None:
        opened.mount("https://", Completing())
    return opened


@contextmanager
def answering(url: str, timeout: tuple[float, float]) -> Iterator[None]:
    """Tell failures of a request: Passing where a second attempt may mend them, otherwise FetchError."""
    from requests import exceptions

    try:
        yield
    except exceptions.SSLError as error:
        if "CERTIFICATE_VERIFY_FAILED" not in str(error):
            raise Passing(_reason(error)) from error
        remedy = (
            "if the server forgets an intermediate certificate, give it as intermediate in the source spec; if this "
            "machine lacks a root, set REQUESTS_CA_BUNDLE; or use a mirror (SDG_MIRROR)"
        )
        raise FetchError(url, "the server's certificate cannot be verified", remedy=remedy) from error
    except exceptions.Timeout as error:
        raise Passing(f"no answer within {timeout[0]:g} s (connect) or {timeout[1]:g} s (read)") from error
    except (exceptions.ConnectionError, exceptions.ChunkedEncodingError) as error:
        raise Passing(_reason(error)) from error
    except exceptions.RequestException as error:
        raise FetchError(url, f"cannot be asked for: {error}", remedy="mend the URL") from error
    except ValueError as error:  # of a redirect: signs that are no text, or brackets that do not close
        remedy = "ask the institution where the file is now, or use a mirror (SDG_MIRROR)"
        raise FetchError(url, f"leads to an address that is none: {error}", remedy=remedy) from error


@contextmanager
def answered(ask: Callable[[], Response], head_seconds: float, whole_seconds: float) -> Iterator[Response]:
    """The answer to a request; Passing where its head is not whole in time. Its body ends when all time is over.

    A read has an end, but a server that sends a byte a second is never late with the next one. So the request waits in
    a thread of its own, and a body that comes too late loses its connection.
    """
    response = _with_head(ask, min(head_seconds, whole_seconds))
    end = Timer(max(whole_seconds, 0), _hang_up, (response,))
    end.daemon = True
    end.start()
    try:
        with response:
            yield response
    finally:
        end.cancel()


def _with_head(ask: Callable[[], Response], seconds: float) -> Response:
    came: Future[Response] = Future()

    def wait() -> None:
        try:
            came.set_result(ask())
        except Exception as error:
            came.set_exception(error)

    Thread(target=wait, daemon=True).start()
    try:
        return came.result(max(seconds, 0))
    except TimeoutError:
        came.add_done_callback(_close)
        raise Passing(f"the server did not send the head of its answer within {seconds:.0f} s") from None


def _close(came: Future[Response]) -> None:
    if came.exception() is None:
        came.result().close()


def _hang_up(response: Response) -> None:
    with suppress(OSError, RuntimeError, ValueError):  # the body has ended meanwhile
        response.raw.shutdown()


def chunks(response: Response) -> Iterator[bytes]:
    """The body in the pieces that it comes in: to read a size would wait for a server that sends a byte a second."""
    from urllib3 import exceptions

    try:
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            yield chunk
    except exceptions.ReadTimeoutError as error:
        raise Passing("the server stopped sending") from error
    except exceptions.HTTPError as error:
        raise Passing(_reason(error)) from error


def _reason(error: Exception) -> str:
    cause = error.args[0] if error.args else error
    return f"the connection failed ({getattr(cause, 'reason', cause)})"
