"""The scripts of the site that hold data, read as plain values by nothing of the site."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SCRIPT = re.compile(r"SDG\.(?P<function>\w+)\((?P<arguments>.*)\)\n", re.DOTALL)


def arguments(path: Path, function: str) -> list[Any]:
    """What the one call of a script hands over."""
    call = SCRIPT.fullmatch(path.read_text("utf-8"))
    assert call is not None and call["function"] == function, path
    return list(json.loads(f"[{call['arguments']}]"))


def rows(block: Mapping[str, Any]) -> Iterator[tuple[int, float | None, float | None, float | None, str]]:
    """Of each area of a block of values: number, value, limits, and the key of the word that marks it."""
    areas, marks = itertools.accumulate(block["a"]), block.get("m", {})
    by_place = {} if isinstance(marks, str) else {n: key for key in marks for n in itertools.accumulate(marks[key])}
    for number, area in enumerate(areas):
        lower, upper = (block["l"][number], block["u"][number]) if "l" in block else (None, None)
        yield area, block["v"][number], lower, upper, marks if isinstance(marks, str) else by_place.get(number, "")
