"""The peers of municipalities as scripts: who they are, their medians, and the rank of a municipality among them.

A page of a municipality must stay below six kilobytes, so a script brings its peers (static/site.js). What belongs
here: that format. What does not: who is a peer (open_government).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sdg_pipeline.site import disclosure, slices
from sdg_pipeline.site.model import Contents

if TYPE_CHECKING:
    import duckdb

TOGETHER = 25
"""Keys of municipalities that share a script: 20,067 stands in script 802."""
Compared = dict[str, list[tuple[str, float, int | None, int]]]


def scripts(contents: Contents, con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, bytes]]:
    """A script for each few municipalities that have a page."""
    compared = dict(disclosure.compared(con))
    codes = (place.code for place in contents.places.values() if place.level == "municipality")
    for part, members in groupby(codes, key=lambda code: int(code[2:]) // TOGETHER):
        yield f"{slices.FOLDER}/peers-{part}.js", slices.call("peers", part, _part(contents, compared, list(members)))


def _part(contents: Contents, compared: Compared, codes: list[str]) -> dict[str, Any]:
    """Indicators ``i`` with decimals ``d``, names ``n``, and by key: peers, then median, rank and places of each."""
    names: dict[int, str] = {}
    shown = sorted({name for code in codes for name, *_ in compared.get(code, ())})
    decimals = [contents.indicators[name].decimals for name in shown]
    by_key = {}
    for code in codes:
        like = contents.disclosure.peers.get(code, ())
        if not like:
            continue
        names |= {int(other[2:]): contents.places[other].name for other in like}
        own = {name: figures for name, *figures in compared.get(code, ())}
        rows = [
            [slices.rounded(own[name][0], places), *own[name][1:]] if name in own else 0
            for name, places in zip(shown, decimals, strict=True)
        ]
        by_key[int(code[2:])] = [[int(other[2:]) for other in like], rows]
    return {"i": shown, "d": decimals, "n": names, "m": by_key}
