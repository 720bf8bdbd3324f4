"""The indicators of the United Nations that a catalogue may lack, with the reason where one is known.

They are rows of ``goals/un_indicators.csv``, beside the specs. What belongs here: reading and judging that file.
What does not: which of them a release lacks, which the site says.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sdg_pipeline.errors import Problem

FILE = "goals/un_indicators.csv"
COLUMNS = ("code", "why", "es", "en")
WHYS = ("", "countries", "donors")
"""No source was examined yet; it rates whole countries; it measures flows between countries."""
CODE = re.compile(r"(1[0-7]|[1-9])\.([1-9][0-9]?|[a-d])\.[1-9]")


@dataclass(frozen=True)
class UnIndicator:
    """An indicator of the global framework, with a short name by this project."""

    code: str
    why: str
    es: str
    en: str

    @property
    def target(self) -> str:
        return self.code.rpartition(".")[0]

    @property
    def goal(self) -> int:
        return int(self.code.partition(".")[0])


def un_indicators(files: Mapping[str, bytes]) -> list[UnIndicator]:
    """The rows of the file in order; none where a folder of specs lacks it."""
    return [UnIndicator(*(row[name] for name in COLUMNS)) for row in _rows(files)]


def problems(files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Rows that are no indicator of the framework, or stand there twice."""
    seen: set[str] = set()
    for line, row in enumerate(_rows(files), 2):
        if tuple(row) != COLUMNS or not all(row[name] for name in ("code", "es", "en")):
            yield Problem(FILE, line, "", "lacks a column", valid=COLUMNS, remedy="give code, why, es and en")
            return
        if not CODE.fullmatch(row["code"]) or row["code"] in seen:
            message = "is no code of an indicator, or stands here twice"
            yield Problem(FILE, line, "code", message, value=row["code"], remedy="write each code once: 1.1.1")
        if row["why"] not in WHYS:
            yield Problem(FILE, line, "why", "is no reason that the site has words for", value=row["why"], valid=WHYS)
        seen.add(row["code"])


def _rows(files: Mapping[str, bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files.get(FILE, b"").decode("utf-8", "replace"))))
