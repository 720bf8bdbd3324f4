"""Chains the lines of a record: each has the sha256 of what stands before it.

``previous`` of a line is the sha256 of the chained line before it, with whatever stands between the two. Before the
first chained line stand those of records from before there were chains. Who alters, removes or inserts a line breaks
the chain at the line after it. The next line will have the ``head`` of a record. People may note it elsewhere: a record
that was cut short has another.
What belongs here: the hashes. What does not: what a line says (``release.events``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path


def head(record: bytes) -> str:
    """The hash that the next line of a record will have."""
    return _hashed(b"".join(_since_last_link(record)))


def fault(path: Path) -> str | None:
    """The first line of a record that does not follow what stands before it; None where all do, or there is none."""
    if not path.is_file():
        return None
    before, chained = hashlib.sha256(), False
    for number, line in enumerate(_lines(path.read_bytes()), start=1):
        link = _link(line)
        chained = chained or bool(link)
        if chained and link != before.hexdigest():
            return f"{path.name}: line {number} does not follow: a line before it was altered, inserted or removed"
        if chained:
            before = hashlib.sha256()
        before.update(line)
    return None


def _since_last_link(record: bytes) -> list[bytes]:
    since: list[bytes] = []
    for line in _lines(record):
        since = [line] if _link(line) else [*since, line]
    return since


def _lines(record: bytes) -> Iterator[bytes]:
    """The lines with their ends; one that was cut short has none and is no line."""
    return (line for line in record.splitlines(keepends=True) if line.endswith(b"\n"))


def _link(line: bytes) -> str:
    """The hash that a line has; empty where it has none, or is damaged."""
    try:
        return str(json.loads(line)["previous"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
