"""Names that areas have in some edition of a source and not in the register: former ones, newer ones, other spellings.

They are rows of ``geography/names.csv``, beside the register. What belongs here: reading and judging that file, and the
codes of the register. What does not: finding an area by a name (``ingest.geography``, ``ingest.places``, the macros of
the warehouse, the site).
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sdg_pipeline.errors import AN_AREA, InputError, Problem, UsageError

FILE = "geography/names.csv"
AREAS = ("geography/states.csv", "geography/municipalities.csv")
"""Files of the register, relative to the folder of the specs."""
REGISTER_REMEDY = "write key,name and a row an area as UTF-8, or copy the project's indicator_specs/geography"
COLUMNS = ("key", "name", "kind", "source", "first", "last")
FORMER, ALIAS = "former", "alias"
KINDS = (FORMER, "newer", "variant", ALIAS)
"""A name that went out of use; one that came after the register's; another spelling, or a shorter form; and an alias.

An alias is how a file of sites writes a municipality, and a person has looked at it. It places sites and nothing else.
"""
YEAR = re.compile(r"(19|20)[0-9]{2}")


@dataclass(frozen=True)
class AreaName:
    """A name of an area, and the first and last edition (by year) of a source that has it."""

    key: str
    name: str
    kind: str
    source: str
    first: str
    last: str


def plain(name: str) -> str:
    """A name without case and accents, by which people look for it."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def matched(name: str) -> str:
    """A name by which a municipality is placed within its state: letters and digits, without case, accents or signs."""
    return " ".join("".join(sign if sign in _KEPT else " " for sign in plain(name)).split())


_KEPT = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


def area_names(content: bytes) -> list[AreaName]:
    """The rows of the file in order; none of an empty file, as of a folder of specs that lacks it."""
    return [AreaName(*(row[name] for name in COLUMNS)) for row in _rows(content)]


def problems(files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Rows about no area, of no kind or years, and names that another area of the state has too."""
    present = {row["key"]: row["name"] for file in AREAS for row in _rows(files.get(file, b""))}
    owners = {(key[:2], plain(name)): f"is the present name of {key}" for key, name in present.items()}
    for line, row in enumerate(_rows(files.get(FILE, b"")), 2):
        if tuple(row) != COLUMNS or not all(row.values()):
            yield Problem(
                FILE, line, "", "lacks a column or has one too many", valid=COLUMNS, remedy="fill all of them"
            )
            return
        entry = AreaName(**row)
        yield from _values(line, entry, present)
        owner = (entry.key[:2], plain(entry.name))
        if owner in owners:
            yield Problem(FILE, line, "name", owners[owner], value=entry.name, remedy="remove the row")
        owners.setdefault(owner, f"stands in line {line} too, of the same state")


def _values(line: int, entry: AreaName, keys: Collection[str]) -> Iterator[Problem]:
    if entry.key not in keys:
        yield Problem(FILE, line, "key", "is not an area of the register", value=entry.key, remedy=AN_AREA)
    if entry.kind not in KINDS:
        yield Problem(FILE, line, "kind", "is no kind of name", value=entry.kind, valid=KINDS)
    if not all(YEAR.fullmatch(year) for year in (entry.first, entry.last)) or entry.first > entry.last:
        remedy = "give the years of the first and the last edition with the name"
        yield Problem(FILE, line, "first", "is no span of years", value=f"{entry.first} to {entry.last}", remedy=remedy)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8", "replace"), newline="")))


def area_codes(root: Path, files: Mapping[str, bytes]) -> frozenset[str]:
    """REF_AREA codes of the register in the files that were read below ``root``: ``MX``, ``MX01``, ``MX01001``."""
    codes = frozenset({"MX"})
    for name in AREAS:
        path = root / name
        if not path.is_file():
            raise UsageError(f"no register of areas at {path}; remedy: copy indicator_specs/geography there")
        if name not in files:
            message = "cannot be read, or is too large for a register of areas"
            raise InputError(path, message, remedy=REGISTER_REMEDY)
        try:
            codes |= _codes(files[name])
        except (ValueError, KeyError, csv.Error) as error:
            message = f"cannot be read as a register of areas: {error}"
            raise InputError(path, message, remedy=REGISTER_REMEDY) from error
    return codes


@lru_cache(maxsize=8)
def _codes(content: bytes) -> frozenset[str]:
    """Each indicator asks for the same codes."""
    with io.StringIO(content.decode("utf-8"), newline="") as file:
        return frozenset("MX" + row["key"] for row in csv.DictReader(file))
