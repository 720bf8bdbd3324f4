"""Municipalities that a file names without keys: matched to the register within the state, or counted as unplaced.

What belongs here: the match of a name, which is exact once case, accents and signs are gone, and never by likeness.
What does not: other names of areas, which people review (``specs.area_names``), and columns with keys (keys).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.ingest.parts import OpenPart
from sdg_pipeline.specs.area_names import matched
from sdg_pipeline.specs.base import UNKNOWN, Level

PLACES = "place_of_name"
"""Temporary table: ``state``, ``name`` as it is matched, and the three digits of the municipality."""
EMPTY = "(empty)"
"""What a cell without a name or key is called, in errors and in specs."""


def offer(part: OpenPart, register: Register) -> None:
    """Make the table of names, of the vintage of the part's table. A name of two municipalities of a state is none."""
    places: dict[tuple[str, str], set[str]] = {}
    for area in register.existing(part.table.geography.vintage, Level.MUNICIPALITY):
        for name in (area.name, *area.former, *area.other, *area.aliases):
            places.setdefault((area.state, matched(name)), set()).add(area.key[2:])
    single = [(state, name, key) for (state, name), keys in places.items() if len(keys) == 1 for key in keys]
    part.con.execute(f"CREATE OR REPLACE TEMP TABLE {PLACES} (state VARCHAR, name VARCHAR, municipality VARCHAR)")
    part.con.execute(f"INSERT INTO {PLACES} VALUES {', '.join(f'({listed(row)})' for row in single)}")


def municipality(part: OpenPart, state: str) -> str:
    """SQL of the three digits of a row's municipality; ``_U`` of a name that finds none, ``state`` being its column."""
    name = _name(part)
    match = f"(SELECT p.municipality FROM {PLACES} AS p WHERE p.state = {state} AND p.name = {matched_sql(name)})"
    return f"CASE WHEN {name} IN ({_unallocated(part)}) THEN {name} ELSE coalesce({match}, '{UNKNOWN}') END"


def unplaced(part: OpenPart, state: str, key: str) -> dict[str, Any]:
    """How many rows name a municipality, and the names that found none with their rows; nothing of files with keys."""
    if part.table.geography.municipality_name is None or not part.tells_municipality:
        return {"named": 0, "unplaced": []}
    name = _name(part)
    where = f"FROM {part.view} WHERE {name} NOT IN ({_unallocated(part)})"
    rows = part.rows(
        f"SELECT {state}, {name}, count(*) {where} AND ends_with({key}, '{UNKNOWN}') GROUP BY ALL ORDER BY ALL"
    )
    named = part.rows(f"SELECT count(*) {where}")[0][0]
    return {"named": named, "unplaced": [{"state": s, "name": n, "rows": count} for s, n, count in rows]}


def _name(part: OpenPart) -> str:
    return f"coalesce({quoted(part.table.geography.municipality_name or '')}, '{EMPTY}')"


def matched_sql(name: str) -> str:
    """SQL of ``specs.area_names.matched``."""
    return f"trim(regexp_replace(lower(strip_accents({name})), '[^a-z0-9]+', ' ', 'g'))"


def _unallocated(part: OpenPart) -> str:
    return listed(part.table.geography.unallocated)


def listed(texts: Iterable[str]) -> str:
    """SQL of texts after IN."""
    return ", ".join(literal(text) for text in texts) or "''"
