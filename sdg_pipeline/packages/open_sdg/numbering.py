"""Numbers of indicators in Open SDG: ``6-1-1``, ``6-1-1-a`` where several share a UN code, ``6-1-a`` without one.

Other national sites number theirs so: the data starter of Open SDG grew ``1-3-1-a``, and the German strategy has
``3-1-a``. A third part that is a letter is never a UN code. A letter follows from the order of those that share a code,
so that a new indicator can move it. Metadata keep the id, which does not move.
What belongs here: that order. What does not: what is written under a number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import product
from string import ascii_lowercase

from sdg_pipeline.specs.indicator import Indicator

RELATIONS = ("global", "proxy", "national")
"""Order of those that share a code: the UN's own indicator comes first."""


def numbers(indicators: Iterable[Indicator]) -> dict[str, str]:
    """The number of each indicator by id, with hyphens, as names of files have it."""
    sharing: dict[str, list[Indicator]] = defaultdict(list)
    for indicator in indicators:
        sharing[indicator.sdg_indicator.replace(".", "-")].append(indicator)
    return {
        indicator.id: number
        for code, same in sharing.items()
        for indicator, number in zip(sorted(same, key=_order), _of_code(code, same), strict=True)
    }


def _order(indicator: Indicator) -> tuple[int, str]:
    return RELATIONS.index(indicator.sdg.relation), indicator.id


def _of_code(code: str, same: Sequence[Indicator]) -> list[str]:
    if len(same) == 1 and same[0].sdg.code is not None:
        return [code]
    width = 1
    while len(ascii_lowercase) ** width < len(same):
        width += 1
    letters = product(ascii_lowercase, repeat=width)
    return [f"{code}-{''.join(next(letters))}" for _ in same]
