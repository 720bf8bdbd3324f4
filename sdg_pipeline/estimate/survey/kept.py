"""Estimates that more than one indicator of a survey needs, kept in memory for as long as they may be asked for again.

What belongs here: keeping. What does not: what makes two estimates the same (engine), and computing them (finish).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow

MOST = 32
"""Scores of a large survey take 10 MB."""


@dataclass(frozen=True)
class Estimated:
    """The indicator table of a survey with all its figures; ``scores`` are the tables that its differences read."""

    values: pyarrow.Table
    scores: Mapping[str, pyarrow.Table] | None = None


class Kept:
    """The last estimates by their keys, for steps that run side by side."""

    def __init__(self) -> None:
        self._estimates: OrderedDict[Hashable, Estimated] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: Hashable) -> Estimated | None:
        """The estimates under a key, if they are still there."""
        with self._guard:
            return self._estimates.get(key)

    def keep(self, key: Hashable, estimated: Estimated) -> None:
        """Keep estimates, in place of those under the same key, and let go of those that were kept first."""
        with self._guard:
            self._estimates[key] = estimated
            while len(self._estimates) > MOST:
                self._estimates.popitem(last=False)
