"""Errors that carry what a person needs: file, place, value, valid values and remedy.

What belongs here: the error types of the library and how a list of problems is told. What does not: printing.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

MAX_VALID_VALUES_SHOWN = 12
MAX_VALUE, MAX_TEXT = 200, 1200
"""Characters of a value, and of any other part of a message, that are shown."""
MAX_PROBLEMS_SHOWN = 20
"""Mistakes of one file that are shown; the rest is counted."""
MAX_GUESSED = 80
"""A longer value is no misspelling of a name."""


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in one file.

    ``path`` is the place inside the file (``method.table``), ``line`` counts from 1 and is 0 where a file has none.
    """

    file: str
    line: int
    path: str
    message: str
    value: str | None = None
    valid: tuple[str, ...] = ()
    remedy: str | None = None

    def __str__(self) -> str:
        place = f"{shown(self.file)}:{self.line}" if self.line else shown(self.file)
        path = shown(self.path, MAX_VALUE)
        text = f"{place}: {path}: {shown(self.message)}" if path else f"{place}: {shown(self.message)}"
        if self.value is not None:
            text += f"; found {shortened(self.value, MAX_VALUE)!r}"
        if self.valid:
            listed = shown(", ".join(self.valid[:MAX_VALID_VALUES_SHOWN]))
            more = len(self.valid) - MAX_VALID_VALUES_SHOWN
            text += f"; valid: {listed}" + (f" and {more} more" if more > 0 else "")
        close = nearest(self.value, self.valid)
        if close:
            text += f"; did you mean {close!r}?"
        return f"{text}; remedy: {shown(self.remedy or (ONE_OF_THEM if self.valid else AS_DESCRIBED))}"


ONE_OF_THEM = "write one of the valid values"
LISTED = "write the id of an indicator; `sdg check --list` names them"
AN_AREA = "write the key of an area of the register"
AN_EXPRESSION = "write it with what is allowed; docs/specs.md lists that"
ANOTHER_ID = "give one of them another id"
AS_DESCRIBED = "mend this place; docs/specs.md says what it may hold"


def shortened(text: str, most: int = MAX_TEXT) -> str:
    """A text without its middle, where it is longer than so many characters."""
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 4 :]} ({len(text):,} characters)"


def shown(text: str, most: int = MAX_TEXT) -> str:
    """A text of unknown origin as a terminal, a log or a page may have it: bounded, and without control characters."""
    text = shortened(text, most)
    if text.isprintable():
        return text
    return "".join(c if c in "\n\t" or not controls(c) else f"\\u{ord(c):04x}" for c in text)


def controls(character: str) -> bool:
    """Whether a character moves the cursor, colours, reverses or breaks a line: it is never part of a word."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in BIDIRECTIONAL


BIDIRECTIONAL = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def nearest(value: str | None, valid: Iterable[str]) -> str | None:
    """The valid value that looks most like ``value``, or None where none is near."""
    if value is None or len(value) > MAX_GUESSED:
        return None
    return next(iter(difflib.get_close_matches(value, list(valid), n=1, cutoff=0.6)), None)


class SdgError(Exception):
    """Base of the errors that a user can mend. ``exit_code`` is what the command line returns."""

    exit_code = 2


class InputError(SdgError):
    """Input that cannot be used: file, place, what is wrong, and what to do about it."""

    def __init__(self, file: str | Path, message: str, *, place: str = "", value: object = None, remedy: str) -> None:
        self.problem = Problem(
            file=str(file),
            line=0,
            path=place,
            message=message,
            value=None if value is None else str(value),
            remedy=remedy,
        )
        super().__init__(str(self.problem))

    def add(self, fact: str) -> None:
        """Say one thing more."""
        self.problem = replace(self.problem, message=f"{self.problem.message}; {fact}")
        self.args = (str(self.problem),)


def too_new(file: str | Path, number: object, newest: int) -> InputError:
    """The error of a file that a newer program wrote, in a format that this one does not read."""
    remedy = "use the release of sdg-pipeline that wrote it, or a newer one"
    message = f"was written by a newer sdg-pipeline: this one reads formats up to {newest}"
    return InputError(file, message, place="format", value=number, remedy=remedy)


class FetchError(InputError):
    """A source could not be downloaded, or what came is not what was asked for."""


class StagingError(InputError):
    """A source file does not have the shape or the content that its table spec declares."""


class GeographyError(InputError):
    """An area key that the register does not know in this vintage."""


class ModelError(InputError):
    """Numbers that a statistical model cannot be fitted to; where a file is named, it is the name of the model."""


class SpecErrors(SdgError):
    """All problems of all spec files at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(_listed(self.problems)))


def _listed(problems: Iterable[Problem]) -> Iterable[str]:
    """A line a problem, of each file the first of them."""
    for file, of_file in groupby(problems, key=lambda problem: problem.file):
        every = list(of_file)
        yield from map(str, every[:MAX_PROBLEMS_SHOWN])
        if len(every) > MAX_PROBLEMS_SHOWN:
            more = len(every) - MAX_PROBLEMS_SHOWN
            yield f"{shown(file)}: and {more:,} mistakes more; remedy: mend those above, and check again"


class UsageError(SdgError):
    """A command was asked for something that does not exist; ``remedy`` is part of the text where it is not apart."""

    def __init__(self, text: str, *, remedy: str | None = None) -> None:
        what, within, last = text.rpartition("; remedy: ") if remedy is None else (text, "; remedy: ", remedy)
        super().__init__(f"{shown(what)}{within}{shown(last)}")


class FullDisk(SdgError):
    """The disk, a quota or a limit of the system has no room for a file; what was there before stays."""


class BlockedRelease(SdgError):
    """Blocking checks failed: nothing is published."""

    exit_code = 1
