"""Errors that carry what a person needs: file, place, value, valid values and remedy.

What belongs here: the error types of the library and how a list of problems is told. What does not: printing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

MAX_VALID_VALUES_SHOWN = 12


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
        place = f"{self.file}:{self.line}" if self.line else self.file
        text = f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"
        if self.value is not None:
            text += f"; found {self.value!r}"
        if self.valid:
            shown = ", ".join(self.valid[:MAX_VALID_VALUES_SHOWN])
            more = len(self.valid) - MAX_VALID_VALUES_SHOWN
            text += f"; valid: {shown}" + (f" and {more} more" if more > 0 else "")
        close = nearest(self.value, self.valid)
        if close:
            text += f"; did you mean {close!r}?"
        if self.remedy:
            text += f"; remedy: {self.remedy}"
        return text


def nearest(value: str | None, valid: Iterable[str]) -> str | None:
    """The valid value that looks most like ``value``, or None where none is near."""
    if value is None:
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
        super().__init__("\n".join(str(p) for p in self.problems))


class UsageError(SdgError):
    """A command was asked for something that does not exist."""


class FullDisk(SdgError):
    """The disk, a quota or a limit of the system has no room for a file; what was there before stays."""


class BlockedRelease(SdgError):
    """Blocking checks failed: nothing is published."""

    exit_code = 1
