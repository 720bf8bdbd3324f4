"""The double: it serves files as a sound server does, and plays one habit a path.

A path is that of an official address with its host: ``/www.inegi.org.mx/contenidos/…``. ``relocated`` writes specs whose
addresses lead here.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from support.replies import Reply, Replying, serving

PAGE = "<!DOCTYPE html><html><head><title>Página no encontrada</title></head><body>404</body></html>".encode()
DEFAULT_AGENTS = ("python-requests", "python-urllib", "curl", "wget")
_ADDRESS = re.compile(r"https?://(?=[a-z0-9.-]+\.(?:mx|org)\b)")


@dataclass(frozen=True)
class Asked:
    """One request: ``number`` counts those for its path from 0."""

    path: str
    number: int
    headers: Mapping[str, str]
    body: bytes | None = None
    """What was posted."""


Habit = Callable[[Asked, bytes], Reply | None]
"""What answers in place of a sound server, where it gives a reply; it gets the request and the sound file."""


@dataclass
class Institutions:
    """Files and habits by path, and all that was asked. A file may be what makes it, which is called when it is asked."""

    address: str = ""
    files: dict[str, bytes | Callable[[], bytes]] = field(default_factory=dict)
    habits: dict[str, Habit] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    sent: int = 0
    """Bytes of bodies that were sent."""

    def put(self, url: str, content: bytes | Callable[[], bytes]) -> str:
        """Serve a file under the path of its official address, which is returned."""
        path = f"/{url.split('://', 1)[1]}"
        self.files[path] = content
        return path

    def answer(self, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """What the server of a path sends."""
        asked = Asked(path, sum(one.path == path for one in self.asked), headers, body)
        self.asked.append(asked)
        if path not in self.files:
            return Reply(404, PAGE, {"Content-Type": "text/html"})
        content = self.files[path]
        if not isinstance(content, bytes):
            content = self.files[path] = content()
        habit = self.habits.get(path)
        return (habit(asked, content) if habit else None) or sound(asked, content)


def sound(asked: Asked, content: bytes) -> Reply:
    """What a server that keeps to the rules sends: validators, spans, and nothing where nothing changed."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
    if asked.headers.get("If-None-Match") == tag:
        return Reply(304, b"", headers, length=False)
    span = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.headers.get("Range", ""))
    if not span or asked.headers.get("If-Range", tag) != tag:
        return Reply(200, content, headers)
    first, last = int(span[1]), min(int(span[2] or len(content)), len(content) - 1)
    if first >= len(content):
        return Reply(416, b"", {"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Reply(206, content[first : last + 1], headers)


@contextmanager
def served(institutions: Institutions) -> Iterator[Institutions]:
    """The double on a port of this machine, until the block ends."""

    class Handler(Replying):
        def do_GET(self) -> None:
            self._reply(None)

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers["Content-Length"])))

        def _reply(self, body: bytes | None) -> None:
            reply = institutions.answer(self.path, dict(self.headers), body)
            institutions.sent += len(reply.body[: reply.cut])
            self.send(reply)

    with serving(Handler) as institutions.address:
        yield institutions


def relocated(specs: Path, target: Path, address: str) -> Path:
    """A copy of specs in which the addresses of editions lead to the double; pages stay where they are."""
    shutil.copytree(specs, target, dirs_exist_ok=True)
    for path in sorted((target / "sources").glob("*.yaml")):
        head, editions, body = path.read_text(encoding="utf-8").partition("\neditions:")
        path.write_text(head + editions + _ADDRESS.sub(f"{address}/", body), encoding="utf-8")
    return target


def page_under_200(asked: Asked, content: bytes) -> Reply:
    """A page that says "not found", as if it were the file."""
    return Reply(200, PAGE, {"Content-Type": "text/html; charset=utf-8"})


def refuses_default_agents(asked: Asked, content: bytes) -> Reply | None:
    """403 to who does not say who it is."""
    agent = asked.headers.get("User-Agent", "").lower()
    return Reply(403, PAGE) if not agent or agent.startswith(DEFAULT_AGENTS) else None


def refuses(asked: Asked, content: bytes) -> Reply:
    """403 to everybody."""
    return Reply(403, PAGE)


def gone(asked: Asked, content: bytes) -> Reply:
    """404, as it should be."""
    return Reply(404, PAGE)


def busy(times: int, seconds: int) -> Habit:
    """503 with Retry-After for the first requests."""

    def habit(asked: Asked, content: bytes) -> Reply | None:
        return Reply(503, b"", {"Retry-After": str(seconds)}) if asked.number < times else None

    return habit


def trickles(after: int, ended: Event, reply: Callable[[bytes], Reply] | None = None) -> Habit:
    """After so many bytes of the answer, head and body, a byte comes each second."""

    def habit(asked: Asked, content: bytes) -> Reply:
        answer, sent = reply(content) if reply else sound(asked, content), iter(range(after))
        answer.trickle = lambda: next(sent, None) is None and ended.wait(1)
        return answer

    return habit


def endless_chunk(content: bytes) -> Reply:
    """A body in chunks, of which the first says its size in a line of a million characters."""
    return Reply(200, b"19;" + b"x" * 10**6, {"Transfer-Encoding": "chunked"}, length=False)


def answers_posts(files: Mapping[bytes, bytes]) -> Habit:
    """The file by what is posted; nothing to who only asks."""

    def habit(asked: Asked, content: bytes) -> Reply:
        if asked.body is None:
            return Reply(405, PAGE)
        return Reply(200, files[asked.body]) if asked.body in files else Reply(400, PAGE)

    return habit


def cuts(after: int, times: int) -> Habit:
    """The connection ends in the middle of the first answers."""

    def habit(asked: Asked, content: bytes) -> Reply | None:
        reply = sound(asked, content)
        reply.cut = after
        return reply if asked.number < times else None

    return habit


def changed(content: bytes) -> Habit:
    """Other bytes lie under the same name."""

    def habit(asked: Asked, _: bytes) -> Reply:
        return sound(asked, content)

    return habit


def changes_underway(content: bytes, after: int) -> Habit:
    """The connection is cut, the file is replaced, and the server goes on in the middle of the new one."""

    def habit(asked: Asked, before: bytes) -> Reply:
        if asked.number == 0:
            reply = sound(asked, before)
            reply.cut = after
            return reply
        unconditional = {k: v for k, v in asked.headers.items() if k != "If-Range"}
        return sound(Asked(asked.path, asked.number, unconditional), content)

    return habit


def moved(to: str) -> Habit:
    """301 to another address."""

    def habit(asked: Asked, content: bytes) -> Reply:
        return Reply(301, b"", {"Location": to})

    return habit


def renamed(old: str, new: str) -> Habit:
    """A column of a plain file has another name."""

    def habit(asked: Asked, content: bytes) -> Reply:
        return sound(asked, content.replace(old.encode(), new.encode(), 1))

    return habit
