"""The register of areas: INEGI keys, names, parents, and the vintages in which they exist.

What belongs here: which keys are valid when, and what they are called. What does not: shapes and borders.
Source of the facts: Marco Geoestadístico and Censo de Población y Vivienda 2020 (INEGI).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from sdg_pipeline.errors import GeographyError, UsageError, nearest
from sdg_pipeline.specs.area_names import ALIAS, AREAS, FILE, FORMER, REGISTER_REMEDY, AreaName, area_names, plain
from sdg_pipeline.specs.base import Level

NATION = "MX"
NATION_NAME = "México"


@dataclass(frozen=True)
class Area:
    """An area: ``key`` is INEGI's (``''``, ``01``, ``01001``); ``parents`` the municipalities it was split from.

    ``former`` are names that it had, ``other`` newer ones, spellings and short forms, ``aliases`` those of files of
    sites (``specs.area_names``).
    """

    key: str
    name: str
    level: Level
    first_vintage: int = 0
    last_vintage: int = 9999
    parents: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """REF_AREA: ``MX``, ``MX01``, ``MX01001``."""
        return NATION + self.key

    @property
    def state(self) -> str:
        return self.key[:2]

    def exists_in(self, vintage: int) -> bool:
        return self.first_vintage <= vintage <= self.last_vintage


@dataclass(frozen=True, eq=False)
class Register:
    """All areas of all vintages, by REF_AREA code; equal to itself alone, so that what is made of it can be kept."""

    areas: dict[str, Area]

    @cached_property
    def newest_vintage(self) -> int:
        """The vintage in which the areas of today exist."""
        return max(area.first_vintage for area in self.areas.values())

    def existing(self, vintage: int, level: Level | None = None, states: Iterable[str] = ()) -> list[Area]:
        """Areas that exist in a vintage, of a level if given, within the states if given."""
        return list(_existing(self, vintage, level, frozenset(states)))

    def units(self) -> dict[str, Area]:
        """Municipalities whose borders changed, by key, each with the harmonised unit that it belongs to.

        A child goes back to its parents; a child of two parents merges all of them. The unit is called after its
        lowest key and exists in all vintages: ``MX02001H``.
        """
        municipalities = {a.key: a for a in self.areas.values() if a.level == Level.MUNICIPALITY}
        first = min(area.first_vintage for area in municipalities.values())
        group = {key: key for key in municipalities}

        def root(key: str) -> str:
            while group[key] != key:
                key = group[key]
            return key

        for area in municipalities.values():
            for parent in area.parents if area.first_vintage > first else ():
                low, high = sorted((root(area.key), root(parent)))
                group[high] = low
        members: dict[str, list[Area]] = {}
        for key, area in municipalities.items():
            members.setdefault(root(key), []).append(area)
        units = {}
        for low, together in members.items():
            if len(together) > 1:
                name = " + ".join(area.name for area in sorted(together, key=lambda a: a.key))
                units.update(dict.fromkeys((a.key for a in together), Area(f"{low}H", name, Level.HARMONISED)))
        return units

    def breaks(self) -> list[tuple[Area, int]]:
        """Municipalities that lost territory to a new one, with the vintage from which they are smaller."""
        municipalities = [a for a in self.areas.values() if a.level == Level.MUNICIPALITY]
        first = min(area.first_vintage for area in municipalities)
        children = [area for area in municipalities if area.first_vintage > first]
        return [(self.areas[NATION + p], child.first_vintage) for child in children for p in child.parents]

    def find(self, text: str) -> Area:
        """The area of a code (``MX20067``), an INEGI key (``20067``, ``20``, ``00``) or a name.

        Case and accents of a name do not matter. A name that a state shares with municipalities is that of the state.
        A former or other name is taken where no area has it now.
        UsageError where there is no such area, or a name is that of several.
        """
        wanted = " ".join(text.split())
        code = NATION if wanted.upper() in ("MX", "00") else "MX" + wanted.upper().removeprefix("MX")
        if wanted and code in self.areas:
            return self.areas[code]
        areas = self.areas.values()
        named = [a for a in areas if plain(a.name) == plain(wanted)] or [
            a for a in areas if plain(wanted) in map(plain, (*a.former, *a.other))
        ]
        higher = [a for a in named if a.level in (Level.NATIONAL, Level.STATE)]
        if len(named) == 1 or len(higher) == 1:
            return (higher or named)[0]
        if named:
            choices = ", ".join(f"{a.code} ({self._place(a)})" for a in higher or named)
            raise UsageError(f"several areas are called {text!r}: {choices}; remedy: use the key")
        names = {plain(name): name for a in areas for name in (a.name, *a.former, *a.other)}
        close = names.get(nearest(plain(wanted), names) or "")
        hint = f"; did you mean {close!r}?" if close else ""
        remedy = "write an INEGI key (20, 20067), a code (MX20067), or a whole name"
        raise UsageError(f"no area {text!r} in the register{hint}", remedy=remedy)

    def _place(self, area: Area) -> str:
        """What tells an area from others of its name: its level, or the state that it lies in."""
        state = self.areas.get(NATION + area.state)
        return area.level.value if area.level in (Level.NATIONAL, Level.STATE) or state is None else state.name

    def require(self, keys: Iterable[str], vintage: int, file: str) -> None:
        """GeographyError unless every key exists in the vintage."""
        unknown = sorted(k for k in keys if f"MX{k}" not in self.areas or not self.areas[f"MX{k}"].exists_in(vintage))
        if unknown:
            raise GeographyError(
                file,
                f"area keys that the register of {vintage} does not know ({len(unknown)} in all)",
                value=", ".join(unknown[:10]),
                remedy="mend the keys, or add the area to indicator_specs/geography with its vintage",
            )


def register(specs: Path) -> Register:
    """The register kept under ``indicator_specs/geography``."""
    names = specs / FILE
    return register_of(
        {
            **{file: (specs / file).read_bytes() for file in AREAS},
            **({FILE: names.read_bytes()} if names.is_file() else {}),
        }
    )


@lru_cache(maxsize=256)
def _existing(register: Register, vintage: int, level: Level | None, states: frozenset[str]) -> tuple[Area, ...]:
    """Areas of a register as ``existing`` gives them: every step asks for the same few lists."""
    return tuple(
        area
        for area in register.areas.values()
        if area.exists_in(vintage)
        and (level is None or area.level == level)
        and (not states or area.level == Level.NATIONAL or area.state in states)
    )


def register_of(files: Mapping[str, bytes]) -> Register:
    """The register in the bytes of its files, by path; a folder of specs may lack the names."""
    return _register_of(*(files[file] for file in AREAS), files.get(FILE, b""))


def _areas(file: str, content: bytes, level: Level, named: Iterable[AreaName]) -> Iterator[Area]:
    row: dict[str, Any] = {}
    try:
        for row in csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")):
            yield Area(
                key=row["key"],
                name=row["name"],
                level=level,
                first_vintage=int(row.get("first_vintage") or 0),
                last_vintage=int(row.get("last_vintage") or 9999),
                parents=tuple(p for p in (row.get("parents") or "").split("|") if p),
                former=tuple(n.name for n in named if n.key == row["key"] and n.kind == FORMER),
                other=tuple(n.name for n in named if n.key == row["key"] and n.kind not in (FORMER, ALIAS)),
                aliases=tuple(n.name for n in named if n.key == row["key"] and n.kind == ALIAS),
            )
    except (ValueError, KeyError, csv.Error) as error:
        message = f"cannot be read as a register of areas: {error}"
        raise GeographyError(file, message, value=row.get("key"), remedy=REGISTER_REMEDY) from error


@lru_cache(maxsize=8)
def _register_of(states: bytes, municipalities: bytes, names: bytes) -> Register:
    areas = {NATION: Area("", NATION_NAME, Level.NATIONAL)}
    named = area_names(names)
    for file, content, level in zip(AREAS, (states, municipalities), (Level.STATE, Level.MUNICIPALITY), strict=True):
        of_level = list(_areas(file, content, level, named))
        if not of_level:
            raise GeographyError(file, "holds no area", remedy=REGISTER_REMEDY)
        areas |= {area.code: area for area in of_level}
    units = Register(areas).units().values()
    return Register(areas | {unit.code: unit for unit in units})
