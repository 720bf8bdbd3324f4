"""Keeps the record of a release: who drafted, reviewed, approved and published it, and when.

A release folder is sealed and has no times, since it has the same bytes on any day. What people did with it stands next
to it, in ``data/published/<release>.events.jsonl``: one JSON line per event. Lines are only ever appended, and are on
the disk before the call returns. An event names the seal that it is about, the sha256 of SHA256SUMS. So it is about
these bytes and not about others of the same name. A line that a kill or a full disk cut short has no line end and was
never an event. It is not read, and the next event takes its place. Each line has the hash of the line before it
(``release.chain``). What belongs here: the record. What does not: who may do what (``release.review``).
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, TypeAdapter, ValidationError

from sdg_pipeline import clock
from sdg_pipeline.errors import InputError, UsageError, too_new
from sdg_pipeline.files import fsync, read_bounded, sha256_of
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums
from sdg_pipeline.release import chain

Kind = Literal["drafted", "reviewed", "approved", "published", "required", "accounts", "waived"]
"""The last three are rules of a home: releases need a review, names come from a log-in, or neither any more."""
FORMAT = 2
"""Format of the lines that are written. Those of format 1 name none, and have no ``previous``."""
State = Literal["unrecorded", "draft", "reviewed", "published"]
MAX_TEXT = 2000
MOST_BYTES = 50_000_000
"""Of a record, which is read whole."""
RESTORE = "restore the record from a copy; it is never edited"
CHUNK_BYTES = 4096


@dataclass(frozen=True)
class Event:
    """What somebody did with a release, or with a home.

    ``number`` counts the events of the releases of a home, so that their order does not hang on a clock. It is 0 in
    events of a home, and in those that were recorded before events were counted. ``when`` is ISO 8601 in UTC.
    ``automation`` is true where a run did it under somebody's name. ``accepted`` has the blocking findings that an
    approval takes upon itself, one line each. ``seal`` is empty in events that were recorded before seals were.
    ``login`` is true where ``who`` is the account as which somebody was logged in, and no free text. ``previous`` is
    the hash that chains the lines.
    """

    event: Kind
    who: str
    when: str
    automation: bool = False
    note: str = ""
    accepted: tuple[str, ...] = ()
    seal: str = ""
    number: int = 0
    login: bool = False
    previous: str = ""
    format: int = 1

    @property
    def order(self) -> tuple[int, str]:
        """What events of a home are sorted by; the clock decides only between events without a number."""
        return self.number, "" if self.number else self.when


class Account(str):
    """A name that came from a log-in, and not from somebody's keyboard."""


class _Numbered(BaseModel):
    """What a line of any format has."""

    format: int = 1


_EVENT = TypeAdapter(Event)


@dataclass(frozen=True)
class Act:
    """What somebody does with a release, before it is recorded; the fields are those of ``Event``."""

    event: Kind
    who: str
    automation: bool = False
    note: str = ""
    accepted: tuple[str, ...] = ()


def record(layout: Layout, release: str, act: Act, folder: Path | None = None) -> Event:
    """Append an act to the record of a release; UsageError where nobody is named.

    ``folder`` is where the release lies as long as it is not in its place.
    """
    event = Event(
        act.event,
        name_of(act.who),
        _now(),
        act.automation,
        _plain(act.note),
        act.accepted,
        seal_of(folder or layout.release(release)),
        next_number(layout),
        isinstance(act.who, Account),
    )
    return append(layout.events(release), event)


def next_number(layout: Layout) -> int:
    """The number of the next event; the records of deleted releases count as well."""
    records = layout.published.glob(layout.events("*").name)
    return 1 + max((event.number for path in records for event in read_record(path)), default=0)


def home_event(kind: Kind, who: str, *, automation: bool = False, note: str = "") -> Event:
    """An event that is about no release."""
    return Event(kind, name_of(who), _now(), automation, _plain(note), login=isinstance(who, Account))


def append(path: Path, event: Event) -> Event:
    """Append an event to a record, chained to the line before, and put it on the disk; the event as it is recorded."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.ftruncate(descriptor, _end_of_last_line(descriptor))
        event = replace(event, previous=chain.head(path.read_bytes()), format=FORMAT)
        left = (json.dumps(asdict(event), ensure_ascii=False) + "\n").encode()
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fsync(path.parent)
    return event


def seal_of(folder: Path) -> str:
    """What names the bytes of a release: the sha256 of its SHA256SUMS; empty where that is missing."""
    path = folder / checksums.NAME
    return sha256_of(path) if path.is_file() else ""


def read(layout: Layout, release: str) -> tuple[Event, ...]:
    """The record of a release, oldest first; empty for one made before records were kept, or that lost its record."""
    return read_record(layout.events(release))


def read_record(path: Path) -> tuple[Event, ...]:
    """The events of a record, oldest first; InputError where it is damaged."""
    if not path.exists():
        return ()
    try:
        content = read_bounded(path, MOST_BYTES)
    except OSError as error:
        raise InputError(path, f"cannot be read as the record of a release ({error})", remedy=RESTORE) from error
    whole, _, _ = content.rpartition(b"\n")
    return tuple(_event(path, n, line) for n, line in enumerate(whole.splitlines(), start=1))


def state_of(record: Sequence[Event]) -> State:
    """The state of a release by its record."""
    kinds = {event.event for event in record}
    if "published" in kinds:
        return "published"
    return "reviewed" if "reviewed" in kinds else "draft" if kinds else "unrecorded"


def last(record: Sequence[Event], kind: Kind) -> Event | None:
    """The newest event of a kind."""
    return next((event for event in reversed(record) if event.event == kind), None)


def since_drafted(record: Sequence[Event]) -> tuple[Event, ...]:
    """The events from the newest draft on; a run that was killed before the release was in its place drafts again."""
    begins = max((n for n, event in enumerate(record) if event.event == "drafted"), default=0)
    return tuple(record[begins:])


def counted(layout: Layout, release: str) -> tuple[Event, ...]:
    """The events that count for the bytes in the folder of a release: of their seal, from their last draft on.

    What was recorded of other bytes of that name counts for nothing. Events from before seals were recorded count.
    """
    seal = seal_of(layout.release(release))
    record = [event for event in read(layout, release) if event.seal in ("", seal)]
    return since_drafted(record)


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


def _now() -> str:
    return clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
        number_of_format = _Numbered.model_validate_json(line).format
        if number_of_format > FORMAT:
            raise too_new(path, number_of_format, FORMAT)
        return _EVENT.validate_json(line)
    except ValidationError as error:
        what = f"{'.'.join(map(str, error.errors()[0]['loc']))}: {error.errors()[0]['msg']}".removeprefix(": ")
        raise InputError(
            path, f"is not the record of a release ({what})", place=f"line {number}", remedy=RESTORE
        ) from error
