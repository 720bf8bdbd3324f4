"""Reads the Range header (RFC 9110, section 14): which bytes of a file are asked for.

What belongs here: that header. What does not: sending the bytes.
"""

from __future__ import annotations

import itertools
import re

MOST = 16
"""Parts that one answer may have; who asks for more has the whole file."""
_PART = re.compile(r"(\d{0,18})-(\d{0,18})", re.ASCII)

Part = tuple[int, int]
"""The first byte, and that after the last."""


class Unsatisfiable(Exception):
    """No byte that is asked for exists: 416."""


def parse(header: str | None, size: int) -> list[Part]:
    """The parts asked for, in their order; none where the whole file is to be sent.

    A header that is no Range is ignored, as the standard says, as are parts that overlap. Raises ``Unsatisfiable``
    where all parts lie beyond the end.
    """
    if header is None or not header.strip().lower().startswith("bytes="):
        return []
    parts: list[Part] = []
    asked = header.partition("=")[2].split(",")
    if len(asked) > MOST:
        return []
    for text in asked:
        match = _PART.fullmatch(text.strip())
        if match is None or match[0] == "-":
            return []
        first, last = match.groups()
        if first and last and int(last) < int(first):
            return []
        begin, end = (int(first), int(last) + 1 if last else size) if first else (max(size - int(last), 0), size)
        if begin < min(end, size):
            parts.append((begin, min(end, size)))
    if not parts:
        raise Unsatisfiable
    ordered = sorted(parts)
    overlaps = any(after[0] < before[1] for before, after in itertools.pairwise(ordered))
    return [] if overlaps else parts
