"""What the columns of a file are for, by their usual names and by their cells: areas, design, year, groups, figures.

What belongs here: proposals, and which of them a person must decide. What does not: the text of the draft (text).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.ingest.draft.columns import Profile
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.ingest.reading import Reading
from sdg_pipeline.specs import yaml
from sdg_pipeline.specs.base import TOTAL, Level

USUAL_NAMES = Path(__file__).with_name("usual_names.yaml")
MAX_MEASURES = 12
MOST = 0.9
"""Share of cells that must fit for a column to have a role."""


@dataclass(frozen=True)
class Choice:
    """A proposed column, and the others that might be meant: with others a person decides."""

    column: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Areas:
    """Keys of areas. ``vintage`` is that of the register which has all keys; ``sure`` says whether there is one."""

    level: Level
    vintage: int
    sure: bool
    columns: dict[str, str] = field(default_factory=dict)
    unallocated_states: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """A dimension: its column and codes by content; ``sure`` where the contents are words, not codes."""

    column: str
    recode: dict[str, str]
    sure: bool

    @property
    def totals(self) -> str:
        return "published" if TOTAL in self.recode.values() else "computed"


@dataclass(frozen=True)
class Roles:
    """What each column is for; those that are not named are left out."""

    areas: Areas
    weight: Choice | None
    strata: Choice | None
    psu: Choice | None
    year: tuple[str, int, int] | None
    groups: dict[str, Group]
    figures: tuple[Profile, ...]
    unique: bool
    """Whether area, year and groups make a row unique."""

    @property
    def surveyed(self) -> bool:
        return self.weight is not None

    @property
    def used(self) -> set[str]:
        """Columns that the draft names, but for ``figures``, which depend on what a row is."""
        choices = (self.weight, self.strata, self.psu)
        return {
            *self.areas.columns.values(),
            *(choice.column for choice in choices if choice),
            *([self.year[0]] if self.year else []),
            *(group.column for group in self.groups.values()),
        }


def roles(reading: Reading, view: str, columns: dict[str, Profile], register: Register, period: int) -> Roles:
    """Proposals for the columns of a file that is in the temporary table ``view``."""
    areas = _areas(reading, view, columns, register, period)
    weight = _weight(columns)
    strata, psu = (_first(columns, role) for role in ("strata", "psu")) if weight else (None, None)
    year = _year(columns, period)
    groups = {name: group for name in ("sex", "urbanisation") if (group := _group(columns, name))}
    partial = Roles(areas, weight, strata, psu, year, groups, (), unique=False)
    figures = [p for p in columns.values() if p.name not in partial.used and p.is_numeric and not _is_name(p)]
    unique = weight is None and _unique(reading, view, sorted(partial.used))
    return Roles(areas, weight, strata, psu, year, groups, tuple(figures[:MAX_MEASURES]), unique)


@cache
def _usual() -> dict[str, object]:
    data: dict[str, object] = yaml.read(USUAL_NAMES).data
    return data


def _named(columns: Iterable[str], role: str) -> list[str]:
    """Columns with a usual name of a role, the most usual first."""
    patterns = _usual()[role]
    assert isinstance(patterns, list)
    ordered = [c for pattern in patterns for c in columns if re.fullmatch(pattern, c.strip(), re.IGNORECASE)]
    return list(dict.fromkeys(ordered))


def _is_name(profile: Profile) -> bool:
    """Whether a column of numbers has the usual name of a key."""
    return any(_named([profile.name], role) for role in ("state", "municipality", "key", "year"))


def _first(columns: dict[str, Profile], role: str) -> Choice | None:
    names = [name for name in _named(columns, role) if columns[name].cells]
    return Choice(names[0]) if names else None


def _weight(columns: dict[str, Profile]) -> Choice | None:
    names = [c for c in _named(columns, "weight") if columns[c].cells and columns[c].is_numeric]
    names = [c for c in names if not columns[c].negatives]
    return Choice(names[0], tuple(names[1:])) if names else None


def _areas(reading: Reading, view: str, columns: dict[str, Profile], register: Register, period: int) -> Areas:
    """Keys of areas as the file has them: one key, state and municipality, a state, or its name; else the nation."""
    key = next((c for c in _named(columns, "key") if columns[c].is_key and columns[c].longest == 5), None)
    state = next((c for c in _named(columns, "state") if columns[c].is_key and columns[c].longest <= 2), None)
    municipality = next((c for c in _named(columns, "municipality") if _is_municipality(columns[c])), None)
    if key is not None:
        keys = _keys(reading, view, f"lpad({quoted(key)}, 5, '0')")
        return Areas(Level.MUNICIPALITY, *_vintage(_allocated(keys), register, period), {"key": key})
    states = {area.key: area.name.casefold() for area in register.areas.values() if area.level == Level.STATE}
    if state is None:
        for column in _named(columns, "state_name"):
            texts = {text.casefold() for text in _keys(reading, view, quoted(column))}
            if len(texts & set(states.values())) >= MOST * len(states):
                return Areas(Level.STATE, period, True, {"state_name": column})
        return Areas(Level.NATIONAL, period, True)
    cell = f"lpad({quoted(state)}, 2, '0')"
    strangers = tuple(key for key in _keys(reading, view, cell) if key not in states)
    if municipality is None:
        return Areas(Level.STATE, period, True, {"state": state}, strangers)
    keys = _keys(reading, view, f"{cell} || lpad({quoted(municipality)}, 3, '0')")
    vintage = _vintage([k for k in _allocated(keys) if k[:2] not in strangers], register, period)
    return Areas(Level.MUNICIPALITY, *vintage, {"state": state, "municipality": municipality}, strangers)


def _allocated(keys: Sequence[str]) -> list[str]:
    """Keys of municipalities that are not somewhere in the state."""
    return [key for key in keys if key[2:] not in ("998", "999")]


def _is_municipality(profile: Profile) -> bool:
    return profile.is_key and profile.longest <= 3


def _keys(reading: Reading, view: str, cell: str) -> list[str]:
    return [key for (key,) in reading.rows(f"SELECT DISTINCT {cell} AS k FROM {view} WHERE k <> '' ORDER BY 1")]


def _vintage(keys: Sequence[str], register: Register, period: int) -> tuple[int, bool]:
    """The vintage nearest to the period that has all keys, and true; the period and false where none has."""
    vintages = sorted({area.first_vintage for area in register.areas.values()}, key=lambda v: abs(v - period))
    for vintage in (period, *vintages):
        if all(f"MX{k}" in register.areas and register.areas[f"MX{k}"].exists_in(vintage) for k in keys):
            return vintage, True
    return period, False


def _year(columns: dict[str, Profile], period: int) -> tuple[str, int, int] | None:
    """A column with years, where they are not all that of the edition."""
    for column in _named(columns, "year"):
        profile = columns[column]
        low, high = int(profile.lowest or 0), int(profile.highest or 0)
        if profile.is_key and profile.longest == profile.shortest == 4 and 1900 <= low <= high <= 2100:
            return (column, low, high) if (low, high) != (period, period) else None
    return None


def _group(columns: dict[str, Profile], dimension: str) -> Group | None:
    """A dimension whose contents all have a usual meaning."""
    codes = _usual()["codes"]
    assert isinstance(codes, dict)
    meanings: dict[str, str] = codes[dimension]
    for column in _named(columns, dimension):
        contents = columns[column].contents
        by_content = {text.casefold(): code for text, code in meanings.items()}
        if contents and all(text.casefold() in by_content for text in contents):
            recode = {text: by_content[text.casefold()] for text in contents}
            return Group(column, recode, sure=all(len(text) > 1 for text in contents))
    return None


def _unique(reading: Reading, view: str, columns: Sequence[str]) -> bool:
    if not columns:
        return int(reading.rows(f"SELECT count(*) FROM {view}")[0][0]) == 1
    grouped = ", ".join(map(quoted, columns))
    return not reading.rows(f"SELECT 1 FROM {view} GROUP BY {grouped} HAVING count(*) > 1 LIMIT 1")
