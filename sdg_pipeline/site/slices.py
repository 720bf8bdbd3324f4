"""The values of an indicator as small scripts: nation and states in one, the municipalities of each year in one more.

From a folder a browser loads nothing but scripts, so data are scripts that call one function. Figures are those that
pages show: rounded to the decimals of the indicator. Areas are numbers (0, 20, 20067), written as differences. What
belongs here: that format. What does not: its reader (static/site.js).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from sdg_pipeline.site import format
from sdg_pipeline.site.model import LANGUAGES, Contents, Group, Indicator, Row

CORE = ("national", "state")
FOLDER = "data"


def core_path(indicator: str) -> str:
    """The script with the nation and the states in all years and groups."""
    return f"{FOLDER}/{indicator}.js"


def municipal_path(indicator: str, period: str) -> str:
    """The script with the municipalities of a year."""
    return f"{FOLDER}/{indicator}.{period}.js"


def slices(contents: Contents, indicator: Indicator, rows: Sequence[Row]) -> Iterator[tuple[str, bytes]]:
    """The scripts of an indicator."""
    groups = groups_of(indicator, rows)
    by_level = {"core": [r for r in rows if r.level in CORE], "m": [r for r in rows if r.level == "municipality"]}
    periods = list(dict.fromkeys(row.period for row in by_level["m"]))
    head = {
        "title": [indicator.title[language] for language in LANGUAGES],
        "unit": [format.unit(indicator, language) for language in LANGUAGES],
        "decimals": indicator.decimals,
        "direction": indicator.direction,
        "groups": [
            [format.group_name(group, indicator.own, contents.codes, language) for language in LANGUAGES]
            for group in groups
        ],
        "municipal": periods,
        "newest": {level[0]: period for level, period in indicator.newest.items()},
        "blocks": list(_blocks(by_level["core"], groups, indicator.decimals)),
    }
    yield core_path(indicator.id), _script([indicator.id, "", head])
    for period in periods:
        municipal = [row for row in by_level["m"] if row.period == period]
        blocks = {"blocks": list(_blocks(municipal, groups, indicator.decimals))}
        yield municipal_path(indicator.id, period), _script([indicator.id, period, blocks])


def groups_of(indicator: Indicator, rows: Iterable[Row]) -> list[Group]:
    """The groups of an indicator: its total first, then those with the fewest other codes."""
    base = indicator.own

    def order(group: Group) -> tuple[object, ...]:
        return (group != base, sum(code != "_T" for code in group), [code == "_T" for code in group], group)

    return sorted({row.group for row in rows}, key=order)


def _blocks(rows: Sequence[Row], groups: Sequence[Group], decimals: int) -> Iterator[dict[str, object]]:
    """A block a year and a group: areas, values, limits where there are any, and marks.

    Marks are one text where all areas have the same, else each with its places in the block, as differences.
    """
    number_of = {group: number for number, group in enumerate(groups)}
    ordered = sorted(rows, key=lambda row: (row.period, number_of[row.group], row.place))
    for (period, group), members in groupby(ordered, key=lambda row: (row.period, row.group)):
        block = list(members)
        areas = [int(row.place[2:] or 0) for row in block]
        shown: dict[str, object] = {
            "p": period,
            "g": number_of[group],
            "a": differences(areas),
            "v": [rounded(row.value, decimals) for row in block],
        }
        if any(row.lower is not None for row in block):
            shown["l"] = [rounded(row.lower, decimals) for row in block]
            shown["u"] = [rounded(row.upper, decimals) for row in block]
        marks = [_mark(row) for row in block]
        if any(marks):
            shown["m"] = marks[0] if len(set(marks)) == 1 else _places_of(marks)
        yield shown


def _places_of(marks: Sequence[str]) -> dict[str, list[int]]:
    return {
        mark: differences([place for place, other in enumerate(marks) if other == mark])
        for mark in dict.fromkeys(filter(None, marks))
    }


def differences(areas: Sequence[int]) -> list[int]:
    """Each number less the one before."""
    return [after - before for before, after in zip([0, *areas], areas, strict=False)]


def _mark(row: Row) -> str:
    """The key of the word for why there is no value, or for what marks it."""
    if row.value is not None:
        return format.mark(row.status, row.precision)
    return f"reason_{row.reason}" if row.reason else "reason_withheld" if row.status == "Q" else "reason_none"


def rounded(value: float | None, decimals: int) -> float | int | None:
    if value is None:
        return None
    rounded = round(value, decimals) + 0.0
    return int(rounded) if rounded.is_integer() else rounded


def _script(arguments: Sequence[object]) -> bytes:
    return call("values", *arguments)


def call(function: str, *arguments: object) -> bytes:
    """A script that hands data to the scripts of the page."""
    texts = ",".join(json.dumps(argument, ensure_ascii=False, separators=(",", ":")) for argument in arguments)
    return f"SDG.{function}({texts})\n".encode()
