"""Keys of areas in a staged part: as SQL, checked against the register, each area once.

What belongs here: state and municipality of a row. What does not: the register itself (geography).
"""

from __future__ import annotations

from typing import Any

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.ingest import places
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.ingest.parts import OpenPart
from sdg_pipeline.ingest.readers import ROW
from sdg_pipeline.specs.area_names import matched
from sdg_pipeline.specs.base import TOTAL, UNKNOWN, Level
from sdg_pipeline.specs.columns import Geography

KEY, STATE = "__key", "__state"
"""Columns added to a part: the key of a row's area as the register writes it, and of its state."""


def add_keys(part: OpenPart, register: Register) -> dict[str, Any]:
    """Add ``__state`` and ``__key`` to the rows of a part, or raise GeographyError or StagingError.

    ``__state`` is a state key, ``_U`` or ``_T``; ``__key`` adds the municipality: ``01001``, ``01_U``, or the state.
    Returns what is to be reported: names of municipalities that the register does not have (``places.unplaced``).
    """
    _refuse_lost_zeros(part)
    if part.table.geography.municipality_name is not None and part.tells_municipality:
        places.offer(part, register)
    state, municipality = _columns(part, register)
    part.con.execute(f"ALTER TABLE {part.view} ADD COLUMN {STATE} VARCHAR")
    part.con.execute(f"ALTER TABLE {part.view} ADD COLUMN {KEY} VARCHAR")
    part.con.execute(f"UPDATE {part.view} SET {STATE} = {state}")
    part.con.execute(f"UPDATE {part.view} SET {KEY} = {municipality}")
    _refuse_unknown(part, register)
    if part.table.record == "aggregate":
        _refuse_duplicates(part)
    return places.unplaced(part, STATE, KEY)


def municipality_column(part: OpenPart) -> str:
    """The staged column ``municipality`` of the rows of a part."""
    if not part.tells_municipality:
        return f"'{TOTAL}'"
    return f"CASE WHEN ends_with({KEY}, '{UNKNOWN}') THEN '{UNKNOWN}' ELSE {KEY} END"


def _refuse_lost_zeros(part: OpenPart) -> None:
    """Longer keys that begin with an area are all of one length: else leading zeros were lost, and areas with them."""
    geography = part.table.geography
    for column in filter(None, (geography.state_prefix_of, geography.municipality_prefix_of)):
        lengths = part.rows(f"SELECT DISTINCT length(coalesce({quoted(column)}, '')) FROM {part.view} ORDER BY 1")
        if len(lengths) > 1:
            seen = " and ".join(str(length) for (length,) in lengths)
            raise part.fail(
                "has keys of several lengths: leading zeros were lost", place=f"column {column}", value=seen
            )


def _columns(part: OpenPart, register: Register) -> tuple[str, str]:
    """SQL of state and key. A row of the nation has no key; a name or a key that is not known stays as it is."""
    geography, level = part.table.geography, part.part.level
    prefixed = geography.state_prefix_of or geography.municipality_prefix_of
    if level == Level.NATIONAL:
        return f"'{TOTAL}'", f"'{TOTAL}'"
    if geography.state_name is not None:
        state = _named(geography, register)
    elif prefixed is not None:
        state = f"left({quoted(prefixed)}, 2)"
    elif geography.key is not None and part.tells_municipality:
        state = f"left({_area_key(geography)}, 2)"
    else:
        state = _padded(geography.state or geography.key or "", 2)
    unknown = places.listed(geography.unallocated_states)
    state = f"coalesce({state}, '{places.EMPTY}')"
    state = f"CASE WHEN {state} IN ({unknown}) THEN '{UNKNOWN}' ELSE {state} END"
    if not part.tells_municipality:
        return state, STATE
    if geography.municipality_prefix_of is not None:
        municipality = f"substr({quoted(geography.municipality_prefix_of)}, 3, 3)"
    elif geography.key is not None:
        municipality = f"substr({_area_key(geography)}, 3)"
    elif geography.municipality_name is not None:
        municipality = places.municipality(part, STATE)
    else:
        municipality = _padded(geography.municipality or "", 3)
    unallocated = places.listed(geography.unallocated)
    key = (
        f"CASE WHEN {STATE} = '{UNKNOWN}' OR {municipality} IN ({unallocated}) THEN concat({STATE}, '{UNKNOWN}') "
        f"ELSE coalesce({STATE} || {municipality}, '{places.EMPTY}') END"
    )
    return state, key


