"""The time of day, which only records of what happened may have: what is computed and published is the same on any day.

What belongs here: asking for it, in the one place that a test can set. What does not: how long something took.
"""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
