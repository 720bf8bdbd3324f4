"""A file of data that a municipality or anybody else contributes: what is wrong with it, and the receipt that says so.

What belongs here: the template, and what each cell must be. What does not: bytes and containers (ingest.contributed),
and where files lie and who accepts them (quarantine).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from sdg_pipeline import clock
from sdg_pipeline.errors import InputError, nearest
from sdg_pipeline.ingest.contributed import Contributed, read, strange
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.ingest.text import DOUBLE_ENCODED, LOST
from sdg_pipeline.specs.area_names import plain
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator

COLUMNS = ("indicator", "area", "period", "value", "unit", "source", "note")
MAX_FINDINGS, MAX_SHOWN, MAX_GUESSES, FIRST_YEAR = 500, 60, 100, 1900
RECEIPT = "receipt.json"
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?")
THOUSANDS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
FORMULA = ("=", "+", "-", "@")
"""How a text begins that a spreadsheet computes."""


class Finding(BaseModel):
    """One mistake, or one remark that refuses nothing."""

    model_config = ConfigDict(frozen=True)

    row: int
    """Row of the file, from 1, which is the header; 0 is the file as a whole."""
    column: str
    value: str
    what: str
    remedy: str
    refuses: bool = True

    def __str__(self) -> str:
        place = f"row {self.row}, {self.column}" if self.row else "file"
        return f"{place}: {self.what}; found '{self.value}'; remedy: {self.remedy}"


class Receipt(BaseModel):
    """What was examined and when, and the verdict: the contributor keeps a copy."""

    model_config = ConfigDict(frozen=True)

    id: str
    """First twelve digits of the sha256."""
    file: str
    sha256: str
    bytes: int
    encoding: str
    examined_at: str
    contributor: str
    rows: int
    indicators: tuple[str, ...]
    areas: int
    sound: bool
    findings: tuple[Finding, ...]
    more_findings: int
    """Findings beyond the first, which are counted only."""

    def dump(self) -> str:
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Reported:
    """A row without mistakes: a figure of an area by its contributor."""

    indicator: str
    ref_area: str
    time_period: str
    value: float
    unit: str
    source: str
    note: str


def template(indicators: Iterable[Indicator], keys: Iterable[str]) -> list[tuple[str, ...]]:
    """The header, and a row to fill in for each indicator and area; without areas the area is left to write."""
    return [COLUMNS, *((i.id, key, "", "", i.unit, "", "") for i in indicators for key in (*keys,) or ("",))]


def examine(path: Path, catalog: Catalog, register: Register, contributor: str = "") -> Receipt:
    """The receipt of a file; InputError where it cannot be read within its bounds."""
    return judge(read(path, COLUMNS), catalog, register, contributor)


def judge(file: Contributed, catalog: Catalog, register: Register, contributor: str) -> Receipt:
    """The receipt of a file that was read."""
    rules = _Judge(catalog, register, clock.now().year)
    findings = [*_of_file(file), *rules.doubled(file), *(f for row, cells in file.rows for f in rules.row(row, cells))]
    findings.sort(key=lambda finding: finding.row)
    return Receipt(
        id=file.sha256[:12],
        file=file.name,
        sha256=file.sha256,
        bytes=file.bytes,
        encoding=file.encoding,
        examined_at=clock.now().isoformat(timespec="seconds"),
        contributor=contributor,
        rows=len(file.rows),
        indicators=tuple(sorted({cells["indicator"] for _, cells in file.rows} & set(catalog.indicators))),
        areas=len({cells["area"] for _, cells in file.rows}),
        sound=not any(finding.refuses for finding in findings),
        findings=tuple(findings[:MAX_FINDINGS]),
        more_findings=max(0, len(findings) - MAX_FINDINGS),
    )


def reported(path: Path, sha256: str) -> Iterator[Reported]:
    """The rows of an accepted file; InputError where its bytes are not those that were accepted."""
    file = read(path, COLUMNS)
    if file.sha256 != sha256:
        remedy = "restore the file from a copy, or withdraw the folder"
        raise InputError(path, "is not the file that was accepted", value=file.sha256[:12], remedy=remedy)
    for _, cells in file.rows:
        place = (cells["indicator"], f"MX{cells['area']}", cells["period"])
        yield Reported(*place, float(cells["value"]), cells["unit"], cells["source"], cells["note"])


def _of_file(file: Contributed) -> Iterator[Finding]:
    if file.encoding == "cp1252":
        remedy = "read the accents of the receipt; save it as UTF-8 next time"
        what = "is not UTF-8; it was read as CP1252 (Latin-1)"
        yield Finding(row=0, column="", value="cp1252", what=what, remedy=remedy, refuses=False)


@dataclass(frozen=True)
class _Judge:
    catalog: Catalog
    register: Register
    this_year: int
    guesses: dict[str, str | None] = field(default_factory=dict)

    @cached_property
    def key_by_name(self) -> dict[str, str]:
        """Keys by the names that one municipality or state of today has alone."""
        keys: dict[str, list[str]] = {}
        for area in self.register.existing(self.register.newest_vintage):
            if area.level in (Level.STATE, Level.MUNICIPALITY):
                keys.setdefault(plain(area.name), []).append(area.key)
        return {name: several[0] for name, several in keys.items() if len(several) == 1}

    def _near(self, text: str) -> str | None:
        """The indicator that looks most like a text; guessed for the first hundred texts alone, since it is slow."""
        if text not in self.guesses and len(self.guesses) < MAX_GUESSES:
            self.guesses[text] = nearest(text, self.catalog.indicators)
        return self.guesses.get(text)

    def doubled(self, file: Contributed) -> Iterator[Finding]:
        """Rows about the same indicator, area and period as one before."""
        first: dict[tuple[str, ...], int] = {}
        for number, cells in file.rows:
            key = (cells["indicator"], cells["area"], cells["period"])
            before = first.setdefault(key, number)
            if before != number:
                what = f"has the indicator, area and period of row {before}"
                yield _finding(number, "area", cells["area"], what, "keep one of the two rows")

    def row(self, number: int, cells: Mapping[str, str]) -> Iterator[Finding]:
        """Every mistake of a row."""
        for column, text in cells.items():
            yield from _of_text(number, column, text)
        indicator = self.catalog.indicators.get(cells["indicator"])
        if indicator is None:
            close = self._near(cells["indicator"][:100])
            remedy = f"did you mean {close}?" if close else "`sdg check --list` names the indicators"
            yield _finding(number, "indicator", cells["indicator"], "is no indicator of the catalogue", remedy)
        yield from self._area(number, cells["area"])
        yield from self._period(number, cells["period"])
        yield from _value(number, cells["value"], indicator)
        if indicator is not None and cells["unit"] != indicator.unit:
            remedy = f"write {indicator.unit}, and the value in that unit"
            yield _finding(number, "unit", cells["unit"], f"is not the unit of {indicator.id}", remedy)
        if not cells["source"]:
            remedy = "say where the figure comes from: register, survey or count, and its date"
            yield _finding(number, "source", "", "is empty", remedy)

    def _area(self, number: int, key: str) -> Iterator[Finding]:
        area = self.register.areas.get(f"MX{key}")
        if key and area is not None and area.level in (Level.STATE, Level.MUNICIPALITY):
            if not area.exists_in(self.register.newest_vintage):
                yield _finding(number, "area", key, "is an area that no longer exists", "write the key of today")
            return
        yield _finding(number, "area", key, "is no key of a state or municipality", self._key_for(key))

    def _key_for(self, key: str) -> str:
        """What to write instead of a key, where that can be guessed."""
        digits = key.removeprefix("MX").removesuffix(".0")
        for guess in (digits, f"0{digits}"):
            area = self.register.areas.get(f"MX{guess}")
            if guess and area is not None and area.level in (Level.STATE, Level.MUNICIPALITY):
                return f"write {guess} ({area.name}), as a text with its leading zero"
        named = self.key_by_name.get(plain(key[:100]))
        if named is not None:
            return f"write {named}, not the name"
        return "write two digits for a state and five for a municipality, as INEGI does (20067)"

    def _period(self, number: int, text: str) -> Iterator[Finding]:
        if not re.fullmatch(r"[0-9]{4}", text) or not text.isascii():
            yield _finding(number, "period", text, "is no year", "write four digits, as 2025")
        elif not FIRST_YEAR <= int(text) <= self.this_year:
            remedy = f"write a year from {FIRST_YEAR} to {self.this_year}"
            yield _finding(number, "period", text, "is a year that no figure can be of", remedy)


def _of_text(number: int, column: str, text: str) -> Iterator[Finding]:
    bad = strange(text)
    if bad is not None:
        what = f"has the character U+{ord(bad):04X}, which cannot be seen"
        yield _finding(number, column, text, what, "type the text anew")
    if text.startswith(FORMULA) and not NUMBER.fullmatch(text):
        yield _finding(number, column, text, "is a formula, or begins like one", "write the text or figure itself")
    if any(sign in text for sign in (LOST, *DOUBLE_ENCODED)):
        yield _finding(number, column, text, "has damaged accents", "save the file as UTF-8 from where it is sound")


def _value(number: int, text: str, indicator: Indicator | None) -> Iterator[Finding]:
    if not text:
        yield _finding(number, "value", text, "is empty", "leave out the rows without a figure")
    elif not NUMBER.fullmatch(text) or not text.isascii() or not math.isfinite(float(text)):
        digits = text.replace(",", "") if THOUSANDS.fullmatch(text) else text.replace(",", ".")
        remedy = f"write {digits}" if NUMBER.fullmatch(digits) else "write digits, with a point before the decimals"
        yield _finding(number, "value", text, "is no number", remedy)
    elif indicator is not None:
        low, high = indicator.checks.range
        if not low <= float(text) <= high:
            what = f"is outside of {low:g} to {high:g}, the range of {indicator.id}"
            yield _finding(number, "value", text, what, f"mend it; the unit is {indicator.unit}")


def _finding(row: int, column: str, value: str, what: str, remedy: str) -> Finding:
    """A finding whose value can be shown anywhere: cut, and without characters that steer a terminal."""
    shown = "".join(c if strange(c) is None else f"\\u{ord(c):04x}" for c in value[:MAX_SHOWN])
    return Finding(row=row, column=column, value=shown, what=what, remedy=remedy)
