"""The name of a release: ``r<number>.<fingerprint of its contents>``.

No date: what is in a release is the same on any day, and its record says when it was published. The name is no part of
what decides the contents. What belongs here: which name contents get. What does not: their fingerprint
(``release.writing``).
"""

from __future__ import annotations

import re

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.manifest import in_force, outdated, sealed

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MARK_LENGTH = 8


def next_sequence(layout: Layout) -> int:
    """The number of a release that is sealed now."""
    return 1 + max((m.sequence for m in sealed(layout)), default=0)


def name_for(layout: Layout, fingerprint: str) -> str:
    """The release that holds these contents already, else the next number.

    The release in force comes first, then the newest. A draft that no longer follows the release in force is left
    behind: its contents get a name of their own.
    """
    same = [m.release for m in reversed(sealed(layout)) if m.fingerprint == fingerprint]
    standing = [name for name in same if not outdated(layout, name)]
    latest = in_force(layout)
    if latest in standing:
        return str(latest)
    return standing[0] if standing else f"r{next_sequence(layout)}.{fingerprint[:MARK_LENGTH]}"


def require_name(layout: Layout, name: str) -> None:
    """Check a name that a person chose; UsageError where it cannot be a folder, or is an outdated draft.

    A draft from before another release was published has that one's place, changes and version no longer.
    """
    if not NAME.fullmatch(name) or name == layout.latest.name or name.endswith(".jsonl"):
        raise UsageError(f"{name!r} cannot name a release; remedy: letters, digits, dot, dash, underscore")
    if any(m.release == name for m in sealed(layout)) and outdated(layout, name):
        raise UsageError(
            f"release {name} is a draft, and another release was published since it was drafted; "
            "remedy: choose another --release, or run without one"
        )
