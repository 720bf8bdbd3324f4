"""The record of a release: who drafted, reviewed, approved and published it, and when.

A release folder is sealed and has no times, since it has the same bytes on any day. What people did with it stands
beside it, in ``data/published/<release>.events.jsonl``: one JSON line an event, only ever appended, on the disk before
the call returns. A line that a kill or a full disk cut short has no line end and was never an event: it is not read,
and the next event takes its place. What belongs here: the record. What does not: who may do what (``release.review``).
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from sdg_pipeline.errors import InputError, UsageError
from sdg_pipeline.files import fsync
from sdg_pipeline.layout import Layout

Kind = Literal["drafted", "reviewed", "approved", "published"]
State = Literal["draft", "reviewed", "published"]
MAX_TEXT = 2000
CHUNK_BYTES = 4096


@dataclass(frozen=True)
class Event:
    """``when`` is ISO 8601 in UTC; ``automation`` is true where a run did it under somebody's name.

    ``accepted`` has the blocking findings that an approval takes upon itself, one line each.
    """

    event: Kind
    who: str
    when: str
    automation: bool = False
    note: str = ""
    accepted: tuple[str, ...] = ()


def record(
    layout: Layout,
    release: str,
    kind: Kind,
    who: str,
    *,
    automation: bool = False,
    note: str = "",
    accepted: Sequence[str] = (),
) -> Event:
    """Append an event to the record of a release and put it on the disk; UsageError where nobody is named."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = Event(kind, name_of(who), now, automation, _plain(note), tuple(accepted))
    line = json.dumps(asdict(event), ensure_ascii=False) + "\n"
    path = layout.events(release)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        whole = _end_of_last_line(descriptor)
        os.ftruncate(descriptor, whole)
        left = line.encode()
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fsync(path.parent)
    return event


def read(layout: Layout, release: str) -> tuple[Event, ...]:
    """The record of a release, oldest first; empty for one made before records were kept."""
    path = layout.events(release)
    if not path.exists():
        return ()
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    return tuple(_event(path, n, line) for n, line in enumerate(whole.splitlines(), start=1))


def state_of(record: Sequence[Event]) -> State:
    """How far a release is; one without a record was published before records were kept."""
    kinds = {event.event for event in record}
    if not kinds or "published" in kinds:
        return "published"
    return "reviewed" if "reviewed" in kinds else "draft"


def last(record: Sequence[Event], kind: Kind) -> Event | None:
    """The newest event of a kind."""
    return next((event for event in reversed(record) if event.event == kind), None)


def name_of(who: str) -> str:
    """A name as it is recorded, in one line; UsageError where there is none."""
    name = " ".join(_plain(who).split())
    if not name:
        raise UsageError("nobody is named; remedy: --by 'Given Name Surname'")
    return name


def same_person(one: str, other: str) -> bool:
    """Whether two names differ at most by case, width and spaces."""
    return unicodedata.normalize("NFKC", name_of(one)).casefold() == (
        unicodedata.normalize("NFKC", name_of(other)).casefold()
    )


def _plain(text: str) -> str:
    """A person's words without characters that steer a terminal."""
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text).strip()
    if len(kept) > MAX_TEXT:
        raise UsageError(f"a text of {len(kept):,} characters is too long; remedy: at most {MAX_TEXT:,}")
    return kept


def _end_of_last_line(descriptor: int) -> int:
    """Bytes up to and with the last line end."""
    end = os.fstat(descriptor).st_size
    while end:
        begin = max(0, end - CHUNK_BYTES)
        place = os.pread(descriptor, end - begin, begin).rfind(b"\n")
        if place >= 0:
            return begin + place + 1
        end = begin
    return 0


def _event(path: Path, number: int, line: bytes) -> Event:
    try:
        facts = json.loads(line)
        event = Event(**{**facts, "accepted": tuple(facts["accepted"])})
        if event.event not in get_args(Kind):
            raise ValueError(f"no event {event.event!r}")
    except (ValueError, KeyError, TypeError) as error:
        remedy = "restore the record from a copy; it is never edited"
        raise InputError(
            path, f"is not the record of a release ({error})", place=f"line {number}", remedy=remedy
        ) from (error)
    return event