def _area_key(geography: Geography) -> str:
    """The key of a municipality, or of one of the names that the spec lists beside their keys."""
    key = geography.key or ""
    if not geography.names:
        return _padded(key, 5)
    whens = " ".join(f"WHEN {literal(name)} THEN {literal(area)}" for name, area in geography.names.items())
    return f"CASE {quoted(key)} {whens} ELSE {_padded(key, 5)} END"


def _padded(column: str, digits: int) -> str:
    """A key with its leading zeros; what is too long stays so, to be refused (``lpad`` would cut it to a valid key)."""
    key = quoted(column)
    return f"CASE WHEN length({key}) < {digits} THEN lpad({key}, {digits}, '0') ELSE {key} END"


def _named(geography: Geography, register: Register) -> str:
    states = [area for area in register.areas.values() if area.level == Level.STATE]
    names = {name: area.key for area in states for name in (area.name, *area.former, *area.other)} | geography.names
    column = quoted(geography.state_name or "")
    whens = " ".join(
        f"WHEN {literal(n)} THEN {literal(k)}" for n, k in {matched(n): k for n, k in names.items()}.items()
    )
    return f"CASE {places.matched_sql(column)} {whens} ELSE {column} END"


def _refuse_unknown(part: OpenPart, register: Register) -> None:
    """Keys exist in the vintage of the table and lie within the states that the file covers."""
    seen = [row[0] for row in part.rows(f"SELECT DISTINCT {KEY} FROM {part.view}")]
    placed = [key.removesuffix(UNKNOWN) for key in seen if key not in (TOTAL, UNKNOWN, UNKNOWN + UNKNOWN)]
    register.require(placed, part.table.geography.vintage, part.name)
    covered = part.raw.states or part.edition.states
    outside = sorted({key[:2] for key in placed} - set(covered)) if covered else []
    if outside:
        raise part.fail(
            "has areas outside the states that its edition covers",
            value=", ".join(outside),
            remedy="mend states in the source spec or the mirror manifest, or get the right file",
        )


def _refuse_duplicates(part: OpenPart) -> None:
    """In a file of figures by area, an area has one row for each of the columns that make up the key.

    What is not allocated has one for each of its own keys: 998 and 999 are both somewhere in the state.
    """
    table = part.table
    written = ", ".join(quoted(c) for c in table.geography.columns if c != table.geography.locality) or KEY
    carried = [
        d.column
        for name, d in table.dimensions.items()
        if d.column and part.part.level in d.levels and name not in part.part.codes
    ]
    columns = [
        f"CASE WHEN ends_with({KEY}, '{UNKNOWN}') THEN concat({written}) ELSE {KEY} END",
        *(quoted(c) for c in (*table.key.values(), *carried)),
    ]
    if table.period:
        columns.append(quoted(table.period.column))
    if part.part.level == Level.LOCALITY and table.geography.locality:
        columns.append(quoted(table.geography.locality))
    twice = part.rows(
        f"SELECT concat_ws(' ', {', '.join(columns)}), min({ROW}), max({ROW}) FROM {part.view} "
        f"GROUP BY {', '.join(columns)} HAVING count(*) > 1 ORDER BY 2 LIMIT 1"
    )
    if twice:
        area, first, last = twice[0]
        raise part.fail("has an area twice", place=f"rows {first} and {last}", value=area)
