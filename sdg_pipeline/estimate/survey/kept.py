"""Estimates that more than one indicator of a survey needs, kept in memory for as long as they may be asked for again.

What belongs here: keeping. What does not: what makes two estimates the same (engine), and computing them (finish).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow

MOST = 64
"""Tables of a few hundred rows; the indicators of one staged table, which ask for each other's, run near each other."""


class Kept:
    """The last tables by their keys, for steps that run side by side."""

    def __init__(self) -> None:
        self._tables: OrderedDict[Hashable, pyarrow.Table] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: Hashable) -> pyarrow.Table | None:
        """The table under a key, if it is still there."""
        with self._guard:
            return self._tables.get(key)

    def keep(self, key: Hashable, table: pyarrow.Table) -> None:
        """Keep a table, and let go of the one that was kept first."""
        with self._guard:
            self._tables[key] = table
            while len(self._tables) > MOST:
                self._tables.popitem(last=False)
