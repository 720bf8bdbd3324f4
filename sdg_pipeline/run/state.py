"""What is remembered of a step: its fingerprint, the files that it left, and its report.

What belongs here: saving, loading, and whether the files are as they were left. What does not: when a step must run
again (runner). Importing this module imports no library for data.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from sdg_pipeline import clock
from sdg_pipeline.errors import too_new
from sdg_pipeline.files import sha256_of, write_text
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.graph import Key, Step


class Report(BaseModel):
    """What a step says to people. Kinds of step add their own figures to what all say of checks.

    ``checks_failed`` names the blocking checks that failed, ``warnings`` the others, ``blocking`` what keeps a release
    from being published.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    checks_passed: int = 0
    checks_failed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()


FORMAT = 1
"""Format of what is remembered. What names none, from before formats were named, is of the first."""
R = TypeVar("R", bound=Report)


def _below(path: str) -> str:
    """A path below the home; ValueError where it is none, or no system has such a name."""
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or "\0" in path or any(len(part.encode()) > 255 for part in parts):
        raise ValueError("leads out of the home")
    return path


class Output(BaseModel):
    """A file as a step left it; ``path`` is relative to the home, so that a home can be moved."""

    model_config = ConfigDict(frozen=True)

    path: Annotated[str, AfterValidator(_below)]
    bytes: int
    mtime_ns: int
    sha256: str


class State(BaseModel):
    """A step that has ended. ``content`` is the hash of its outputs, on which the steps after it depend."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT

    fingerprint: str
    content: str
    finished_at: str
    seconds: float
    outputs: tuple[Output, ...]
    report: dict[str, object]

    def report_as(self, kind: type[R]) -> R:
        """The report as a kind of step wrote it; ValidationError where an older version wrote it otherwise."""
        return kind.model_validate(self.report)


class _Format(BaseModel):
    """The format of a memory, whatever else it has."""

    format: int = FORMAT


M = TypeVar("M", bound=BaseModel)


def _parsed(kind: type[M], text: bytes) -> M | None:
    """A memory, or what is readable of it; None where it is damaged."""
    try:
        return kind.model_validate_json(text)
    except ValidationError:
        return None


@dataclass(frozen=True)
class Result:
    """What a step's work gave: the files it wrote and a report for people.

    ``companions`` are files about the outputs, such as verdicts and profiles: no later computation depends on them.
    """

    outputs: tuple[Path, ...]
    report: Report
    companions: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A step after its turn: whether it was computed, and the state that is on disk now."""

    step: Step
    computed: bool
    seconds: float
    fingerprint: str
    content: str
    report: Report

    def report_as(self, kind: type[R]) -> R:
        """The report of a step whose kind the caller names; TypeError where the step is of another kind."""
        if not isinstance(self.report, kind):
            raise TypeError(f"step {'/'.join(self.step.key)} reports {type(self.report).__name__}")
        return self.report


@dataclass(frozen=True)
class StateStore:
    """The memory of a home: a JSON file for each step."""

    layout: Layout

    def load(self, key: Key) -> State | None:
        """What is remembered of a step; None where it never ended. A damaged memory is none: the step is done again.

        InputError where a newer program remembered it: this one would undo its work.
        """
        path = self.layout.state(key)
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return None
        state = _parsed(State, text)
        written = state or _parsed(_Format, text)
        if written is not None and written.format > FORMAT:
            raise too_new(path, written.format, FORMAT)
        return state

    def save(self, step: Step, fingerprint: str, result: Result, seconds: float) -> State:
        """Remember a step that has just ended, with the hashes of its files."""
        outputs = tuple(self._output(path) for path in (*result.outputs, *result.companions))
        digests = "\n".join(output.sha256 for output in outputs[: len(result.outputs)])
        state = State(
            fingerprint=fingerprint,
            content=hashlib.sha256(digests.encode()).hexdigest(),
            finished_at=clock.now().isoformat(timespec="seconds"),
            seconds=round(seconds, 3),
            outputs=outputs,
            report=result.report.model_dump(mode="json"),
        )
        write_text(self.layout.state(step.key), state.model_dump_json(indent=1) + "\n")
        return state

    def present(self, state: State) -> bool:
        """Whether the files of a step are there, whatever is in them."""
        return all((self.layout.home / output.path).exists() for output in state.outputs)

    def untouched(self, state: State) -> bool:
        """Whether all files are as the step left them; a file with another time is read to find out."""
        for output in state.outputs:
            path = self.layout.home / output.path
            if not path.is_file() or path.stat().st_size != output.bytes:
                return False
            if path.stat().st_mtime_ns != output.mtime_ns and sha256_of(path) != output.sha256:
                return False
        return True

    def _output(self, path: Path) -> Output:
        status = path.stat()
        return Output(
            path=path.relative_to(self.layout.home).as_posix(),
            bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            sha256=sha256_of(path),
        )
